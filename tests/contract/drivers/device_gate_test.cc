// The device gate's contract, agent/ports/device_gate.h, on every gate there is. Req: R02
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/drivers/device_gate_bench.h"

namespace sekimori::contract {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

class DeviceGateContract : public ::testing::TestWithParam<GateMaker> {
 protected:
  void SetUp() override { bench_ = GetParam().make(); }
  ports::DeviceGate& gate() { return bench_->gate(); }
  ports::BarrierState Barrier() {
    Result<ports::BarrierState> state = gate().ReadBarrier();
    EXPECT_TRUE(state.ok());
    return state.ok() ? std::move(state).value() : ports::BarrierState{};
  }

  std::unique_ptr<GateBench> bench_;
};

const model::Admission kShut{};
const model::Admission kWhole{true, {0, 1}};
const model::Admission kKeyboardOnly{true, {0}};

TEST_P(DeviceGateContract, ClosedBarrierHasNoGapsAndOpenOneNamesThem) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  EXPECT_TRUE(Barrier().closed);
  EXPECT_THAT(Barrier().gaps, IsEmpty());
  ASSERT_TRUE(gate().OpenBarrier().ok());
  EXPECT_FALSE(Barrier().closed);
  EXPECT_THAT(Barrier().gaps, Not(IsEmpty()));
}

TEST_P(DeviceGateContract, ClosingTwiceIsAsGoodAsOnce) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  ASSERT_TRUE(gate().CloseBarrier().ok());
  EXPECT_TRUE(Barrier().closed);
}

TEST_P(DeviceGateContract, ClosedBarrierKeepsAnArrivalOut) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugKeyboardWithDisk();
  EXPECT_EQ(bench_->Admitted(), kShut);
  const Result<model::Admission> read = gate().ReadAdmission(device);
  ASSERT_TRUE(read.ok()) << ToString(read.error());
  EXPECT_EQ(read.value(), kShut);
}

TEST_P(DeviceGateContract, OpenBarrierLetsAnArrivalIn) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  ASSERT_TRUE(gate().OpenBarrier().ok());
  static_cast<void>(bench_->PlugKeyboardWithDisk());
  EXPECT_EQ(bench_->Admitted(), kWhole);
}

TEST_P(DeviceGateContract, ControllerThatComesLaterLeavesNoGap) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  static_cast<void>(bench_->AddController());
  EXPECT_TRUE(Barrier().closed);
}

TEST_P(DeviceGateContract, AdmitsWholeDevice) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugKeyboardWithDisk();
  const Status admitted = gate().AdmitDevice(device);
  ASSERT_TRUE(admitted.ok()) << ToString(admitted.error());
  EXPECT_EQ(bench_->Admitted(), kWhole);
  const Result<model::Admission> read = gate().ReadAdmission(device);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value(), kWhole);
}

TEST_P(DeviceGateContract, AdmitsOnlyTheInterfacesNamed) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugKeyboardWithDisk();
  const Status admitted = gate().AdmitInterfaces(device, {0});
  ASSERT_TRUE(admitted.ok()) << ToString(admitted.error());
  EXPECT_EQ(bench_->Admitted(), kKeyboardOnly);
}

TEST_P(DeviceGateContract, NarrowsDeviceThatWasOpen) {
  ASSERT_TRUE(gate().OpenBarrier().ok());
  const model::Device device = bench_->PlugKeyboardWithDisk();
  ASSERT_EQ(bench_->Admitted(), kWhole);
  ASSERT_TRUE(gate().CloseBarrier().ok());
  ASSERT_TRUE(gate().AdmitInterfaces(device, {0}).ok());
  EXPECT_EQ(bench_->Admitted(), kKeyboardOnly);
}

TEST_P(DeviceGateContract, WidensDeviceThatWasNarrow) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugKeyboardWithDisk();
  ASSERT_TRUE(gate().AdmitInterfaces(device, {0}).ok());
  ASSERT_TRUE(gate().AdmitDevice(device).ok());
  EXPECT_EQ(bench_->Admitted(), kWhole);
}

TEST_P(DeviceGateContract, AdmitsAgainAfterRefusing) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugKeyboardWithDisk();
  ASSERT_TRUE(gate().AdmitDevice(device).ok());
  ASSERT_TRUE(gate().Refuse(device).ok());
  EXPECT_EQ(bench_->Admitted(), kShut);
  ASSERT_TRUE(gate().AdmitInterfaces(device, {0}).ok());
  EXPECT_EQ(bench_->Admitted(), kKeyboardOnly);
}

