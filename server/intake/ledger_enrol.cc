// How a terminal comes to its certificate, and to the next one.
#include <algorithm>
#include <utility>

#include "proto/tls/signing_request.h"
#include "proto/token/enrolment_token.h"
#include "server/authority/tokens.h"
#include "server/intake/ledger.h"
#include "server/intake/plain_text.h"

namespace sekimori::intake {
namespace {

constexpr std::uint32_t kRetryAfterFault = 300;
constexpr std::size_t kMaxText = 256;
constexpr ErrorCode kSpent = ErrorCode::kConflict;  // what the store calls a token without a use left

std::chrono::sys_seconds Seconds(std::int64_t us) {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(us)));
}

std::string Bounded(const std::string& text) {
  return PlainText(text, kMaxText);
}

Status CheckShape(const proto::EnrolRequest& request) {
  if (request.token_id().empty() || request.token_id().size() > 64 || request.secret().size() != token::kSecretSize) {
    return Error{ErrorCode::kInvalid, "token", "malformed"};
  }
  if (request.log_id().size() != chain::LogId().size()) {
    return Error{ErrorCode::kInvalid, "log", "expected an identity of 16 bytes"};
  }
  return Status::Ok();
}

// What every call to the store may come to, whoever asks for what.
bool IsOfTheStore(ErrorCode code) {
  return code == ErrorCode::kIo || code == ErrorCode::kFull || code == ErrorCode::kTimeout ||
         code == ErrorCode::kCorrupt;
}

}  // namespace

Answer Ledger::Do(EnrolJob job) {
  proto::CollectorAlarm alarm;  // of a refusal: what it is about
  alarm.set_kind(proto::ALARM_TOKEN);
  Result<proto::EnrolAnswer> enrolled = Enrol(job, alarm);
  token::Wipe(*job.request->mutable_secret());
  if (!enrolled.ok()) {
    Error error = enrolled.error();
    if (IsOfTheStore(error.code)) return StoreFailed(job.session, error);
    // Of a key the terminal has to know more: whether it is to begin anew.
    if (error.code == kSpent && alarm.terminal_id().empty()) error.code = ErrorCode::kDenied;
    Raise(alarm.kind(), alarm.terminal_id(), 0,
          "enrolment refused (" + std::string(ErrorCodeName(error.code)) + ") for token '" +
              Bounded(job.request->token_id()) + "', host '" + Bounded(job.request->hostname()) + "'",
          job.peer);
    return Refuse(job.session, error, kRetryAfterFault);
  }
  journal_.Write(Level::kNotice, "enrolled " + enrolled.value().terminal_id() + " (" +
                                     Bounded(job.request->hostname()) + ") from " + job.peer + " by token " +
                                     job.request->token_id());
  Answer answer;
  answer.session = job.session;
  *answer.reply.emplace().mutable_enrolled() = std::move(enrolled).value();
  answer.close = true;
  return answer;
}

// A key is one terminal's, with one log. Whoever holds it may have its certificate made anew while nothing speaks
// against that terminal; else the key itself is in doubt, and only another one begins anew.
Status Ledger::JudgeKnownKey(const EnrolJob& job, const store::Terminal& known, proto::CollectorAlarm& alarm) {
  const auto refuse = [&](proto::AlarmKind kind, ErrorCode code, const char* why) {
    alarm.set_kind(kind);
    alarm.set_terminal_id(known.id);
    return Status(Error{code, "key", std::string(why) + "; enrol anew, with another key and log"});
  };
  if (known.revoked_us != 0) return refuse(proto::ALARM_REVOKED, ErrorCode::kDenied, "it was a revoked terminal's");
  if (job.request->log_id() != signing::AsBytes(known.log_id))
    return refuse(proto::ALARM_OTHER_LOG, ErrorCode::kConflict, "it is enrolled with another log");
  if (known.disputed) return refuse(proto::ALARM_TOKEN, ErrorCode::kConflict, "its terminal's log is disputed");
  return Status::Ok();
}

