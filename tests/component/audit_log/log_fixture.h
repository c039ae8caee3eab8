// A folder with a log in it, a key and a clock that goes only when told. For the tests of audit_log.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "agent/audit_log/log_store.h"
#include "agent/audit_log/verify.h"
#include "proto/event.pb.h"

namespace sekimori::audit_log {

class HandClock final : public ports::Clock {
 public:
  [[nodiscard]] model::WallTime Now() const override { return now + set_by; }
  [[nodiscard]] model::BootTime SinceBoot() const override {
    return model::BootTime(5'000'000) + (now - HandClock().now);
  }
  model::WallTime now{std::chrono::microseconds(1'790'000'000'000'000)};  // moves both: time passes
  std::chrono::microseconds set_by{0};                                    // moves the wall clock alone
};

inline model::Event Note(std::string reason, model::WallTime time = HandClock().now) {
  return model::Event{time, model::BootTime(1), model::AgentStopping{std::move(reason)}};
}

inline std::vector<model::Event> Notes(std::size_t count, const std::string& prefix = "note ") {
  std::vector<model::Event> events;
  for (std::size_t i = 1; i <= count; ++i)
    events.push_back(Note(prefix + std::to_string(i)));
  return events;
}

inline proto::Event Parsed(const StoredRecord& record) {
  proto::Event event;
  EXPECT_TRUE(event.ParseFromString(record.payload)) << "record " << record.sequence;
  return event;
}

class LogFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sekimori-log-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ / "log" / "log.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::unique_ptr<LogStore> OpenStore() {
    Result<std::unique_ptr<LogStore>> opened = LogStore::Open(path_, kBootId, key_, clock_);
    EXPECT_TRUE(opened.ok()) << ToString(opened.error());
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  [[nodiscard]] std::unique_ptr<LogReader> OpenReader() const {
    Result<std::unique_ptr<LogReader>> opened = LogReader::Open(path_);
    EXPECT_TRUE(opened.ok()) << ToString(opened.error());
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  [[nodiscard]] VerifyReport Verify() const {
    const Result<VerifyReport> report = VerifyLog(*OpenReader(), key_.public_key());
    EXPECT_TRUE(report.ok()) << ToString(report.error());
    return report.ok() ? report.value() : VerifyReport{};
  }
  // A log of `records` with a checkpoint after each ten, closed in good order or not.
  void MakeLog(std::size_t records, bool clean) {
    const std::unique_ptr<LogStore> store = OpenStore();
    for (std::size_t i = 1; i <= records; ++i) {
      const model::Event event = Note("note " + std::to_string(i));
      ASSERT_TRUE(store->Append(std::span(&event, 1)).ok());
      if (i % 10 == 0) {
        ASSERT_TRUE(store->WriteCheckpoint().ok());
      }
    }
    if (clean) {
      ASSERT_TRUE(store->MarkCleanStop().ok());
    }
  }
  // Somebody with another program.
  void Sql(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    char* words = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &words), SQLITE_OK)
        << sql << ": " << (words != nullptr ? words : "");
    sqlite3_free(words);
    sqlite3_close(database);
  }

  static constexpr const char* kBootId = "0d6f1c2e-8a8b-4b7e-9a3f-123456789018";
  std::filesystem::path folder_;
  std::filesystem::path path_;
  signing::SigningKey key_ = std::move(signing::SigningKey::Generate()).value();
  HandClock clock_;
};

}  // namespace sekimori::audit_log
