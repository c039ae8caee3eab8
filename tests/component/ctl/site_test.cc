// sekimorictl as an operator meets it: making the site, tokens, terminals, who did what, and as whom it runs.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/token/enrolment_token.h"
#include "tests/component/ctl/ctl_site.h"

namespace sekimori::ctl {
namespace {

namespace fs = std::filesystem;

fs::perms ModeOf(const fs::path& path) {
  return fs::status(path).permissions() & fs::perms::mask;
}

constexpr fs::perms kOwnerOnly = fs::perms::owner_read | fs::perms::owner_write;

// What the own chain says was done, newest first: "action target succeeded".
std::vector<std::string> Acts(const CtlSite& site) {
  std::vector<std::string> acts;
  const nlohmann::json page = site.Json({"events", "--type", "operator_action", "--limit", "100"});
  for (const auto& event : page["events"]) {
    const auto& act = event["event"]["operator_action"];
    acts.push_back(act.value("action", "") + " " + act.value("target", "") +
                   (act.value("succeeded", false) ? " done" : " refused"));
  }
  return acts;
}

TEST(Init, MakesEverythingForItsOwnerAlone) {
  const CtlSite site;
  EXPECT_EQ(fs::perms::owner_all, ModeOf(site.data()));
  EXPECT_EQ(kOwnerOnly, ModeOf(site.data() / "collector.db"));
  for (const char* key : {"ca.key", "server.key", "policy.key", "log.key"})
    EXPECT_EQ(kOwnerOnly, ModeOf(site.data() / "authority" / key)) << key;
  const std::vector<std::string> acts = Acts(site);
  ASSERT_EQ(1U, acts.size());
  EXPECT_TRUE(acts[0].starts_with("init ")) << acts[0];
}

TEST(Init, RefusesASecondTime) {
  const CtlSite site;
  const nlohmann::json before = site.Json({"verify"});
  const Ran again = site.Run({"init", "--name", "Other", "--host", "localhost"});
  EXPECT_EQ(3, again.status);
  EXPECT_NE(std::string::npos, again.err.find("a site was made here already"));
  EXPECT_EQ(before["anchor"], site.Json({"verify"})["anchor"]);
}

TEST(Init, RefusesADirectoryThatOthersMayEnter) {
  const CtlSite site;
  const fs::path open = site.root() / "open";
  fs::create_directory(open);
  fs::permissions(open, fs::perms::owner_all | fs::perms::others_exec);
  const Ran refused = RunProgram(SEKIMORICTL, {"--data", open.string(), "init", "--name", "X", "--host", "localhost"});
  EXPECT_EQ(2, refused.status);
  EXPECT_TRUE(fs::is_empty(open));
}

TEST(Init, LeavesNothingHalfMadeAfterAWrongHost) {
  const CtlSite site;
  const std::string other = (site.root() / "other").string();
  EXPECT_EQ(3, RunProgram(SEKIMORICTL, {"--data", other, "init", "--name", "X", "--host", "no host"}).status);
  EXPECT_TRUE(fs::is_empty(other));
  EXPECT_EQ(0, RunProgram(SEKIMORICTL, {"--data", other, "init", "--name", "X", "--host", "localhost"}).status);
}

TEST(AnyCommand, SaysWhatToDoWithoutASite) {
  const Ran ran = RunProgram(SEKIMORICTL, {"--data", "/nonexistent/data", "terminal", "list"}, {"SEKIMORI_LANG=en"});
  EXPECT_EQ(3, ran.status);
  EXPECT_NE(std::string::npos, ran.err.find("sekimorictl init"));
  EXPECT_NE(std::string::npos, ran.err.find("/nonexistent/data"));
}

TEST(AnyCommand, AnswersAWrongCommandLineWith64) {
  const CtlSite site;
  EXPECT_EQ(64, site.Run({"terminal", "revoke", "x"}).status);
  EXPECT_EQ(64, site.Run({"frobnicate"}).status);
  EXPECT_EQ(64, site.Run({"token", "create", "--uses", "0"}).status);
  EXPECT_EQ(64, site.Run({}).status);
  EXPECT_EQ(0, site.Run({"--help"}).status);
  EXPECT_EQ(0, site.Run({"--version"}).status);
}

TEST(AnyCommand, GivesErrorsAsJsonToo) {
  const CtlSite site;
  const Ran ran = site.Run({"terminal", "show", "nobody", "--json"});
  EXPECT_EQ(3, ran.status);
  EXPECT_EQ("", ran.out);
  EXPECT_EQ("not_found", nlohmann::json::parse(ran.err)["error"]["code"]);
}

TEST(AnyCommand, SpeaksJapaneseUnlessAskedOtherwise) {
  const CtlSite site;
  const std::string data = site.data().string();
  const Ran japanese = RunProgram(SEKIMORICTL, {"--data", data, "token", "list"}, {"SEKIMORI_LANG=ja"});
  EXPECT_NE(std::string::npos, japanese.err.find("登録トークンはありません"));
}

TEST(AnyCommand, FailsWhenItsOutputCannotBeWritten) {
  const CtlSite site;
  const Ran ran = RunProgram("/bin/sh", {"-c", std::string(SEKIMORICTL) + " --data " + site.data().string() +
                                                   " events --format csv > /dev/full"});
  EXPECT_EQ(2, ran.status);
}

TEST(Certificate, IsRenewedWithTheNamesAsked) {
  const CtlSite site;
  const nlohmann::json before = site.Json({"certificate", "show"});
  EXPECT_GT(before["days_left"], 800);
  EXPECT_EQ(0, site.Run({"certificate", "renew", "--host", "localhost,new.example"}).status);
  const nlohmann::json after = site.Json({"certificate", "show"});
  EXPECT_NE(before["sha256"], after["sha256"]);
  EXPECT_EQ((std::vector<std::string>{"localhost", "new.example"}), after["hosts"].get<std::vector<std::string>>());
  EXPECT_EQ(0, site.Run({"token", "create", "--host", "new.example"}).status);
  EXPECT_EQ(3, site.Run({"token", "create", "--host", "127.0.0.1"}).status);
  EXPECT_EQ(3, site.Run({"certificate", "renew", "--host", "no host"}).status);
  EXPECT_EQ(after, site.Json({"certificate", "show"}));
  EXPECT_EQ("certificate.renew server done", Acts(site).at(1)) << "before the token";
}

TEST(Token, IsGivenOnStdoutAloneAndPinsTheCa) {
  const CtlSite site;
  const Ran ran = site.Run({"token", "create", "--uses", "3", "--ttl", "2h", "--group", "office"});
  ASSERT_EQ(0, ran.status) << ran.err;
  const Result<token::EnrolmentToken> token = token::Parse(ran.out);
  ASSERT_TRUE(token.ok()) << ran.out;
  EXPECT_EQ("localhost", token.value().host);
  EXPECT_EQ(17443, token.value().port);
  EXPECT_EQ(std::string::npos, ran.err.find(ran.out.substr(0, 20))) << "the secret was shown twice";
  const nlohmann::json list = site.Json({"token", "list"});
  ASSERT_EQ(1U, list.size());
  EXPECT_EQ(token.value().id, list[0]["id"]);
  EXPECT_EQ(3, list[0]["uses_left"]);
  EXPECT_EQ("office", list[0]["group"]);
  EXPECT_EQ("token.create " + token.value().id + " done", Acts(site).front());
}

TEST(Token, GoesToANewFileForItsOwnerAlone) {
  const CtlSite site;
  const fs::path file = site.root() / "enrol.token";
  const ::mode_t before = ::umask(0);
  const Ran ran = site.Run({"token", "create", "--out", file.string()});
  ::umask(before);
  ASSERT_EQ(0, ran.status) << ran.err;
  EXPECT_EQ("", ran.out);
  EXPECT_EQ(kOwnerOnly, ModeOf(file));
  EXPECT_EQ(3, site.Run({"token", "create", "--out", file.string()}).status) << "a file was overwritten";
  EXPECT_EQ(1U, site.Json({"token", "list"}).size()) << "a token was made that nobody can have";
}

TEST(Token, LeavesNoFileWhenRefused) {
  const CtlSite site;
  const fs::path file = site.root() / "enrol.token";
  EXPECT_EQ(3, site.Run({"token", "create", "--host", "elsewhere.example", "--out", file.string()}).status);
  EXPECT_EQ(3, site.Run({"token", "create", "--ttl", "soon", "--out", file.string()}).status);
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(3, site.Run({"token", "create", "--group", " padded "}).status);
  EXPECT_TRUE(site.Json({"token", "list"}).empty());
}

TEST(Token, IsRevokedOnceAndBothAttemptsAreRecorded) {
  const CtlSite site;
  const std::string id = site.Json({"token", "create"})["id"];
  EXPECT_EQ(0, site.Run({"token", "revoke", id}).status);
  EXPECT_EQ(3, site.Run({"token", "revoke", id}).status);
  EXPECT_EQ("revoked", site.Json({"token", "list"})[0]["state"]);
  const std::vector<std::string> acts = Acts(site);
  EXPECT_EQ("token.revoke " + id + " refused", acts[0]);
  EXPECT_EQ("token.revoke " + id + " done", acts[1]);
}

TEST(Terminal, IsShownByIdPrefixOrName) {
  CtlSite site;
  store::FakeTerminal a("aaaa-1111", 1), b("aaaa-2222", 2);
  site.Enrol(a, "office");
  site.Enrol(b, "tax");
  EXPECT_EQ("aaaa-1111", site.Json({"terminal", "show", "aaaa-1111"})["id"]);
  EXPECT_EQ("aaaa-1111", site.Json({"terminal", "show", "aaaa-1"})["id"]);
  EXPECT_EQ("aaaa-2222", site.Json({"terminal", "show", "host-aaaa-2222"})["id"]);
  EXPECT_EQ(3, site.Run({"terminal", "show", "aaaa"}).status);
  EXPECT_EQ(3, site.Run({"terminal", "show", "aaa"}).status);
  EXPECT_EQ(2U, site.Json({"terminal", "list"}).size());
  EXPECT_EQ(1U, site.Json({"terminal", "list", "--group", "tax"}).size());
  EXPECT_EQ(true, site.Json({"terminal", "list"})[0]["duplicate"]) << "both claim to be one machine";
}

TEST(Terminal, IsRevokedAndMovedWithItsRecord) {
  CtlSite site;
  store::FakeTerminal a("aaaa-1111", 1);
  site.Enrol(a);
  ASSERT_EQ(0, site.Run({"policy", "apply", site.File("p.toml", "mode = \"enforce\"\n"), "--group", "窓口"}).status);
  EXPECT_EQ(0, site.Run({"terminal", "group", "aaaa-1111", "窓口"}).status);
  EXPECT_EQ("窓口", site.Json({"terminal", "show", "aaaa-1111"})["group"]);
  EXPECT_EQ(0, site.Run({"terminal", "revoke", "aaaa-1111", "--reason", "stolen"}).status);
  EXPECT_EQ(3, site.Run({"terminal", "revoke", "aaaa-1111", "--reason", "again"}).status);
  const nlohmann::json shown = site.Json({"terminal", "show", "aaaa-1111"});
  EXPECT_EQ("revoked", shown["state"]);
  EXPECT_EQ("stolen", shown["revoked_reason"]);
  const std::vector<std::string> acts = Acts(site);
  EXPECT_EQ("terminal.revoke aaaa-1111 refused", acts[0]);
  EXPECT_EQ("terminal.revoke aaaa-1111 done", acts[1]);
  EXPECT_EQ("terminal.group aaaa-1111 done", acts[2]);
}

TEST(Terminal, CannotHideInAnIndividualNumber) {
  CtlSite site;
  store::FakeTerminal a("aaaa-1111", 1);
  site.Enrol(a);
  // 123456789018 carries a valid check digit: it must not be in the records.
  EXPECT_EQ(0, site.Run({"terminal", "revoke", "aaaa-1111", "--reason", "taken by 123456789018"}).status);
  const Ran events = site.Run({"events", "--format", "json"});
  EXPECT_EQ(std::string::npos, events.out.find("123456789018"));
  EXPECT_NE(std::string::npos, events.out.find("taken by"));
}

// Only root can give itself up; the tests run as root where packages are built and tested.
TEST(Root, BecomesTheOwnerOfTheDataDirectory) {
  if (::geteuid() != 0) {
    const CtlSite site;
    struct stat made {};
    ASSERT_EQ(0, ::stat((site.data() / "collector.db").c_str(), &made));
    EXPECT_EQ(::geteuid(), made.st_uid);
    return;
  }
  constexpr uid_t kNobody = 65534;
  std::string pattern = (fs::temp_directory_path() / "ctl-XXXXXX").string();
  ASSERT_NE(nullptr, ::mkdtemp(pattern.data()));
  const fs::path root = pattern;
  fs::permissions(root, fs::perms::owner_all | fs::perms::others_exec);
  const fs::path data = root / "data";
  fs::create_directory(data);
  fs::permissions(data, fs::perms::owner_all);
  ASSERT_EQ(0, ::chown(data.c_str(), kNobody, kNobody));
  const std::vector<std::string> environment{"SEKIMORI_LANG=en", "SUDO_USER=suzuki"};
  ASSERT_EQ(
      0, RunProgram(SEKIMORICTL, {"--data", data.string(), "init", "--name", "X", "--host", "localhost"}, environment)
             .status);
  const fs::path token = root / "root.token";
  ASSERT_EQ(0,
            RunProgram(SEKIMORICTL, {"--data", data.string(), "token", "create", "--out", token.string()}, environment)
                .status);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(data)) {
    struct stat found {};
    ASSERT_EQ(0, ::lstat(entry.path().c_str(), &found));
    EXPECT_EQ(kNobody, found.st_uid) << entry.path();
    EXPECT_EQ(kNobody, found.st_gid) << entry.path();
  }
  struct stat file {};
  ASSERT_EQ(0, ::stat(token.c_str(), &file));
  EXPECT_EQ(0U, file.st_uid) << "the operator's own file must stay the operator's";
  EXPECT_GT(file.st_size, 0);
  fs::remove_all(root);
}

}  // namespace
}  // namespace sekimori::ctl
