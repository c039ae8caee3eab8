// A driver that keeps whoever offers waiting is a pipe nobody reads: opening it for writing does not return.
#include "drivers/linux/driver_offers.h"

#include <array>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/linux/scoped_fd.h"
#include "tests/fakes/fake_sysfs.h"
#include "tests/fakes/usb_descriptors.h"

namespace sekimori::drivers {
namespace {

class DriverOffersTest : public ::testing::Test {
 protected:
  DriverOffersTest() {
    std::filesystem::create_directories(Pipe().parent_path());
    EXPECT_EQ(::mkfifo(Pipe().c_str(), 0600), 0);
  }
  [[nodiscard]] std::filesystem::path Pipe() const { return tree_.Drivers() / "usbhid/bind"; }
  UsbDeviceDirectory Device(const std::string& port_path) {
    tree_.AddDevice(port_path, 5, fakes::UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard}}).Blob(), {0, 1});
    return Open(port_path);
  }
  [[nodiscard]] UsbDeviceDirectory Open(const std::string& port_path) const {
    return std::move(UsbDeviceDirectory::Open(tree_.root(), port_path)).value();
  }
  static std::vector<OfferedInterface> TwoKeyboards(const std::string& port_path) {
    return {{port_path + ":1.0", "03"}, {port_path + ":1.1", "03"}};
  }
  // The driver answers at last; all it was offered until everything was.
  std::string Answer(DriverOffers& offers) {
    const ScopedFd end(::open(Pipe().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    offers.Finish();
    std::array<char, 4096> text{};
    const ssize_t got = ::read(end.get(), text.data(), text.size());
    return {text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

  fakes::FakeSysfs tree_;
};

TEST_F(DriverOffersTest, DriverThatDoesNotAnswerHoldsNeitherTheCallerNorAnotherDevice) {
  DriverOffers offers(tree_.root());
  ASSERT_TRUE(offers.Add(Device("1-1"), TwoKeyboards("1-1")).ok());
  ASSERT_TRUE(offers.Add(Device("1-2"), {{"1-2:1.0", "0b"}}).ok());
  while (tree_.Get("bus/usb/drivers_probe") != "1-2:1.0")
    std::this_thread::yield();
  EXPECT_EQ(Answer(offers), "1-1:1.01-1:1.1");
}

TEST_F(DriverOffersTest, WhatIsDroppedIsOfferedNoMore) {
  DriverOffers offers(tree_.root());
  ASSERT_TRUE(offers.Add(Device("1-1"), TwoKeyboards("1-1")).ok());
  ASSERT_TRUE(offers.Add(Device("1-2"), TwoKeyboards("1-2")).ok());
  offers.Drop("1-1");
  const std::string offered = Answer(offers);
  EXPECT_EQ(offered.find("1-1:1.1"), std::string::npos) << offered;
  EXPECT_NE(offered.find("1-2:1.1"), std::string::npos) << offered;
}

TEST_F(DriverOffersTest, DeviceThatLeftIsOfferedNoMoreAndNorIsWhatTookItsPlace) {
  DriverOffers offers(tree_.root());
  ASSERT_TRUE(offers.Add(Device("1-1"), TwoKeyboards("1-1")).ok());
  tree_.Remove("1-1");
  const UsbDeviceDirectory another = Device("1-1");
  const std::string offered = Answer(offers);
  EXPECT_EQ(offered.find("1-1:1.1"), std::string::npos) << offered;
}

TEST_F(DriverOffersTest, WhatWaitsIsBounded) {
  DriverOffers offers(tree_.root());
  const UsbDeviceDirectory device = Device("1-1");
  std::size_t taken = 0;
  Status last;
  while (taken <= DriverOffers::kAtOnce + DriverOffers::kMaxWaiting &&
         (last = offers.Add(Open("1-1"), TwoKeyboards("1-1"))).ok())
    ++taken;
  EXPECT_GE(taken, DriverOffers::kMaxWaiting);
  EXPECT_TRUE(!last.ok() && last.error().code == ErrorCode::kFull);
  offers.Drop("1-1");
  static_cast<void>(Answer(offers));
}

}  // namespace
}  // namespace sekimori::drivers
