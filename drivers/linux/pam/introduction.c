#include "drivers/linux/pam/introduction.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/linux/pam/phase.h"

// What was never said is empty.
static bool CopyItem(pam_handle_t* pamh, int item, char* field, size_t room) {
  const void* value = NULL;
  if (pam_get_item(pamh, item, &value) != PAM_SUCCESS) return false;
  return LoginCopyText(field, room, value == NULL ? "" : value);
}

static bool CopyUser(pam_handle_t* pamh, LoginPhase phase, LoginBegin* begin) {
  const char* user = NULL;
  if (phase == kLoginAuthenticate && pam_get_user(pamh, &user, NULL) != PAM_SUCCESS) return false;
  return CopyItem(pamh, PAM_USER, begin->user, sizeof begin->user) && begin->user[0] != '\0';
}

// Only a wish, so what is too long to be a locale's name is left out. In set-user-ID programs it is the caller's own.
static void CopyLanguage(pam_handle_t* pamh, LoginBegin* begin) {
  static const char kNames[][12] = {"LC_ALL", "LC_MESSAGES", "LANG"};
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; ++i) {
    const char* value = pam_getenv(pamh, kNames[i]);
    if (value == NULL) value = getenv(kNames[i]);
    if (value != NULL && value[0] != '\0' && LoginCopyText(begin->language, sizeof begin->language, value)) return;
  }
}

bool DescribeLogin(pam_handle_t* pamh, unsigned flags, LoginPhase phase, LoginBegin* begin, const char** why) {
  memset(begin, 0, sizeof *begin);
  begin->phase = phase;
  if ((flags & PAM_SILENT) != 0) begin->flags |= kLoginSilent;
  if ((flags & PAM_DISALLOW_NULL_AUTHTOK) != 0) begin->flags |= kLoginDisallowNull;
  *why = "no user name, or one that is too long";
  if (!CopyUser(pamh, phase, begin)) return false;
  *why = "service, terminal or remote name too long";
  if (!CopyItem(pamh, PAM_SERVICE, begin->service, sizeof begin->service)) return false;
  if (!CopyItem(pamh, PAM_TTY, begin->tty, sizeof begin->tty)) return false;
  if (!CopyItem(pamh, PAM_RHOST, begin->rhost, sizeof begin->rhost)) return false;
  if (!CopyItem(pamh, PAM_RUSER, begin->ruser, sizeof begin->ruser)) return false;
  CopyLanguage(pamh, begin);
  *why = "the ticket is too long";
  const char* ticket = pam_getenv(pamh, kTicketName);
  return phase == kLoginAuthenticate || ticket == NULL || LoginCopyText(begin->ticket, sizeof begin->ticket, ticket);
}
