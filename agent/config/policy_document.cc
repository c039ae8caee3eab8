#include "agent/config/policy_document.h"

#include <limits>

#include "agent/config/site_file.h"
#include "proto/policy.pb.h"
#include "proto/policy_text/parse_policy.h"
#include "proto/signing/signed_document.h"
#include "proto/toml_text/text_bounds.h"

namespace sekimori::config {
namespace {

constexpr const char* kWhere = "signed policy";
// Key id, signature and field headers beside the document.
constexpr std::size_t kMaxEnvelope = signing::kMaxDocument + 1024;

template <typename Message>
bool ReadWhole(std::string_view bytes, Message& message) {
  return bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) &&
         message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

struct Authentic {
  proto::PolicyDocument document;
  signing::Sha256Hash sha256{};
};

Result<Authentic> Authenticate(std::string_view signed_document, const ports::SiteFacts& facts) {
  if (signed_document.size() > kMaxEnvelope)
    return Error{ErrorCode::kTooLarge, kWhere,
                 std::to_string(signed_document.size()) + " bytes; want at most " + std::to_string(kMaxEnvelope)};
  proto::SignedDocument envelope;
  if (!ReadWhole(signed_document, envelope))
    return Error{ErrorCode::kCorrupt, kWhere, "the bytes are no signed document"};
  const Result<signing::VerifyKey> key = signing::VerifyKey::FromSpkiDer(facts.policy_key_der);
  if (!key.ok()) return Error{ErrorCode::kCorrupt, "policy key of the site's facts", key.error().detail};
  if (Status verified = signing::VerifyDocument(key.value(), proto::DOCUMENT_POLICY, envelope); !verified.ok())
    return verified.error();
  Authentic authentic;
  if (!ReadWhole(envelope.document(), authentic.document))
    return Error{ErrorCode::kCorrupt, kWhere, "the signed bytes are no policy document"};
  authentic.sha256 = signing::Sha256(envelope.document());
  return authentic;
}

Error NotForUs(const char* what, const std::string& named, const std::string& wanted) {
  return {ErrorCode::kConflict, kWhere,
          std::string("it is for ") + what + " " + toml_text::Quoted(named) + "; want " + toml_text::Quoted(wanted)};
}

// Site first, then terminal: only a document for this very terminal may name another group than the one it is in.
Status CheckAddressee(const proto::PolicyDocument& document, const ports::SiteFacts& facts) {
  if (document.site_id() != facts.site_id) return NotForUs("site", document.site_id(), facts.site_id);
  if (document.terminal_id().empty())
    return document.group() == facts.group ? Status::Ok() : NotForUs("group", document.group(), facts.group);
  if (document.terminal_id() != facts.terminal_id)
    return NotForUs("terminal", document.terminal_id(), facts.terminal_id);
  ports::SiteFacts moved = facts;
  moved.group = document.group();
  return CheckSiteFacts(moved, kWhere);
}

}  // namespace

Result<OpenedPolicy> OpenPolicyDocument(std::string_view signed_document, const ports::SiteFacts& facts) {
  const Result<Authentic> authentic = Authenticate(signed_document, facts);
  if (!authentic.ok()) return authentic.error();
  const proto::PolicyDocument& document = authentic.value().document;
  if (Status ours = CheckAddressee(document, facts); !ours.ok()) return ours.error();
  if (document.version() == 0) return Error{ErrorCode::kInvalid, kWhere, "it has no version; want 1 or more"};

  Result<model::Policy> policy =
      policy_text::ParsePolicy(document.toml(), "policy version " + std::to_string(document.version()));
  if (!policy.ok()) return policy.error();
  OpenedPolicy opened{.policy = std::move(policy).value(), .document_sha256 = authentic.value().sha256};
  opened.policy.source = model::PolicySource::kCollector;
  opened.policy.version = document.version();
  opened.policy.group = document.group();
  return opened;
}

std::uint64_t ClaimedVersion(std::string_view signed_document) {
  proto::SignedDocument envelope;
  proto::PolicyDocument document;
  const bool readable = signed_document.size() <= kMaxEnvelope && ReadWhole(signed_document, envelope) &&
                        ReadWhole(envelope.document(), document);
  return readable ? document.version() : 0;
}

}  // namespace sekimori::config
