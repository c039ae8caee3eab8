#include "agent/messages/login_messages.h"

namespace sekimori::messages {

proto::FactorClass ToMessage(model::FactorClass factor) {
  switch (factor) {
    case model::FactorClass::kKnowledge:
      return proto::FACTOR_KNOWLEDGE;
    case model::FactorClass::kPossession:
      return proto::FACTOR_POSSESSION;
    case model::FactorClass::kInherence:
      return proto::FACTOR_INHERENCE;
  }
  return proto::FACTOR_UNSPECIFIED;
}

proto::LoginMethod ToMessage(model::Method method) {
  switch (method) {
    case model::Method::kPassword:
      return proto::METHOD_PASSWORD;
    case model::Method::kTotp:
      return proto::METHOD_TOTP;
    case model::Method::kFido2:
      return proto::METHOD_FIDO2;
    case model::Method::kCard:
      return proto::METHOD_CARD;
    case model::Method::kFingerprint:
      return proto::METHOD_FINGERPRINT;
    case model::Method::kEmergencyCode:
      return proto::METHOD_EMERGENCY_CODE;
  }
  return proto::METHOD_UNSPECIFIED;
}

proto::ProofRefusal ToMessage(model::Refusal refusal) {
  switch (refusal) {
    case model::Refusal::kWrong:
      return proto::PROOF_WRONG;
    case model::Refusal::kReplayed:
      return proto::PROOF_REPLAYED;
    case model::Refusal::kClock:
      return proto::PROOF_CLOCK;
    case model::Refusal::kCounter:
      return proto::PROOF_COUNTER;
    case model::Refusal::kLastTry:
      return proto::PROOF_LAST_TRY;
    case model::Refusal::kTimeout:
      return proto::PROOF_TIMEOUT;
    case model::Refusal::kLockedOut:
      return proto::PROOF_LOCKED_OUT;
    case model::Refusal::kNotChecked:
      return proto::PROOF_NOT_CHECKED;
  }
  return proto::PROOF_REFUSAL_UNSPECIFIED;
}

proto::LoginResult ToMessage(model::LoginResult result) {
  switch (result) {
    case model::LoginResult::kGranted:
      return proto::LOGIN_GRANTED;
    case model::LoginResult::kDenied:
      return proto::LOGIN_DENIED;
    case model::LoginResult::kTooManyTries:
      return proto::LOGIN_TOO_MANY_TRIES;
    case model::LoginResult::kNotNow:
      return proto::LOGIN_NOT_NOW;
    case model::LoginResult::kUnavailable:
      return proto::LOGIN_UNAVAILABLE;
  }
  return proto::LOGIN_RESULT_UNSPECIFIED;
}

proto::LoginReason ToMessage(model::LoginReason reason) {
  switch (reason) {
    case model::LoginReason::kProven:
      return proto::LOGIN_REASON_PROVEN;
    case model::LoginReason::kGrace:
      return proto::LOGIN_REASON_GRACE;
    case model::LoginReason::kObserved:
      return proto::LOGIN_REASON_OBSERVED;
    case model::LoginReason::kUnknownUser:
      return proto::LOGIN_REASON_UNKNOWN_USER;
    case model::LoginReason::kNotEnrolled:
      return proto::LOGIN_REASON_NOT_ENROLLED;
    case model::LoginReason::kRule:
      return proto::LOGIN_REASON_RULE;
    case model::LoginReason::kProofRefused:
      return proto::LOGIN_REASON_PROOF_REFUSED;
    case model::LoginReason::kLockedOut:
      return proto::LOGIN_REASON_LOCKED_OUT;
    case model::LoginReason::kTooFewClasses:
      return proto::LOGIN_REASON_TOO_FEW_CLASSES;
    case model::LoginReason::kCancelled:
      return proto::LOGIN_REASON_CANCELLED;
    case model::LoginReason::kTimeout:
      return proto::LOGIN_REASON_TIMEOUT;
    case model::LoginReason::kNoAuthenticator:
      return proto::LOGIN_REASON_NO_AUTHENTICATOR;
    case model::LoginReason::kAuthenticatorFailed:
      return proto::LOGIN_REASON_AUTHENTICATOR_FAILED;
    case model::LoginReason::kStoreFailed:
      return proto::LOGIN_REASON_STORE_FAILED;
    case model::LoginReason::kClockFailed:
      return proto::LOGIN_REASON_CLOCK_FAILED;
    case model::LoginReason::kNoTicket:
      return proto::LOGIN_REASON_NO_TICKET;
    case model::LoginReason::kNotRecorded:
      return proto::LOGIN_REASON_NOT_RECORDED;
    case model::LoginReason::kOutOfOrder:
      return proto::LOGIN_REASON_OUT_OF_ORDER;
  }
  return proto::LOGIN_REASON_UNSPECIFIED;
}

proto::SessionPhase ToMessage(model::SessionPhase phase) {
  switch (phase) {
    case model::SessionPhase::kAccount:
      return proto::SESSION_ACCOUNT;
    case model::SessionPhase::kOpen:
      return proto::SESSION_OPEN;
    case model::SessionPhase::kClose:
      return proto::SESSION_CLOSE;
  }
  return proto::SESSION_PHASE_UNSPECIFIED;
}

proto::SessionGround ToMessage(model::SessionGround ground) {
  switch (ground) {
    case model::SessionGround::kTicket:
      return proto::SESSION_TICKET;
    case model::SessionGround::kReported:
      return proto::SESSION_REPORTED;
    case model::SessionGround::kNoTicket:
      return proto::SESSION_NO_TICKET;
    case model::SessionGround::kBadTicket:
      return proto::SESSION_BAD_TICKET;
    case model::SessionGround::kObserved:
      return proto::SESSION_OBSERVED;
    case model::SessionGround::kClosed:
      return proto::SESSION_CLOSED;
    case model::SessionGround::kUndecided:
      return proto::SESSION_UNDECIDED;
  }
  return proto::SESSION_GROUND_UNSPECIFIED;
}

proto::AuthenticatorChange ToMessage(model::AuthenticatorChange change) {
  switch (change) {
    case model::AuthenticatorChange::kEnrolled:
      return proto::AUTHENTICATOR_ENROLLED;
    case model::AuthenticatorChange::kRevoked:
      return proto::AUTHENTICATOR_REVOKED;
    case model::AuthenticatorChange::kUnlocked:
      return proto::AUTHENTICATOR_UNLOCKED;
  }
  return proto::AUTHENTICATOR_CHANGE_UNSPECIFIED;
}

}  // namespace sekimori::messages
