// What the gate's contract does not say: the order of its writes, and what it does when the kernel does not obey.
#include "drivers/linux/usb_gate.h"

#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>

#include "drivers/portable/descriptors.h"
#include "tests/fakes/fake_sysfs.h"
#include "tests/fakes/usb_descriptors.h"

namespace sekimori::drivers {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Attributes written, in order, as "1-1:1.0/authorized".
class Writes {
 public:
  explicit Writes(const std::filesystem::path& root) : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (!entry.is_directory()) continue;
      const int watch = ::inotify_add_watch(fd_.get(), entry.path().c_str(), IN_CLOSE_WRITE);
      folders_[watch] = entry.path().filename();
    }
  }
  std::vector<std::string> Take() {
    std::vector<std::string> written;
    alignas(inotify_event) char buffer[8192];
    for (ssize_t got = 0; (got = ::read(fd_.get(), buffer, sizeof buffer)) > 0;) {
      for (ssize_t at = 0; at < got;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
        written.push_back(folders_[event->wd] + "/" + event->name);
        at += static_cast<ssize_t>(sizeof *event) + event->len;
      }
    }
    return written;
  }

 private:
  ScopedFd fd_;
  std::map<int, std::string> folders_;
};

class UsbGateTest : public ::testing::Test {
 protected:
  UsbGateTest() {
    tree_.AddDriver("usbhid");
    tree_.AddRootHub("usb1", Hub());
    tree_.Put("module/usbcore/parameters/authorized_default", "0\n");
    tree_.PutIn("usb1", "authorized_default", "0\n");
  }
  static std::string Hub() { return fakes::UsbDescriptors(0x1d6b, 2).Configuration(1, {{0, {9, 0, 0}}}).Blob(); }
  static std::string Combined() {
    return fakes::UsbDescriptors().Configuration(1, {{0, fakes::kKeyboard}, {1, fakes::kDisk}}).Blob();
  }
  model::Device Plug() {
    tree_.AddDevice("1-1", 5, Combined(), {0, 1});
    model::Device device;
    device.port_path = "1-1";
    device.address = 5;
    device.complete = true;
    device.descriptor_hash = DescriptorHash(Combined());
    const std::string blob = Combined();
    for (const ParsedInterface& one : ParseDescriptors(std::as_bytes(std::span(blob))).interfaces)
      device.interfaces.push_back(one.interface);
    return device;
  }
  // An attribute that takes every write and keeps none, as a kernel that refuses silently.
  void MakeDeaf(const std::string& port_path, const std::string& attribute) {
    std::filesystem::remove(tree_.Devices() / port_path / attribute);
    std::filesystem::create_symlink("/dev/null", tree_.Devices() / port_path / attribute);
  }

  fakes::FakeSysfs tree_;
  UsbGate gate_{tree_.root(), tree_.Modules()};
};

TEST_F(UsbGateTest, ParameterForLaterControllersIsSetBeforeTheHubsPresent) {
  Writes writes(tree_.root());
  ASSERT_TRUE(gate_.CloseBarrier().ok());
  EXPECT_THAT(writes.Take(), ElementsAre("parameters/authorized_default", "usb1/authorized_default",
                                         "usb1/interface_authorized_default"));
}

TEST_F(UsbGateTest, OpenBarrierRestoresTheKernelsDefaults) {
  ASSERT_TRUE(gate_.CloseBarrier().ok());
  ASSERT_TRUE(gate_.OpenBarrier().ok());
  EXPECT_EQ(tree_.Get("module/usbcore/parameters/authorized_default"), "-1");
  EXPECT_EQ(tree_.GetFrom("usb1", "authorized_default"), "1");
  EXPECT_EQ(tree_.GetFrom("usb1", "interface_authorized_default"), "1");
}

