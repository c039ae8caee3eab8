// The real source over a tree of plain files with a bus played by the test: what its contract does not ask of a fake.
#include "drivers/linux/usb_source.h"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tests/fakes/fake_sysfs.h"
#include "tests/fakes/fake_usb_bus.h"
#include "tests/fakes/usb_descriptors.h"

namespace sekimori::drivers {
namespace {

class Inbox final : public ports::DeviceSink {
 public:
  bool Deliver(ports::DeviceNotice notice) override {
    const std::lock_guard lock(mutex_);
    notices_.push_back(std::move(notice));
    arrived_.notify_all();
    return true;
  }
  // The next one; nullopt if it is of another kind, or none comes within ten seconds.
  template <typename Notice>
  std::optional<Notice> Next() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds{10}, [&] { return taken_ < notices_.size(); }))
      return std::nullopt;
    const auto* notice = std::get_if<Notice>(&notices_[taken_++]);
    return notice == nullptr ? std::nullopt : std::optional<Notice>(*notice);
  }
  [[nodiscard]] std::size_t untaken() const {
    const std::lock_guard lock(mutex_);
    return notices_.size() - taken_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<ports::DeviceNotice> notices_;
  std::size_t taken_ = 0;
};

class UsbSourceOnFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    tree_.AddRootHub("usb1", Disk());
    constexpr std::chrono::milliseconds kAtOnce{0};
    MakeSource({kAtOnce, kAtOnce, kAtOnce});
  }
  void MakeSource(UsbSource::Again again) {
    auto bus = std::make_unique<fakes::FakeUsbBus>();
    auto uevents = std::make_unique<fakes::FakeUeventFeed>();
    bus_ = bus.get();
    uevents_ = uevents.get();
    source_ = std::make_unique<UsbSource>(std::move(bus), std::move(uevents), paths_, std::move(again));
  }
  void TearDown() override { source_->Stop(); }

  static std::string Disk() {
    return fakes::UsbDescriptors(0x0781, 0x5567).Configuration(1, {{0, fakes::kDisk}}).Blob();
  }
  // With a node, so that it can be asked who it is.
  void Plug(const std::string& port_path, std::uint32_t address) {
    tree_.AddDevice(port_path, address, Disk(), {0});
    char name[16];
    std::snprintf(name, sizeof name, "001/%03u", address);
    const std::filesystem::path node = paths_.device_nodes / name;
    std::filesystem::create_directories(node.parent_path());
    ASSERT_EQ(::mknod(node.c_str(), S_IFCHR | 0600, makedev(1, 3)), 0) << "making a device node needs root";
    tree_.PutIn(port_path, "dev", "1:3\n");
  }
  // It is there and cannot be opened, as when a process has no descriptors left.
  void Bar(const std::string& port_path) {
    std::filesystem::rename(tree_.Devices() / port_path, tree_.root() / port_path);
    std::filesystem::create_directory_symlink(port_path, tree_.Devices() / port_path);
  }
  void Unbar(const std::string& port_path) {
    std::filesystem::remove(tree_.Devices() / port_path);
    std::filesystem::rename(tree_.root() / port_path, tree_.Devices() / port_path);
  }
  void Notify(const std::string& port_path) {
    uevents_->Give({"change", "/devices/usb1/" + port_path, "usb", "usb_device"});
  }

  fakes::FakeSysfs tree_;
  UsbPaths paths_{tree_.root(), tree_.root() / "dev/bus/usb"};
  fakes::FakeUsbBus* bus_ = nullptr;
  fakes::FakeUeventFeed* uevents_ = nullptr;
  Inbox inbox_;
  std::unique_ptr<UsbSource> source_;
};

TEST_F(UsbSourceOnFiles, SaysSoWhenADeviceCannotBeLookedAtAndDoesNotTakeItForGone) {
  Plug("1-2", 7);
  ASSERT_TRUE(source_->Start(inbox_).ok());
  ASSERT_TRUE(inbox_.Next<ports::AllDevices>().has_value());
  Bar("1-2");
  Notify("1-2");
  const auto lost = inbox_.Next<ports::NoticesLost>();
  ASSERT_TRUE(lost.has_value());
  EXPECT_EQ(lost->source, "usb");
  EXPECT_NE(lost->detail.find("1-2"), std::string::npos);
  Unbar("1-2");
  source_->RequestScan();
  const auto all = inbox_.Next<ports::AllDevices>();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->observations.size(), 2U);
}

TEST_F(UsbSourceOnFiles, AScanThatDoesNotReachEverythingIsNotGivenOutAsOneThatDoes) {
  Plug("1-2", 7);
  Plug("1-3", 8);
  ASSERT_TRUE(source_->Start(inbox_).ok());
  ASSERT_TRUE(inbox_.Next<ports::AllDevices>().has_value());
  Bar("1-2");
  tree_.Remove("1-3");
  Plug("1-4", 9);
  source_->RequestScan();
  const auto left = inbox_.Next<ports::DeviceLeft>();
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->port_path, "1-3");
  const auto seen = inbox_.Next<ports::DeviceSeen>();
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->observation.device.port_path, "1-4");
  Unbar("1-2");
  source_->RequestScan();
  const auto all = inbox_.Next<ports::AllDevices>();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->observations.size(), 3U);
}

