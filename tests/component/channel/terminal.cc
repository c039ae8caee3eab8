#include "tests/component/channel/terminal.h"

#include <algorithm>
#include <future>
#include <utility>

#include <gtest/gtest.h>

#include "proto/event.pb.h"

namespace sekimori::testing {

class MemoryOutbox final : public ports::Outbox {
 public:
  explicit MemoryOutbox(MemoryLog& log) : log_(log) {}
  std::array<std::uint8_t, 16> log_id() const override { return log_.log_id_; }
  Result<ports::OutboxHead> Head() const override {
    const std::lock_guard lock(log_.mutex_);
    if (log_.records_.empty()) return ports::OutboxHead{log_.base_.sequence, log_.base_.hash};
    return ports::OutboxHead{log_.records_.back().sequence, log_.records_.back().hash};
  }
  Result<ports::OutboxHead> Base() const override {
    const std::lock_guard lock(log_.mutex_);
    return ports::OutboxHead{log_.base_.sequence, log_.base_.hash};
  }
  Result<ports::RecordHash> HashAt(std::uint64_t sequence) const override {
    const std::lock_guard lock(log_.mutex_);
    if (sequence == log_.base_.sequence) return log_.base_.hash;
    if (sequence == log_.lost_) return Error{ErrorCode::kNotFound, std::to_string(sequence), "lost"};
    const std::uint64_t at = sequence - log_.base_.sequence - 1;
    if (sequence < log_.base_.sequence || at >= log_.records_.size()) {
      return Error{ErrorCode::kNotFound, std::to_string(sequence), "no such record"};
    }
    return log_.records_[at].hash;
  }
  Result<std::vector<ports::OutboxRecord>> Read(std::uint64_t after, std::size_t max_records,
                                                std::size_t max_bytes) const override {
    const std::lock_guard lock(log_.mutex_);
    if (after < log_.base_.sequence) return Error{ErrorCode::kNotFound, std::to_string(after), "pruned"};
    std::vector<ports::OutboxRecord> records;
    std::size_t bytes = 0;
    for (std::size_t at = after - log_.base_.sequence; at < log_.records_.size(); ++at) {
      if (records.size() >= max_records || (!records.empty() && bytes >= max_bytes)) break;
      const bool lost = log_.records_[at].sequence == log_.lost_;
      if (lost && records.empty()) return Error{ErrorCode::kCorrupt, std::to_string(log_.lost_), "missing"};
      if (lost) break;
      bytes += log_.records_[at].payload.size();
      records.push_back(log_.records_[at]);
    }
    return records;
  }
  Result<std::uint64_t> Acknowledged() const override {
    const std::lock_guard lock(log_.mutex_);
    return log_.acknowledged_;
  }
  Status SetAcknowledged(std::uint64_t sequence) override {
    const std::lock_guard lock(log_.mutex_);
    log_.acknowledged_ = sequence;
    return Status::Ok();
  }

