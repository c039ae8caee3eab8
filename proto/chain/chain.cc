#include "proto/chain/chain.h"

#include <utility>

namespace sekimori::chain {
namespace {

using namespace std::string_view_literals;
using signing::AsBytes;

constexpr std::string_view kLogDomain = "sekimori log v1\0"sv;
constexpr std::string_view kRecordDomain = "sekimori record v1\0"sv;
constexpr std::string_view kCheckpointDomain = "sekimori checkpoint v1\0"sv;

std::array<std::uint8_t, 8> BigEndian(std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(value >> (56U - 8U * i));
  return bytes;
}

std::string RecordName(std::uint64_t sequence) {
  return "record " + std::to_string(sequence);
}

}  // namespace

Hash GenesisHash(const LogId& log_id) {
  return signing::Sha256({kLogDomain, AsBytes(log_id)});
}

Hash Link(const Hash& previous, std::uint64_t sequence, std::string_view payload) {
  return signing::Sha256({kRecordDomain, AsBytes(previous), AsBytes(BigEndian(sequence)), payload});
}

std::string CheckpointBytes(const Checkpoint& checkpoint) {
  std::string bytes(kCheckpointDomain);
  bytes += AsBytes(checkpoint.log_id);
  bytes += AsBytes(BigEndian(checkpoint.head.sequence));
  bytes += AsBytes(checkpoint.head.hash);
  bytes += AsBytes(BigEndian(static_cast<std::uint64_t>(checkpoint.time_us)));
  return bytes;
}

Result<Checkpoint> SignCheckpoint(const signing::SigningKey& key, const LogId& log_id, const Head& head,
                                  std::int64_t time_us) {
  Checkpoint checkpoint{log_id, head, time_us, {}};
  Result<std::string> signature = key.Sign(CheckpointBytes(checkpoint));
  if (!signature.ok()) return signature.error();
  checkpoint.signature = std::move(signature).value();
  return checkpoint;
}

Status VerifyCheckpoint(const signing::VerifyKey& key, const Checkpoint& checkpoint) {
  if (key.Verify(CheckpointBytes(checkpoint), checkpoint.signature)) return Status::Ok();
  return Error{ErrorCode::kUntrusted, "checkpoint " + std::to_string(checkpoint.head.sequence),
               "the signature is not the expected key's over this checkpoint"};
}

Status Verifier::Take(std::uint64_t sequence, std::string_view payload, const Hash& stored_hash) {
  if (sequence != head_.sequence + 1)
    return Error{ErrorCode::kConflict, RecordName(sequence),
                 "out of order; want sequence " + std::to_string(head_.sequence + 1)};
  const Hash hash = Link(head_.hash, sequence, payload);
  if (hash != stored_hash)
    return Error{ErrorCode::kCorrupt, RecordName(sequence),
                 "its hash does not follow from the record before it and its own bytes"};
  head_ = Head{sequence, hash};
  return Status::Ok();
}

}  // namespace sekimori::chain
