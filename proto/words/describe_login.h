// Logins, sessions and authenticators in words. Inside of words. Req: R05, R16
#pragma once

#include <string>

#include "proto/event.pb.h"
#include "proto/words/words.h"

namespace sekimori::words {

[[nodiscard]] std::string TellLogin(Language language, const proto::Event& event);
[[nodiscard]] std::string TellSession(Language language, const proto::Event& event);
[[nodiscard]] std::string TellAuthenticator(Language language, const proto::Event& event);

// As EventOutcome says it. What nobody wrote is never told as an admission.
[[nodiscard]] std::string LoginOutcome(const proto::LoginJudged& judged);
[[nodiscard]] std::string SessionOutcome(const proto::SessionJudged& judged);

}  // namespace sekimori::words
