// From the bytes of a request to a question, and who may ask it. Pure. Req: R05, R11
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "agent/ports/authenticator_orders.h"
#include "agent/ports/questions.h"
#include "proto/result.h"

namespace sekimori::control {

// Bytes of one request of root's; a policy to be tried is the largest.
inline constexpr std::size_t kMaxRequest = std::size_t{1} << 20;
// Others only ask: what they can make the agent hold is small.
inline constexpr std::size_t kMaxOthersRequest = 4096;
inline constexpr std::size_t kMaxReason = 1024;   // bytes
inline constexpr std::size_t kMaxOperator = 128;  // bytes
inline constexpr std::size_t kMaxToken = 8192;    // bytes
inline constexpr std::size_t kMaxName = 4096;     // bytes of a file's name, for error messages
inline constexpr std::size_t kMaxUser = 256;      // bytes of a user's name
inline constexpr std::size_t kMaxWord = 128;      // bytes of a label, of an id, of a code as typed

// Enrolment at a collector is the link's work, not a question to the deciding thread; authenticators are
// agent/enrolment's.
struct OrderEnrolment {
  std::string token;
};
using Request = std::variant<ports::Question, OrderEnrolment, ports::AuthenticatorOrder>;

// kInvalid: not a request, an empty one, or one without what it needs; kTooLarge: a text over its bound.
[[nodiscard]] Result<Request> ParseRequest(std::string_view bytes);

// The whole table: reading how things stand is everyone's, all else root's.
[[nodiscard]] bool MayAsk(std::uint32_t uid, const Request& request);

}  // namespace sekimori::control
