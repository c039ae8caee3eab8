// sekimorictl terminal group: a move is a policy of the new group, signed for one terminal, stored with its record.
#include <set>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/policy.pb.h"
#include "proto/signing/signed_document.h"
#include "server/store/sqlite_database.h"
#include "tests/component/ctl/ctl_site.h"

namespace sekimori::ctl {
namespace {

constexpr const char* kObserve = "mode = \"observe\"\n";
constexpr const char* kEnforce = "mode = \"enforce\"\n";

class Move : public ::testing::Test {
 protected:
  void SetUp() override {
    site_.Enrol(terminal_, "office");
    Apply("office", kObserve);
    Apply("tax", kObserve);
    Apply("tax", kEnforce);
  }
  void Apply(const std::string& group, const std::string& toml) const {
    const Ran applied = site_.Run({"policy", "apply", site_.File("p.toml", toml), "--group", group});
    ASSERT_EQ(0, applied.status) << applied.err;
  }
  [[nodiscard]] store::Policy Stored(std::uint64_t version) const {
    return store::OpenSqlite(site_.data()).value()->NewReader().value()->FindPolicy(version).value();
  }
  // What the site's key signed under this version.
  [[nodiscard]] proto::PolicyDocument Document(std::uint64_t version) const {
    proto::SignedDocument signed_document;
    EXPECT_TRUE(signed_document.ParseFromString(Stored(version).signed_document));
    const auto authority = authority::Authority::Open(site_.data() / "authority");
    EXPECT_TRUE(
        signing::VerifyDocument(authority.value().policy_key().public_key(), proto::DOCUMENT_POLICY, signed_document)
            .ok());
    proto::PolicyDocument document;
    EXPECT_TRUE(document.ParseFromString(signed_document.document()));
    return document;
  }
  [[nodiscard]] nlohmann::json NewestAct() const {
    return site_.Json({"events", "--type", "operator_action", "--limit", "1"})["events"][0]["event"]["operator_action"];
  }
  [[nodiscard]] std::string Group() const { return site_.Json({"terminal", "show", "aaaa-1111"})["group"]; }