TEST_P(DeviceGateContract, InterfacesThatDoNotExistAreInvalidAndNothingOpens) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugKeyboardWithDisk();
  for (const std::set<std::uint8_t>& numbers : {std::set<std::uint8_t>{}, {7}, {0, 7}}) {
    const Status admitted = gate().AdmitInterfaces(device, numbers);
    ASSERT_FALSE(admitted.ok());
    EXPECT_EQ(admitted.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(bench_->Admitted(), kShut);
  }
}

TEST_P(DeviceGateContract, RefusesDeviceThatSomebodyElseOpened) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugKeyboardWithDisk();
  bench_->OpenFromOutside();
  const Result<model::Admission> read = gate().ReadAdmission(device);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value(), kWhole);
  ASSERT_TRUE(gate().Refuse(device).ok());
  EXPECT_EQ(bench_->Admitted(), kShut);
}

TEST_P(DeviceGateContract, DiskInDisguiseIsNotLetIn) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugDisguisedDisk();
  for (const Status& status : {gate().AdmitDevice(device), gate().AdmitInterfaces(device, {0, 1})}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kUntrusted);
    EXPECT_EQ(bench_->Admitted(), kShut);
  }
}

TEST_P(DeviceGateContract, DiskInDisguiseThatIsInIsToldAndCanBeShut) {
  ASSERT_TRUE(gate().OpenBarrier().ok());
  const model::Device device = bench_->PlugDisguisedDisk();
  ASSERT_EQ(bench_->Admitted(), kWhole);
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const Result<model::Admission> read = gate().ReadAdmission(device);
  ASSERT_TRUE(read.ok()) << ToString(read.error());
  EXPECT_THAT(read.value().disguised, Not(IsEmpty()));
  ASSERT_TRUE(gate().Refuse(device).ok());
  EXPECT_EQ(bench_->Admitted(), kShut);
  EXPECT_THAT(gate().ReadAdmission(device).value().disguised, IsEmpty());
}

TEST_P(DeviceGateContract, OpenBarrierAsksForNoDisguise) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugDisguisedDisk();
  ASSERT_TRUE(gate().OpenBarrier().ok());
  const Status admitted = gate().AdmitDevice(device);
  EXPECT_TRUE(admitted.ok()) << ToString(admitted.error());
  EXPECT_EQ(bench_->Admitted(), kWhole);
}

TEST_P(DeviceGateContract, AnotherDeviceInThePlaceIsAConflictAndStaysShut) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device judged = bench_->PlugKeyboardWithDisk();
  bench_->ReplaceDevice();
  for (const Status& status : {gate().AdmitDevice(judged), gate().AdmitInterfaces(judged, {0}),
                               gate().FinishLettingIn(judged), gate().Refuse(judged)}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kConflict);
  }
  const Result<model::Admission> read = gate().ReadAdmission(judged);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kConflict);
  EXPECT_EQ(bench_->Admitted(), kShut);
}

TEST_P(DeviceGateContract, OtherDescriptorsThanJudgedAreAConflict) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  model::Device device = bench_->PlugKeyboardWithDisk();
  device.descriptor_hash[0] ^= 1;
  for (const Status& status :
       {gate().AdmitDevice(device), gate().AdmitInterfaces(device, {0}), gate().FinishLettingIn(device)}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kConflict);
  }
  EXPECT_EQ(bench_->Admitted(), kShut);
}

TEST_P(DeviceGateContract, FinishingLetsNothingIn) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugKeyboardWithDisk();
  EXPECT_TRUE(gate().FinishLettingIn(device).ok());
  EXPECT_EQ(bench_->Admitted(), kShut);
  ASSERT_TRUE(gate().AdmitInterfaces(device, {0}).ok());
  EXPECT_TRUE(gate().FinishLettingIn(device).ok());
  EXPECT_EQ(bench_->Admitted().interfaces, std::set<std::uint8_t>{0});
}

TEST_P(DeviceGateContract, NothingThereIsNotFound) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device device = bench_->PlugKeyboardWithDisk();
  bench_->Unplug();
  for (const Status& status : {gate().AdmitDevice(device), gate().AdmitInterfaces(device, {0}),
                               gate().FinishLettingIn(device), gate().Refuse(device)}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  }
  const Result<model::Admission> read = gate().ReadAdmission(device);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound);
}

TEST_P(DeviceGateContract, RootHubIsAdmittedAndNeverRefused) {
  ASSERT_TRUE(gate().CloseBarrier().ok());
  const model::Device hub = bench_->AddController();
  EXPECT_TRUE(gate().AdmitDevice(hub).ok());
  const Status refused = gate().Refuse(hub);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
}

INSTANTIATE_TEST_SUITE_P(Gates, DeviceGateContract, ::testing::ValuesIn(GateMakers()),
                         [](const ::testing::TestParamInfo<GateMaker>& maker) { return maker.param.name; });

}  // namespace
}  // namespace sekimori::contract
