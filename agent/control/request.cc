#include "agent/control/request.h"

#include <utility>

#include "proto/control.pb.h"

namespace sekimori::control {

namespace {

Status Bounded(const std::string& text, std::size_t bound, const char* what) {
  if (text.size() > bound) return Error{ErrorCode::kTooLarge, what, "longer than " + std::to_string(bound) + " bytes"};
  return Status::Ok();
}

Status Needed(const std::string& text, std::size_t bound, const char* what) {
  if (text.empty()) return Error{ErrorCode::kInvalid, what, "must not be empty"};
  return Bounded(text, bound, what);
}

template <typename Order, typename Message>
Result<Request> Reasoned(const Message& message, Order order) {
  if (Status needed = Needed(message.reason(), kMaxReason, "reason"); !needed.ok()) return needed.error();
  if (Status bounded = Bounded(message.operator_name(), kMaxOperator, "operator_name"); !bounded.ok())
    return bounded.error();
  order.reason = message.reason();
  order.operator_name = message.operator_name();
  return Request(ports::Question(std::move(order)));
}

}  // namespace

Result<Request> ParseRequest(std::string_view bytes) {
  if (bytes.size() > kMaxRequest) return Error{ErrorCode::kTooLarge, "request", "larger than one mebibyte"};
  proto::ControlRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return Error{ErrorCode::kInvalid, "request", "is not a ControlRequest"};
  switch (request.body_case()) {
    case proto::ControlRequest::kStatus:
      return Request(ports::Question(ports::AskStatus{}));
    case proto::ControlRequest::kDevices:
      return Request(ports::Question(ports::AskDevices{}));
    case proto::ControlRequest::kExplain:
      if (Status needed = Needed(request.explain().device(), kMaxName, "device"); !needed.ok()) return needed.error();
      return Request(ports::Question(ports::AskExplanation{request.explain().device()}));
    case proto::ControlRequest::kPolicyTry:
      if (Status bounded = Bounded(request.policy_try().file(), kMaxName, "file"); !bounded.ok())
        return bounded.error();
      return Request(ports::Question(ports::AskPolicyTrial{request.policy_try().toml(), request.policy_try().file()}));
    case proto::ControlRequest::kReload:
      return Request(ports::Question(ports::OrderReload{}));
    case proto::ControlRequest::kRelease:
      return Reasoned(request.release(), ports::OrderRelease{.reason = {}, .removal = request.release().removal()});
    case proto::ControlRequest::kClose:
      return Reasoned(request.close(), ports::OrderClose{});
    case proto::ControlRequest::kEnrol:
      if (Status needed = Needed(request.enrol().token(), kMaxToken, "token"); !needed.ok()) return needed.error();
      // Moved, so that the message keeps no copy of the secret.
      return Request(OrderEnrolment{std::move(*request.mutable_enrol()->mutable_token())});
    case proto::ControlRequest::BODY_NOT_SET:
      break;
  }
  return Error{ErrorCode::kInvalid, "request", "asks for nothing this agent knows"};
}

bool MayAsk(std::uint32_t uid, const Request& request) {
  const auto* question = std::get_if<ports::Question>(&request);
  // No message asks for it; root too must not write into the log that somebody was let in.
  if (question != nullptr && std::holds_alternative<ports::RecordLogin>(*question)) return false;
  if (uid == 0) return true;
  return question != nullptr &&
         (std::holds_alternative<ports::AskStatus>(*question) || std::holds_alternative<ports::AskDevices>(*question) ||
          std::holds_alternative<ports::AskExplanation>(*question));
}

}  // namespace sekimori::control
