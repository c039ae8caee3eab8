// Signed policies from any bytes: nothing but the one document the site's key signed is ever taken; and behind a good
// signature any bytes are still judged, never trusted.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "agent/config/policy_document.h"
#include "agent/config/site_file.h"
#include "proto/policy.pb.h"
#include "proto/policy_text/policy_words.h"
#include "proto/signing/signed_document.h"

namespace {

using namespace sekimori;  // NOLINT: a harness of one page

// The public half of a key that signed corpus/document/genuine and was then thrown away.
constexpr std::string_view kPinnedKey =
    "3059301306072a8648ce3d020106082a8648ce3d03010703420004fea18c21527d0c30fa13b4dd8bea9ae93f55a86f676e0722c3b8d7df8209"
    "46d0101479c33b5dac7239f0317829979b42cde6dd0ea1a0fdb27d09b8557a15abee";
constexpr std::string_view kGenuineDocument = "7c09f0fc89a6f83f227f0b22c16bd12d06289e9081bdac9d2d2c9b886ee8b81b";

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

ports::SiteFacts Facts(std::string policy_key_der) {
  ports::SiteFacts facts;
  facts.site_id = "site";
  facts.terminal_id = "terminal";
  facts.group = "group";
  facts.collector_host = facts.server_name = "collector";
  facts.collector_port = 7443;
  facts.policy_key_der = std::move(policy_key_der);
  return facts;
}

void CheckStranger(std::string_view bytes) {
  static const ports::SiteFacts facts = Facts(*policy_text::ParseBytes(kPinnedKey));
  const Result<config::OpenedPolicy> opened = config::OpenPolicyDocument(bytes, facts);
  if (opened.ok())
    Require(signing::Hex(opened.value().document_sha256) == kGenuineDocument, "only what the key signed is taken");
  static_cast<void>(config::ClaimedVersion(bytes));
}

void CheckBehindSignature(const std::string& document) {
  static const signing::SigningKey key = signing::SigningKey::Generate().value();
  static const ports::SiteFacts facts = Facts(key.public_key().spki_der());
  const Result<proto::SignedDocument> envelope = signing::SignDocument(key, proto::DOCUMENT_POLICY, document);
  if (!envelope.ok()) return;
  const std::string bytes = envelope.value().SerializeAsString();
  const Result<config::OpenedPolicy> opened = config::OpenPolicyDocument(bytes, facts);
  if (!opened.ok()) {
    Require(opened.error().code != ErrorCode::kUntrusted, "our own signature holds");
    return;
  }
  Require(opened.value().policy.version > 0, "a policy taken has a version");
  Require(opened.value().policy.version == config::ClaimedVersion(bytes), "and it is the one claimed");
  Require(opened.value().policy.source == model::PolicySource::kCollector, "and it is the collector's");
  proto::PolicyDocument content;
  Require(content.ParseFromString(document), "what was taken can be read");
  Require(content.terminal_id().empty() ? opened.value().policy.group == facts.group
                                        : content.terminal_id() == facts.terminal_id,
          "it is for the group, or for this terminal alone");
  ports::SiteFacts moved = facts;
  moved.group = opened.value().policy.group;
  Require(config::CheckSiteFacts(moved, "site.toml").ok(), "its group can be kept");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  CheckStranger(bytes);
  CheckBehindSignature(bytes);
  return 0;
}
