// The six entry points. None returns PAM_IGNORE, and PAM_SUCCESS stands only where the agent granted the phase.
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "drivers/linux/pam/phase.h"
#include "drivers/linux/pam/words.h"

#define EXPORTED __attribute__((visibility("default")))

// Data of the handle: there, and not NULL, once the agent granted something in it.
static const char kGranted[] = "sekimori_granted";

static bool AnythingWasGranted(pam_handle_t* pamh) {
  const void* granted = NULL;
  if (pam_get_data(pamh, kGranted, &granted) == PAM_SUCCESS && granted != NULL) return true;
  // sshd authenticates in another process, from which only the environment comes back.
  return pam_getenv(pamh, kTicketName) != NULL;
}

static void RemoveTicket(pam_handle_t* pamh) {
  // A name without "=" is taken out (pam_putenv(3)).
  if (pam_getenv(pamh, kTicketName) != NULL) (void)pam_putenv(pamh, kTicketName);
}

static void ForgetGrant(pam_handle_t* pamh) {
  RemoveTicket(pamh);
  (void)pam_set_data(pamh, kGranted, NULL, NULL);
}

static bool CarryTicket(pam_handle_t* pamh, const char* ticket) {
  char variable[sizeof kTicketName + 1 + kLoginTicketMax];
  const int length = snprintf(variable, sizeof variable, "%s=%s", kTicketName, ticket);
  const bool carried = length > 0 && (size_t)length < sizeof variable && pam_putenv(pamh, variable) == PAM_SUCCESS;
  explicit_bzero(variable, sizeof variable);
  return carried;
}

static bool KeepGrant(pam_handle_t* pamh, LoginPhase phase, const char* ticket) {
  if (phase == kLoginAuthenticate && !CarryTicket(pamh, ticket)) return false;
  return pam_set_data(pamh, kGranted, (void*)(uintptr_t)kGranted, NULL) == PAM_SUCCESS;
}

static LoginResult AskPhase(pam_handle_t* pamh, unsigned flags, LoginPhase phase, int argc, const char** argv) {
  const AgentPlace place = FindAgentPlace(argc, argv);
  char ticket[kLoginTicketMax + 1];
  LoginResult result = AskAgent(pamh, flags, phase, &place, ticket);
  if (result == kLoginGranted && !KeepGrant(pamh, phase, ticket)) {
    ForgetGrant(pamh);
    pam_syslog(pamh, LOG_ERR, "granted, but that could not be kept");
    if ((flags & PAM_SILENT) == 0) Say(pamh, kSayUnavailable);
    result = kLoginUnavailable;
  }
  explicit_bzero(ticket, sizeof ticket);
  return result;
}

static int AuthenticateCode(LoginResult result) {
  switch (result) {
    case kLoginGranted:
      return PAM_SUCCESS;
    case kLoginTooManyTries:
      return PAM_MAXTRIES;
    case kLoginDenied:
    case kLoginNotNow:
      return PAM_AUTH_ERR;
    case kLoginUnavailable:
      break;
  }
  return PAM_AUTHINFO_UNAVAIL;
}

static int AccountCode(LoginResult result) {
  if (result == kLoginGranted) return PAM_SUCCESS;
  // Never PAM_AUTHINFO_UNAVAIL: stacks copied from directory services let that pass here.
  return result == kLoginNotNow ? PAM_ACCT_EXPIRED : PAM_PERM_DENIED;
}

static int SessionCode(LoginResult result) {
  return result == kLoginGranted ? PAM_SUCCESS : PAM_SESSION_ERR;
}

EXPORTED int pam_sm_authenticate(pam_handle_t* pamh, int flags, int argc, const char** argv) {
  // What an earlier attempt in this handle won is gone before the next begins.
  ForgetGrant(pamh);
  return AuthenticateCode(AskPhase(pamh, (unsigned)flags, kLoginAuthenticate, argc, argv));
}

// Grants nothing. Cron and sshd with a public key come here without authentication, after the account phase.
EXPORTED int pam_sm_setcred(pam_handle_t* pamh, int flags, int argc, const char** argv) {
  (void)flags;
  (void)argc;
  (void)argv;
  return AnythingWasGranted(pamh) ? PAM_SUCCESS : PAM_CRED_ERR;
}

EXPORTED int pam_sm_acct_mgmt(pam_handle_t* pamh, int flags, int argc, const char** argv) {
  return AccountCode(AskPhase(pamh, (unsigned)flags, kLoginAccount, argc, argv));
}

EXPORTED int pam_sm_open_session(pam_handle_t* pamh, int flags, int argc, const char** argv) {
  const LoginResult result = AskPhase(pamh, (unsigned)flags, kLoginOpenSession, argc, argv);
  // Used up, whatever came of it; and the session's own environment must not have it.
  RemoveTicket(pamh);
  return SessionCode(result);
}

EXPORTED int pam_sm_close_session(pam_handle_t* pamh, int flags, int argc, const char** argv) {
  return SessionCode(AskPhase(pamh, (unsigned)flags, kLoginCloseSession, argc, argv));
}

EXPORTED int pam_sm_chauthtok(pam_handle_t* pamh, int flags, int argc, const char** argv) {
  (void)argc;
  (void)argv;
  if (((unsigned)flags & PAM_SILENT) == 0) Say(pamh, kSayPasswordElsewhere);
  return PAM_AUTHTOK_ERR;
}
