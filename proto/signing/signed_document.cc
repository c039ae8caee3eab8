#include "proto/signing/signed_document.h"

#include <array>
#include <utility>

namespace sekimori::signing {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kDomain = "sekimori document v1\0"sv;

std::string SignedBytes(proto::DocumentKind kind, std::string_view document) {
  const auto number = static_cast<std::uint32_t>(kind);
  std::string bytes;
  bytes.reserve(kDomain.size() + sizeof number + document.size());
  bytes += kDomain;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(number >> static_cast<unsigned>(shift) & 0xffU));
  bytes += document;
  return bytes;
}

Error TooLarge(std::size_t size) {
  return Error{ErrorCode::kTooLarge, "signed document",
               std::to_string(size) + " bytes; want at most " + std::to_string(kMaxDocument)};
}

}  // namespace

Result<proto::SignedDocument> SignDocument(const SigningKey& key, proto::DocumentKind kind, std::string document) {
  if (document.size() > kMaxDocument) return TooLarge(document.size());
  if (kind == proto::DOCUMENT_UNSPECIFIED || !proto::DocumentKind_IsValid(kind))
    return Error{ErrorCode::kInvalid, "signed document", "a document needs a kind"};
  Result<std::string> signature = key.Sign(SignedBytes(kind, document));
  if (!signature.ok()) return signature.error();
  proto::SignedDocument envelope;
  envelope.set_kind(kind);
  envelope.set_document(std::move(document));
  envelope.set_key_id(std::string(AsBytes(key.public_key().key_id())));
  envelope.set_signature(std::move(signature).value());
  return envelope;
}

Status VerifyDocument(const VerifyKey& key, proto::DocumentKind kind, const proto::SignedDocument& signed_document) {
  if (signed_document.document().size() > kMaxDocument) return TooLarge(signed_document.document().size());
  if (kind == proto::DOCUMENT_UNSPECIFIED || signed_document.kind() != kind)
    return Error{ErrorCode::kInvalid, "signed document",
                 "kind is " + std::to_string(signed_document.kind()) + "; want " + std::to_string(kind)};
  if (signed_document.key_id() != AsBytes(key.key_id()))
    return Error{ErrorCode::kUntrusted, "signed document",
                 "signed by key " + Hex(signed_document.key_id().substr(0, 32)) + "; want " + Hex(key.key_id())};
  if (!key.Verify(SignedBytes(kind, signed_document.document()), signed_document.signature()))
    return Error{ErrorCode::kUntrusted, "signed document", "the signature is not this key's over this document"};
  return Status::Ok();
}

}  // namespace sekimori::signing