 private:
  MemoryLog& log_;
};

MemoryLog::MemoryLog(std::uint8_t seed) {
  log_id_.fill(seed);
  base_ = {0, chain::GenesisHash(log_id_)};
}

void MemoryLog::AppendPayload(std::string payload) {
  const std::lock_guard lock(mutex_);
  const chain::Head head = records_.empty() ? base_ : chain::Head{records_.back().sequence, records_.back().hash};
  records_.push_back({head.sequence + 1, chain::Link(head.hash, head.sequence + 1, payload), std::move(payload)});
}

void MemoryLog::Append(std::size_t count, std::size_t padding) {
  for (std::size_t i = 0; i < count; ++i) {
    proto::Event event;
    event.set_time_us(NowUs());
    event.mutable_agent_stopping()->set_reason("record " + std::to_string(i) + std::string(padding, 'x'));
    AppendPayload(event.SerializeAsString());
  }
}

void MemoryLog::CutAfter(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  records_.resize(sequence - base_.sequence);
}

void MemoryLog::PruneUntil(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  const auto end = records_.begin() + static_cast<std::ptrdiff_t>(sequence - base_.sequence);
  base_ = {sequence, std::prev(end)->hash};
  records_.erase(records_.begin(), end);
}

void MemoryLog::Damage(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  records_.at(sequence - base_.sequence - 1).payload.back() ^= 1;
}

void MemoryLog::Lose(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  lost_ = sequence;
}

std::uint64_t MemoryLog::head() const {
  const std::lock_guard lock(mutex_);
  return base_.sequence + records_.size();
}

std::uint64_t MemoryLog::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

std::unique_ptr<ports::Outbox> MemoryLog::NewOutbox() {
  return std::make_unique<MemoryOutbox>(*this);
}

Result<ports::SiteFacts> MemorySiteStore::Load() const {
  const std::lock_guard lock(mutex_);
  if (!facts_) return Error{ErrorCode::kNotFound, "site facts", "not enrolled"};
  return *facts_;
}

Status MemorySiteStore::Save(const ports::SiteFacts& facts) {
  const std::lock_guard lock(mutex_);
  facts_ = facts;
  return Status::Ok();
}

Status MemorySiteStore::SetGroup(const std::string& terminal_id, const std::string& group) {
  const std::lock_guard lock(mutex_);
  if (!facts_ || facts_->terminal_id != terminal_id)
    return Error{ErrorCode::kConflict, "site facts", "another terminal's"};
  facts_->group = group;
  return Status::Ok();
}

void MemorySiteStore::Forget() {
  const std::lock_guard lock(mutex_);
  facts_.reset();
}

void RememberingSink::OnPolicy(std::string signed_document) {
  const std::lock_guard lock(mutex_);
  policies_.push_back(std::move(signed_document));
}
void RememberingSink::OnEnrolled(model::Enrolled enrolled) {
  const std::lock_guard lock(mutex_);
  enrolled_.push_back(std::move(enrolled));
}
void RememberingSink::OnRefused(model::CollectorRefused refused) {
  const std::lock_guard lock(mutex_);
  refused_.push_back(std::move(refused));
}
void RememberingSink::OnLogDamaged(model::LogDamaged damaged) {
  const std::lock_guard lock(mutex_);
  damaged_.push_back(std::move(damaged));
}
void RememberingSink::OnCollectorBehind(model::CollectorBehind behind) {
  const std::lock_guard lock(mutex_);
  behind_.push_back(std::move(behind));
}
void RememberingSink::OnLinkState(const ports::LinkState& state) {
  const std::lock_guard lock(mutex_);
  phases_.push_back(state.phase);
}
std::vector<std::string> RememberingSink::policies() const {
  const std::lock_guard lock(mutex_);
  return policies_;
}
std::vector<model::Enrolled> RememberingSink::enrolled() const {
  const std::lock_guard lock(mutex_);
  return enrolled_;
}
std::vector<model::CollectorRefused> RememberingSink::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}
std::vector<model::LogDamaged> RememberingSink::damaged() const {
  const std::lock_guard lock(mutex_);
  return damaged_;
}
std::vector<model::CollectorBehind> RememberingSink::behind() const {
  const std::lock_guard lock(mutex_);
  return behind_;
}
std::vector<ports::LinkPhase> RememberingSink::phases() const {
  const std::lock_guard lock(mutex_);
  return phases_;
}

Terminal::Terminal(std::uint8_t seed) : key_(signing::SigningKey::Generate().value()), log_(seed) {
  Start();
}

Terminal::~Terminal() = default;

void Terminal::Start() {
  channel::UplinkTerms terms;
  terms.state_directory = directory_.path();
  terms.facts = {"pc-" + std::to_string(log_.log_id()[0]), "Debian 12", "0.1.0", "abc"};
  terms.backoff = {std::chrono::milliseconds(10), std::chrono::milliseconds(100)};
  terms.acknowledged_every = std::chrono::milliseconds(50);
  uplink_ = channel::Uplink::Make(terms, key_, log_.NewOutbox(), site_store_, clock_).value();
  EXPECT_TRUE(uplink_->Start(sink_).ok());
}

void Terminal::Stop() {
  uplink_->Stop();
}

Status Terminal::Enrol(const std::string& token) {
  std::promise<Status> promise;
  std::future<Status> outcome = promise.get_future();
  uplink_->Enrol(token, [&promise](Status status) { promise.set_value(std::move(status)); });
  if (outcome.wait_for(kPatience) != std::future_status::ready) std::abort();
  return outcome.get();
}

void Terminal::Append(std::size_t count, std::size_t padding) {
  log_.Append(count, padding);
  uplink_->Wake();
}

std::string Terminal::id() const {
  const Result<ports::SiteFacts> facts = site_store_.Load();
  return facts.ok() ? facts.value().terminal_id : "";
}

}  // namespace sekimori::testing