TEST_F(UsbGateTest, WithoutUsbcoreItIsUnsupported) {
  const fakes::FakeSysfs none(/*with_usbcore=*/false);
  UsbGate gate(none.root(), none.Modules());
  EXPECT_EQ(gate.CloseBarrier().error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(gate.OpenBarrier().error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(gate.ReadBarrier().error().code, ErrorCode::kUnsupported);
}

TEST_F(UsbGateTest, HubThatDoesNotObeyIsAnErrorAndTheOthersAreShut) {
  tree_.AddRootHub("usb2", Hub());
  tree_.PutIn("usb2", "authorized_default", "1\n");
  MakeDeaf("usb1", "authorized_default");
  EXPECT_EQ(gate_.CloseBarrier().error().code, ErrorCode::kIo);
  EXPECT_EQ(tree_.GetFrom("usb2", "authorized_default"), "0");
  EXPECT_EQ(tree_.GetFrom("usb2", "interface_authorized_default"), "0");
}

TEST_F(UsbGateTest, EveryGapIsNamed) {
  tree_.Put("module/usbcore/parameters/authorized_default", "2\n");
  tree_.PutIn("usb1", "authorized_default", "1\n");
  const Result<ports::BarrierState> state = gate_.ReadBarrier();
  ASSERT_TRUE(state.ok());
  EXPECT_FALSE(state.value().closed);
  EXPECT_THAT(state.value().gaps, ElementsAre("usbcore.authorized_default=2", "usb1.authorized_default=1"));
}

TEST_F(UsbGateTest, InterfaceDefaultIsAGapOnceADeviceIsIn) {
  EXPECT_THAT(gate_.ReadBarrier().value().gaps, IsEmpty());
  static_cast<void>(Plug());
  EXPECT_THAT(gate_.ReadBarrier().value().gaps, IsEmpty());
  tree_.PutIn("1-1", "authorized", "1\n");
  EXPECT_THAT(gate_.ReadBarrier().value().gaps, ElementsAre("usb1.interface_authorized_default=1"));
}

TEST_F(UsbGateTest, HubWhoseStateCannotBeReadIsAGap) {
  std::filesystem::remove(tree_.Devices() / "usb1/authorized_default");
  EXPECT_THAT(gate_.ReadBarrier().value().gaps, Contains("usb1.authorized_default=unreadable"));
}

TEST_F(UsbGateTest, InterfacesComeUpShutBeforeTheDeviceIsLetIn) {
  const model::Device device = Plug();
  Writes writes(tree_.root());
  ASSERT_TRUE(gate_.AdmitInterfaces(device, {0}).ok());
  gate_.FinishOffers();
  // The tree's interface 1 came up open with the bus as it was: it is shut before and would be again after.
  EXPECT_THAT(writes.Take(),
              ElementsAre("usb1/interface_authorized_default", "1-1:1.1/authorized", "1-1/authorized", "usbhid/bind"))
      << "what stands as it should is not written again";
}

TEST_F(UsbGateTest, EveryInterfaceIsLetInBeforeAnyDriverIsAsked) {
  tree_.PutIn("usb1", "interface_authorized_default", "0\n");
  const model::Device device = Plug();
  Writes writes(tree_.root());
  ASSERT_TRUE(gate_.AdmitDevice(device).ok());
  gate_.FinishOffers();
  EXPECT_THAT(writes.Take(), ElementsAre("usb1/interface_authorized_default", "1-1/authorized", "1-1:1.0/authorized",
                                         "1-1:1.1/authorized", "usbhid/bind", "usb/drivers_probe"));
  EXPECT_EQ(tree_.Get("bus/usb/drivers_probe"), "1-1:1.1");
}

TEST_F(UsbGateTest, InterfaceWithoutADriverIsOfferedAgainAndNothingIsLetIn) {
  const model::Device device = Plug();
  tree_.PutIn("1-1", "authorized", "1\n");
  tree_.PutIn("1-1", "1-1:1.1/authorized", "0\n");
  Writes writes(tree_.root());
  ASSERT_TRUE(gate_.FinishLettingIn(device).ok());
  gate_.FinishOffers();
  EXPECT_THAT(writes.Take(), ElementsAre("usbhid/bind"));
  tree_.Serve("1-1:1.0", "usbhid");
  ASSERT_TRUE(gate_.FinishLettingIn(device).ok());
  gate_.FinishOffers();
  EXPECT_THAT(writes.Take(), IsEmpty()) << "all that are in have one";
}

// While a device is pulled its interfaces go first; nobody took its authorization away.
TEST_F(UsbGateTest, DeviceWhoseInterfacesWentWithItIsGone) {
  const model::Device device = Plug();
  ASSERT_TRUE(gate_.AdmitDevice(device).ok());
  std::filesystem::remove_all(tree_.Devices() / "1-1/1-1:1.1");
  EXPECT_TRUE(gate_.ReadAdmission(device).ok()) << "the kernel says that it is still there";
  std::filesystem::remove(tree_.Devices() / "1-1/bConfigurationValue");
  EXPECT_EQ(gate_.ReadAdmission(device).error().code, ErrorCode::kNotFound);
}

// What a pulled device is between the end of its interfaces and that of its folder.
TEST_F(UsbGateTest, DeviceThatIsNoLongerLinkedWithItsPortIsLeavingAndItsFolderIsWaitedFor) {
  for (const auto act :
       {+[](UsbGate&gate, const model::Device&device) { return gate.ReadAdmission(device).error(); },
        +[](UsbGate&gate, const model::Device&device) { return gate.AdmitDevice(device).error(); },
        +[](UsbGate&gate, const model::Device&device) { return gate.AdmitInterfaces(device, {1}).error(); }}) {
    const model::Device device = Plug();
    ASSERT_TRUE(gate_.AdmitDevice(device).ok());
    gate_.FinishOffers();
    tree_.Unconfigure("1-1");
    std::filesystem::remove(tree_.Devices() / "1-1/port");
    std::filesystem::remove(tree_.Devices() / "1-1/busnum");
    EXPECT_EQ(act(gate_, device).code, ErrorCode::kNotFound);
    tree_.Remove("1-1");
  }
}

// It could otherwise have us wait for its driver as often as anybody looks.
TEST_F(UsbGateTest, InterfacesThatNoKernelTakesAreNotWaitedFor) {
  std::vector<model::Interface> declared(40);
  for (std::size_t i = 0; i < declared.size(); ++i) {
    declared[i].configuration = 1;
    declared[i].number = static_cast<std::uint8_t>(i);
  }
  for (const int present : {31, 32}) {
    std::set<int> numbers;
    for (int number = 0; number < present; ++number)
      numbers.insert(number);
    tree_.AddDevice("1-3", 9, Combined(), numbers);
    tree_.PutIn("1-3", "authorized", "1\n");
    std::filesystem::remove(tree_.Devices() / "1-3/bConfigurationValue");
    const Result<UsbDeviceDirectory> directory = UsbDeviceDirectory::Open(tree_.root(), "1-3");
    EXPECT_EQ(directory.value().ReadAdmission(declared).ok(), present == 32);
    tree_.Remove("1-3");
  }
}

TEST_F(UsbGateTest, DeviceThatStaysWithoutAConfigurationIsThere) {
  const model::Device device = Plug();
  ASSERT_TRUE(gate_.AdmitDevice(device).ok());
  gate_.FinishOffers();
  tree_.Unconfigure("1-1");
  std::filesystem::remove(tree_.Devices() / "1-1/port");
  const Result<model::Admission> live = gate_.ReadAdmission(device);
  ASSERT_TRUE(live.ok());
  EXPECT_TRUE(live.value().authorized && live.value().interfaces.empty());
  EXPECT_EQ(gate_.AdmitDevice(device).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(gate_.AdmitInterfaces(device, {1}).error().code, ErrorCode::kUnavailable);
}

TEST_F(UsbGateTest, OpenBarrierIsLeftOpenByAnAdmission) {
  ASSERT_TRUE(gate_.OpenBarrier().ok());
  ASSERT_TRUE(gate_.AdmitDevice(Plug()).ok());
  EXPECT_EQ(tree_.GetFrom("usb1", "interface_authorized_default"), "1");
}

TEST_F(UsbGateTest, DeviceIsNotLetInWhileInterfacesWouldComeUpOpen) {
  const model::Device device = Plug();
  MakeDeaf("usb1", "interface_authorized_default");
  EXPECT_EQ(gate_.AdmitInterfaces(device, {0}).error().code, ErrorCode::kIo);
  EXPECT_EQ(gate_.AdmitDevice(device).error().code, ErrorCode::kIo);
  EXPECT_EQ(tree_.GetFrom("1-1", "authorized"), "0");
}

TEST_F(UsbGateTest, InterfaceThatCannotBeShutShutsTheDevice) {
  const model::Device device = Plug();
  tree_.PutIn("1-1", "authorized", "1\n");
  MakeDeaf("1-1", "1-1:1.1/authorized");
  EXPECT_EQ(gate_.AdmitInterfaces(device, {0}).error().code, ErrorCode::kIo);
  EXPECT_EQ(tree_.GetFrom("1-1", "authorized"), "0");
}

TEST_F(UsbGateTest, KernelThatChoseNoConfigurationIsUnavailable) {
  const model::Device device = Plug();
  tree_.Unconfigure("1-1");
  EXPECT_EQ(gate_.AdmitDevice(device).error().code, ErrorCode::kUnavailable);
}

TEST_F(UsbGateTest, RefusalThatTheKernelIgnoresIsAnError) {
  const model::Device device = Plug();
  MakeDeaf("1-1", "authorized");
  EXPECT_EQ(gate_.Refuse(device).error().code, ErrorCode::kIo);
}

TEST_F(UsbGateTest, UnreadableDeviceIsRefusedByItsAddress) {
  model::Device device = Plug();
  tree_.PutIn("1-1", "authorized", "1\n");
  device.complete = false;
  device.descriptor_hash = {};
  ASSERT_TRUE(gate_.Refuse(device).ok());
  EXPECT_EQ(tree_.GetFrom("1-1", "authorized"), "0");
  EXPECT_EQ(gate_.AdmitDevice(device).error().code, ErrorCode::kConflict) << "but never let in by it";
}

TEST_F(UsbGateTest, NamesThatAreNoDeviceAreInvalid) {
  model::Device device = Plug();
  device.port_path = "../devices/1-1";
  EXPECT_EQ(gate_.AdmitDevice(device).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(gate_.Refuse(device).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace sekimori::drivers
