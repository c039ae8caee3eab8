// logind as it looks to a program when a directory server hangs: whoever asks who is logged in waits for ever.
#include <unistd.h>

int sd_get_sessions(char*** sessions);
int sd_get_sessions(char*** sessions) {
  (void)sessions;
  for (;;)
    pause();
}
