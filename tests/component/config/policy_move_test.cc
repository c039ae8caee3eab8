// A policy that moves the terminal to another group: what it changes on a real file system, and what moves nobody.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/moved_collector.h"
#include "tests/component/config/policy_rig.h"

namespace sekimori::config {
namespace {

class PolicyMove : public PolicyRig {
 protected:
  // Takes this terminal to the group.
  [[nodiscard]] std::string Move(std::uint64_t version, const std::string& group) const {
    return Document({.version = version, .group = group, .terminal = facts_.terminal_id});
  }
  [[nodiscard]] std::string ForGroup(std::uint64_t version, const std::string& group) const {
    return Document({.version = version, .group = group, .terminal = ""});
  }
  [[nodiscard]] std::string StoredGroup() const { return site_.Load().value().group; }

  // The state directory's files as they were, by name.
  [[nodiscard]] std::map<std::string, std::string> Snapshot() const {
    std::map<std::string, std::string> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(state_))
      files[entry.path().filename()] = Read(entry.path());
    return files;
  }
  void Restore(const std::map<std::string, std::string>& files, const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
      if (files.contains(name))
        Write(state_ / name, files.at(name));
      else
        fs::remove(state_ / name);
    }
  }
};

TEST_F(PolicyMove, AMoveTakesTheTerminalToTheOtherGroupAndKeepsItThere) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  EXPECT_EQ(CodeOf(store_.Verify(ForGroup(6, "zeimu"))), "conflict") << "not moved yet";
  EXPECT_EQ(store_.Verify(Move(6, "zeimu")).value().group, "zeimu");
  EXPECT_EQ(StoredGroup(), "madoguchi") << "Verify changes nothing";

  ASSERT_EQ(CodeOf(store_.Keep(Move(6, "zeimu"))), "ok");
  EXPECT_EQ(StoredGroup(), "zeimu");
  EXPECT_EQ(store_.LoadCollector().value().version, 6U);
  EXPECT_EQ(store_.LoadCollector().value().group, "zeimu");
  EXPECT_EQ(CodeOf(store_.Verify(ForGroup(7, "madoguchi"))), "conflict") << "the group it left";
  ASSERT_EQ(CodeOf(store_.Keep(ForGroup(8, "zeimu"))), "ok");
  EXPECT_EQ(CodeOf(store_.Verify(ForGroup(9, "madoguchi"))), "conflict");
  EXPECT_EQ(store_.LoadCollector().value().version, 8U);

  FileSiteStore site_again(state_ / "site.toml");
  FilePolicyStore again(local_, state_, site_again);
  EXPECT_EQ(CodeOf(again.FinishMove()), "ok");
  EXPECT_EQ(again.LoadCollector().value().group, "zeimu");
}

TEST_F(PolicyMove, AMoveChangesNothingElseOfTheSitesFacts) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Move(1, "zeimu"))), "ok");
  ports::SiteFacts expected = facts_;
  expected.group = "zeimu";
  EXPECT_EQ(site_.Load().value(), expected);
}

TEST_F(PolicyMove, ATerminalMovesOnAndBack) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Move(1, "zeimu"))), "ok");
  ASSERT_EQ(CodeOf(store_.Keep(Move(2, "kaikei"))), "ok");
  EXPECT_EQ(CodeOf(store_.Verify(ForGroup(3, "zeimu"))), "conflict");
  ASSERT_EQ(CodeOf(store_.Keep(Move(3, "madoguchi"))), "ok");
  EXPECT_EQ(StoredGroup(), "madoguchi");
  EXPECT_EQ(CodeOf(store_.Keep(Document(4))), "ok");
}

TEST_F(PolicyMove, AnOldMoveShownAgainMovesNobody) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Move(5, "zeimu"))), "ok");
  ASSERT_EQ(CodeOf(store_.Keep(Move(7, "madoguchi"))), "ok");
  for (const std::string& old : {Move(5, "zeimu"), Move(6, "kaikei"), Move(7, "zeimu")}) {
    EXPECT_EQ(CodeOf(store_.Verify(old)), "conflict");
    EXPECT_EQ(CodeOf(store_.Keep(old)), "conflict");
  }
  EXPECT_EQ(StoredGroup(), "madoguchi");
  EXPECT_EQ(store_.LoadCollector().value().version, 7U);
  EXPECT_EQ(CodeOf(store_.Keep(Move(7, "madoguchi"))), "ok") << "the same again is no harm";
}

