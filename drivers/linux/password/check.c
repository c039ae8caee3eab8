#include "drivers/linux/password/check.h"

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/linux/password/place.h"

typedef struct Person {
  const char* text;
  bool asked;
} Person;

// Without the file PAM would take the stack called "other", which anybody may have meant for anything.
static bool ServiceIsThere(void) {
  struct stat file;
  if (stat(PasswordServiceFile(), &file) != 0 || !S_ISREG(file.st_mode)) return false;
  return (file.st_uid == 0 || file.st_uid == geteuid()) && (file.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static void Drop(struct pam_response* responses, int count) {
  for (int i = 0; i < count; ++i) {
    if (responses[i].resp == NULL) continue;
    explicit_bzero(responses[i].resp, strlen(responses[i].resp));
    free(responses[i].resp);
  }
  free(responses);
}

// Gives the password once, to a hidden question. Whoever asks anything else asks for something we do not know.
static int Converse(int count, const struct pam_message** messages, struct pam_response** responses, void* data) {
  Person* person = data;
  if (count < 1 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  struct pam_response* given = calloc((size_t)count, sizeof *given);
  if (given == NULL) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    const int style = messages[i]->msg_style;
    if (style == PAM_TEXT_INFO || style == PAM_ERROR_MSG) continue;
    if (style == PAM_PROMPT_ECHO_OFF && !person->asked) given[i].resp = strdup(person->text);
    person->asked = true;
    if (given[i].resp == NULL) {
      Drop(given, count);
      return PAM_CONV_ERR;
    }
  }
  *responses = given;
  return PAM_SUCCESS;
}

// A module may have put somebody else's name in the place of the one we asked about.
static bool StillAbout(pam_handle_t* pamh, const char* user) {
  const void* name = NULL;
  return pam_get_item(pamh, PAM_USER, &name) == PAM_SUCCESS && name != NULL && strcmp(name, user) == 0;
}

static PasswordAnswer AnswerFor(int code) {
  switch (code) {
    case PAM_AUTH_ERR:
    case PAM_USER_UNKNOWN:
    case PAM_MAXTRIES:
    case PAM_PERM_DENIED:
    case PAM_ACCT_EXPIRED:
    case PAM_CRED_INSUFFICIENT:
      return kPasswordWrong;
    default:
      return kPasswordFailed;
  }
}

PasswordAnswer CheckPassword(const char* user, const char* text) {
  if (!ServiceIsThere()) return kPasswordFailed;
  Person person = {text, false};
  const struct pam_conv conversation = {Converse, &person};
  pam_handle_t* pamh = NULL;
  if (pam_start(kPasswordService, user, &conversation, &pamh) != PAM_SUCCESS) return kPasswordFailed;
  const int code = pam_authenticate(pamh, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
  PasswordAnswer answer = AnswerFor(code);
  // A stack that is content without having asked has checked nothing.
  if (code == PAM_SUCCESS) answer = person.asked && StillAbout(pamh, user) ? kPasswordRight : kPasswordFailed;
  pam_end(pamh, code);
  return answer;
}
