// Asks PAM whether a password is the user's.
#pragma once

#include "drivers/linux/password/answer.h"

// The copies that PAM makes are wiped by it.
PasswordAnswer CheckPassword(const char* user, const char* text);
