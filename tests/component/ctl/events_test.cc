// sekimorictl events and verify over a database with terminals' records in it.
#include <algorithm>
#include <set>
#include <sstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/component/ctl/ctl_site.h"

namespace sekimori::ctl {
namespace {

using store::FakeTerminal;
using store::Judged;
using store::Tampered;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

constexpr std::int64_t kNoon = 1'795'262'400'000'000;  // 2026-11-21T12:00Z

class Events : public testing::Test {
 protected:
  Events() {
    site_.Enrol(office_, "office");
    site_.Enrol(tax_, "tax");
    site_.Store(office_, {Judged(kNoon, "Stick A", proto::VERDICT_DENY, "tanaka"),
                          Judged(kNoon + 60'000'000, "Keyboard", proto::VERDICT_ALLOW, "sato"), Tampered(kNoon)});
    site_.Store(tax_, {Judged(kNoon, "Stick B", proto::VERDICT_DENY, "ito")});
  }
  std::size_t Count(std::vector<std::string> filter) {
    filter.insert(filter.begin(), {"events", "--limit", "100", "--json"});
    const Ran ran = site_.Run(filter);
    EXPECT_EQ(0, ran.status) << ran.err;
    return ran.json()["events"].size();
  }

  CtlSite site_;
  FakeTerminal office_{"office-1", 1}, tax_{"tax-1", 2};
};

TEST_F(Events, AreFilteredByEveryCondition) {
  EXPECT_EQ(3U, Count({"--type", "device_judged"}));
  EXPECT_EQ(4U, Count({"--type", "device_judged,barrier_tampered"}));
  EXPECT_EQ(2U, Count({"--outcome", "refused"}));
  EXPECT_EQ(1U, Count({"--outcome", "allowed"}));
  EXPECT_EQ(2U, Count({"--type", "device_judged", "--group", "office"}));
  EXPECT_EQ(1U, Count({"--user", "sato"}));
  EXPECT_EQ(2U, Count({"--device", "stick"}));
  EXPECT_EQ(1U, Count({"--alarms"}));
  EXPECT_EQ(1U, Count({"--type", "device_judged", "--terminal", "host-tax-1"}));
  EXPECT_EQ(1U, Count({"--type", "device_judged", "--from", "2026-11-21T12:01Z"}));
  EXPECT_EQ(2U, Count({"--type", "device_judged", "--from", "2026-11-21T12:00Z", "--until", "2026-11-21T12:01Z"}));
  EXPECT_EQ(0U, Count({"--type", "device_judged", "--from", "-1h", "--until", "-30m"}));
  EXPECT_EQ(Count({"--terminal", "collector", "--type", "operator_action,enrolled"}),
            Count({"--terminal", "collector"}));
}

TEST_F(Events, RefuseConditionsThatDoNotExist) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--type", "device_judgd"},
                                             {"--type", "time_us"},
                                             {"--outcome", "denied"},
                                             {"--from", "yesterday"},
                                             {"--terminal", "nobody"},
                                             {"--after", "12x"},
                                             {"--format", "csv", "--limit", "5"},
                                             {"--format", "csv", "--follow"}}) {
    std::vector<std::string> arguments{"events"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(3, site_.Run(arguments).status) << wrong[1];
  }
  EXPECT_EQ(64, site_.Run({"events", "--format", "xml"}).status);
}

TEST_F(Events, AreTurnedPageByPage) {
  std::vector<proto::Event> many;
  for (int i = 0; i < 230; ++i)
    many.push_back(Judged(kNoon + i, "Stick", proto::VERDICT_DENY));
  site_.Store(tax_, many);
  std::set<std::uint64_t> seen;
  std::size_t shown = 0;
  std::string after;
  for (int page = 0; page < 100; ++page) {
    std::vector<std::string> arguments{"events", "--terminal", "tax-1", "--type", "device_judged", "--limit", "50"};
    if (!after.empty()) arguments.insert(arguments.end(), {"--after", after});
    const nlohmann::json answer = site_.Json(arguments);
    for (const auto& event : answer["events"])
      seen.insert(event["sequence"].get<std::uint64_t>());
    shown += answer["events"].size();
    if (answer["next"].is_null()) break;
    after = answer["next"];
    site_.Store(tax_, {Judged(kNoon, "Later", proto::VERDICT_DENY)});
  }
  EXPECT_EQ(231U, seen.size());
  EXPECT_EQ(shown, seen.size());
}

