// Signed envelopes for policy (and later permits and emergency codes). Bytes: proto/signing/FORMAT.md. Req: R02, R12
#pragma once

#include <string>
#include <string_view>

#include "proto/policy.pb.h"
#include "proto/result.h"
#include "proto/signing/key.h"

namespace sekimori::signing {

inline constexpr std::size_t kMaxDocument = std::size_t{512} << 10;

// The signature covers "sekimori document v1\0" ‖ kind as u32 big-endian ‖ document.
[[nodiscard]] Result<proto::SignedDocument> SignDocument(const SigningKey& key, proto::DocumentKind kind,
                                                         std::string document);
// kUntrusted: another key or a wrong signature. kInvalid: not of this kind. kTooLarge.
[[nodiscard]] Status VerifyDocument(const VerifyKey& key, proto::DocumentKind kind,
                                    const proto::SignedDocument& signed_document);

}  // namespace sekimori::signing
