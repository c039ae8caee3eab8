// How the commands find the agent: with good settings, with broken ones, and for a user who may not read them.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/cli/commands.h"

namespace sekimori::cli {
namespace {

class Asking : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sekimori-asking-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    invocation_.console = &console_;
    invocation_.places.config_file = folder_ / "agent.toml";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Configure(const std::string& text) { std::ofstream(invocation_.places.config_file) << text; }
  // Both directories, or the error's name.
  [[nodiscard]] std::string Places() const {
    const auto run = invocation_.RunDirectory();
    const auto state = invocation_.StateDirectory();
    if (!run.ok()) return std::string(ErrorCodeName(run.error().code));
    return state.ok() ? run.value().string() + " " + state.value().string() : "no state directory";
  }

  std::filesystem::path folder_;
  Console console_{words::Language::kEnglish};
  Invocation invocation_;
};

constexpr const char* kUsual = "/run/sekimori /var/lib/sekimori";

TEST_F(Asking, GoesWhereTheSettingsSay) {
  Configure("run-directory = \"/run/other\"\nstate-directory = \"/srv/other\"\n");
  EXPECT_EQ(Places(), "/run/other /srv/other");
}

TEST_F(Asking, GoesToTheUsualPlacesWhenTheUsualSettingsHaveAMistake) {
  Configure("run-directory = \"/run/other\"\nforce-obsreve = true\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(Places(), kUsual);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("agent.toml:2"), std::string::npos);
}

TEST_F(Asking, DoesNotGoElsewhereThanTheSettingsThatWereNamed) {
  Configure("force-obsreve = true\n");
  invocation_.places.config_named = true;
  EXPECT_EQ(Places(), "invalid");
}

TEST_F(Asking, AUserWhoMayNotReadTheSettingsFindsTheAgentAndHearsNoComplaint) {
  ASSERT_EQ(::getuid(), 0U) << "this test needs root, to become somebody else";
  Configure("force-observe = true\n");
  testing::internal::CaptureStderr();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(::setuid(65534) == 0 && Places() == kUsual ? 0 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace sekimori::cli
