// Beginning anew: the remedy for a clone, a roll-back, a damaged log and a revoked terminal. Nothing changes before the
// collector has agreed; everything old is kept; an interruption at any point is made good.
#include "agent/anew.h"

#include <fstream>

#include <gtest/gtest.h>

#include "agent/audit_log/verify.h"
#include "agent/channel/identity.h"
#include "agent/config/site_file.h"
#include "agent/control/places.h"
#include "agent/service.h"
#include "proto/files/durable_file.h"
#include "tests/component/channel/raw_link.h"

namespace sekimori::testing {
namespace {

namespace fs = std::filesystem;

// What a terminal is known by.
struct Identity {
  std::string terminal;
  signing::Sha256Hash key{};
  chain::LogId log{};
  bool operator==(const Identity&) const = default;
};

class Anew : public ::testing::Test {
 protected:
  Anew() {
    terms_.state = directory_.path() / "state";
    terms_.run = directory_.path() / "run";
    terms_.facts = {"pc-1", "Debian 12", "0.1.0", "abc"};
    terms_.boot_id = "boot";
    terms_.operator_name = "suzuki";
  }
  [[nodiscard]] Result<agent::Begun> Enrol() { return agent::EnrolAnew(terms_, site_.MakeToken().text); }
  // A terminal that is enrolled and no longer runs.
  void HaveAnOldOne() {
    ASSERT_TRUE(Enrol().ok());
    old_ = Here();
  }
  [[nodiscard]] Identity At(const fs::path& folder) const {
    const auto key = signing::SigningKey::Load(control::KeyFile(folder));
    const auto log = audit_log::LogReader::Open(control::LogFile(folder));
    const auto facts = config::FileSiteStore(control::SiteFile(folder)).Load();
    if (!key.ok() || !log.ok() || !facts.ok()) return {};
    EXPECT_TRUE(channel::LoadCredentials(folder, key.value()).ok());
    // As `sekimori log verify` does: with the public half beside the log, and nothing else.
    const Result<std::string> der = files::ReadGuarded(control::PublicKeyFile(folder));
    const auto public_key = signing::VerifyKey::FromSpkiDer(der.ok() ? der.value() : "");
    EXPECT_TRUE(public_key.ok()) << folder << ": no public key to verify the log with";
    if (!public_key.ok()) return {};
    const auto verified = audit_log::VerifyLog(*log.value(), public_key.value());
    EXPECT_TRUE(verified.ok() && !verified.value().fault);
    return {facts.value().terminal_id, key.value().public_key().key_id(), log.value()->log_id()};
  }
  [[nodiscard]] Identity Here() const { return At(terms_.state); }
  [[nodiscard]] std::vector<fs::path> Retired() const {
    std::vector<fs::path> folders;
    for (const fs::directory_entry& entry : fs::directory_iterator(terms_.state))
      if (entry.path().filename().string().starts_with("retired-")) folders.push_back(entry.path());
    return folders;
  }
  [[nodiscard]] fs::path Waiting() const { return terms_.state / "anew"; }
  // The new one is in place, the old one whole beside it, and the collector knows both.
  void ExpectBegunAnew() {
    const Identity now = Here();
    EXPECT_NE("", now.terminal);
    EXPECT_NE(old_.terminal, now.terminal);
    EXPECT_NE(old_.key, now.key);
    EXPECT_NE(old_.log, now.log);
    ASSERT_EQ(1U, Retired().size());
    EXPECT_EQ(old_, At(Retired().front()));
    EXPECT_FALSE(fs::exists(Waiting()));
    EXPECT_EQ(2U, site_.reader().ListTerminals(std::nullopt).value().size());
  }

