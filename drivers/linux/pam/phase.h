// One phase of one login: asks the agent, puts its questions to the person, and brings its verdict.
#pragma once

#include <security/pam_modules.h>

#include "drivers/linux/pam/place.h"
#include "proto/login/login.h"

enum { kMaxPrompts = 64 };

// The variable of the PAM environment that carries a ticket from authentication to the session: unlike the data of a
// handle, it crosses sshd's privilege separation.
#define kTicketName "SEKIMORI_TICKET"

// kLoginGranted only if a sound agent said so, to what it was asked, in its turn and at the end. In the authenticate
// phase `ticket` then holds one; in all other cases it is empty. Whatever else comes is another result, and the person
// has been told unless PAM_SILENT is among the flags.
LoginResult AskAgent(pam_handle_t* pamh, unsigned flags, LoginPhase phase, const AgentPlace* place,
                     char ticket[kLoginTicketMax + 1]);
