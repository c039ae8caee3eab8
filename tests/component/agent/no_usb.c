// libusb as it looks to a program where USB cannot be opened at all.
int libusb_init(void** context);
int libusb_init(void** context) {
  *context = 0;
  return -99;  // LIBUSB_ERROR_OTHER
}