  Site site_;
  Directory directory_;
  agent::AnewTerms terms_;
  Identity old_;
};

TEST_F(Anew, PutsAnotherKeyAndLogInPlaceAtOnceWhenNoAgentRuns) {
  HaveAnOldOne();
  const Result<agent::Begun> begun = Enrol();
  ASSERT_TRUE(begun.ok()) << ToString(begun.error());
  EXPECT_EQ(agent::Begun::kNow, begun.value());
  ExpectBegunAnew();
  const auto log = audit_log::LogReader::Open(control::LogFile(terms_.state)).value();
  proto::Event first;
  ASSERT_TRUE(first.ParseFromString(log->Read(0, 1, 1).value().at(0).payload));
  EXPECT_EQ("suzuki", first.log_set_aside().user());
  EXPECT_EQ(control::LogFile(Retired().front()).string(), first.log_set_aside().file());
}

TEST_F(Anew, LeavesARunningAgentAloneUntilItStartsAgain) {
  HaveAnOldOne();
  {
    const auto running = agent::InstanceLock::Take(control::LockFile(terms_.run));
    ASSERT_TRUE(running.ok());
    const Result<agent::Begun> begun = Enrol();
    ASSERT_TRUE(begun.ok()) << ToString(begun.error());
    EXPECT_EQ(agent::Begun::kAtNextStart, begun.value());
    EXPECT_EQ(old_, Here());
  }
  ASSERT_TRUE(agent::TakeOver(terms_.state).ok());
  ExpectBegunAnew();
  const Identity now = Here();
  ASSERT_TRUE(agent::TakeOver(terms_.state).ok());
  EXPECT_EQ(now, Here()) << "the second start took something over again";
}

TEST_F(Anew, ChangesNothingWhenTheCollectorRefuses) {
  HaveAnOldOne();
  const authority::MadeToken revoked = site_.MakeToken();
  ASSERT_TRUE(site_.RevokeToken(revoked.id).ok());
  const Result<agent::Begun> begun = agent::EnrolAnew(terms_, revoked.text);
  ASSERT_FALSE(begun.ok());
  EXPECT_EQ(ErrorCode::kDenied, begun.error().code);
  EXPECT_FALSE(agent::EnrolAnew(terms_, "no token").ok());
  ASSERT_TRUE(agent::TakeOver(terms_.state).ok());
  EXPECT_EQ(old_, Here());
  EXPECT_FALSE(fs::exists(Waiting()));
  EXPECT_TRUE(Retired().empty());
}

TEST_F(Anew, IsTheWayBackForARevokedTerminal) {
  HaveAnOldOne();
  ASSERT_TRUE(site_.Revoke(old_.terminal).ok());
  ASSERT_TRUE(Enrol().ok());
  ExpectBegunAnew();
  EXPECT_EQ(0, site_.reader().FindTerminal(Here().terminal).value().revoked_us);
}

// Every state a power cut can leave: the first so many of the files moved, in either half.
TEST_F(Anew, GoesOnWhereItWasInterrupted) {
  const char* const names[] = {"terminal.key", "terminal.pub", "terminal.crt", "ca.crt", "site.toml", "log.db"};
  for (const bool old_ones_aside : {false, true}) {
    for (std::size_t moved = 0; moved <= std::size(names); ++moved) {
      SCOPED_TRACE(std::to_string(moved) + (old_ones_aside ? " new files in place" : " old files set aside"));
      Site site;
      fs::remove_all(terms_.state);
      ASSERT_TRUE(agent::EnrolAnew(terms_, site.MakeToken().text).ok());
      const Identity old = Here();
      {
        const auto running = agent::InstanceLock::Take(control::LockFile(terms_.run));
        ASSERT_TRUE(agent::EnrolAnew(terms_, site.MakeToken().text).ok());
      }
      const Identity wanted = At(Waiting());
      std::string folder(256, '\0');
      std::ifstream(Waiting() / "ready") >> folder;
      const fs::path retired = terms_.state / folder;
      fs::create_directory(retired);
      fs::permissions(retired, fs::perms::owner_all);
      const auto set_aside = [&](const fs::path& name) {
        if (fs::exists(terms_.state / name)) fs::rename(terms_.state / name, retired / name);
      };
      for (std::size_t i = 0; i < (old_ones_aside ? std::size(names) : moved); ++i)
        set_aside(names[i]);
      if (old_ones_aside) {
        for (const char* suffix : {"-wal", "-shm", "-mark"})
          set_aside(std::string("log.db") + suffix);
        fs::rename(Waiting() / "ready", Waiting() / "moving");
        for (std::size_t i = 0; i < moved; ++i)
          fs::rename(Waiting() / names[i], terms_.state / names[i]);
      }
      const Status taken = agent::TakeOver(terms_.state);
      ASSERT_TRUE(taken.ok()) << ToString(taken.error());
      EXPECT_EQ(wanted, Here());
      EXPECT_EQ(old, At(retired));
      EXPECT_FALSE(fs::exists(Waiting()));
    }
  }
}

}  // namespace
}  // namespace sekimori::testing
