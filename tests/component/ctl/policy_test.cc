// sekimorictl policy: what terminals would not understand is never signed, and a version only ever counts up.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/policy.pb.h"
#include "proto/signing/signed_document.h"
#include "server/store/sqlite_database.h"
#include "tests/component/ctl/ctl_site.h"

namespace sekimori::ctl {
namespace {

constexpr const char* kFirst =
    "mode = \"observe\"\n\n[[rule]]\nid = \"keyboards\"\nverdict = \"allow\"\nmatch.interfaces.subset = [\"03:*:*\"]\n";
constexpr const char* kSecond = "mode = \"enforce\"\n";

proto::PolicyDocument Newest(const CtlSite& site, const std::string& group) {
  const auto database = store::OpenSqlite(site.data());
  const auto reader = database.value()->NewReader();
  const Result<store::Policy> policy = reader.value()->NewestPolicy(group);
  EXPECT_TRUE(policy.ok());
  proto::SignedDocument document;
  EXPECT_TRUE(document.ParseFromString(policy.value().signed_document));
  const auto authority = authority::Authority::Open(site.data() / "authority");
  EXPECT_TRUE(
      signing::VerifyDocument(authority.value().policy_key().public_key(), proto::DOCUMENT_POLICY, document).ok());
  proto::PolicyDocument content;
  EXPECT_TRUE(content.ParseFromString(document.document()));
  return content;
}

TEST(PolicyApply, SignsTheTextForItsGroup) {
  const CtlSite site;
  const Ran applied = site.Run({"policy", "apply", site.File("p.toml", kFirst), "--group", "office"});
  ASSERT_EQ(0, applied.status) << applied.err;
  const proto::PolicyDocument document = Newest(site, "office");
  EXPECT_EQ(1U, document.version());
  EXPECT_EQ("office", document.group());
  EXPECT_EQ(kFirst, document.toml());
  EXPECT_EQ(kFirst, site.Run({"policy", "show", "--group", "office"}).out);
  EXPECT_EQ(kFirst, site.Run({"policy", "show", "1"}).out);
}

TEST(PolicyApply, RefusesWhatTerminalsWouldNotUnderstand) {
  const CtlSite site;
  const std::pair<const char*, const char*> cases[] = {
      {"mode = \"enforce\"\nmode = \"observe\"\n", ":2"},
      {"mode = \"enforced\"\n", ":1"},
      {"mode = \"enforce\"\nunknown = 1\n", ":2"},
      {"mode = \"enforce\"\n[[rule]]\nid = \"x\"\nverdict = \"allow\"\n", "p.toml"},
      {"\xff\xfe", "p.toml"},
  };
  for (const auto& [text, where] : cases) {
    const Ran refused = site.Run({"policy", "apply", site.File("p.toml", text)});
    EXPECT_EQ(3, refused.status) << text;
    EXPECT_NE(std::string::npos, refused.err.find(where)) << refused.err;
  }
  EXPECT_TRUE(site.Json({"policy", "list"}).empty());
}

TEST(PolicyApply, SaysWhenThereWasNothingToDo) {
  const CtlSite site;
  const std::string file = site.File("p.toml", kFirst);
  EXPECT_EQ(true, site.Json({"policy", "apply", file})["applied"]);
  EXPECT_EQ(false, site.Json({"policy", "apply", file})["applied"]);
  EXPECT_EQ(1U, site.Json({"policy", "list"}).size());
  EXPECT_EQ(true, site.Json({"policy", "apply", file, "--group", "other"})["applied"]);
}

// After an older copy of the database was put back, terminals hold versions it knows nothing of.
TEST(PolicyApply, TakesAVersionAboveWhatTerminalsReport) {
  CtlSite site;
  store::FakeTerminal ahead("aaaa-1111", 1), absurd("bbbb-2222", 2);
  site.Enrol(ahead);
  site.Enrol(absurd);
  ASSERT_EQ(0, site.Run({"policy", "apply", site.File("1.toml", kFirst)}).status);
  site.Report(ahead, 7);
  site.Report(absurd, std::uint64_t{1} << 62U);
  EXPECT_EQ(8, site.Json({"policy", "apply", site.File("2.toml", kSecond)})["version"]);
  EXPECT_EQ(8U, Newest(site, "default").version());
  EXPECT_EQ(9, site.Json({"policy", "rollback", "1"})["version"]);
  EXPECT_EQ(0, site.Run({"verify"}).status);
}

TEST(PolicyRollback, SignsTheOldTextUnderAHigherVersion) {
  const CtlSite site;
  ASSERT_EQ(0, site.Run({"policy", "apply", site.File("1.toml", kFirst)}).status);
  ASSERT_EQ(0, site.Run({"policy", "apply", site.File("2.toml", kSecond)}).status);
  ASSERT_EQ(0, site.Run({"policy", "apply", site.File("2.toml", kSecond), "--group", "tax"}).status);
  const nlohmann::json back = site.Json({"policy", "rollback", "1"});
  EXPECT_EQ(4, back["version"]);
  EXPECT_EQ(1, back["rolled_back_from"]);
  const proto::PolicyDocument document = Newest(site, "default");
  EXPECT_EQ(4U, document.version());
  EXPECT_EQ(kFirst, document.toml());
  EXPECT_EQ(3U, Newest(site, "tax").version());
  EXPECT_EQ(5, site.Json({"policy", "rollback", "1", "--group", "tax"})["version"]);
  EXPECT_EQ(3, site.Run({"policy", "rollback", "99"}).status);
  EXPECT_EQ(3, site.Run({"policy", "rollback", "latest"}).status);
}

TEST(PolicyDiff, AnswersByItsExitStatus) {
  const CtlSite site;
  const std::string file = site.File("1.toml", kFirst);
  EXPECT_EQ(1, site.Run({"policy", "diff", file}).status) << "nothing is applied yet";
  ASSERT_EQ(0, site.Run({"policy", "apply", file}).status);
  EXPECT_EQ(0, site.Run({"policy", "diff", file}).status);
  ASSERT_EQ(0, site.Run({"policy", "apply", site.File("2.toml", kSecond)}).status);
  const Ran differs = site.Run({"policy", "diff", "1"});
  EXPECT_EQ(1, differs.status);
  EXPECT_NE(std::string::npos, differs.out.find("-mode = \"enforce\"\n+mode = \"observe\"\n")) << differs.out;
  EXPECT_EQ(3, site.Run({"policy", "diff", "/nonexistent.toml"}).status);
}

TEST(PolicyApply, GivesEveryVersionOnceWhenOperatorsCollide) {
  const CtlSite site;
  constexpr int kOperators = 4;
  std::vector<pid_t> children;
  for (int i = 0; i < kOperators; ++i) {
    const std::string file = site.File(std::to_string(i) + ".toml", "name = \"policy " + std::to_string(i) + "\"\n");
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(site.Run({"policy", "apply", file}).status);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(child, ::waitpid(child, &status, 0));
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  const nlohmann::json list = site.Json({"policy", "list"});
  ASSERT_EQ(static_cast<std::size_t>(kOperators), list.size());
  for (int i = 0; i < kOperators; ++i)
    EXPECT_EQ(kOperators - i, list[static_cast<std::size_t>(i)]["version"]);
  EXPECT_EQ(0, site.Run({"verify"}).status);
}

}  // namespace
}  // namespace sekimori::ctl