TEST_F(Events, AreExportedWhole) {
  std::vector<proto::Event> many(12'000, Judged(kNoon, "Stick", proto::VERDICT_DENY));
  site_.Store(tax_, many);
  const Ran csv = site_.Run({"events", "--terminal", "tax-1", "--type", "device_judged", "--format", "csv"});
  ASSERT_EQ(0, csv.status) << csv.err;
  EXPECT_EQ(0U, csv.out.find("\xef\xbb\xbf"));
  EXPECT_EQ(12'002U, Lines(csv.out).size()) << "a heading and every event";
  const Ran json = site_.Run({"events", "--terminal", "tax-1", "--type", "device_judged", "--format", "json"});
  const std::vector<std::string> lines = Lines(json.out);
  ASSERT_EQ(12'001U, lines.size());
  EXPECT_EQ("Stick B", nlohmann::json::parse(lines.front())["event"]["device_judged"]["device"]["product_name"]);
}

TEST_F(Events, NeverLetADeviceSpeakToTheScreenOrTheSpreadsheet) {
  const std::string hostile = "=HYPERLINK(\"http://x\")\x1b[2J\x1b]0;gone\x07\r\n2026-01-01,forged";
  site_.Store(office_, {Judged(kNoon, hostile, proto::VERDICT_DENY, "=cmd|' /C calc'!A0")});
  for (const char* format : {"table", "csv", "json"}) {
    const Ran ran = site_.Run({"events", "--format", format});
    ASSERT_EQ(0, ran.status) << ran.err;
    EXPECT_EQ(std::string::npos, ran.out.find('\x1b')) << format;
    EXPECT_EQ(std::string::npos, ran.out.find('\x07')) << format;
    for (const std::string& line : Lines(ran.out))
      EXPECT_FALSE(line.starts_with("2026-01-01,forged")) << format;
  }
  const Ran csv = site_.Run({"events", "--user", "=cmd|' /C calc'!A0", "--format", "csv"});
  EXPECT_NE(std::string::npos, csv.out.find("'=cmd|"));
  EXPECT_EQ(std::string::npos, csv.out.find(",=cmd|"));
  EXPECT_EQ(std::string::npos, csv.out.find("\"=cmd|"));
}

// Reads whole lines from a program as they come, for at most ten seconds each.
class Follower {
 public:
  explicit Follower(const CtlSite& site) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::setenv("SEKIMORI_LANG", "en", 1);
      ::execl(SEKIMORICTL, SEKIMORICTL, "--data", site.data().c_str(), "events", "--follow", "--limit", "1", "--type",
              "device_judged", "--json", nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    out_ = ends[0];
  }
  ~Follower() {
    if (child_ > 0) ::kill(child_, SIGKILL);
    (void)End();
    ::close(out_);
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  std::string NextLine() {
    std::size_t end = 0;
    while ((end = buffer_.find('\n')) == std::string::npos) {
      pollfd ready{out_, POLLIN, 0};
      char bytes[4096];
      if (::poll(&ready, 1, 10'000) != 1) return "";
      const ssize_t count = ::read(out_, bytes, sizeof(bytes));
      if (count <= 0) return "";
      buffer_.append(bytes, static_cast<std::size_t>(count));
    }
    const std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return line;
  }
  void Interrupt() { ::kill(child_, SIGINT); }
  int End() {
    int status = 0;
    if (child_ > 0) ::waitpid(std::exchange(child_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t child_ = -1;
  int out_ = -1;
  std::string buffer_;
};

TEST_F(Events, AreFollowedAsTheyCome) {
  Follower follower(site_);
  const auto product = [](const std::string& line) {
    const nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
    return event.is_discarded() ? line : event["event"]["device_judged"]["device"].value("product_name", "");
  };
  EXPECT_EQ("Stick B", product(follower.NextLine()));
  site_.Store(office_, {Judged(kNoon, "New 1", proto::VERDICT_DENY), Tampered(kNoon)});
  EXPECT_EQ("New 1", product(follower.NextLine()));
  site_.Store(tax_, {Judged(kNoon, "New 2", proto::VERDICT_DENY), Judged(kNoon, "New 3", proto::VERDICT_DENY)});
  EXPECT_EQ("New 2", product(follower.NextLine()));
  EXPECT_EQ("New 3", product(follower.NextLine()));
  follower.Interrupt();
  EXPECT_EQ(0, follower.End());
}

TEST_F(Events, VerifyIsGoodAndNotesAnAnchor) {
  const Ran good = site_.Run({"verify"});
  EXPECT_EQ(0, good.status) << good.out << good.err;
  const std::string anchor = site_.Json({"verify"})["anchor"];
  EXPECT_EQ(0, site_.Run({"token", "create"}).status);
  EXPECT_EQ(0, site_.Run({"verify", "--anchor", anchor}).status);
  EXPECT_EQ(0, site_.Run({"verify", "--terminal", "office-1"}).status);
  EXPECT_EQ(0, site_.Run({"verify", "--chain-only"}).status);
  std::string other = anchor;
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_EQ(1, site_.Run({"verify", "--anchor", other}).status);
  EXPECT_EQ(1, site_.Run({"verify", "--anchor", "999:" + anchor.substr(anchor.find(':') + 1)}).status);
  EXPECT_EQ(2, site_.Run({"verify", "--anchor", "nonsense"}).status);
}

TEST_F(Events, VerifyTellsTamperingByItsExitStatusAndWhere) {
  site_.Alter(
      "UPDATE records SET payload=x'0801' WHERE sequence=2 AND terminal=(SELECT number FROM terminals WHERE "
      "id='office-1')");
  const Ran found = site_.Run({"verify"});
  EXPECT_EQ(1, found.status);
  EXPECT_NE(std::string::npos, found.out.find("host-office-1"));
  const nlohmann::json report = site_.Json({"verify"});
  EXPECT_EQ(false, report["good"]);
  for (const auto& chain : report["chains"]) {
    EXPECT_EQ(chain["terminal"] != "office-1", chain["good"].get<bool>());
    if (chain["terminal"] == "office-1") {
      EXPECT_EQ("broken_link", chain["findings"][0]["kind"]);
      EXPECT_EQ(2, chain["findings"][0]["sequence"]);
    }
  }
  EXPECT_EQ(0, site_.Run({"verify", "--terminal", "tax-1"}).status);
}

TEST_F(Events, VerifyNoticesAnAlteredPolicy) {
  ASSERT_EQ(0, site_.Run({"policy", "apply", site_.File("p.toml", "mode = \"enforce\"\n")}).status);
  EXPECT_EQ(0, site_.Run({"verify"}).status);
  site_.Alter("UPDATE policies SET toml='mode = \"observe\"'");
  EXPECT_EQ(1, site_.Run({"verify"}).status);
}

TEST_F(Events, VerifySaysThatItCouldNotCheck) {
  EXPECT_EQ(2, site_.Run({"verify", "--terminal", "nobody"}).status);
  std::filesystem::rename(site_.data() / "authority", site_.data() / "away");
  EXPECT_EQ(2, site_.Run({"verify"}).status);
  std::filesystem::remove(site_.data() / "collector.db");
  EXPECT_EQ(2, site_.Run({"verify"}).status);
}

}  // namespace
}  // namespace sekimori::ctl
