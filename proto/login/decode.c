#include <string.h>

#include "proto/login/login.h"
#include "proto/login/text.h"

// Walks over a body. The first fault stays; after it nothing more is read.
typedef struct Reader {
  const uint8_t* at;
  size_t left;
  LoginFault fault;
} Reader;

static void Refuse(Reader* reader, LoginFault fault) {
  if (reader->fault == kLoginSound) reader->fault = fault;
  reader->left = 0;
}

static uint32_t TakeNumber(Reader* reader, size_t octets) {
  if (reader->left < octets) {
    Refuse(reader, kLoginFaultCut);
    return 0;
  }
  uint32_t number = 0;
  for (size_t i = 0; i < octets; ++i)
    number = number << 8U | reader->at[i];
  reader->at += octets;
  reader->left -= octets;
  return number;
}

static void TakeText(Reader* reader, char* field, size_t max, LoginTextKind kind) {
  const size_t size = TakeNumber(reader, 2);
  if (size > max) {
    Refuse(reader, kLoginFaultText);
    return;
  }
  if (reader->left < size) {
    Refuse(reader, kLoginFaultCut);
    return;
  }
  if (!LoginTextIsSound(reader->at, size, kind)) {
    Refuse(reader, kLoginFaultText);
    return;
  }
  if (size > 0) memcpy(field, reader->at, size);
  field[size] = '\0';
  reader->at += size;
  reader->left -= size;
}

// A number from a list that has no 0 and no gaps.
static uint32_t TakeChoice(Reader* reader, uint32_t last) {
  const uint32_t choice = TakeNumber(reader, 1);
  if (choice < 1 || choice > last) Refuse(reader, kLoginFaultValue);
  return choice;
}

static Reader OpenBody(const uint8_t* body, size_t size) {
  Reader reader = {body, size, kLoginSound};
  if (size < kLoginBodyMin || size > kLoginBodyMax) Refuse(&reader, kLoginFaultLength);
  if (TakeNumber(&reader, 1) != kLoginVersion) Refuse(&reader, kLoginFaultVersion);
  return reader;
}

static void CloseBody(Reader* reader) {
  if (reader->left > 0) Refuse(reader, kLoginFaultTrailing);
}

static void TakeBegin(Reader* reader, LoginBegin* begin) {
  begin->phase = (LoginPhase)TakeChoice(reader, kLoginCloseSession);
  begin->flags = TakeNumber(reader, 4);
  if ((begin->flags & ~(uint32_t)(kLoginSilent | kLoginDisallowNull)) != 0) Refuse(reader, kLoginFaultValue);
  TakeText(reader, begin->service, kLoginServiceMax, kLoginAnyText);
  TakeText(reader, begin->user, kLoginUserMax, kLoginAnyText);
  TakeText(reader, begin->tty, kLoginTtyMax, kLoginAnyText);
  TakeText(reader, begin->rhost, kLoginRhostMax, kLoginAnyText);
  TakeText(reader, begin->ruser, kLoginRuserMax, kLoginAnyText);
  TakeText(reader, begin->language, kLoginLanguageMax, kLoginAnyText);
  TakeText(reader, begin->ticket, kLoginTicketMax, kLoginTicketText);
}

static void TakePrompt(Reader* reader, LoginPrompt* prompt) {
  prompt->style = (LoginStyle)TakeChoice(reader, kLoginError);
  TakeText(reader, prompt->text, kLoginPromptMax, kLoginShownText);
}

static void TakeVerdict(Reader* reader, LoginVerdict* verdict) {
  verdict->result = (LoginResult)TakeChoice(reader, kLoginUnavailable);
  TakeText(reader, verdict->message, kLoginMessageMax, kLoginShownText);
  TakeText(reader, verdict->ticket, kLoginTicketMax, kLoginTicketText);
  if (verdict->result != kLoginGranted && verdict->ticket[0] != '\0') Refuse(reader, kLoginFaultTicket);
}

size_t LoginBodySize(const uint8_t header[kLoginHeaderSize]) {
  Reader reader = {header, kLoginHeaderSize, kLoginSound};
  const size_t size = TakeNumber(&reader, kLoginHeaderSize);
  return size >= kLoginBodyMin && size <= kLoginBodyMax ? size : 0;
}

LoginFault LoginDecodeFromModule(const uint8_t* body, size_t size, LoginFromModule* out) {
  memset(out, 0, sizeof *out);
  Reader reader = OpenBody(body, size);
  const uint32_t type = TakeNumber(&reader, 1);
  if (type == kLoginBegin) {
    TakeBegin(&reader, &out->begin);
  } else if (type == kLoginAnswer) {
    TakeText(&reader, out->answer.text, kLoginAnswerMax, kLoginAnyText);
  } else if (type != kLoginCancel) {
    Refuse(&reader, kLoginFaultType);
  }
  CloseBody(&reader);
  out->type = (LoginType)type;
  if (reader.fault != kLoginSound) memset(out, 0, sizeof *out);
  return reader.fault;
}

LoginFault LoginDecodeFromAgent(const uint8_t* body, size_t size, LoginFromAgent* out) {
  memset(out, 0, sizeof *out);
  Reader reader = OpenBody(body, size);
  const uint32_t type = TakeNumber(&reader, 1);
  if (type == kLoginPrompt) {
    TakePrompt(&reader, &out->prompt);
  } else if (type == kLoginVerdict) {
    TakeVerdict(&reader, &out->verdict);
  } else {
    Refuse(&reader, kLoginFaultType);
  }
  CloseBody(&reader);
  out->type = (LoginType)type;
  if (reader.fault != kLoginSound) memset(out, 0, sizeof *out);
  return reader.fault;
}

const char* LoginFaultName(LoginFault fault) {
  switch (fault) {
    case kLoginSound:
      return "sound";
    case kLoginFaultLength:
      return "length out of bounds";
    case kLoginFaultVersion:
      return "another version";
    case kLoginFaultType:
      return "unknown type of message";
    case kLoginFaultValue:
      return "a value that does not exist";
    case kLoginFaultText:
      return "a text that is too long or not sound";
    case kLoginFaultTicket:
      return "a ticket where none may be";
    case kLoginFaultCut:
      return "ends too early";
    case kLoginFaultTrailing:
      return "goes on after its end";
  }
  return "unknown fault";
}
