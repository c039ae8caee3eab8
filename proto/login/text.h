// What each text of a login frame may hold. Encoder and decoder ask the same question.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum LoginTextKind {
  kLoginAnyText = 1,  // UTF-8 without NUL
  kLoginShownText,    // also no control characters but line feed and tab: it goes to a terminal
  kLoginTicketText,   // letters, digits, - and _: it goes into an environment
} LoginTextKind;

bool LoginTextIsSound(const uint8_t* bytes, size_t size, LoginTextKind kind);
