// `sekimori log verify` and `log export` over a log that an agent wrote; verified with its public key, and that alone.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/audit_log/log_store.h"
#include "agent/channel/identity.h"
#include "agent/cli/cli.h"
#include "proto/console/console.h"
#include "proto/signing/key.h"
#include "proto/words/csv.h"
#include "tests/fakes/fake_clock.h"

namespace sekimori::cli {
namespace {

class LogVerify : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sekimori-verify-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    state_ = pattern;
    const auto key = channel::LoadOrMakeKey(state_);
    ASSERT_TRUE(key.ok());
    const fakes::FakeClock clock;
    const auto log =
        audit_log::LogStore::Open(state_ / "log.db", "0d6f1c2e-8a8b-4b7e-9a3f-123456789018", key.value(), clock);
    ASSERT_TRUE(log.ok());
    const model::Event event{clock.Now(), clock.SinceBoot(), model::AgentStopping{"over"}};
    ASSERT_TRUE(log.value()->Append({&event, 1}).ok());
    ASSERT_TRUE(log.value()->MarkCleanStop().ok());
  }
  void TearDown() override { std::filesystem::remove_all(state_); }

  [[nodiscard]] ExitCode Run(std::vector<const char*> command) const {
    const std::string state = state_;
    std::vector<const char*> words = {"sekimori", "--state", state.c_str()};
    words.insert(words.end(), command.begin(), command.end());
    return cli::Run(static_cast<int>(words.size()), words.data(), {});
  }
  [[nodiscard]] ExitCode Verify() const { return Run({"--json", "log", "verify"}); }
  // What goes to stdout.
  [[nodiscard]] std::string Export(const std::vector<const char*>& options) const {
    std::vector<const char*> command = {"log", "export"};
    command.insert(command.end(), options.begin(), options.end());
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(Run(command), kDone);
    return ::testing::internal::GetCapturedStdout();
  }
  void WritePublicKey(const std::string& bytes) const {
    std::ofstream(state_ / channel::kPublicKeyFile, std::ios::binary) << bytes;
  }

  std::filesystem::path state_;
};

TEST_F(LogVerify, NeedsNoPrivateKey) {
  EXPECT_EQ(Verify(), kDone);
  std::filesystem::remove(state_ / channel::kKeyFile);
  EXPECT_EQ(Verify(), kDone);
}

TEST_F(LogVerify, AnotherTerminalsKeySignedNothingHere) {
  WritePublicKey(signing::SigningKey::Generate().value().public_key().spki_der());
  EXPECT_EQ(Verify(), kNegative);
}

TEST_F(LogVerify, WithoutAKeyNothingIsVerified) {
  WritePublicKey("not a key");
  EXPECT_EQ(Verify(), kFailed);
  std::filesystem::remove(state_ / channel::kPublicKeyFile);
  EXPECT_EQ(Verify(), kFailed);
}

TEST_F(LogVerify, TheAgentsNextStartPutsADamagedPublicKeyRight) {
  WritePublicKey("not a key");
  ASSERT_TRUE(channel::LoadOrMakeKey(state_).ok());
  EXPECT_EQ(Verify(), kDone);
}

TEST_F(LogVerify, AnExportIsJsonWhereverJsonIsAskedFor) {
  for (const std::vector<const char*>& options :
       {std::vector<const char*>{"--json"}, {"--format", "json"}, {"--format", "csv", "--json"}}) {
    const std::string exported = Export(options);
    const console::Json line = console::Json::parse(exported, nullptr, false);
    ASSERT_FALSE(line.is_discarded()) << exported;
    EXPECT_EQ(line.at("type"), "agent_stopping");
  }
  EXPECT_TRUE(Export({}).starts_with(words::kCsvMark));
}

}  // namespace
}  // namespace sekimori::cli
