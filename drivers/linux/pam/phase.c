#include "drivers/linux/pam/phase.h"

#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "drivers/linux/pam/exchange.h"
#include "drivers/linux/pam/introduction.h"
#include "drivers/linux/pam/words.h"

typedef struct Phase {
  pam_handle_t* pamh;
  LoginPhase kind;
  bool silent;
  int prompts;
  bool interrupted;  // the agent spoke before the person had answered: only a refusal can still be true
  Exchange exchange;
} Phase;

static LoginResult Conclude(const Phase* phase, LoginResult result, Saying saying) {
  if (!phase->silent) Say(phase->pamh, saying);
  return result;
}

static LoginResult ConcludeUnavailable(const Phase* phase, const char* why) {
  pam_syslog(phase->pamh, LOG_ERR, "no verdict: %s", why);
  return Conclude(phase, kLoginUnavailable, kSayUnavailable);
}

static Saying SayingFor(LoginResult result) {
  switch (result) {
    case kLoginDenied:
      return kSayDenied;
    case kLoginTooManyTries:
      return kSayTooManyTries;
    case kLoginNotNow:
      return kSayNotNow;
    case kLoginGranted:
    case kLoginUnavailable:
      break;
  }
  return kSayUnavailable;
}

static void Show(const Phase* phase, int style, const char* text) {
  // Nobody can be asked anything by it, so a screen that is not there is no reason to refuse.
  if (!phase->silent) (void)pam_prompt(phase->pamh, style, NULL, "%s", text);
}

static void Wipe(char* response) {
  if (response == NULL) return;
  explicit_bzero(response, strlen(response));
  free(response);
}

// What the person typed, as a frame; a cancel where there is nothing to send.
static LoginFault Ask(const Phase* phase, const LoginPrompt* prompt, LoginFrame* frame, bool* answered) {
  char* response = NULL;
  const int style = prompt->style == kLoginAskHidden ? PAM_PROMPT_ECHO_OFF : PAM_PROMPT_ECHO_ON;
  *answered = pam_prompt(phase->pamh, style, &response, "%s", prompt->text) == PAM_SUCCESS && response != NULL;
  LoginFault fault = kLoginSound;
  if (*answered) fault = LoginEncodeAnswer(response, frame);
  if (!*answered || fault != kLoginSound) (void)LoginEncodeCancel(frame);
  Wipe(response);
  return fault;
}

// True when the conversation goes on; otherwise *result is how it ended.
static bool Question(Phase* phase, const LoginPrompt* prompt, LoginResult* result) {
  LoginFrame frame;
  bool answered = false;
  const LoginFault fault = Ask(phase, prompt, &frame, &answered);
  phase->interrupted = AgentSpoke(&phase->exchange);
  const bool sent = phase->interrupted || SendFrame(&phase->exchange, &frame);
  explicit_bzero(&frame, sizeof frame);
  if (!answered) {
    pam_syslog(phase->pamh, LOG_NOTICE, "the conversation was given up");
    *result = Conclude(phase, kLoginDenied, kSayDenied);
    return false;
  }
  if (fault != kLoginSound) {
    pam_syslog(phase->pamh, LOG_NOTICE, "an answer that cannot be sent: %s", LoginFaultName(fault));
    *result = Conclude(phase, kLoginDenied, kSayUnfitAnswer);
    return false;
  }
  if (!sent) *result = ConcludeUnavailable(phase, phase->exchange.why);
  return sent;
}

static bool Prompt(Phase* phase, const LoginPrompt* prompt, LoginResult* result) {
  const char* why = NULL;
  if (++phase->prompts > kMaxPrompts) why = "the agent asks without end";
  if (phase->interrupted) why = "the agent asks again before it has the answer";
  const bool asks = prompt->style == kLoginAskHidden || prompt->style == kLoginAskShown;
  if (asks && phase->kind != kLoginAuthenticate) why = "the agent asks outside authentication";
  if (why != NULL) {
    *result = ConcludeUnavailable(phase, why);
    return false;
  }
  if (asks) return Question(phase, prompt, result);
  Show(phase, prompt->style == kLoginError ? PAM_ERROR_MSG : PAM_TEXT_INFO, prompt->text);
  return true;
}

static LoginResult Judge(Phase* phase, const LoginVerdict* verdict, char ticket[kLoginTicketMax + 1]) {
  if (verdict->result != kLoginGranted) {
    if (verdict->message[0] == '\0') return Conclude(phase, verdict->result, SayingFor(verdict->result));
    Show(phase, PAM_ERROR_MSG, verdict->message);
    return verdict->result;
  }
  if (!AwaitEnd(&phase->exchange)) return ConcludeUnavailable(phase, phase->exchange.why);
  if (phase->interrupted) return ConcludeUnavailable(phase, "the agent granted before it had the answer");
  const bool has_ticket = verdict->ticket[0] != '\0';
  if (has_ticket != (phase->kind == kLoginAuthenticate))
    return ConcludeUnavailable(phase, has_ticket ? "a ticket outside authentication" : "granted without a ticket");
  if (verdict->message[0] != '\0') Show(phase, PAM_TEXT_INFO, verdict->message);
  memcpy(ticket, verdict->ticket, kLoginTicketMax + 1);
  return kLoginGranted;
}

static LoginResult Converse(Phase* phase, char ticket[kLoginTicketMax + 1]) {
  LoginFromAgent message;
  for (;;) {
    if (!ReceiveFromAgent(&phase->exchange, &message)) return ConcludeUnavailable(phase, phase->exchange.why);
    LoginResult result = kLoginUnavailable;
    const bool over = message.type == kLoginVerdict;
    bool goes_on = false;
    if (over) {
      result = Judge(phase, &message.verdict, ticket);
    } else {
      goes_on = Prompt(phase, &message.prompt, &result);
    }
    explicit_bzero(&message, sizeof message);
    if (!goes_on) return result;
  }
}

static LoginResult Introduce(Phase* phase, unsigned flags, const AgentPlace* place, char ticket[kLoginTicketMax + 1]) {
  LoginBegin begin;
  LoginFrame frame;
  const char* why = NULL;
  bool fit = DescribeLogin(phase->pamh, flags, phase->kind, &begin, &why);
  if (fit) {
    const LoginFault fault = LoginEncodeBegin(&begin, &frame);
    fit = fault == kLoginSound;
    why = LoginFaultName(fault);
  }
  bool sent = false;
  if (fit) {
    sent = OpenExchange(&phase->exchange, place) && SendFrame(&phase->exchange, &frame);
    why = phase->exchange.why;
  }
  explicit_bzero(&begin, sizeof begin);
  explicit_bzero(&frame, sizeof frame);
  if (sent) return Converse(phase, ticket);
  if (fit) return ConcludeUnavailable(phase, why);
  pam_syslog(phase->pamh, LOG_NOTICE, "a login that cannot be described: %s", why);
  return Conclude(phase, kLoginUnavailable, kSayUnreadable);
}

LoginResult AskAgent(pam_handle_t* pamh, unsigned flags, LoginPhase kind, const AgentPlace* place,
                     char ticket[kLoginTicketMax + 1]) {
  Phase phase = {.pamh = pamh, .kind = kind, .silent = (flags & PAM_SILENT) != 0, .exchange = {.fd = -1}};
  memset(ticket, 0, kLoginTicketMax + 1);
  const LoginResult result = Introduce(&phase, flags, place, ticket);
  CloseExchange(&phase.exchange);
  return result;
}
