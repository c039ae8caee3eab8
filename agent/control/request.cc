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

template <typename As, typename Order, typename Message>
Result<Request> ReasonedAs(const Message& message, Order order) {
  if (Status needed = Needed(message.reason(), kMaxReason, "reason"); !needed.ok()) return needed.error();
  if (Status bounded = Bounded(message.operator_name(), kMaxOperator, "operator_name"); !bounded.ok())
    return bounded.error();
  order.reason = message.reason();
  order.operator_name = message.operator_name();
  return Request(As(std::move(order)));
}

template <typename Order, typename Message>
Result<Request> Reasoned(const Message& message, Order order) {
  return ReasonedAs<ports::Question>(message, std::move(order));
}

// --- authenticators -------------------------------------------------------------------------------------------------

Result<Request> ParseTotp(const proto::TotpBegin& message) {
  if (Status needed = Needed(message.user(), kMaxUser, "user"); !needed.ok()) return needed.error();
  if (Status bounded = Bounded(message.label(), kMaxWord, "label"); !bounded.ok()) return bounded.error();
  if (Status needed = Needed(message.issuer(), kMaxWord, "issuer"); !needed.ok()) return needed.error();
  return ReasonedAs<ports::AuthenticatorOrder>(message,
                                               ports::OrderTotp{message.user(), message.label(), message.issuer(), {}});
}

Result<Request> ParseConfirmation(proto::TotpConfirm& message) {
  if (Status needed = Needed(message.pending(), kMaxWord, "pending"); !needed.ok()) return needed.error();
  if (Status needed = Needed(message.code(), kMaxWord, "code"); !needed.ok()) return needed.error();
  ports::OrderConfirmation order{message.pending(), model::Secret(message.code())};
  model::WipeBytes(message.mutable_code()->data(), message.code().size());
  return Request(ports::AuthenticatorOrder(std::move(order)));
}

Result<Request> ParseCancelling(const proto::TotpCancel& message) {
  if (Status needed = Needed(message.pending(), kMaxWord, "pending"); !needed.ok()) return needed.error();
  return Request(ports::AuthenticatorOrder(ports::OrderCancelling{message.pending()}));
}

Result<Request> ParseListing(const proto::AuthenticatorsQuery& message) {
  if (Status bounded = Bounded(message.user(), kMaxUser, "user"); !bounded.ok()) return bounded.error();
  ports::AskAuthenticators question{message.user()};
  if (message.has_after()) question.after = message.after();
  return Request(ports::AuthenticatorOrder(std::move(question)));
}

Result<Request> ParseRevocation(const proto::AuthenticatorRevoke& message) {
  if (Status needed = Needed(message.user(), kMaxUser, "user"); !needed.ok()) return needed.error();
  if (Status needed = Needed(message.id(), kMaxWord, "id"); !needed.ok()) return needed.error();
  return ReasonedAs<ports::AuthenticatorOrder>(message, ports::OrderRevocation{message.user(), message.id(), {}});
}

Result<Request> ParseUnlocking(const proto::AuthenticatorUnlock& message) {
  if (Status needed = Needed(message.user(), kMaxUser, "user"); !needed.ok()) return needed.error();
  if (Status bounded = Bounded(message.id(), kMaxWord, "id"); !bounded.ok()) return bounded.error();
  return ReasonedAs<ports::AuthenticatorOrder>(message, ports::OrderUnlocking{message.user(), message.id(), {}});
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
    case proto::ControlRequest::kTotpBegin:
      return ParseTotp(request.totp_begin());
    case proto::ControlRequest::kTotpConfirm:
      return ParseConfirmation(*request.mutable_totp_confirm());
    case proto::ControlRequest::kTotpCancel:
      return ParseCancelling(request.totp_cancel());
    case proto::ControlRequest::kAuthenticators:
      return ParseListing(request.authenticators());
    case proto::ControlRequest::kAuthenticatorRevoke:
      return ParseRevocation(request.authenticator_revoke());
    case proto::ControlRequest::kAuthenticatorUnlock:
      return ParseUnlocking(request.authenticator_unlock());
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
