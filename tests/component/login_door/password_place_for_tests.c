// The stack stands where libpam_wrapper was told to look.
#include <stdio.h>
#include <stdlib.h>

#include "drivers/linux/password/place.h"

const char* PasswordServiceFile(void) {
  static char file[4096];
  const char* folder = getenv("PAM_WRAPPER_SERVICE_DIR");
  (void)snprintf(file, sizeof file, "%s/" kPasswordService, folder == NULL ? "" : folder);
  return file;
}
