#include "drivers/linux/machine.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace sekimori::drivers {
namespace {

class MachineFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sekimori-machine-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    Put("proc/sys/kernel/random/boot_id", "2f6b7e1c-0c0e-4a52-9d8f-5a6a3a9a7f10\n");
    Put("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    Put("etc/os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void Put(const char* file, const char* text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  std::filesystem::path root_;
};

TEST_F(MachineFolder, TellsWhatIsInstalled) {
  const Result<Machine> machine = ReadMachine(root_);
  ASSERT_TRUE(machine.ok()) << ToString(machine.error());
  EXPECT_EQ(machine.value().os, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(machine.value().boot_id, "2f6b7e1c-0c0e-4a52-9d8f-5a6a3a9a7f10");
  EXPECT_FALSE(machine.value().hostname.empty());
  EXPECT_FALSE(machine.value().kernel.empty());
}

TEST_F(MachineFolder, MachineIdIsHashedWithTheProductsName) {
  const Result<Machine> machine = ReadMachine(root_);
  ASSERT_TRUE(machine.ok());
  // printf 'sekimori machine id v1\0000123456789abcdef0123456789abcdef' | sha256sum
  EXPECT_EQ(machine.value().machine_id, "9bcf28e22dd6e93e9757855754248d8d4f95d03b7445d42890f39f665f871d8a");
}

TEST_F(MachineFolder, MissingOrMalformedMachineIdIsNotFound) {
  for (const char* text : {"", "uninitialized\n", "0123456789ABCDEF0123456789abcdef\n", "0123\n"}) {
    Put("etc/machine-id", text);
    const Result<Machine> machine = ReadMachine(root_);
    ASSERT_FALSE(machine.ok()) << text;
    EXPECT_EQ(machine.error().code, ErrorCode::kNotFound);
  }
}

TEST_F(MachineFolder, WithoutAnOsReleaseItIsLinux) {
  std::filesystem::remove(root_ / "etc/os-release");
  const Result<Machine> machine = ReadMachine(root_);
  ASSERT_TRUE(machine.ok());
  EXPECT_EQ(machine.value().os, "Linux");
}

TEST(PrettyName, UndoesQuoting) {
  EXPECT_EQ(PrettyName("PRETTY_NAME='A B'\n"), "A B");
  EXPECT_EQ(PrettyName("PRETTY_NAME=\"A \\\"B\\\"\"\n"), "A \"B\"");
  EXPECT_EQ(PrettyName("PRETTY_NAME=Plain"), "Plain");
  EXPECT_EQ(PrettyName("NAME=x\n"), "");
  EXPECT_EQ(PrettyName("PRETTY_NAME=\"\n"), "\"");
}

}  // namespace
}  // namespace sekimori::drivers
