#include "agent/channel/enrolment.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/channel.pb.h"
#include "proto/masking/text.h"
#include "proto/tls/signing_request.h"

namespace sekimori::channel {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxDetail = 512;

std::string Frame(const token::EnrolmentToken& token, const EnrolmentTerms& terms, std::string csr_der) {
  proto::FromTerminal message;
  proto::EnrolRequest& request = *message.mutable_enrol();
  request.set_token_id(token.id);
  request.set_secret(std::string(token.secret.bytes()));
  request.set_csr_der(std::move(csr_der));
  request.set_log_id(std::string(terms.log_id.begin(), terms.log_id.end()));
  request.set_hostname(Utf8(terms.facts.hostname));
  request.set_machine_id(Utf8(terms.facts.machine_id));
  request.set_os(Utf8(terms.facts.os));
  request.set_agent_version(Utf8(terms.facts.agent_version));
  std::string frame = message.SerializeAsString();
  token::Wipe(*request.mutable_secret());
  return frame;
}

Error RefusalError(const proto::Refused& refused) {
  const ErrorCode code = CodeOfRefusal(refused.error_code());
  std::string reason = refused.detail();
  masking::CutUtf8(reason, kMaxDetail);
  const std::string detail = "the collector refused: " + reason + " (" + refused.error_code() + ")";
  const bool passing = code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout || code == ErrorCode::kExpired;
  return Error{passing ? code : ErrorCode::kDenied, "enrolment", detail};
}

}  // namespace

ErrorCode CodeOfRefusal(const std::string& word) {
  constexpr std::array kCodes = {ErrorCode::kInvalid,     ErrorCode::kNotFound,    ErrorCode::kExists,
                                 ErrorCode::kDenied,      ErrorCode::kUntrusted,   ErrorCode::kExpired,
                                 ErrorCode::kConflict,    ErrorCode::kCorrupt,     ErrorCode::kTooLarge,
                                 ErrorCode::kFull,        ErrorCode::kUnavailable, ErrorCode::kTimeout,
                                 ErrorCode::kUnsupported, ErrorCode::kIo};
  const auto known =
      std::find_if(kCodes.begin(), kCodes.end(), [&](ErrorCode code) { return ErrorCodeName(code) == word; });
  return known == kCodes.end() ? ErrorCode::kDenied : *known;
}

bool IsPassing(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout || code == ErrorCode::kFull ||
         code == ErrorCode::kIo;
}

Result<proto::EnrolAnswer> AskForEnrolment(Wire& wire, const token::EnrolmentToken& token,
                                           const EnrolmentTerms& terms) {
  Result<std::string> csr = tls::MakeSigningRequest(terms.key);
  if (!csr.ok()) return csr.error();
  Result<std::unique_ptr<tls::ClientContext>> context = tls::ClientContext::ForEnrolment(token.ca_sha256);
  if (!context.ok()) return context.error();
  const Endpoint endpoint{token.host, token.port, token.server_name};
  if (Status opened = wire.Open(*context.value(), endpoint, terms.limits); !opened.ok()) return opened.error();

  std::string frame = Frame(token, terms, std::move(csr).value());
  const Status sent = wire.Send(frame);
  token::Wipe(frame);
  if (!sent.ok()) return sent.error();
  const tls::Time limit = tls::Clock::now() + terms.answer_limit;
  while (tls::Clock::now() < limit) {
    Result<std::vector<std::string>> frames = wire.Wait(limit);
    if (!frames.ok()) return frames.error();
    for (const std::string& received : frames.value()) {
      proto::FromCollector message;
      if (!message.ParseFromString(received)) {
        return Error{ErrorCode::kInvalid, "collector", "unreadable message"};
      }
      wire.Close();
      if (message.has_refused()) return RefusalError(message.refused());
      if (message.has_enrolled()) return std::move(*message.mutable_enrolled());
      return Error{ErrorCode::kInvalid, "collector", "unexpected message"};
    }
  }
  return Error{ErrorCode::kTimeout, "collector", "no answer to the enrolment"};
}

Result<Enrolment> CheckAnswer(const proto::EnrolAnswer& answer, const token::EnrolmentToken& token,
                              const signing::SigningKey& key) {
  const auto untrusted = [](std::string detail) {
    return Error{ErrorCode::kUntrusted, "enrolment", std::move(detail)};
  };
  Result<tls::Certificate> ca = tls::Certificate::FromDer(answer.ca_der());
  if (!ca.ok()) return ca.error();
  if (ca.value().fingerprint() != token.ca_sha256) return untrusted("the CA is not the one the token pins");
  Result<tls::Certificate> certificate = tls::Certificate::FromDer(answer.certificate_der());
  if (!certificate.ok()) return certificate.error();
  Credentials credentials{std::move(certificate).value(), std::move(ca).value()};
  if (answer.terminal_id().empty() || answer.terminal_id().size() > kMaxName || answer.group().size() > kMaxName) {
    return untrusted("the terminal's id or group is out of bounds");
  }
  if (Status good = CheckCredentials(credentials, key, answer.terminal_id()); !good.ok()) return good.error();
  if (answer.site_id().empty() || answer.site_id() != credentials.ca.Organization()) {
    return untrusted("the site is not the CA's");
  }
  if (Result<signing::VerifyKey> policy_key = signing::VerifyKey::FromSpkiDer(answer.policy_key_der());
      !policy_key.ok()) {
    return untrusted("the policy key is none: " + policy_key.error().detail);
  }
  ports::SiteFacts facts;
  facts.site_id = answer.site_id();
  facts.terminal_id = answer.terminal_id();
  facts.group = answer.group();
  facts.collector_host = token.host;
  facts.collector_port = token.port;
  facts.server_name = token.server_name;
  facts.policy_key_der = answer.policy_key_der();
  return Enrolment{std::move(facts), std::move(credentials)};
}

Status KeepEnrolment(const Enrolment& enrolment, const std::filesystem::path& state_directory,
                     ports::SiteStore& site_store) {
  if (Status saved = SaveCredentials(state_directory, enrolment.credentials); !saved.ok()) return saved;
  return site_store.Save(enrolment.facts);
}

}  // namespace sekimori::channel
