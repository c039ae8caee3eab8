// A collector's database and terminals with keys and chains of their own, for the tests of everything that stores.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "proto/signing/key.h"
#include "server/store/store.h"

namespace sekimori::store {

// Owns what it makes a Batch borrow from.
struct PreparedBatch {
  std::vector<std::string> payloads;
  std::vector<Record> records;
  Batch batch;
};

// A terminal as intake sees it: it signs, it chains.
class FakeTerminal {
 public:
  FakeTerminal(std::string id, std::uint8_t seed);

  // A batch of these events after what was prepared last. Moves this side's head.
  [[nodiscard]] std::unique_ptr<PreparedBatch> Prepare(const std::vector<proto::Event>& events);
  // As if `lost` records in between had never arrived.
  void Skip(std::uint64_t lost);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const chain::LogId& log_id() const { return log_id_; }
  [[nodiscard]] const signing::SigningKey& key() const { return key_; }
  [[nodiscard]] const chain::Head& head() const { return head_; }
  [[nodiscard]] const chain::Head& acknowledged() const { return acknowledged_; }
  void set_head(const chain::Head& head) { head_ = acknowledged_ = head; }
  [[nodiscard]] Terminal AsTerminal() const;

 private:
  std::string id_;
  std::uint8_t seed_;
  chain::LogId log_id_{};
  signing::SigningKey key_;
  chain::Head head_;
  chain::Head acknowledged_;
};

class Collector {
 public:
  // Makes directory, database and one writer and reader. Aborts when it cannot: the tests have nothing to test then.
  Collector();
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] Database& database() { return *database_; }
  [[nodiscard]] Writer& writer() { return *writer_; }
  [[nodiscard]] Reader& reader() { return *reader_; }
  [[nodiscard]] const signing::SigningKey& own_key() const { return own_key_; }

  // An own record saying `action`; valid while this object lives.
  [[nodiscard]] Own Record(const std::string& action, const std::string& target = "");
  void AddToken(const std::string& id, std::uint32_t uses, const std::string& group = "office");
  [[nodiscard]] TokenClaim Claim(const std::string& id) const;
  // With a token of its own.
  void Enrol(const FakeTerminal& terminal, const std::string& group = "office");
  // Stores, and expects it to be stored.
  void Store(const PreparedBatch& batch);

 private:
  std::filesystem::path directory_;
  signing::SigningKey own_key_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
  std::vector<std::unique_ptr<std::vector<proto::Event>>> own_events_;
};

[[nodiscard]] proto::Event Judged(std::int64_t time_us, const std::string& product, proto::Verdict verdict,
                                  const std::string& user = "tanaka");
[[nodiscard]] proto::Event Tampered(std::int64_t time_us);

}  // namespace sekimori::store
