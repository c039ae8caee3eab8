#include "server/settings.h"

#include <fstream>
#include <iterator>
#include <regex>

#include <gtest/gtest.h>

namespace sekimori::server {
namespace {

TEST(Settings, OfAnEmptyFileAreTheDefaults) {
  const Settings settings = ParseSettings("", "collector.toml").value();
  EXPECT_EQ("/var/lib/sekimori-collector", settings.data_directory);
  EXPECT_EQ("0.0.0.0", settings.collector.address);
  EXPECT_EQ(7443, settings.collector.port);
  EXPECT_EQ(825, settings.terminal_certificate_life.count());
}

TEST(Settings, EveryKeyIsTaken) {
  const Settings settings = ParseSettings(
                                "data-dir = \"/srv/sekimori\"\n[listen]\naddress = \"::1\"\nport = 1234\n[limits]\n"
                                "connections = 10\nstrangers = 5\nin-flight-mib = 2\nhandshake-seconds = 3\n"
                                "frame-seconds = 4\n[certificates]\nterminal-days = 30\n",
                                "collector.toml")
                                .value();
  EXPECT_EQ("/srv/sekimori", settings.data_directory);
  EXPECT_EQ("::1", settings.collector.address);
  EXPECT_EQ(1234, settings.collector.port);
  EXPECT_EQ(10U, settings.collector.max_connections);
  EXPECT_EQ(5U, settings.collector.max_strangers);
  EXPECT_EQ(std::size_t{2} << 20, settings.collector.max_in_flight);
  EXPECT_EQ(std::chrono::seconds(3), settings.collector.tls.handshake);
  EXPECT_EQ(std::chrono::seconds(4), settings.collector.tls.frame);
  EXPECT_EQ(30, settings.terminal_certificate_life.count());
}

TEST(Settings, FaultsNameLineAndWhatWasExpected) {
  struct Case {
    const char* toml;
    const char* where;
    const char* detail;
  };
  const Case cases[] = {
      {"\nporto = 1\n", "collector.toml:2", "unknown key 'porto'"},
      {"[listen]\nport = 0\n", "collector.toml:2", "1 to 65535"},
      {"[listen]\nport = \"7443\"\n", "collector.toml:2", "whole number"},
      {"[listen]\naddress = \"collector.example\"\n", "collector.toml:2", "IP address"},
      {"listen = 3\n", "collector.toml:1", "[listen]"},
      {"data-dir = \"relative\"\n", "collector.toml:1", "absolute path"},
      {"data-dir = 1\n", "collector.toml:1", "directory"},
      {"[limits]\n\nconnections = -1\n", "collector.toml:3", "whole number"},
      {"[certificates]\nterminal-days = 99999\n", "collector.toml:2", "3650"},
      {"[listen\n", "collector.toml:1", ""},
  };
  for (const Case& one : cases) {
    const Result<Settings> settings = ParseSettings(one.toml, "collector.toml");
    ASSERT_FALSE(settings.ok()) << one.toml;
    EXPECT_EQ(ErrorCode::kInvalid, settings.error().code);
    EXPECT_EQ(one.where, settings.error().where) << one.toml;
    EXPECT_NE(std::string::npos, settings.error().detail.find(one.detail)) << settings.error().detail;
  }
}

TEST(Settings, ThePackagedFileSaysTheDefaults) {
  std::ifstream file(SEKIMORI_SOURCE_DIR "/packaging/etc/collector.toml");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_FALSE(text.empty());
  ASSERT_TRUE(ParseSettings(text, "collector.toml").ok());
  // With every key taken out of its comment.
  const std::string awake = std::regex_replace(text, std::regex("(^|\n)#([a-z-]+ = )"), "$1$2");
  ASSERT_NE(text, awake);
  const Result<Settings> settings = ParseSettings(awake, "collector.toml");
  ASSERT_TRUE(settings.ok()) << ToString(settings.error());
  const Settings defaults;
  EXPECT_EQ(defaults.collector.address, settings.value().collector.address);
  EXPECT_EQ(defaults.collector.port, settings.value().collector.port);
  EXPECT_EQ(defaults.terminal_certificate_life, settings.value().terminal_certificate_life);
}

}  // namespace
}  // namespace sekimori::server
