// Disks in disguise: what does not say it is storage and becomes a disk is shut, recorded, and stays shut.
#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

constexpr model::InterfaceClass kReader{0x0b, 0x00, 0x00};
constexpr const char* kSentence = "interface 0 says class 0b:00:00, but the storage driver usb-storage serves it";
const model::Admission kServed{true, {0}, {{0, kSentence}}};

model::Device Reader() {
  return DeviceOf("1-3", {kReader});
}

class Disguise : public ::testing::Test {
 protected:
  void SetUp() override {
    terminal_.Enforce({AllowVendor(0x0951)});
    terminal_.Start();
  }
  void Plug(bool known) {
    terminal_.gate.Plug(Reader());
    terminal_.gate.Disguise("1-3", 0, kSentence, known);
    Notice();
  }
  void Notice() {
    terminal_.Look();
    terminal_.Run();
  }
  [[nodiscard]] std::vector<model::EnforcementFailed> Failed() const {
    return terminal_.log.Of<model::EnforcementFailed>();
  }
  void ExpectShutAndRecordedOnce() {
    EXPECT_FALSE(terminal_.Open("1-3"));
    ASSERT_EQ(Failed().size(), 1U);
    EXPECT_EQ(Failed()[0].device.port_path, "1-3");
    EXPECT_EQ(Failed()[0].decision.verdict, model::Verdict::kAllow);
    EXPECT_EQ(Failed()[0].error, std::string("1-3: ") + kSentence);
    EXPECT_TRUE(terminal_.HasTrouble("enforcement"));
    EXPECT_TRUE(terminal_.log.Of<model::BarrierTampered>().empty());
  }

  Terminal terminal_;
};

TEST_F(Disguise, KnownToTheGateIsNeverLetIn) {
  Plug(/*known=*/true);
  ExpectShutAndRecordedOnce();
  terminal_.Pass(std::chrono::minutes{10});
  ExpectShutAndRecordedOnce();
}

TEST_F(Disguise, FoundWhenItWasLetInIsShutAtOnceForThisConnection) {
  terminal_.gate.Plug(Reader());
  terminal_.gate.Disguise("1-3", 0, kSentence, /*known=*/false);
  terminal_.Look();
  terminal_.Once();
  EXPECT_FALSE(terminal_.Open("1-3")) << "not only when the kernel's notice of it has come";
  Notice();
  ExpectShutAndRecordedOnce();
  EXPECT_EQ(terminal_.Calls(Act::kAdmitDevice, "1-3"), 1);
  terminal_.Pass(std::chrono::minutes{10});
  ExpectShutAndRecordedOnce();
  EXPECT_EQ(terminal_.Calls(Act::kAdmitDevice, "1-3"), 1) << "the driver would be back at once";
  terminal_.Pull("1-3");
  terminal_.Plug(Reader());
  EXPECT_TRUE(terminal_.Open("1-3")) << "plugged in again, it is tried again";
  EXPECT_FALSE(terminal_.HasTrouble("enforcement"));
}

TEST_F(Disguise, DriverThatComesLaterIsSeenByItsNotice) {
  terminal_.Plug(Reader());
  ASSERT_TRUE(terminal_.Open("1-3"));
  terminal_.gate.Tamper("1-3", kServed);
  Notice();
  ExpectShutAndRecordedOnce();
}

TEST_F(Disguise, DriverThatComesWithoutANoticeIsSeenWithinAMinute) {
  terminal_.Plug(Reader());
  terminal_.gate.Tamper("1-3", kServed);
  terminal_.clock.Advance(std::chrono::seconds{60});
  terminal_.decider->Tick();  // without a look by the source
  ExpectShutAndRecordedOnce();
}

TEST_F(Disguise, NewPolicyDoesNotLetItInAgain) {
  Plug(/*known=*/false);
  terminal_.Enforce({AllowVendor(0x0951, "another-rule")});
  terminal_.Reload();
  EXPECT_FALSE(terminal_.Open("1-3"));
  EXPECT_EQ(terminal_.Calls(Act::kAdmitDevice, "1-3"), 1);
}

TEST_F(Disguise, RefusalThatFailsIsRecordedTooAndTriedAgain) {
  terminal_.Plug(Reader());
  terminal_.gate.FailOn(Act::kRefuse, Error{ErrorCode::kIo, "1-3/authorized", "input/output error"});
  terminal_.gate.Tamper("1-3", kServed);
  Notice();
  EXPECT_EQ(Failed().size(), 2U);
  terminal_.gate.FailOn(Act::kRefuse, std::nullopt);
  terminal_.Pass(Enforcing::kFirstRetry);
  EXPECT_FALSE(terminal_.Open("1-3"));
}

TEST_F(Disguise, RefusedDeviceThatAnotherHandOpenedIsTampering) {
  terminal_.Plug(DeviceOf("1-4", {kReader}, 0x1111));
  terminal_.gate.Tamper("1-4", kServed);
  Notice();
  EXPECT_FALSE(terminal_.Open("1-4"));
  EXPECT_TRUE(Failed().empty());
  EXPECT_EQ(terminal_.log.Of<model::BarrierTampered>().size(), 1U);
}

TEST_F(Disguise, ReleasedItIsLetInLikeEverything) {
  Plug(/*known=*/false);
  (void)terminal_.Ask(ports::OrderRelease{"drill"});
  EXPECT_TRUE(terminal_.Open("1-3"));
}

TEST(DisguiseObserved, IsNotTouched) {
  Terminal terminal;
  terminal.Observe({AllowVendor(0x0951)});
  terminal.gate.Plug(Reader());
  terminal.gate.Disguise("1-3", 0, kSentence, /*known=*/true);
  terminal.Start();
  terminal.Pass(std::chrono::minutes{10});
  EXPECT_TRUE(terminal.Open("1-3"));
  EXPECT_TRUE(terminal.log.Of<model::EnforcementFailed>().empty());
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Reload();
  EXPECT_FALSE(terminal.Open("1-3")) << "what came in unasked is seen through when enforcing begins";
  EXPECT_EQ(terminal.log.Of<model::EnforcementFailed>().size(), 1U);
}

// Whoever let it in may have ended before drivers were asked.
TEST(FoundOpen, ItsLettingInIsFinishedOnce) {
  Terminal terminal;
  terminal.gate.Plug(Reader());
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  ASSERT_TRUE(terminal.Open("1-3"));
  EXPECT_EQ(terminal.Calls(Act::kAdmitDevice, "1-3"), 0);
  EXPECT_EQ(terminal.gate.finished(), std::vector<std::string>{"1-3"});
  terminal.Pass(std::chrono::minutes{10});
  EXPECT_EQ(terminal.gate.finished().size(), 1U);
}

}  // namespace
}  // namespace sekimori::core::tests