Result<proto::EnrolAnswer> Ledger::Enrol(const EnrolJob& job, proto::CollectorAlarm& alarm) {
  const proto::EnrolRequest& request = *job.request;
  if (Status shape = CheckShape(request); !shape.ok()) return shape.error();
  const Result<signing::VerifyKey> key = tls::CheckSigningRequest(request.csr_der());
  if (!key.ok()) return key.error();
  const std::int64_t now_us = wall_clock_();
  const store::TokenClaim claim{request.token_id(), signing::Sha256(request.secret()), now_us};
  const Result<store::Token> token = reader_->CheckToken(claim);
  // A spent token is still good for the terminal that spent it: its answer may have been lost on the way.
  if (!token.ok() && token.error().code != kSpent) return token.error();
  const Result<store::Terminal> known = reader_->FindTerminalByKey(key.value().key_id());
  if (known.ok()) {
    if (Status good = JudgeKnownKey(job, known.value(), alarm); !good.ok()) return good.error();
    return EnrolAgain(job, known.value());
  }
  if (!known.ok() && known.error().code != ErrorCode::kNotFound) return known.error();
  if (!token.ok()) return token.error();

  const Result<std::string> id = authority::MakeUuid();
  if (!id.ok()) return id.error();
  const Result<tls::Certificate> certificate = authority_.IssueTerminal(id.value(), request.csr_der(), Seconds(now_us));
  if (!certificate.ok()) return certificate.error();
  store::Terminal terminal;
  terminal.id = id.value();
  terminal.hostname = Bounded(request.hostname());
  terminal.os = Bounded(request.os());
  terminal.machine_id = Bounded(request.machine_id());
  terminal.agent_version = Bounded(request.agent_version());
  std::copy(request.log_id().begin(), request.log_id().end(), terminal.log_id.begin());
  terminal.certificate_sha256 = certificate.value().fingerprint();
  terminal.key_spki = key.value().spki_der();
  terminal.enrolled_us = now_us;
  terminal.last_contact_us = now_us;

  proto::Event event = OwnEvent();
  proto::Enrolled& record = *event.mutable_enrolled();
  record.set_site_id(authority_.site_id());
  record.set_terminal_id(terminal.id);
  record.set_collector(job.peer);
  record.set_group(token.value().group);
  record.set_certificate_sha256(std::string(signing::AsBytes(terminal.certificate_sha256)));
  const Result<store::Terminal> stored =
      writer_->Enrol(claim, terminal, store::Own{std::span(&event, 1), authority_.log_key()});
  if (!stored.ok()) return stored.error();
  return AnswerFor(stored.value(), certificate.value());
}

Result<proto::EnrolAnswer> Ledger::EnrolAgain(const EnrolJob& job, const store::Terminal& terminal) {
  const std::int64_t now_us = wall_clock_();
  const Result<tls::Certificate> certificate =
      authority_.IssueTerminal(terminal.id, job.request->csr_der(), Seconds(now_us));
  if (!certificate.ok()) return certificate.error();
  if (Status set = SetCertificate(terminal, certificate.value(), "enrolment repeated by the same key", job.peer);
      !set.ok()) {
    return set.error();
  }
  return AnswerFor(terminal, certificate.value());
}

Status Ledger::SetCertificate(const store::Terminal& terminal, const tls::Certificate& certificate,
                              const std::string& why, const std::string& peer) {
  const std::int64_t now_us = wall_clock_();
  proto::Event event = OwnEvent();
  proto::OperatorAction& action = *event.mutable_operator_action();
  action.set_operator_("sekimori-collector");
  action.set_action("terminal.certificate");
  action.set_target(terminal.id);
  action.set_detail(why + ", from " + peer + ", serial " + certificate.SerialHex());
  action.set_succeeded(true);
  return writer_->SetCertificate(terminal.id, store::TerminalKey{terminal.key_spki, certificate.fingerprint(), now_us},
                                 store::Own{std::span(&event, 1), authority_.log_key()});
}

proto::EnrolAnswer Ledger::AnswerFor(const store::Terminal& terminal, const tls::Certificate& certificate) const {
  proto::EnrolAnswer answer;
  answer.set_site_id(authority_.site_id());
  answer.set_terminal_id(terminal.id);
  answer.set_group(terminal.group);
  answer.set_certificate_der(certificate.der());
  answer.set_ca_der(authority_.ca().der());
  answer.set_policy_key_der(authority_.policy_key().public_key().spki_der());
  return answer;
}

Answer Ledger::Do(RenewJob job) {
  const std::int64_t now_us = wall_clock_();
  const Result<store::Terminal> terminal = reader_->FindTerminal(job.terminal);
  if (!terminal.ok()) return StoreFailed(job.session, terminal.error());
  const auto life = job.present.not_after() - job.present.not_before();
  if (job.present.not_after() - Seconds(now_us) > life / 2) {
    return Refuse(job.session, Error{ErrorCode::kDenied, "certificate", "more than half of its life is left"},
                  kRetryAfterFault);
  }
  const Result<signing::VerifyKey> key = tls::CheckSigningRequest(job.csr_der);
  if (!key.ok()) return Refuse(job.session, key.error(), kRetryAfterFault);
  // Another key would be another terminal: its log is signed with this one.
  if (key.value().spki_der() != terminal.value().key_spki) {
    return Refuse(job.session, Error{ErrorCode::kDenied, "certificate", "for another key than the terminal's"},
                  kRetryAfterFault);
  }
  const Result<tls::Certificate> certificate = authority_.IssueTerminal(job.terminal, job.csr_der, Seconds(now_us));
  if (!certificate.ok()) return Refuse(job.session, certificate.error(), kRetryAfterFault);
  if (Status set = SetCertificate(terminal.value(), certificate.value(), "renewed", job.peer); !set.ok()) {
    if (IsOfTheStore(set.error().code)) return StoreFailed(job.session, set.error());
    return Refuse(job.session, set.error(), kRetryAfterFault);
  }
  journal_.Write(Level::kNotice, "renewed the certificate of " + job.terminal);
  Answer answer;
  answer.session = job.session;
  proto::Renewed& renewed = *answer.reply.emplace().mutable_renewed();
  renewed.set_certificate_der(certificate.value().der());
  renewed.set_ca_der(authority_.ca().der());
  return answer;
}

}  // namespace sekimori::intake
