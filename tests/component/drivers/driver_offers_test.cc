// A driver that keeps whoever offers waiting is a pipe nobody reads: opening it for writing does not return.
#include "drivers/linux/driver_offers.h"

#include <array>
#include <chrono>
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
  void Plug(const std::string& port_path) {
    tree_.AddDevice(port_path, 5, fakes::UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard}}).Blob(), {0, 1});
  }
  [[nodiscard]] UsbDeviceDirectory Open(const std::string& port_path) const {
    return std::move(UsbDeviceDirectory::Open(tree_.root(), port_path)).value();
  }
  // Offers both interfaces of a device that is there by now.
  Status Add(DriverOffers& offers, const std::string& port_path,
             DriverOffers::Watch watch = DriverOffers::Watch::kForStorage, const std::string& class_code = "03") {
    model::Device judged;
    judged.port_path = port_path;
    judged.address = 5;
    judged.interfaces = {{.configuration = 1, .number = 0, .kind = fakes::kKeyboard},
                         {.configuration = 1, .number = 1, .kind = fakes::kKeyboard}};
    return offers.Add(Open(port_path), judged,
                      {{port_path + ":1.0", 0, class_code}, {port_path + ":1.1", 1, class_code}}, watch);
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
  Plug("1-1");
  Plug("1-2");
  ASSERT_TRUE(Add(offers, "1-1").ok());
  ASSERT_TRUE(Add(offers, "1-2", DriverOffers::Watch::kForStorage, "0b").ok());
  while (tree_.Get("bus/usb/drivers_probe") != "1-2:1.1")
    std::this_thread::yield();
  EXPECT_EQ(Answer(offers), "1-1:1.01-1:1.1");
}

TEST_F(DriverOffersTest, WhatIsDroppedIsOfferedNoMore) {
  DriverOffers offers(tree_.root());
  Plug("1-1");
  Plug("1-2");
  ASSERT_TRUE(Add(offers, "1-1").ok());
  ASSERT_TRUE(Add(offers, "1-2").ok());
  offers.Drop("1-1");
  const std::string offered = Answer(offers);
  EXPECT_EQ(offered.find("1-1:1.1"), std::string::npos) << offered;
  EXPECT_NE(offered.find("1-2:1.1"), std::string::npos) << offered;
}

TEST_F(DriverOffersTest, DeviceThatLeftIsOfferedNoMoreAndNorIsWhatTookItsPlace) {
  DriverOffers offers(tree_.root());
  Plug("1-1");
  ASSERT_TRUE(Add(offers, "1-1").ok());
  tree_.Remove("1-1");
  Plug("1-1");
  const std::string offered = Answer(offers);
  EXPECT_EQ(offered.find("1-1:1.1"), std::string::npos) << offered;
}

TEST_F(DriverOffersTest, WhatWaitsIsBounded) {
  DriverOffers offers(tree_.root());
  Plug("1-1");
  std::size_t taken = 0;
  Status last;
  while (taken <= DriverOffers::kAtOnce + DriverOffers::kMaxWaiting && (last = Add(offers, "1-1")).ok())
    ++taken;
  EXPECT_GE(taken, DriverOffers::kMaxWaiting);
  EXPECT_TRUE(!last.ok() && last.error().code == ErrorCode::kFull);
  EXPECT_TRUE(offers.full());
  offers.Drop("1-1");
  static_cast<void>(Answer(offers));
  EXPECT_FALSE(offers.full());
}

TEST_F(DriverOffersTest, EndIsNotHeldUpAndNothingMoreIsOffered) {
  Plug("1-1");
  {
    DriverOffers offers(tree_.root(), std::chrono::milliseconds{1});
    ASSERT_TRUE(Add(offers, "1-1").ok());
    ASSERT_TRUE(Add(offers, "1-1").ok());
    // With the driver by now, or never: both end.
  }
  const ScopedFd end(::open(Pipe().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  DriverOffers next(tree_.root());
  ASSERT_TRUE(Add(next, "1-1", DriverOffers::Watch::kForStorage, "0b").ok());
  next.Finish();
  std::array<char, 4096> text{};
  const ssize_t got = ::read(end.get(), text.data(), text.size());
  const std::string offered(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  EXPECT_EQ(offered.find("1-1:1.1"), std::string::npos) << offered;
}

TEST_F(DriverOffersTest, WhatAStorageDriverTookIsShutAtOnceAndRemembered) {
  for (const bool watched : {true, false}) {
    Plug("1-1");
    tree_.PutIn("1-1", "authorized", "1\n");
    tree_.Serve("1-1:1.1", "usb-storage");
    DriverOffers offers(tree_.root());
    ASSERT_TRUE(Add(offers, "1-1", watched ? DriverOffers::Watch::kForStorage : DriverOffers::Watch::kNot, "0b").ok());
    offers.Finish();
    EXPECT_EQ(tree_.GetFrom("1-1", "authorized"), watched ? "0" : "1");
    model::Device device;
    device.port_path = "1-1";
    device.address = 5;
    const model::Disguised caught = offers.Caught(device);
    ASSERT_EQ(caught.size(), watched ? 1U : 0U);
    if (watched) {
      EXPECT_EQ(caught.at(1), "interface 1 says class 03:01:01, but the storage driver usb-storage serves it");
    }
    device.address = 6;
    EXPECT_TRUE(offers.Caught(device).empty()) << "of another connection";
    tree_.Remove("1-1");
  }
}

}  // namespace
}  // namespace sekimori::drivers
