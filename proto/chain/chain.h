// The hash chain and its signed checkpoints: what makes a log tamper-evident. Bytes: proto/chain/FORMAT.md. Req: R06
// The bytes hashed are the bytes stored, sent and verified; nothing is ever re-encoded.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proto/result.h"
#include "proto/signing/key.h"

namespace sekimori::chain {

using Hash = std::array<std::uint8_t, 32>;
using LogId = std::array<std::uint8_t, 16>;  // random, made once with the log

// The hash before record 1: SHA-256("sekimori log v1\0" ‖ log id).
[[nodiscard]] Hash GenesisHash(const LogId& log_id);

// SHA-256("sekimori record v1\0" ‖ previous ‖ sequence as u64 big-endian ‖ payload). Sequences start at 1.
[[nodiscard]] Hash Link(const Hash& previous, std::uint64_t sequence, std::string_view payload);

struct Head {
  std::uint64_t sequence = 0;  // 0: empty, hash is the genesis hash
  Hash hash{};
  bool operator==(const Head&) const = default;
};

struct Checkpoint {
  LogId log_id{};
  Head head;
  std::int64_t time_us = 0;  // UTC by the terminal's clock
  std::string signature;     // DER ECDSA over CheckpointBytes
};

// "sekimori checkpoint v1\0" ‖ log id ‖ sequence u64 BE ‖ hash ‖ time_us i64 BE
[[nodiscard]] std::string CheckpointBytes(const Checkpoint& checkpoint);
[[nodiscard]] Result<Checkpoint> SignCheckpoint(const signing::SigningKey& key, const LogId& log_id, const Head& head,
                                                std::int64_t time_us);
// kUntrusted when the signature is not this key's over these bytes.
[[nodiscard]] Status VerifyCheckpoint(const signing::VerifyKey& key, const Checkpoint& checkpoint);

// Walks records in order. kCorrupt names the first record whose hash does not follow; kConflict a sequence that is not
// the next. After an error the head is where it was.
class Verifier {
 public:
  explicit Verifier(const Head& start) : head_(start) {}
  [[nodiscard]] Status Take(std::uint64_t sequence, std::string_view payload, const Hash& stored_hash);
  [[nodiscard]] const Head& head() const { return head_; }

 private:
  Head head_;
};

}  // namespace sekimori::chain