TEST_F(PolicyMove, SomebodyElsesMoveMovesNobody) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  const Content move{.version = 6, .group = "zeimu", .terminal = facts_.terminal_id};
  Content for_another = move;
  for_another.terminal = "terminal-2";
  Content unreadable = move;
  unreadable.toml = "mode = \"enforced\"\n";
  Content nowhere = move;
  nowhere.group = "";
  const std::string by_another_key = Document(move, signing::SigningKey::Generate().value());
  facts_.site_id = "site-2";
  const std::string of_another_site = Document(move);
  facts_.site_id = "site-1";
  const std::pair<std::string, const char*> cases[] = {{Document(for_another), "conflict"},
                                                       {of_another_site, "conflict"},
                                                       {by_another_key, "untrusted"},
                                                       {Document(unreadable), "invalid"},
                                                       {Document(nowhere), "invalid"}};
  const auto before = Snapshot();
  for (const auto& [document, code] : cases) {
    EXPECT_EQ(CodeOf(store_.Verify(document)), code);
    EXPECT_EQ(CodeOf(store_.Keep(document)), code);
  }
  EXPECT_EQ(Snapshot(), before);
  EXPECT_EQ(CodeOf(store_.Keep(Document(6))), "ok") << "it is where it was";
}

// The files are written one after the other: policy.signed, policy.newest, site.toml. Whatever of them a power cut
// leaves behind is the old state, or one in which the terminal is in its new group and stays there.
TEST_F(PolicyMove, AMoveCutShortIsFinishedAtTheNextStart) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  const auto before = Snapshot();
  ASSERT_EQ(CodeOf(store_.Keep(Move(6, "zeimu"))), "ok");
  const auto after = Snapshot();
  const std::vector<std::string> lost[] = {{"policy.newest", "site.toml"}, {"site.toml"}};
  for (const std::vector<std::string>& names : lost) {
    for (const bool restarted : {true, false}) {
      Restore(after, {"policy.signed", "policy.newest", "site.toml"});
      Restore(before, names);
      ASSERT_EQ(StoredGroup(), "madoguchi");
      const Result<model::Policy> loaded = store_.LoadCollector();
      ASSERT_TRUE(loaded.ok()) << ToString(loaded.error());
      EXPECT_EQ(loaded.value().version, 6U);
      EXPECT_EQ(loaded.value().group, "zeimu");
      EXPECT_EQ(CodeOf(store_.Verify(ForGroup(7, "madoguchi"))), "conflict");
      EXPECT_EQ(CodeOf(store_.Verify(Document(5))), "conflict");
      if (restarted) {
        EXPECT_EQ(CodeOf(store_.FinishMove()), "ok");
        EXPECT_EQ(StoredGroup(), "zeimu");
      }
      EXPECT_EQ(CodeOf(store_.Keep(ForGroup(7, "zeimu"))), "ok") << "also when nothing was finished before";
      EXPECT_EQ(StoredGroup(), "zeimu");
      EXPECT_EQ(store_.LoadCollector().value().version, 7U);
    }
  }
}

// Without its policy an unfinished move is forgotten, but not that it was taken: the same move brings it back.
TEST_F(PolicyMove, ALostMoveIsTakenAgain) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  const auto before = Snapshot();
  const std::string move = Move(6, "zeimu");
  ASSERT_EQ(CodeOf(store_.Keep(move)), "ok");
  Restore(before, {"site.toml"});
  fs::remove(state_ / "policy.signed");
  EXPECT_EQ(CodeOf(store_.LoadCollector()), "corrupt");
  EXPECT_EQ(CodeOf(store_.FinishMove()), "ok");
  EXPECT_EQ(CodeOf(store_.Verify(Document(5))), "conflict");
  EXPECT_EQ(CodeOf(store_.Keep(move)), "ok");
  EXPECT_EQ(StoredGroup(), "zeimu");
}

// Root put an old copy back: it is refused, and it does not say either which group the terminal is in.
TEST_F(PolicyMove, AnOldMovePutBackSaysNothingOfTheGroup) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Move(5, "zeimu"))), "ok");
  const std::string old_copy = Read(state_ / "policy.signed");
  ASSERT_EQ(CodeOf(store_.Keep(Move(6, "kaikei"))), "ok");
  Write(state_ / "policy.signed", old_copy);
  EXPECT_EQ(CodeOf(store_.LoadCollector()), "conflict");
  EXPECT_EQ(CodeOf(store_.FinishMove()), "ok");
  EXPECT_EQ(StoredGroup(), "kaikei");
  EXPECT_EQ(CodeOf(store_.Verify(ForGroup(7, "zeimu"))), "conflict");
  EXPECT_EQ(CodeOf(store_.Keep(ForGroup(7, "kaikei"))), "ok") << "a newer one mends it";
}

// The terminal was revoked and enrolled again on the same disk: the move was the other identity's.
TEST_F(PolicyMove, AMoveOfAnEarlierEnrolmentIsNotThisOnes) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Move(5, "zeimu"))), "ok");
  facts_.terminal_id = "terminal-9";
  facts_.group = "kaikei";
  Enrol();
  EXPECT_EQ(CodeOf(store_.LoadCollector()), "conflict");
  EXPECT_EQ(CodeOf(store_.FinishMove()), "ok");
  EXPECT_EQ(StoredGroup(), "kaikei");
  EXPECT_EQ(CodeOf(store_.Keep(Document(3))), "ok") << "its group may have had nothing new since";
  EXPECT_EQ(store_.LoadCollector().value().version, 3U);
}

