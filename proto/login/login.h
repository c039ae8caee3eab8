// What the login module and the agent say to each other: frames, bounded, and nothing in them that succeeds by
// accident. C11 without allocation and with nothing but libc, because one end lives inside login, sshd and sudo; C++
// uses it as it is. An encoder refuses whatever the decoder would. Plain values, no state. Bytes and order:
// proto/login/FORMAT.md. Req: R04
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  kLoginVersion = 1,
  kLoginHeaderSize = 4,
  kLoginBodyMin = 2,
  kLoginBodyMax = 4096,
};

// The most bytes a text may have; its array has one more, for the zero at the end.
enum {
  kLoginServiceMax = 64,
  kLoginUserMax = 256,
  kLoginTtyMax = 64,
  kLoginRhostMax = 256,
  kLoginRuserMax = 256,
  kLoginLanguageMax = 32,
  kLoginTicketMax = 64,
  kLoginAnswerMax = 512,
  kLoginPromptMax = 1024,
  kLoginMessageMax = 1024,
};

// No list below has a 0: what was never set means nothing.
typedef enum LoginType {
  kLoginBegin = 1,
  kLoginAnswer = 2,
  kLoginCancel = 3,
  kLoginPrompt = 16,
  kLoginVerdict = 17,
} LoginType;

typedef enum LoginPhase {
  kLoginAuthenticate = 1,
  kLoginAccount = 2,
  kLoginOpenSession = 3,
  kLoginCloseSession = 4,
} LoginPhase;

typedef enum LoginStyle {
  kLoginAskHidden = 1,
  kLoginAskShown = 2,
  kLoginInformation = 3,
  kLoginError = 4,
} LoginStyle;

typedef enum LoginResult {
  kLoginGranted = 1,
  kLoginDenied = 2,
  kLoginTooManyTries = 3,
  kLoginNotNow = 4,       // the account may not log in at this time or not any more
  kLoginUnavailable = 5,  // could not be decided
} LoginResult;

// Bits of LoginBegin::flags.
enum {
  kLoginSilent = 1,        // show nothing that is not asked
  kLoginDisallowNull = 2,  // an empty password is none
};

typedef enum LoginFault {
  kLoginSound = 1,
  kLoginFaultLength,    // of the frame: outside its bounds
  kLoginFaultVersion,   // not ours
  kLoginFaultType,      // unknown, or not for this side to say
  kLoginFaultValue,     // phase, flags, style or result that does not exist
  kLoginFaultText,      // over its bound, not UTF-8, with a NUL, or with what this field may not hold
  kLoginFaultTicket,    // where none may be
  kLoginFaultCut,       // ends before its fields do
  kLoginFaultTrailing,  // goes on after them
} LoginFault;

typedef struct LoginBegin {
  LoginPhase phase;
  uint32_t flags;
  char service[kLoginServiceMax + 1];
  char user[kLoginUserMax + 1];
  char tty[kLoginTtyMax + 1];
  char rhost[kLoginRhostMax + 1];
  char ruser[kLoginRuserMax + 1];
  char language[kLoginLanguageMax + 1];  // as in LANG: "ja_JP.UTF-8"; empty: unknown
  char ticket[kLoginTicketMax + 1];      // empty: none
} LoginBegin;

// A secret: whoever decodes one wipes it.
typedef struct LoginAnswer {
  char text[kLoginAnswerMax + 1];
} LoginAnswer;

typedef struct LoginPrompt {
  LoginStyle style;
  char text[kLoginPromptMax + 1];
} LoginPrompt;

// A ticket is a secret until it is used.
typedef struct LoginVerdict {
  LoginResult result;
  char message[kLoginMessageMax + 1];  // empty: the module has words of its own
  char ticket[kLoginTicketMax + 1];    // empty unless granted
} LoginVerdict;

// Header and body, as sent.
typedef struct LoginFrame {
  size_t size;
  uint8_t bytes[kLoginHeaderSize + kLoginBodyMax];
} LoginFrame;

typedef struct LoginFromModule {
  LoginType type;  // kLoginBegin, kLoginAnswer or kLoginCancel
  union {
    LoginBegin begin;
    LoginAnswer answer;
  };
} LoginFromModule;

typedef struct LoginFromAgent {
  LoginType type;  // kLoginPrompt or kLoginVerdict
  union {
    LoginPrompt prompt;
    LoginVerdict verdict;
  };
} LoginFromAgent;

// The size of the body that a header announces; 0 when it is out of bounds.
size_t LoginBodySize(const uint8_t header[kLoginHeaderSize]);

// On any fault *out is all zeros.
LoginFault LoginDecodeFromModule(const uint8_t* body, size_t size, LoginFromModule* out);
LoginFault LoginDecodeFromAgent(const uint8_t* body, size_t size, LoginFromAgent* out);

// On any fault out->size is 0. The bytes of an answer stay in *out until its owner wipes it.
LoginFault LoginEncodeBegin(const LoginBegin* begin, LoginFrame* out);
LoginFault LoginEncodeAnswer(const char* text, LoginFrame* out);
LoginFault LoginEncodeCancel(LoginFrame* out);
LoginFault LoginEncodePrompt(const LoginPrompt* prompt, LoginFrame* out);
LoginFault LoginEncodeVerdict(const LoginVerdict* verdict, LoginFrame* out);

// Copies text into a field of `room` bytes, the zero included. False, and the field is empty, when it is too long.
bool LoginCopyText(char* field, size_t room, const char* text);

// English, for logs.
const char* LoginFaultName(LoginFault fault);

#ifdef __cplusplus
}
#endif
