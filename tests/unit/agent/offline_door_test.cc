// The door while no agent runs, on fakes: what is recorded, what is opened, and in which order.
#include "agent/offline_door.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_device_gate.h"
#include "tests/fakes/fake_device_source.h"
#include "tests/fakes/fake_event_log.h"
#include "tests/unit/policy/samples.h"

namespace sekimori::agent {
namespace {

using namespace policy::samples;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Act = fakes::FakeDeviceGate::Act;
using Call = fakes::FakeDeviceGate::Call;

// What is there is delivered at once: nobody has to be waited for.
constexpr Watching kAtOnce{std::chrono::milliseconds{0}, std::chrono::milliseconds{20'000}};

model::Device At(const std::string& port, model::Device device) {
  device.port_path = port;
  return device;
}

// A machine with a shut door. What the gate lets in is seen again by the source, as the kernel would tell it.
class ShutDoor : public ::testing::Test {
 protected:
  ShutDoor() { (void)gate_.CloseBarrier(); }

  void Plug(const model::Device& device) {
    gate_.Plug(device);
    source_.See({device, gate_.AdmissionOf(device.port_path)});
  }
  // As a hub shows what hangs on it once it is let in.
  void AppearsAfter(const std::string& hub, const model::Device& device) {
    gate_.OnCall([this, hub, device](const Call& call) {
      if (call.act == Act::kAdmitDevice && call.port_path == hub) Plug(device);
    });
  }
  [[nodiscard]] std::vector<std::string> LetInOrder() const {
    std::vector<std::string> ports;
    for (const Call& call : gate_.calls())
      if (call.act == Act::kAdmitDevice) ports.push_back(call.port_path);
    return ports;
  }

  // Hands the one source out, and stays its owner.
  class Borrowed final : public ports::DeviceSource {
   public:
    explicit Borrowed(ports::DeviceSource& source) : source_(source) {}
    [[nodiscard]] Status Start(ports::DeviceSink& sink) override { return source_.Start(sink); }
    void RequestScan() override { source_.RequestScan(); }
    void Stop() override { source_.Stop(); }

   private:
    ports::DeviceSource& source_;
  };
  Status Open() {
    const OfflineDoor door{log_, clock_, gate_, [this]() -> Result<std::unique_ptr<ports::DeviceSource>> {
                             if (no_usb_) return *no_usb_;
                             return std::unique_ptr<ports::DeviceSource>(std::make_unique<Borrowed>(source_));
                           }};
    gate_.ForgetCalls();
    return OpenDoor({0, "tanaka", "fire drill"}, door, kAtOnce);
  }

  fakes::FakeEventLog log_;
  fakes::FakeClock clock_;
  fakes::FakeDeviceGate gate_;
  fakes::FakeDeviceSource source_;
  std::optional<Error> no_usb_;
};

using OpenDoorTest = ShutDoor;
using LetInputInTest = ShutDoor;

TEST_F(OpenDoorTest, RecordsWhoAndWhyThenOpensTheBarrierAndLetsEverythingIn) {
  Plug(At("1-2", Stick()));
  EXPECT_TRUE(Open().ok());
  ASSERT_EQ(log_.Of<model::BarrierReleased>().size(), 1U);
  EXPECT_EQ(log_.Of<model::BarrierReleased>()[0].user, "tanaka");
  EXPECT_EQ(log_.Of<model::BarrierReleased>()[0].reason, "fire drill");
  ASSERT_EQ(log_.Of<model::DeviceJudged>().size(), 1U);
  EXPECT_EQ(log_.Of<model::DeviceJudged>()[0].decision.basis, model::Basis::kReleased);
  EXPECT_THAT(gate_.calls(), ElementsAre(Call{Act::kOpenBarrier, "", {}}, Call{Act::kAdmitDevice, "1-2", {}}));
  EXPECT_TRUE(gate_.AdmissionOf("1-2").authorized);
}

TEST_F(OpenDoorTest, HasEveryStepInTheLogBeforeItIsDone) {
  Plug(At("1-2", Stick()));
  std::vector<std::size_t> recorded;
  gate_.OnCall([&](const Call&) { recorded.push_back(log_.All().size()); });
  (void)Open();
  EXPECT_THAT(recorded, ElementsAre(1U, 2U)) << "the release before the barrier, the device before its admission";
}

TEST_F(OpenDoorTest, OpensNothingThatCannotBeRecorded) {
  Plug(At("1-2", Stick()));
  log_.Fail(Error{ErrorCode::kFull, "log", "no space"});
  const Status opened = Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kFull);
  EXPECT_THAT(gate_.calls(), IsEmpty());
}

TEST_F(OpenDoorTest, LeavesADeviceShutWhoseRecordFails) {
  Plug(At("1-2", Stick()));
  gate_.OnCall([this](const Call& call) {
    if (call.act == Act::kOpenBarrier) log_.Fail(Error{ErrorCode::kFull, "log", "no space"});
  });
  EXPECT_EQ(Open().error().code, ErrorCode::kFull);
  EXPECT_FALSE(gate_.AdmissionOf("1-2").authorized);
}

TEST_F(OpenDoorTest, LetsHubsInBeforeWhatHangsOnThem) {
  Plug(At("1-1.10", Stick()));
  Plug(At("1-1.2", Stick()));
  Plug(At("1-1", Hub()));
  (void)Open();
  EXPECT_THAT(LetInOrder(), ElementsAre("1-1", "1-1.2", "1-1.10"));
}

TEST_F(OpenDoorTest, WaitsForWhatAHubShowsOnceItIsLetIn) {
  Plug(At("1-1", Hub()));
  AppearsAfter("1-1", At("1-1.3", Stick()));
  // With the barrier open it would come in by itself; this one was plugged in before.
  gate_.FailOn(Act::kOpenBarrier, Error{ErrorCode::kIo, "usb1", "no"});
  (void)Open();
  EXPECT_THAT(LetInOrder(), ElementsAre("1-1", "1-1.3"));
}

TEST_F(OpenDoorTest, OpensTheRestOfADeviceThatIsLetInInPart) {
  model::Device keyboard = At("1-2", KeyboardWithDisk());
  gate_.Plug(keyboard);
  ASSERT_TRUE(gate_.AdmitInterfaces(keyboard, {0}).ok());
  const std::vector<model::Observation> present = gate_.Present();
  source_.See(present.at(0));
  EXPECT_TRUE(Open().ok());
  EXPECT_EQ(gate_.AdmissionOf("1-2").interfaces, (std::set<std::uint8_t>{0, 1}));
}

TEST_F(OpenDoorTest, LeavesAloneWhatStandsOpenAlready) {
  model::Device hub = At("usb1", Hub());
  hub.root_hub = true;
  Plug(hub);
  const model::Device stick = At("1-2", Stick());
  gate_.Plug(stick);
  ASSERT_TRUE(gate_.AdmitDevice(stick).ok());
  source_.See(gate_.Present().at(0));
  EXPECT_TRUE(Open().ok());
  EXPECT_THAT(LetInOrder(), IsEmpty());
  EXPECT_TRUE(log_.Of<model::DeviceJudged>().empty());
}

TEST_F(OpenDoorTest, RecordsAnAdmissionThatFailsAndGoesOn) {
  Plug(At("1-2", Stick()));
  gate_.FailOn(Act::kAdmitDevice, Error{ErrorCode::kUnavailable, "1-2", "too little power"});
  EXPECT_EQ(Open().error().code, ErrorCode::kUnavailable);
  ASSERT_EQ(log_.Of<model::EnforcementFailed>().size(), 1U);
  EXPECT_EQ(log_.Of<model::EnforcementFailed>()[0].device.port_path, "1-2");
}

TEST_F(OpenDoorTest, RecordsABarrierThatDoesNotOpenAndGoesOn) {
  Plug(At("1-2", Stick()));
  gate_.FailOn(Act::kOpenBarrier, Error{ErrorCode::kIo, "usb1/authorized_default", "no"});
  EXPECT_EQ(Open().error().code, ErrorCode::kIo);
  EXPECT_EQ(log_.Of<model::EnforcementFailed>().size(), 1U);
  EXPECT_TRUE(gate_.AdmissionOf("1-2").authorized) << "what can be let in is let in all the same";
}

TEST_F(OpenDoorTest, TakesADeviceThatLeftMeanwhileForNoFailure) {
  for (const ErrorCode code : {ErrorCode::kNotFound, ErrorCode::kConflict}) {
    Plug(At("1-2", Stick()));
    gate_.FailOn(Act::kAdmitDevice, Error{code, "1-2", "it left"});
    EXPECT_TRUE(Open().ok());
    EXPECT_TRUE(log_.Of<model::EnforcementFailed>().empty());
  }
}

TEST_F(OpenDoorTest, OpensTheBarrierWhereDevicesCannotBeSeen) {
  no_usb_ = Error{ErrorCode::kUnsupported, "libusb", "no USB here"};
  EXPECT_EQ(Open().error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(gate_.calls(), ElementsAre(Call{Act::kOpenBarrier, "", {}}));
}

model::Baseline Adopted(std::initializer_list<model::Device> devices) {
  model::Baseline baseline;
  for (const model::Device& device : devices)
    baseline.push_back({.vendor = device.vendor,
                        .product = device.product,
                        .serial = device.serial,
                        .interfaces = model::InterfaceClasses(device),
                        .kind = device.kind,
                        .product_name = {}});
  return baseline;
}

TEST_F(LetInputInTest, LetsInAdoptedInputAndNothingElse) {
  Plug(At("1-1", Keyboard()));
  Plug(At("1-2", Stick()));
  Plug(At("1-3", KeyboardWithDisk()));
  EXPECT_TRUE(LetInputIn(Adopted({Keyboard(), Stick()}), source_, gate_, kAtOnce).ok());
  EXPECT_THAT(LetInOrder(), ElementsAre("1-1"));
  EXPECT_FALSE(source_.started()) << "the source is stopped when it is done";
}

TEST_F(LetInputInTest, ReachesAKeyboardBehindAnAdoptedHub) {
  Plug(At("1-1", Hub()));
  AppearsAfter("1-1", At("1-1.4", Keyboard()));
  EXPECT_TRUE(LetInputIn(Adopted({Hub(), Keyboard()}), source_, gate_, kAtOnce).ok());
  EXPECT_THAT(LetInOrder(), ElementsAre("1-1", "1-1.4"));
}

TEST_F(LetInputInTest, GoesOnAfterAFailureAndTellsTheFirst) {
  Plug(At("1-1", Keyboard()));
  Plug(At("1-2", Keyboard()));
  gate_.FailOn(Act::kAdmitDevice, Error{ErrorCode::kIo, "1-1", "no"});
  EXPECT_EQ(LetInputIn(Adopted({Keyboard()}), source_, gate_, kAtOnce).error().code, ErrorCode::kIo);
  EXPECT_THAT(LetInOrder(), ElementsAre("1-1", "1-2"));
}

TEST_F(LetInputInTest, TellsASourceThatCannotStart) {
  source_.FailStart(Error{ErrorCode::kIo, "usb source thread", "no threads left"});
  EXPECT_EQ(LetInputIn({}, source_, gate_, kAtOnce).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace sekimori::agent
