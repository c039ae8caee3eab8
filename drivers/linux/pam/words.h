// What the module says when the agent could not: in Japanese, then in English, because a text console may lack
// Japanese.
#pragma once

#include <security/pam_modules.h>
#include <stdbool.h>

typedef enum Saying {
  kSayDenied = 1,
  kSayTooManyTries,
  kSayNotNow,
  kSayUnavailable,
  kSayUnreadable,
  kSayUnfitAnswer,
  kSayPasswordElsewhere,
} Saying;

typedef struct Words {
  char ja[256];
  char en[256];
} Words;

const Words* WordsFor(Saying saying);
// As two error messages; whether they were shown changes nothing.
void Say(pam_handle_t* pamh, Saying saying);
