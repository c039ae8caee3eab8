// The device source's contract, agent/ports/device_source.h, on every source there is. Req: R02
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "tests/contract/drivers/device_source_bench.h"

namespace sekimori::contract {
namespace {

using ports::AllDevices;
using ports::DeviceLeft;
using ports::DeviceNotice;
using ports::DeviceSeen;
using ports::NoticesLost;

class RecordingSink final : public ports::DeviceSink {
 public:
  bool Deliver(DeviceNotice notice) override {
    const std::lock_guard lock(mutex_);
    notices_.push_back(std::move(notice));
    threads_.push_back(std::this_thread::get_id());
    arrived_.notify_all();
    return accepting_;
  }
  void Accept(bool accepting) {
    const std::lock_guard lock(mutex_);
    accepting_ = accepting;
  }
  // The next notice not taken yet; nullopt after ten seconds of silence.
  std::optional<DeviceNotice> Next() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds{10}, [&] { return taken_ < notices_.size(); }))
      return std::nullopt;
    return notices_[taken_++];
  }
  template <typename Notice>
  std::optional<Notice> Next() {
    std::optional<DeviceNotice> next = Next();
    if (!next || !std::holds_alternative<Notice>(*next)) return std::nullopt;
    return std::get<Notice>(std::move(*next));
  }
  [[nodiscard]] std::size_t untaken() const {
    const std::lock_guard lock(mutex_);
    return notices_.size() - taken_;
  }
  // All notices came on one thread.
  [[nodiscard]] bool OnOneThread() const {
    const std::lock_guard lock(mutex_);
    return std::adjacent_find(threads_.begin(), threads_.end(), std::not_equal_to<>()) == threads_.end();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<DeviceNotice> notices_;
  std::vector<std::thread::id> threads_;
  std::size_t taken_ = 0;
  bool accepting_ = true;
};

std::vector<std::string> PortPaths(const AllDevices& all) {
  std::vector<std::string> paths;
  for (const model::Observation& one : all.observations)
    paths.push_back(one.device.port_path);
  std::sort(paths.begin(), paths.end());
  return paths;
}

class DeviceSourceContract : public ::testing::TestWithParam<SourceMaker> {
 protected:
  void SetUp() override { bench_ = GetParam().make(); }
  void TearDown() override {
    bench_->source().Stop();
    EXPECT_TRUE(sink_.OnOneThread());
  }
  void Start() {
    ASSERT_TRUE(bench_->source().Start(sink_).ok());
    first_ = sink_.Next<AllDevices>();
    ASSERT_TRUE(first_.has_value());
  }
  // Nothing more comes: a scan asked for at this point is answered next.
  void ExpectSilence() {
    bench_->source().RequestScan();
    EXPECT_TRUE(sink_.Next<AllDevices>().has_value());
  }

  RecordingSink sink_;
  std::unique_ptr<SourceBench> bench_;
  std::optional<AllDevices> first_;
};

TEST_P(DeviceSourceContract, StartTellsEverythingPresentOnce) {
  bench_->Plug("1-1", 5);
  Start();
  EXPECT_EQ(PortPaths(*first_), (std::vector<std::string>{"1-1"}));
  EXPECT_EQ(first_->observations.at(0).device.address, 5U);
}

TEST_P(DeviceSourceContract, StartWithNothingPresentTellsThatToo) {
  Start();
  EXPECT_TRUE(first_->observations.empty());
}

TEST_P(DeviceSourceContract, ArrivalIsSeenAndDepartureToo) {
  Start();
  bench_->Plug("1-1", 5);
  const auto seen = sink_.Next<DeviceSeen>();
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->observation.device.port_path, "1-1");
  EXPECT_TRUE(seen->observation.admission.authorized);
  bench_->Unplug("1-1");
  const auto left = sink_.Next<DeviceLeft>();
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->port_path, "1-1");
}

TEST_P(DeviceSourceContract, AuthorizationChangedFromOutsideIsSeen) {
  Start();
  bench_->Plug("1-1", 5);
  ASSERT_TRUE(sink_.Next<DeviceSeen>().has_value());
  bench_->SetAuthorized("1-1", false);
  const auto seen = sink_.Next<DeviceSeen>();
  ASSERT_TRUE(seen.has_value());
  EXPECT_FALSE(seen->observation.admission.authorized);
}

TEST_P(DeviceSourceContract, NoticeWithoutNewsIsNotDelivered) {
  Start();
  bench_->Plug("1-1", 5);
  ASSERT_TRUE(sink_.Next<DeviceSeen>().has_value());
  bench_->NotifyInVain("1-1");
  ExpectSilence();
}

TEST_P(DeviceSourceContract, AnotherConnectionInThePlaceIsADepartureAndAnArrival) {
  Start();
  bench_->Plug("1-1", 5);
  ASSERT_TRUE(sink_.Next<DeviceSeen>().has_value());
  bench_->Plug("1-1", 6);
  EXPECT_TRUE(sink_.Next<DeviceLeft>().has_value());
  const auto seen = sink_.Next<DeviceSeen>();
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(seen->observation.device.address, 6U);
}

TEST_P(DeviceSourceContract, LossIsToldAndEverythingReadAgain) {
  Start();
  bench_->Plug("1-1", 5);
  ASSERT_TRUE(sink_.Next<DeviceSeen>().has_value());
  bench_->LoseNotices("1-1", "1-2");
  const auto lost = sink_.Next<NoticesLost>();
  ASSERT_TRUE(lost.has_value());
  EXPECT_EQ(lost->source, "uevent");
  const auto all = sink_.Next<AllDevices>();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(PortPaths(*all), (std::vector<std::string>{"1-2"}));
}

TEST_P(DeviceSourceContract, ScanAskedForIsAnswered) {
  Start();
  bench_->Plug("1-1", 5);
  ASSERT_TRUE(sink_.Next<DeviceSeen>().has_value());
  bench_->source().RequestScan();
  const auto all = sink_.Next<AllDevices>();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(PortPaths(*all), (std::vector<std::string>{"1-1"}));
}

TEST_P(DeviceSourceContract, SinkWithoutRoomGetsItAllByAScan) {
  Start();
  sink_.Accept(false);
  bench_->Plug("1-1", 5);
  ASSERT_TRUE(sink_.Next<DeviceSeen>().has_value());
  sink_.Accept(true);
  bench_->source().RequestScan();
  const auto all = sink_.Next<AllDevices>();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(PortPaths(*all), (std::vector<std::string>{"1-1"}));
}

TEST_P(DeviceSourceContract, NothingIsDeliveredAfterStop) {
  Start();
  bench_->source().Stop();
  bench_->Plug("1-1", 5);
  bench_->source().RequestScan();
  bench_->source().Stop();
  EXPECT_EQ(sink_.untaken(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Sources, DeviceSourceContract, ::testing::ValuesIn(SourceMakers()),
                         [](const ::testing::TestParamInfo<SourceMaker>& maker) { return maker.param.name; });

}  // namespace
}  // namespace sekimori::contract