TEST_F(PolicyMove, EnrolledAnewInTheSameGroupItsPolicyStays) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  facts_.terminal_id = "terminal-9";
  Enrol();
  EXPECT_EQ(store_.LoadCollector().value().version, 5U);
  EXPECT_EQ(CodeOf(store_.Verify(Document(4))), "conflict");
}

// An agent that knew of no moves wrote it.
TEST_F(PolicyMove, AMarkThatNamesNoTerminalIsThisOnes) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  std::string mark = Read(state_ / "policy.newest");
  const std::size_t line = mark.find("terminal = ");
  mark.erase(line, mark.find('\n', line) - line + 1);
  Write(state_ / "policy.newest", mark);
  fs::remove(state_ / "policy.signed");
  EXPECT_EQ(CodeOf(store_.LoadCollector()), "corrupt") << "it is known that one was taken";
  EXPECT_EQ(CodeOf(store_.Verify(Document(4))), "conflict");
  EXPECT_EQ(CodeOf(store_.Keep(Document(6))), "ok");
  EXPECT_THAT(Read(state_ / "policy.newest"), testing::HasSubstr("terminal = \"terminal-1\""));
}

// The disk takes no group.
class StubbornSite final : public ports::SiteStore {
 public:
  explicit StubbornSite(ports::SiteStore& stored) : stored_(stored) {}
  [[nodiscard]] Result<ports::SiteFacts> Load() const override { return stored_.Load(); }
  [[nodiscard]] Status Save(const ports::SiteFacts& facts) override { return stored_.Save(facts); }
  [[nodiscard]] Status SetGroup(const std::string& terminal_id, const std::string& group) override {
    if (full) return Error{ErrorCode::kFull, "site.toml", "no space left on device"};
    return stored_.SetGroup(terminal_id, group);
  }
  bool full = true;

 private:
  ports::SiteStore& stored_;
};

TEST_F(PolicyMove, AGroupThatCannotBeWrittenIsNotForgotten) {
  Enrol();
  StubbornSite stubborn(site_);
  FilePolicyStore store(local_, state_, stubborn);
  EXPECT_EQ(CodeOf(store.Keep(Move(6, "zeimu"))), "full");
  EXPECT_EQ(store.LoadCollector().value().group, "zeimu");
  EXPECT_EQ(CodeOf(store.FinishMove()), "full");
  // The kept move alone knows where the terminal is: it must not be replaced before that is written down.
  EXPECT_EQ(CodeOf(store.Keep(ForGroup(7, "zeimu"))), "full");
  EXPECT_EQ(store.LoadCollector().value().version, 6U);
  stubborn.full = false;
  EXPECT_EQ(CodeOf(store.Keep(ForGroup(7, "zeimu"))), "ok");
  EXPECT_EQ(StoredGroup(), "zeimu");
}

// The address of agent.toml stands in for the stored one; a move must not write it down in its place.
TEST_F(PolicyMove, AMoveLeavesTheStoredAddressAlone) {
  Enrol();
  agent::MovedCollector moved(site_, CollectorOverride{"192.0.2.9", 9999, "elsewhere"});
  FilePolicyStore store(local_, state_, moved);
  EXPECT_EQ(moved.Load().value().collector_host, "192.0.2.9");
  ASSERT_EQ(CodeOf(store.Keep(Move(6, "zeimu"))), "ok");
  EXPECT_EQ(StoredGroup(), "zeimu");
  EXPECT_EQ(site_.Load().value().collector_host, facts_.collector_host);
  EXPECT_EQ(site_.Load().value().collector_port, facts_.collector_port);
  EXPECT_EQ(site_.Load().value().server_name, facts_.server_name);
}

TEST_F(PolicyMove, NobodyUnenrolledIsMoved) {
  EXPECT_EQ(CodeOf(store_.FinishMove()), "ok");
  EXPECT_EQ(CodeOf(store_.Keep(Move(1, "zeimu"))), "untrusted");
  EXPECT_EQ(CodeOf(site_.SetGroup("terminal-1", "zeimu")), "not_found");
}

TEST_F(PolicyMove, TheGroupIsSetForTheTerminalMeantOnly) {
  Enrol();
  EXPECT_EQ(CodeOf(site_.SetGroup("terminal-2", "zeimu")), "conflict") << "enrolled anew meanwhile";
  EXPECT_EQ(CodeOf(site_.SetGroup("terminal-1", "a\nb")), "invalid");
  EXPECT_EQ(site_.Load().value(), facts_);
}

}  // namespace
}  // namespace sekimori::config
