// The way of logins, sessions and authenticators into the log: a question to the deciding thread. Req: R05
#pragma once

#include <chrono>

#include "agent/model/event.h"
#include "agent/ports/questions.h"
#include "proto/result.h"

namespace sekimori::core {

class LoginRecords {
 public:
  static constexpr std::chrono::milliseconds kPatience{5'000};

  // The questions outlive it.
  explicit LoginRecords(ports::Questions& questions, std::chrono::milliseconds patience = kPatience)
      : questions_(questions), patience_(patience) {}

  // Any thread but the deciding one; blocks. Ok: it is on disk. An error: what lets somebody in is not on disk, and
  // never will be; nothing may be granted on it. A refusal may still be written when the log takes records again.
  [[nodiscard]] Status Record(model::EventBody body);

 private:
  ports::Questions& questions_;
  const std::chrono::milliseconds patience_;
};

// Whether it lets somebody in, or makes that possible. Of a kind that LoginRecords does not take: true.
[[nodiscard]] bool LetsIn(const model::EventBody& body);
// A login, a session, an authenticator.
[[nodiscard]] bool IsAboutLogins(const model::EventBody& body);

}  // namespace sekimori::core
