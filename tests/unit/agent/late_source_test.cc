#include "agent/late_source.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_device_source.h"

namespace sekimori::agent {
namespace {

class CountingSink final : public ports::DeviceSink {
 public:
  bool Deliver(ports::DeviceNotice notice) override {
    notices.push_back(std::move(notice));
    return true;
  }
  std::vector<ports::DeviceNotice> notices;
};

// A machine whose USB comes when the test says.
class LateSourceTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<ports::DeviceSource>> Open() {
    ++attempts_;
    if (missing_) return *missing_;
    auto opened = std::make_unique<fakes::FakeDeviceSource>();
    if (broken_) opened->FailStart(*broken_);
    opened_ = opened.get();
    return std::unique_ptr<ports::DeviceSource>(std::move(opened));
  }

  CountingSink sink_;
  std::vector<Status> told_;
  int attempts_ = 0;
  std::optional<Error> missing_, broken_;
  fakes::FakeDeviceSource* opened_ = nullptr;
  LateSource source_{[this] { return Open(); }, [this](Status status) { told_.push_back(std::move(status)); }};
};

TEST_F(LateSourceTest, IsTheMachinesSourceWhereThereIsUsb) {
  ASSERT_TRUE(source_.Start(sink_).ok());
  EXPECT_EQ(sink_.notices.size(), 1U) << "everything present is delivered once";
  EXPECT_TRUE(source_.open());
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_TRUE(told_[0].ok());
}

TEST_F(LateSourceTest, TellsThatItIsThereBeforeWhatItsFirstLookShows) {
  std::size_t seen_when_told = 99;
  LateSource source([this] { return Open(); }, [&](const Status&) { seen_when_told = sink_.notices.size(); });
  ASSERT_TRUE(source.Start(sink_).ok());
  EXPECT_EQ(seen_when_told, 0U);
  EXPECT_EQ(sink_.notices.size(), 1U);
}

TEST_F(LateSourceTest, DoesNotFailForWantOfUsbAndTellsIt) {
  missing_ = Error{ErrorCode::kUnsupported, "libusb", "no USB here"};
  ASSERT_TRUE(source_.Start(sink_).ok());
  EXPECT_FALSE(source_.open());
  EXPECT_TRUE(sink_.notices.empty());
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].error().code, ErrorCode::kUnsupported);
}

TEST_F(LateSourceTest, TriesAgainWithEveryScanUntilUsbIsThere) {
  missing_ = Error{ErrorCode::kUnsupported, "libusb", "no USB here"};
  (void)source_.Start(sink_);
  source_.RequestScan();
  EXPECT_EQ(attempts_, 2);
  missing_.reset();
  source_.RequestScan();
  EXPECT_EQ(sink_.notices.size(), 1U) << "the scan that opens it delivers everything";
  EXPECT_TRUE(source_.open());
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_FALSE(told_[1].ok());
  EXPECT_TRUE(told_[2].ok());
}

TEST_F(LateSourceTest, HandsScansOnOnceItIsOpen) {
  (void)source_.Start(sink_);
  source_.RequestScan();
  EXPECT_EQ(opened_->scans_requested(), 1);
  EXPECT_EQ(attempts_, 1);
  EXPECT_EQ(told_.size(), 1U) << "a scan is no attempt to open";
}

TEST_F(LateSourceTest, TellsASourceThatCannotStartAndTriesAgain) {
  broken_ = Error{ErrorCode::kIo, "usb source thread", "no threads left"};
  (void)source_.Start(sink_);
  EXPECT_FALSE(source_.open());
  broken_.reset();
  source_.RequestScan();
  EXPECT_TRUE(source_.open());
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_EQ(told_[1].error().code, ErrorCode::kIo);
  EXPECT_TRUE(told_[2].ok());
}

TEST_F(LateSourceTest, OpensNothingBeforeItIsStarted) {
  source_.RequestScan();
  EXPECT_EQ(attempts_, 0);
}

TEST_F(LateSourceTest, OpensNothingAfterItWasStopped) {
  missing_ = Error{ErrorCode::kUnsupported, "libusb", "no USB here"};
  (void)source_.Start(sink_);
  source_.Stop();
  missing_.reset();
  source_.RequestScan();
  EXPECT_EQ(attempts_, 1);
  EXPECT_FALSE(source_.open());
  EXPECT_TRUE(sink_.notices.empty());
}

TEST_F(LateSourceTest, LetsGoOfTheSourceWhenItStops) {
  (void)source_.Start(sink_);
  source_.Stop();
  EXPECT_FALSE(source_.open());
  ASSERT_TRUE(source_.Start(sink_).ok());
  EXPECT_EQ(attempts_, 2) << "started again, it opens again";
}

}  // namespace
}  // namespace sekimori::agent
