#include "agent/log_keeper.h"

#include <fstream>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "proto/signing/sha256.h"
#include "tests/component/audit_log/log_fixture.h"

namespace sekimori::agent {
namespace {

namespace fs = std::filesystem;

using audit_log::Note;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = proto::Event::BodyCase;

class LogKeeperTest : public audit_log::LogFixture {
 protected:
  [[nodiscard]] LogKeeper Keeper() { return LogKeeper({path_, kBootId, std::chrono::hours{1}}, key_, clock_); }
  static Status Append(LogKeeper& keeper, const model::Event& event) { return keeper.Append({&event, 1}); }
  static model::Event Start() { return {{}, {}, model::AgentStarted{"1.2.3", kBootId, "6.1", {}}}; }

  [[nodiscard]] std::vector<proto::Event> Records() const {
    std::vector<proto::Event> events;
    const auto records = OpenReader()->Read(0, 100, 1 << 20);
    EXPECT_TRUE(records.ok());
    if (records.ok())
      for (const audit_log::StoredRecord& record : records.value())
        events.push_back(audit_log::Parsed(record));
    return events;
  }
  [[nodiscard]] std::vector<Kind> Kinds() const {
    std::vector<Kind> kinds;
    for (const proto::Event& event : Records())
      kinds.push_back(event.body_case());
    return kinds;
  }
  // Somebody who knows the format adds a record, with a chain that is right.
  void AddBehindItsBack(const LogKeeper& keeper) const {
    const std::uint64_t sequence = keeper.Head().sequence + 1;
    const std::string payload = "\x08\x01";
    const std::string hash = signing::Hex(chain::Link(keeper.Head().hash, sequence, payload));
    Sql("INSERT INTO records VALUES (" + std::to_string(sequence) + ", X'" + hash + "', X'0801');" +
        "UPDATE log SET head_sequence = " + std::to_string(sequence) + ", head_hash = X'" + hash + "'");
  }
  void ChangeTheHead() const { Sql("UPDATE log SET head_sequence = head_sequence + 7"); }
};

TEST_F(LogKeeperTest, AppendsNothingWhileTheLogCannotBeOpenedAndOpensItByItself) {
  fs::create_directory(path_.parent_path());
  ASSERT_EQ(::chmod(path_.parent_path().c_str(), 0770), 0);
  LogKeeper keeper = Keeper();
  EXPECT_EQ(keeper.Open().error().code, ErrorCode::kDenied);
  for (int attempt = 0; attempt < 2; ++attempt)
    EXPECT_EQ(Append(keeper, Note("lost")).error().code, ErrorCode::kDenied);
  EXPECT_EQ(keeper.generation(), 0U);
  ASSERT_EQ(::chmod(path_.parent_path().c_str(), 0700), 0);
  EXPECT_TRUE(Append(keeper, Note("kept")).ok());
  EXPECT_EQ(keeper.generation(), 1U);
  EXPECT_EQ(keeper.Head().sequence, 1U);
}

TEST_F(LogKeeperTest, HasNoHeadAndNoChoresWhileItIsNotOpen) {
  LogKeeper keeper = Keeper();
  EXPECT_EQ(keeper.Head().sequence, 0U);
  for (const Status& status : {keeper.WriteCheckpoint(), keeper.MarkCleanStop()}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  }
  const Result<bool> pruned = keeper.Prune();
  ASSERT_FALSE(pruned.ok());
  EXPECT_EQ(pruned.error().code, ErrorCode::kUnavailable);
}

TEST_F(LogKeeperTest, OpensALogAgainThatSomebodyElseWroteInto) {
  LogKeeper keeper = Keeper();
  ASSERT_TRUE(Append(keeper, Note("first")).ok());
  AddBehindItsBack(keeper);
  EXPECT_EQ(Append(keeper, Note("refused")).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(Append(keeper, Note("third")).ok());
  EXPECT_EQ(keeper.generation(), 2U);
  EXPECT_EQ(keeper.Head().sequence, 3U) << "the chain goes on where it was found";
  EXPECT_FALSE(Verify().fault);
}

TEST_F(LogKeeperTest, TellsOfADamagedLogInTheFirstGroupOfTheNewOne) {
  MakeLog(3, true);
  ChangeTheHead();
  LogKeeper keeper = Keeper();
  ASSERT_TRUE(keeper.Open().ok());
  ASSERT_TRUE(Append(keeper, Note("after")).ok());
  ASSERT_THAT(Kinds(), ElementsAre(Kind::kLogQuarantined, Kind::kAgentStopping));
  EXPECT_THAT(Records()[0].log_quarantined().file(), HasSubstr(path_.string() + ".quarantined-"));
  ASSERT_TRUE(Append(keeper, Note("later")).ok());
  EXPECT_EQ(Kinds().size(), 3U) << "it is told once";
}

TEST_F(LogKeeperTest, TellsOfALogThatIsDamagedWhileItRuns) {
  LogKeeper keeper = Keeper();
  ASSERT_TRUE(Append(keeper, Note("first")).ok());
  ChangeTheHead();
  EXPECT_EQ(Append(keeper, Note("refused")).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(Append(keeper, Note("second")).ok());
  EXPECT_THAT(Kinds(), ElementsAre(Kind::kLogQuarantined, Kind::kAgentStopping));
  EXPECT_EQ(keeper.generation(), 2U);
}

TEST_F(LogKeeperTest, SetsAsideALogWhoseBytesAreDamagedWhileItRuns) {
  LogKeeper keeper = Keeper();
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(Append(keeper, Note("note " + std::to_string(i))).ok());
  Sql("PRAGMA wal_checkpoint(TRUNCATE)");
  {
    constexpr std::streamoff kHeader = 4096;
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(kHeader);
    file << std::string(fs::file_size(path_) - kHeader, '\xff');
  }
  EXPECT_EQ(Append(keeper, Note("refused")).error().code, ErrorCode::kCorrupt);
  ASSERT_TRUE(Append(keeper, Note("after")).ok());
  EXPECT_THAT(Kinds(), ElementsAre(Kind::kLogQuarantined, Kind::kAgentStopping));
}

TEST_F(LogKeeperTest, ForgetsNoLogThatWasSetAsideBeforeItCouldBeTold) {
  MakeLog(3, true);
  ChangeTheHead();
  LogKeeper keeper = Keeper();
  ASSERT_TRUE(keeper.Open().ok());
  ChangeTheHead();  // of the new one
  EXPECT_EQ(Append(keeper, Note("refused")).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(Append(keeper, Note("after")).ok());
  ASSERT_THAT(Kinds(), ElementsAre(Kind::kLogQuarantined, Kind::kLogQuarantined, Kind::kAgentStopping));
  EXPECT_NE(Records()[0].log_quarantined().file(), Records()[1].log_quarantined().file());
}

TEST_F(LogKeeperTest, TellsWhenTheLogsFilesAreTakenAway) {
  LogKeeper keeper = Keeper();
  ASSERT_TRUE(Append(keeper, Note("first")).ok());
  fs::remove_all(path_.parent_path());
  EXPECT_EQ(Append(keeper, Note("refused")).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(Append(keeper, Note("second")).ok());
  ASSERT_THAT(Kinds(), ElementsAre(Kind::kLogQuarantined, Kind::kAgentStopping));
  EXPECT_EQ(Records()[0].log_quarantined().file(), "");
  EXPECT_EQ(Records()[0].log_quarantined().detail(), path_.string());
}

TEST_F(LogKeeperTest, SetsAsideWhatIsLeftWhenOnlyTheMainFileIsTakenAway) {
  LogKeeper keeper = Keeper();
  ASSERT_TRUE(Append(keeper, Note("first")).ok());
  fs::remove(path_);
  EXPECT_EQ(Append(keeper, Note("refused")).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(Append(keeper, Note("second")).ok());
  ASSERT_THAT(Kinds(), ElementsAre(Kind::kLogQuarantined, Kind::kAgentStopping));
  const std::string aside = Records()[0].log_quarantined().file();
  EXPECT_TRUE(fs::exists(aside + "-wal")) << "what is left of it is evidence";
}

TEST_F(LogKeeperTest, SaysOfTheStartWhetherTheRunBeforeEndedInGoodOrder) {
  for (const bool clean : {true, false}) {
    MakeLog(3, clean);
    LogKeeper keeper = Keeper();
    ASSERT_TRUE(keeper.Open().ok());
    ASSERT_TRUE(Append(keeper, Start()).ok());
    EXPECT_EQ(Records().back().agent_started().unclean_stop_before(), !clean);
    EXPECT_EQ(keeper.unclean_stop_before(), !clean);
  }
}

TEST_F(LogKeeperTest, SaysSoAlsoWhenTheLogOpensLongAfterTheStart) {
  MakeLog(3, false);
  LogKeeper keeper = Keeper();
  ASSERT_EQ(::chmod(path_.parent_path().c_str(), 0770), 0);
  const model::Event start = Start();
  EXPECT_FALSE(keeper.Open().ok());
  EXPECT_FALSE(Append(keeper, start).ok());
  ASSERT_EQ(::chmod(path_.parent_path().c_str(), 0700), 0);
  ASSERT_TRUE(Append(keeper, start).ok());
  EXPECT_TRUE(Records().back().agent_started().unclean_stop_before());
}

TEST_F(LogKeeperTest, TakesItsOwnOpeningAgainForNoUncleanStop) {
  LogKeeper keeper = Keeper();
  ASSERT_TRUE(Append(keeper, Note("first")).ok());
  AddBehindItsBack(keeper);
  EXPECT_FALSE(Append(keeper, Note("refused")).ok());
  ASSERT_TRUE(Append(keeper, Start()).ok());
  EXPECT_FALSE(Records().back().agent_started().unclean_stop_before());
}

TEST_F(LogKeeperTest, LeavesALogThatWasClosedInGoodOrder) {
  {
    LogKeeper keeper = Keeper();
    ASSERT_TRUE(Append(keeper, Note("first")).ok());
    ASSERT_TRUE(keeper.MarkCleanStop().ok());
  }
  LogKeeper keeper = Keeper();
  ASSERT_TRUE(keeper.Open().ok());
  EXPECT_FALSE(keeper.unclean_stop_before());
}

}  // namespace
}  // namespace sekimori::agent
