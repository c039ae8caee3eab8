#include "proto/login/text.h"

#include <string.h>

#include "proto/login/login.h"

// How many bytes the first code point takes; 0 for what is not UTF-8 (RFC 3629: shortest form, no surrogates).
static size_t ReadCodePoint(const uint8_t* bytes, size_t size, uint32_t* code) {
  static const uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const uint8_t first = bytes[0];
  if (first < 0x80) {
    *code = first;
    return 1;
  }
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc0 || first > 0xf7 || size < length) return 0;
  uint32_t value = first & (0x7fU >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xc0U) != 0x80) return 0;
    value = value << 6U | (bytes[i] & 0x3fU);
  }
  if (value < kLeast[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
  *code = value;
  return length;
}

static bool MayHold(LoginTextKind kind, uint32_t code) {
  switch (kind) {
    case kLoginAnyText:
      return code != 0;
    case kLoginShownText:
      return code == '\n' || code == '\t' || (code >= 0x20 && code != 0x7f && !(code >= 0x80 && code <= 0x9f));
    case kLoginTicketText:
      return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9') ||
             code == '-' || code == '_';
  }
  return false;
}

bool LoginTextIsSound(const uint8_t* bytes, size_t size, LoginTextKind kind) {
  for (size_t at = 0; at < size;) {
    uint32_t code = 0;
    const size_t length = ReadCodePoint(bytes + at, size - at, &code);
    if (length == 0 || !MayHold(kind, code)) return false;
    at += length;
  }
  return true;
}

bool LoginCopyText(char* field, size_t room, const char* text) {
  const char* end = memchr(text, '\0', room);
  memset(field, 0, room);
  if (end == NULL) return false;
  memcpy(field, text, (size_t)(end - text));
  return true;
}
