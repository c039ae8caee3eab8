// A terminal for tests: the real uplink over a log in memory, with everything it tells remembered.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/channel/uplink.h"
#include "tests/component/channel/site.h"

namespace sekimori::testing {

class SystemClock final : public ports::Clock {
 public:
  [[nodiscard]] model::WallTime Now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] model::BootTime SinceBoot() const override { return {}; }
};

// The records of a log, shared between the test that appends and the uplink that reads.
class MemoryLog {
 public:
  explicit MemoryLog(std::uint8_t seed);
  void Append(std::size_t count, std::size_t padding = 0);
  void AppendPayload(std::string payload);
  // As if a disk image had been put back: the last records are gone.
  void CutAfter(std::uint64_t sequence);
  // As if acknowledged records had been deleted.
  void PruneUntil(std::uint64_t sequence);
  // Alters what is stored under a sequence, hashes untouched.
  void Damage(std::uint64_t sequence);
  // As if somebody had deleted this one record.
  void Lose(std::uint64_t sequence);

  [[nodiscard]] chain::LogId log_id() const { return log_id_; }
  [[nodiscard]] std::uint64_t head() const;
  [[nodiscard]] std::uint64_t acknowledged() const;
  [[nodiscard]] std::unique_ptr<ports::Outbox> NewOutbox();

 private:
  friend class MemoryOutbox;
  mutable std::mutex mutex_;
  chain::LogId log_id_{};
  chain::Head base_;
  std::vector<ports::OutboxRecord> records_;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t lost_ = 0;
};

class MemorySiteStore final : public ports::SiteStore {
 public:
  [[nodiscard]] Result<ports::SiteFacts> Load() const override;
  [[nodiscard]] Status Save(const ports::SiteFacts& facts) override;
  [[nodiscard]] Status SetGroup(const std::string& terminal_id, const std::string& group) override;
  void Forget();

 private:
  mutable std::mutex mutex_;
  std::optional<ports::SiteFacts> facts_;
};

class RememberingSink final : public ports::LinkSink {
 public:
  void OnPolicy(std::string signed_document) override;
  void OnEnrolled(model::Enrolled enrolled) override;
  void OnRefused(model::CollectorRefused refused) override;
  void OnLogDamaged(model::LogDamaged damaged) override;
  void OnCollectorBehind(model::CollectorBehind behind) override;
  void OnLinkState(const ports::LinkState& state) override;

  [[nodiscard]] std::vector<std::string> policies() const;
  [[nodiscard]] std::vector<model::Enrolled> enrolled() const;
  [[nodiscard]] std::vector<model::CollectorRefused> refused() const;
  [[nodiscard]] std::vector<model::LogDamaged> damaged() const;
  [[nodiscard]] std::vector<model::CollectorBehind> behind() const;
  [[nodiscard]] std::vector<ports::LinkPhase> phases() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> policies_;
  std::vector<model::Enrolled> enrolled_;
  std::vector<model::CollectorRefused> refused_;
  std::vector<model::LogDamaged> damaged_;
  std::vector<model::CollectorBehind> behind_;
  std::vector<ports::LinkPhase> phases_;
};

class Terminal {
 public:
  explicit Terminal(std::uint8_t seed = 1);
  ~Terminal();

  void Start();
  void Stop();
  [[nodiscard]] Status Enrol(const std::string& token);
  // Appends and tells the uplink.
  void Append(std::size_t count, std::size_t padding = 0);

  [[nodiscard]] bool Connected() const { return uplink_->State().phase == ports::LinkPhase::kConnected; }
  [[nodiscard]] ports::LinkState state() const { return uplink_->State(); }
  [[nodiscard]] std::string id() const;
  [[nodiscard]] MemoryLog& log() { return log_; }
  [[nodiscard]] MemorySiteStore& site_store() { return site_store_; }
  [[nodiscard]] RememberingSink& sink() { return sink_; }
  [[nodiscard]] channel::Uplink& uplink() { return *uplink_; }
  [[nodiscard]] const signing::SigningKey& key() const { return key_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }

 private:
  Directory directory_;
  signing::SigningKey key_;
  MemoryLog log_;
  MemorySiteStore site_store_;
  SystemClock clock_;
  RememberingSink sink_;
  std::unique_ptr<channel::Uplink> uplink_;
};

}  // namespace sekimori::testing
