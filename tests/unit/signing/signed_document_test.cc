#include "proto/signing/signed_document.h"

#include <functional>

#include <gtest/gtest.h>

namespace sekimori::signing {
namespace {

SigningKey NewKey() {
  return std::move(SigningKey::Generate()).value();
}

TEST(VerifyDocument, HoldsForWhatWasSigned) {
  const SigningKey key = NewKey();
  const Result<proto::SignedDocument> made = SignDocument(key, proto::DOCUMENT_POLICY, "the policy");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made.value().document(), "the policy");
  EXPECT_TRUE(VerifyDocument(key.public_key(), proto::DOCUMENT_POLICY, made.value()).ok());
}

TEST(VerifyDocument, SignsTheDomainTheKindAndTheDocument) {
  const SigningKey key = NewKey();
  const proto::SignedDocument made = SignDocument(key, proto::DOCUMENT_POLICY, "doc").value();
  EXPECT_TRUE(key.public_key().Verify(std::string("sekimori document v1\0\0\0\0\1doc", 28), made.signature()));
}

TEST(VerifyDocument, RefusesEveryAlteration) {
  const SigningKey key = NewKey();
  const SigningKey other = NewKey();
  struct Case {
    const char* name;
    std::function<void(proto::SignedDocument&)> alter;
    ErrorCode code;
  };
  const Case cases[] = {
      {"document", [](auto& d) { d.set_document("the polity"); }, ErrorCode::kUntrusted},
      {"document cut", [](auto& d) { d.mutable_document()->pop_back(); }, ErrorCode::kUntrusted},
      {"document removed", [](auto& d) { d.clear_document(); }, ErrorCode::kUntrusted},
      {"signature removed", [](auto& d) { d.clear_signature(); }, ErrorCode::kUntrusted},
      {"key id removed", [](auto& d) { d.clear_key_id(); }, ErrorCode::kUntrusted},
      {"other key's id", [&](auto& d) { d.set_key_id(std::string(AsBytes(other.public_key().key_id()))); },
       ErrorCode::kUntrusted},
      {"other key's signature under this key's id",
       [&](auto& d) { d.set_signature(SignDocument(other, proto::DOCUMENT_POLICY, d.document()).value().signature()); },
       ErrorCode::kUntrusted},
      {"a bare signature without domain", [&](auto& d) { d.set_signature(key.Sign(d.document()).value()); },
       ErrorCode::kUntrusted},
      {"kind removed", [](auto& d) { d.clear_kind(); }, ErrorCode::kInvalid},
      {"unknown kind", [](auto& d) { d.set_kind(static_cast<proto::DocumentKind>(77)); }, ErrorCode::kInvalid},
      {"too large", [](auto& d) { d.set_document(std::string(kMaxDocument + 1, 'x')); }, ErrorCode::kTooLarge},
  };
  for (const Case& one : cases) {
    proto::SignedDocument document = SignDocument(key, proto::DOCUMENT_POLICY, "the policy").value();
    one.alter(document);
    const Status status = VerifyDocument(key.public_key(), proto::DOCUMENT_POLICY, document);
    ASSERT_FALSE(status.ok()) << one.name;
    EXPECT_EQ(status.error().code, one.code) << one.name;
  }
}

TEST(SignDocument, RefusesNoKindAndTooLarge) {
  const SigningKey key = NewKey();
  EXPECT_EQ(SignDocument(key, proto::DOCUMENT_UNSPECIFIED, "x").error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(SignDocument(key, proto::DOCUMENT_POLICY, std::string(kMaxDocument, 'x')).ok());
  EXPECT_EQ(SignDocument(key, proto::DOCUMENT_POLICY, std::string(kMaxDocument + 1, 'x')).error().code,
            ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace sekimori::signing
