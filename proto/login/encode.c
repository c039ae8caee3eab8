#include <string.h>

#include "proto/login/login.h"
#include "proto/login/text.h"

// Appends to a frame. The first fault stays; after it nothing more is written.
typedef struct Writer {
  LoginFrame* frame;
  LoginFault fault;
} Writer;

static void Refuse(Writer* writer, LoginFault fault) {
  if (writer->fault == kLoginSound) writer->fault = fault;
}

static void PutBytes(Writer* writer, const void* bytes, size_t size) {
  if (writer->fault != kLoginSound) return;
  if (size > sizeof writer->frame->bytes - writer->frame->size) {
    Refuse(writer, kLoginFaultLength);
    return;
  }
  if (size > 0) memcpy(writer->frame->bytes + writer->frame->size, bytes, size);
  writer->frame->size += size;
}

static void PutNumber(Writer* writer, uint32_t number, size_t octets) {
  uint8_t bytes[4];
  for (size_t i = 0; i < octets; ++i)
    bytes[i] = (uint8_t)(number >> (8 * (octets - 1 - i)) & 0xffU);
  PutBytes(writer, bytes, octets);
}

static void PutText(Writer* writer, const char* text, size_t max, LoginTextKind kind) {
  const char* end = memchr(text, '\0', max + 1);
  const size_t size = end == NULL ? 0 : (size_t)(end - text);
  if (end == NULL || !LoginTextIsSound((const uint8_t*)text, size, kind)) {
    Refuse(writer, kLoginFaultText);
    return;
  }
  PutNumber(writer, (uint32_t)size, 2);
  PutBytes(writer, text, size);
}

static void PutChoice(Writer* writer, uint32_t choice, uint32_t last) {
  if (choice < 1 || choice > last) Refuse(writer, kLoginFaultValue);
  PutNumber(writer, choice, 1);
}

static Writer OpenFrame(LoginFrame* frame, LoginType type) {
  Writer writer = {frame, kLoginSound};
  frame->size = 0;
  PutNumber(&writer, 0, kLoginHeaderSize);  // the length, once it is known
  PutNumber(&writer, kLoginVersion, 1);
  PutNumber(&writer, (uint32_t)type, 1);
  return writer;
}

static LoginFault CloseFrame(Writer* writer) {
  const size_t size = writer->frame->size;
  writer->frame->size = 0;
  PutNumber(writer, (uint32_t)(size - kLoginHeaderSize), kLoginHeaderSize);
  writer->frame->size = writer->fault == kLoginSound ? size : 0;
  return writer->fault;
}

LoginFault LoginEncodeBegin(const LoginBegin* begin, LoginFrame* out) {
  Writer writer = OpenFrame(out, kLoginBegin);
  PutChoice(&writer, (uint32_t)begin->phase, kLoginCloseSession);
  if ((begin->flags & ~(uint32_t)(kLoginSilent | kLoginDisallowNull)) != 0) Refuse(&writer, kLoginFaultValue);
  PutNumber(&writer, begin->flags, 4);
  PutText(&writer, begin->service, kLoginServiceMax, kLoginAnyText);
  PutText(&writer, begin->user, kLoginUserMax, kLoginAnyText);
  PutText(&writer, begin->tty, kLoginTtyMax, kLoginAnyText);
  PutText(&writer, begin->rhost, kLoginRhostMax, kLoginAnyText);
  PutText(&writer, begin->ruser, kLoginRuserMax, kLoginAnyText);
  PutText(&writer, begin->language, kLoginLanguageMax, kLoginAnyText);
  PutText(&writer, begin->ticket, kLoginTicketMax, kLoginTicketText);
  return CloseFrame(&writer);
}

LoginFault LoginEncodeAnswer(const char* text, LoginFrame* out) {
  Writer writer = OpenFrame(out, kLoginAnswer);
  PutText(&writer, text, kLoginAnswerMax, kLoginAnyText);
  return CloseFrame(&writer);
}

LoginFault LoginEncodeCancel(LoginFrame* out) {
  Writer writer = OpenFrame(out, kLoginCancel);
  return CloseFrame(&writer);
}

LoginFault LoginEncodePrompt(const LoginPrompt* prompt, LoginFrame* out) {
  Writer writer = OpenFrame(out, kLoginPrompt);
  PutChoice(&writer, (uint32_t)prompt->style, kLoginError);
  PutText(&writer, prompt->text, kLoginPromptMax, kLoginShownText);
  return CloseFrame(&writer);
}

LoginFault LoginEncodeVerdict(const LoginVerdict* verdict, LoginFrame* out) {
  Writer writer = OpenFrame(out, kLoginVerdict);
  if (verdict->result != kLoginGranted && verdict->ticket[0] != '\0') Refuse(&writer, kLoginFaultTicket);
  PutChoice(&writer, (uint32_t)verdict->result, kLoginUnavailable);
  PutText(&writer, verdict->message, kLoginMessageMax, kLoginShownText);
  PutText(&writer, verdict->ticket, kLoginTicketMax, kLoginTicketText);
  return CloseFrame(&writer);
}
