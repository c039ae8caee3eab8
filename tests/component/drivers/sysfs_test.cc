#include "drivers/linux/sysfs.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_sysfs.h"

namespace sekimori::drivers {
namespace {

using ::testing::ElementsAre;

class Sysfs : public ::testing::Test {
 protected:
  SysfsDirectory Open(const char* name) {
    Result<SysfsDirectory> directory = SysfsDirectory::Open(tree_.root() / name);
    EXPECT_TRUE(directory.ok());
    return std::move(directory).value();
  }
  fakes::FakeSysfs tree_{false};
};

TEST_F(Sysfs, ReadsWithoutTheNewlineAtTheEnd) {
  tree_.Put("d/value", "12\n");
  tree_.Put("d/empty", "");
  const SysfsDirectory directory = Open("d");
  EXPECT_EQ(directory.Read("value").value(), "12");
  EXPECT_EQ(directory.Read("empty").value(), "");
}

TEST_F(Sysfs, MissingIsNotFound) {
  tree_.Put("d/value", "");
  EXPECT_EQ(SysfsDirectory::Open(tree_.root() / "none").error().code, ErrorCode::kNotFound);
  const SysfsDirectory directory = Open("d");
  EXPECT_EQ(directory.Read("none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(directory.Write("none", "1").error().code, ErrorCode::kNotFound);
}

TEST_F(Sysfs, TellsTheLastPartOfALink) {
  tree_.Put("d/value", "");
  std::filesystem::create_symlink("../../../bus/usb/drivers/usb-storage", tree_.root() / "d/driver");
  const SysfsDirectory directory = Open("d");
  EXPECT_EQ(directory.LinkedName("driver").value(), "usb-storage");
  EXPECT_EQ(directory.LinkedName("none").error().code, ErrorCode::kNotFound);
}

TEST_F(Sysfs, ReplacedDirectoryIsNeverReachedThroughTheOldOne) {
  tree_.Put("d/authorized", "0");
  const SysfsDirectory directory = Open("d");
  std::filesystem::remove_all(tree_.root() / "d");
  tree_.Put("d/authorized", "0");
  EXPECT_EQ(directory.Set("authorized", "1").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(tree_.Get("d/authorized"), "0");
}

TEST_F(Sysfs, BoundsWhatItReads) {
  tree_.Put("d/large", std::string(5000, 'x'));
  const SysfsDirectory directory = Open("d");
  EXPECT_EQ(directory.Read("large").error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(directory.ReadBinary("large", 4999).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(directory.ReadBinary("large", 5000).value().size(), 5000U);
}

TEST_F(Sysfs, SetTellsWhenTheKernelKeptAnotherValue) {
  // A device that swallows what is written, as an attribute that clamps would.
  std::filesystem::create_directories(tree_.root() / "d");
  std::filesystem::create_symlink("/dev/null", tree_.root() / "d/null");
  const Status set = Open("d").Set("null", "1");
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.error().code, ErrorCode::kIo);
  EXPECT_THAT(set.error().detail, ::testing::HasSubstr("wrote \"1\""));
}

TEST_F(Sysfs, ListsAsOftenAsAsked) {
  tree_.Put("d/b", "");
  tree_.Put("d/a", "");
  const SysfsDirectory directory = Open("d");
  EXPECT_THAT(directory.List().value(), ElementsAre("a", "b"));
  EXPECT_THAT(directory.List().value(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace sekimori::drivers
