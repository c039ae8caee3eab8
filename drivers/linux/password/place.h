// The PAM stack by which passwords are checked; its file's name is the service's.
#pragma once

#define kPasswordService "sekimori-password"

const char* PasswordServiceFile(void);
