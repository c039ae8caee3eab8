#include "drivers/linux/password/place.h"

const char* PasswordServiceFile(void) {
  return "/etc/pam.d/" kPasswordService;
}
