// libusb as it looks to a program once a device does not answer: after the first look at everything, whoever asks it
// for what to wait on waits for ever.
#include <unistd.h>

const void** libusb_get_pollfds(void* context);
const void** libusb_get_pollfds(void* context) {
  (void)context;
  for (;;)
    pause();
}