  CtlSite site_;
  store::FakeTerminal terminal_{"aaaa-1111", 1};
};

TEST_F(Move, SignsTheNewGroupsNewestPolicyForTheTerminalAlone) {
  const nlohmann::json moved = site_.Json({"terminal", "group", "host-aaaa-1111", "tax"});
  EXPECT_EQ("aaaa-1111", moved["id"]);
  EXPECT_EQ("tax", moved["group"]);
  EXPECT_EQ(true, moved["moved"]);
  EXPECT_EQ(4, moved["version"]);
  EXPECT_EQ("tax", Group());
  const proto::PolicyDocument document = Document(4);
  EXPECT_EQ("aaaa-1111", document.terminal_id());
  EXPECT_EQ("tax", document.group());
  EXPECT_EQ(4U, document.version());
  EXPECT_EQ(kEnforce, document.toml());
  EXPECT_EQ("", Document(3).terminal_id());
  const nlohmann::json act = NewestAct();
  EXPECT_EQ("terminal.group", act["action"]);
  EXPECT_EQ("aaaa-1111", act["target"]);
  EXPECT_EQ("version 4, from group office to group tax, the text of version 3", act["detail"]);
  EXPECT_EQ(true, act["succeeded"]);
  EXPECT_EQ(4, site_.Json({"terminal", "show", "aaaa-1111"})["awaited_move"]);
  EXPECT_NE(std::string::npos, site_.Run({"terminal", "show", "aaaa-1111"}).out.find("version 4"));
  EXPECT_EQ(0, site_.Run({"verify"}).status);
}

TEST_F(Move, IsNoPolicyOfTheGroup) {
  ASSERT_EQ(0, site_.Run({"terminal", "group", "aaaa-1111", "tax"}).status);
  EXPECT_EQ(3U, site_.Json({"policy", "list"}).size());
  EXPECT_EQ(2U, site_.Json({"policy", "list", "--group", "tax"}).size());
  EXPECT_EQ(3, site_.Json({"policy", "show", "--group", "tax"})["version"]);
  const Ran shown = site_.Run({"policy", "show", "4"});
  EXPECT_EQ(kEnforce, shown.out);
  EXPECT_NE(std::string::npos, shown.err.find("aaaa-1111")) << shown.err;
  for (const char* command : {"rollback", "diff"}) {
    const Ran refused = site_.Run({"policy", command, "4"});
    EXPECT_EQ(3, refused.status) << command;
    EXPECT_NE(std::string::npos, refused.err.find("aaaa-1111 alone")) << refused.err;
  }
  EXPECT_EQ(5, site_.Json({"policy", "rollback", "2"})["version"]) << "one counter for the whole site";
}

TEST_F(Move, ToAGroupWithoutPolicySaysWhatToDoFirstAndIsRecordedAsRefused) {
  const Ran english = site_.Run({"terminal", "group", "aaaa-1111", "nobody"});
  EXPECT_EQ(3, english.status);
  EXPECT_NE(std::string::npos, english.err.find("sekimorictl policy apply --group nobody")) << english.err;
  const nlohmann::json act = NewestAct();
  EXPECT_EQ("terminal.group", act["action"]);
  EXPECT_EQ("aaaa-1111", act["target"]);
  EXPECT_EQ("to group nobody (not_found)", act["detail"]);
  EXPECT_FALSE(act.value("succeeded", false));
  const Ran japanese = RunProgram(
      SEKIMORICTL, {"--data", site_.data().string(), "terminal", "group", "aaaa-1111", "nobody"}, {"SEKIMORI_LANG=ja"});
  EXPECT_NE(std::string::npos, japanese.err.find("先にグループにポリシーを適用してから")) << japanese.err;
  const Ran json = site_.Run({"--json", "terminal", "group", "aaaa-1111", "nobody"});
  EXPECT_EQ("not_found", nlohmann::json::parse(json.err)["error"]["code"]);
  EXPECT_EQ("office", Group());
  EXPECT_EQ(3U, site_.Json({"policy", "list"}).size());
}

TEST_F(Move, ToTheGroupItIsInDoesNothing) {
  const nlohmann::json before = site_.Json({"verify"})["anchor"];
  const nlohmann::json moved = site_.Json({"terminal", "group", "aaaa-1111", "office"});
  EXPECT_EQ(false, moved["moved"]);
  EXPECT_EQ(0, moved["version"]);
  EXPECT_NE(std::string::npos, site_.Run({"terminal", "group", "aaaa-1111", "office"}).out.find("Nothing was done"));
  EXPECT_EQ(before, site_.Json({"verify"})["anchor"]);
}

// An older copy of the database was put back: the terminal is in another group, and ahead.
TEST_F(Move, ToTheGroupItIsInIsSignedWhenAskedForAgain) {
  site_.Report(terminal_, 7);
  const nlohmann::json moved = site_.Json({"terminal", "group", "aaaa-1111", "office", "--again"});
  EXPECT_EQ(true, moved["moved"]);
  EXPECT_EQ(8, moved["version"]) << "it takes nothing older than what it has";
  EXPECT_EQ("office", Document(8).group());
  EXPECT_EQ("aaaa-1111", Document(8).terminal_id());
  EXPECT_EQ("version 8, from group office to group office, the text of version 1", NewestAct()["detail"]);
}

TEST_F(Move, OfARevokedTerminalIsRefused) {
  ASSERT_EQ(0, site_.Run({"terminal", "revoke", "aaaa-1111", "--reason", "lost"}).status);
  EXPECT_EQ(3, site_.Run({"terminal", "group", "aaaa-1111", "tax"}).status);
  EXPECT_EQ("to group tax (conflict)", NewestAct()["detail"]);
  EXPECT_EQ("office", Group());
  EXPECT_EQ(3U, site_.Json({"policy", "list"}).size());
}

TEST_F(Move, ThatSomebodyMadeThePolicyOfAllIsFoundByVerify) {
  ASSERT_EQ(0, site_.Run({"terminal", "group", "aaaa-1111", "tax"}).status);
  site_.Alter("UPDATE policies SET terminal='' WHERE version=4");
  EXPECT_EQ(1, site_.Run({"verify"}).status);
}

TEST_F(Move, GivesEveryVersionOnceWhenOperatorsCollide) {
  constexpr int kTerminals = 4;
  std::vector<store::FakeTerminal> terminals;
  for (int i = 0; i < kTerminals; ++i) {
    terminals.emplace_back("bbbb-" + std::to_string(i), static_cast<std::uint8_t>(10 + i));
    site_.Enrol(terminals.back(), "office");
  }
  std::vector<pid_t> children;
  for (const store::FakeTerminal& terminal : terminals) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(site_.Run({"terminal", "group", terminal.id(), "tax"}).status);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(child, ::waitpid(child, &status, 0));
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  EXPECT_EQ(static_cast<std::size_t>(kTerminals), site_.Json({"terminal", "list", "--group", "tax"}).size());
  std::set<std::string> moved;
  for (std::uint64_t version = 4; version < 4 + kTerminals; ++version)
    moved.insert(Document(version).terminal_id());
  EXPECT_EQ(static_cast<std::size_t>(kTerminals), moved.size());
  EXPECT_EQ(0, site_.Run({"verify"}).status);
}

}  // namespace
}  // namespace sekimori::ctl