TEST_F(UsbSourceOnFiles, AStopDoesNotWaitForEveryDeviceToBeAsked) {
  constexpr int kDevices = 100;
  for (int i = 0; i < kDevices; ++i)
    Plug("1-" + std::to_string(i / 10 + 1) + "." + std::to_string(i % 10 + 1), static_cast<std::uint32_t>(i + 2));
  std::promise<void> started, stopped;
  const std::shared_future<void> has_started = started.get_future();
  const std::shared_future<void> has_stopped = stopped.get_future();
  std::thread stopper;
  // Every device takes its time, as a silent one does.
  bus_->OnRead([&] {
    has_started.wait();
    if (!stopper.joinable())
      stopper = std::thread([&] {
        source_->Stop();
        stopped.set_value();
      });
    (void)has_stopped.wait_for(std::chrono::milliseconds{50});
  });
  ASSERT_TRUE(source_->Start(inbox_).ok());
  started.set_value();
  has_stopped.wait();
  stopper.join();
  EXPECT_LT(bus_->identities_read(), kDevices);
  EXPECT_EQ(inbox_.untaken(), 0U);
}

UsbIdentity Silence() {
  UsbIdentity identity{"", "", "", {}, true};
  identity.unanswered = true;
  return identity;
}

TEST_F(UsbSourceOnFiles, ADeviceThatDidNotAnswerIsAskedAgain) {
  Plug("1-2", 7);
  bus_->Answer(Silence());
  bus_->OnRead([&] {
    if (bus_->identities_read() == 2) bus_->Answer(UsbIdentity{"Maker", "Thing", "S1", {}, true});
  });
  ASSERT_TRUE(source_->Start(inbox_).ok());
  const auto all = inbox_.Next<ports::AllDevices>();
  ASSERT_TRUE(all.has_value());
  EXPECT_FALSE(all->observations.back().device.complete);
  const auto seen = inbox_.Next<ports::DeviceSeen>();
  ASSERT_TRUE(seen.has_value());
  EXPECT_TRUE(seen->observation.device.complete);
  EXPECT_EQ(seen->observation.device.serial, "S1");
}

TEST_F(UsbSourceOnFiles, ADeviceThatNeverAnswersIsAskedThreeTimesMoreAndThenTakenAsItIs) {
  Plug("1-2", 7);
  bus_->Answer(Silence());
  ASSERT_TRUE(source_->Start(inbox_).ok());
  ASSERT_TRUE(inbox_.Next<ports::AllDevices>().has_value());
  const auto seen = inbox_.Next<ports::DeviceSeen>();
  ASSERT_TRUE(seen.has_value());
  EXPECT_TRUE(seen->observation.device.complete);
  EXPECT_EQ(seen->observation.device.serial, "");
  EXPECT_EQ(bus_->identities_read(), 4);
  // Nor does a scan take that back.
  source_->RequestScan();
  const auto all = inbox_.Next<ports::AllDevices>();
  ASSERT_TRUE(all.has_value());
  EXPECT_TRUE(all->observations.back().device.complete);
}

TEST_F(UsbSourceOnFiles, WhereNothingIsAskedAgainTheFirstAnswerIsTheLast) {
  MakeSource({});
  Plug("1-2", 7);
  bus_->Answer(Silence());
  ASSERT_TRUE(source_->Start(inbox_).ok());
  const auto all = inbox_.Next<ports::AllDevices>();
  ASSERT_TRUE(all.has_value());
  EXPECT_TRUE(all->observations.back().device.complete);
  Plug("1-3", 8);
  Notify("1-3");
  const auto seen = inbox_.Next<ports::DeviceSeen>();
  ASSERT_TRUE(seen.has_value());
  EXPECT_TRUE(seen->observation.device.complete);
}

TEST_F(UsbSourceOnFiles, LookingAtEverythingCostsASilentDeviceNoneOfItsChances) {
  MakeSource({std::chrono::hours{1}});
  Plug("1-2", 7);
  bus_->Answer(Silence());
  ASSERT_TRUE(source_->Start(inbox_).ok());
  ASSERT_TRUE(inbox_.Next<ports::AllDevices>().has_value());
  const int asked = bus_->identities_read();
  for (int i = 0; i < 3; ++i) {
    source_->RequestScan();
    const auto all = inbox_.Next<ports::AllDevices>();
    ASSERT_TRUE(all.has_value());
    EXPECT_FALSE(all->observations.back().device.complete);
  }
  EXPECT_EQ(bus_->identities_read(), asked);
}

TEST_F(UsbSourceOnFiles, DeviceThatSaidWhoItIsIsNotAskedAgainHoweverOftenEverythingIsLookedAt) {
  Plug("1-2", 7);
  ASSERT_TRUE(source_->Start(inbox_).ok());
  ASSERT_TRUE(inbox_.Next<ports::AllDevices>().has_value());
  const int asked = bus_->identities_read();
  source_->RequestScan();
  ASSERT_TRUE(inbox_.Next<ports::AllDevices>().has_value());
  EXPECT_EQ(bus_->identities_read(), asked);
}

TEST_F(UsbSourceOnFiles, AnotherConnectionHasItsChancesAgain) {
  Plug("1-2", 7);
  bus_->Answer(Silence());
  ASSERT_TRUE(source_->Start(inbox_).ok());
  ASSERT_TRUE(inbox_.Next<ports::AllDevices>().has_value());
  ASSERT_TRUE(inbox_.Next<ports::DeviceSeen>().has_value());
  tree_.Remove("1-2");
  Plug("1-2", 8);
  Notify("1-2");
  ASSERT_TRUE(inbox_.Next<ports::DeviceLeft>().has_value());
  const auto first = inbox_.Next<ports::DeviceSeen>();
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(first->observation.device.complete);
  const auto last = inbox_.Next<ports::DeviceSeen>();
  ASSERT_TRUE(last.has_value());
  EXPECT_TRUE(last->observation.device.complete);
}

}  // namespace
}  // namespace sekimori::drivers
