#include "drivers/linux/process_stat.h"

#include <cstdint>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace sekimori::drivers {
namespace {

const std::string kRest = " 0 -1 4194560 1 0 0 0 1 2 3 4 20 0 1 0 90000 5000 10";

TEST(ProcessStat, IsReadBehindWhateverNameTheProgramChose) {
  for (const char* const name : {"sshd", "a b", "x) S 1 2 3", "(((", ") R 7", "new\nline", ""}) {
    const auto stat = ParseProcessStat("4711 (" + std::string(name) + ") S 4000 4711 4711" + kRest);
    ASSERT_TRUE(stat.ok()) << name;
    EXPECT_EQ(stat.value(), (ProcessStat{4000, 90000})) << name;
  }
}

TEST(ProcessStat, OfAnythingElseIsCorrupt) {
  for (const std::string& line :
       {std::string(), std::string("4711"), std::string("4711 (sshd"), std::string("4711 (sshd) "),
        std::string("4711 (sshd) S 4000 1 2 3"), "4711 (sshd) S x 4711 4711" + kRest,
        "4711 (sshd) S -1 4711 4711" + kRest, "4711 (sshd) S 99999999999 4711 4711" + kRest,
        std::string("4711 (sshd) S 4000 1 1 0 -1 4194560 1 0 0 0 1 2 3 4 20 0 1 0 9x 1")})
    EXPECT_FALSE(ParseProcessStat(line).ok()) << line;
}

TEST(ProcessStat, WhoCalledAProgramIsItsRealUid) {
  const auto uid = ParseRealUid("Name:\tsu\\nUid:\t7\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t1000\t1000\n");
  ASSERT_TRUE(uid.ok()) << ToString(uid.error());
  EXPECT_EQ(uid.value(), 1000U);
  for (const char* const text : {"", "Uid:\t1\t2", "\nUid:\t", "\nUid:\t-1\t0", "\nUid:\t99999999999\t0", "\nUid: 1"})
    EXPECT_FALSE(ParseRealUid(text).ok()) << text;
  EXPECT_EQ(ReadRealUid(static_cast<std::uint32_t>(::getpid())).value(), ::getuid());
  EXPECT_EQ(ReadRealUid(0x7FFFFFFF).error().code, ErrorCode::kNotFound);
}

TEST(ProcessStat, WhoLoggedInIsInheritedOrNobody) {
  std::ifstream file("/proc/self/loginuid");
  std::uint32_t uid = 0;
  ASSERT_TRUE(file >> uid);
  EXPECT_EQ(ReadLoginUid(static_cast<std::uint32_t>(::getpid())).value(), uid);
  EXPECT_EQ(ReadLoginUid(0x7FFFFFFF).error().code, ErrorCode::kNotFound);
}

TEST(ProcessStat, OfThisProcessIsItsOwn) {
  const auto stat = ReadProcessStat(static_cast<std::uint32_t>(::getpid()));
  ASSERT_TRUE(stat.ok()) << ToString(stat.error());
  EXPECT_EQ(stat.value().parent, static_cast<std::uint32_t>(::getppid()));
  EXPECT_GT(stat.value().started, 0U);
}

TEST(ProcessStat, OfNoProcessIsNotFound) {
  const auto stat = ReadProcessStat(0x7FFFFFFF);
  ASSERT_FALSE(stat.ok());
  EXPECT_EQ(stat.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sekimori::drivers
