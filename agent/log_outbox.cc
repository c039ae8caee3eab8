#include "agent/log_outbox.h"

#include <utility>

namespace sekimori::agent {

LogOutbox::LogOutbox(std::filesystem::path path, std::function<std::uint64_t()> generation)
    : path_(std::move(path)), generation_(std::move(generation)) {}

Result<audit_log::LogReader*> LogOutbox::Reader() const {
  const std::uint64_t now = generation_();
  if (reader_ != nullptr && opened_ == now) return reader_.get();
  reader_.reset();
  if (now == 0) return Error{ErrorCode::kUnavailable, path_.string(), "the log is not open yet"};
  auto opened = audit_log::LogReader::Open(path_);
  if (!opened.ok()) return opened.error();
  reader_ = std::move(opened).value();
  opened_ = now;
  return reader_.get();
}

std::array<std::uint8_t, 16> LogOutbox::log_id() const {
  const auto reader = Reader();
  return reader.ok() ? reader.value()->log_id() : std::array<std::uint8_t, 16>{};
}

namespace {

Result<ports::OutboxHead> Converted(const Result<chain::Head>& head) {
  if (!head.ok()) return head.error();
  return ports::OutboxHead{head.value().sequence, head.value().hash};
}

}  // namespace

Result<ports::OutboxHead> LogOutbox::Head() const {
  const auto reader = Reader();
  if (!reader.ok()) return reader.error();
  return Converted(reader.value()->Head());
}

Result<ports::OutboxHead> LogOutbox::Base() const {
  const auto reader = Reader();
  if (!reader.ok()) return reader.error();
  return Converted(reader.value()->Base());
}

Result<ports::RecordHash> LogOutbox::HashAt(std::uint64_t sequence) const {
  const auto reader = Reader();
  if (!reader.ok()) return reader.error();
  return reader.value()->HashAt(sequence);
}

Result<std::vector<ports::OutboxRecord>> LogOutbox::Read(std::uint64_t after, std::size_t max_records,
                                                         std::size_t max_bytes) const {
  const auto reader = Reader();
  if (!reader.ok()) return reader.error();
  auto stored = reader.value()->Read(after, max_records, max_bytes);
  if (!stored.ok()) return stored.error();
  std::vector<ports::OutboxRecord> records;
  records.reserve(stored.value().size());
  for (audit_log::StoredRecord& record : stored.value())
    records.push_back({record.sequence, record.hash, std::move(record.payload)});
  return records;
}

Result<std::uint64_t> LogOutbox::Acknowledged() const {
  const auto reader = Reader();
  if (!reader.ok()) return reader.error();
  return reader.value()->Acknowledged();
}

Status LogOutbox::SetAcknowledged(std::uint64_t sequence) {
  const auto reader = Reader();
  if (!reader.ok()) return reader.error();
  return reader.value()->SetAcknowledged(sequence);
}

}  // namespace sekimori::agent
