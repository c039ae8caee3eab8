// What is said to a person at a login, as text for a prompt. In the language of whoever started the program; if that
// is not known, or at the kernel's own console, which has no Japanese characters, in Japanese and then in English.
// Req: R04
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/login.h"
#include "proto/words/words.h"

namespace sekimori::door {

class Speech {
 public:
  // The locale's name is as in LANG; empty: not known.
  Speech(std::string_view locale, std::string_view service, std::string_view tty);

  // Fit for a PROMPT: its choices, then what is asked. What is too long is cut at its end.
  [[nodiscard]] std::string PromptText(const model::Prompt& prompt) const;
  // Fit for the message of a VERDICT: a line each.
  [[nodiscard]] std::string MessageText(std::span<const model::Words> lines) const;

 private:
  std::vector<words::Language> languages_;
};

}  // namespace sekimori::door
