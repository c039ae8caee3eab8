// Bounds of the one door, and that what does not fit is never forgotten.
#include <thread>

#include <gtest/gtest.h>

#include "agent/core/notice_queue.h"
#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

constexpr std::chrono::microseconds kNow{0};

TEST(NoticeQueue, RefusesWhatDoesNotFitAndLatchesIt) {
  NoticeQueue queue({.devices = 4});
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(queue.Deliver(ports::DeviceLeft{"1-2"}));
  EXPECT_FALSE(queue.Deliver(ports::DeviceLeft{"1-2"}));
  EXPECT_FALSE(queue.Deliver(ports::DeviceLeft{"1-2"}));
  const NoticeGroup group = queue.Take(kNow);
  EXPECT_EQ(group.devices.size(), 4U);
  EXPECT_EQ(group.dropped, 2U);
  EXPECT_EQ(queue.Take(kNow).dropped, 0U);
  EXPECT_TRUE(queue.Deliver(ports::DeviceLeft{"1-2"}));
}

TEST(NoticeQueue, TakesOneLargeLookWhenItIsEmpty) {
  NoticeQueue queue({.devices = 2});
  ports::AllDevices all;
  all.observations.resize(10);
  EXPECT_TRUE(queue.Deliver(all));
  EXPECT_FALSE(queue.Deliver(ports::DeviceLeft{"1-2"}));
}

TEST(NoticeQueue, HoldsAFewMegabytesOfDevicesAtMost) {
  NoticeQueue queue;
  std::size_t taken = 0;
  while (taken < QueueBounds{}.devices && queue.Deliver(ports::DeviceSeen{{HugeDevice("1-2"), {}}}))
    ++taken;
  EXPECT_LE(taken * 512 * 3 * 126, QueueBounds{}.device_bytes);
  EXPECT_EQ(queue.Take(kNow).dropped, 1U);
  EXPECT_TRUE(queue.Deliver(ports::DeviceSeen{{HugeDevice("1-2"), {}}}));
}

TEST(NoticeQueue, TakesOneHugeLookWhenItIsEmpty) {
  NoticeQueue queue({.device_bytes = 1});
  EXPECT_TRUE(queue.Deliver(ports::AllDevices{{{HugeDevice("1-2"), {}}}}));
  EXPECT_FALSE(queue.Deliver(ports::DeviceLeft{"1-2"}));
}

TEST(NoticeQueue, HandsOutAFloodInPortions) {
  NoticeQueue queue({.devices = 100, .group = 10});
  for (int i = 0; i < 25; ++i)
    queue.Deliver(ports::DeviceLeft{std::to_string(i)});
  EXPECT_EQ(queue.Take(kNow).devices.size(), 10U);
  EXPECT_EQ(queue.Take(kNow).devices.size(), 10U);
  const NoticeGroup last = queue.Take(kNow);
  ASSERT_EQ(last.devices.size(), 5U);
  EXPECT_EQ(std::get<ports::DeviceLeft>(last.devices.back()).port_path, "24");
}

TEST(NoticeQueue, RefusesQuestionsBeyondItsBound) {
  NoticeQueue queue({.questions = 0});
  const ports::Answer answer = queue.Ask(ports::AskStatus{}, {}, std::chrono::milliseconds{1});
  EXPECT_EQ(std::get<Error>(answer).code, ErrorCode::kFull);
}

TEST(NoticeQueue, AQuestionGivenUpIsNeverCarriedOut) {
  NoticeQueue queue;
  const ports::Answer answer = queue.Ask(ports::OrderRelease{"late"}, {}, std::chrono::milliseconds{1});
  EXPECT_EQ(std::get<Error>(answer).code, ErrorCode::kTimeout);
  const NoticeGroup group = queue.Take(kNow);
  ASSERT_EQ(group.questions.size(), 1U);
  EXPECT_FALSE(group.questions[0]->Claim());
}

TEST(NoticeQueue, AnswersQuestionsLeftBehindWhenItCloses) {
  NoticeQueue queue;
  ports::Answer answer;
  std::thread asker([&] { answer = queue.Ask(ports::AskStatus{}, {}, std::chrono::hours{1}); });
  NoticeGroup group = queue.Take(std::nullopt);
  ASSERT_EQ(group.questions.size(), 1U);
  group.questions[0]->Answer(ports::Done{});
  asker.join();
  EXPECT_TRUE(std::holds_alternative<ports::Done>(answer));
  queue.Close();
  EXPECT_EQ(std::get<Error>(queue.Ask(ports::AskStatus{}, {}, std::chrono::hours{1})).code, ErrorCode::kUnavailable);
  EXPECT_FALSE(queue.Deliver(ports::DeviceLeft{"1-2"}));
}

TEST(NoticeQueue, KeepsTheFirstReasonToStop) {
  NoticeQueue queue;
  queue.RequestStop("SIGTERM");
  queue.RequestStop("SIGINT");
  EXPECT_EQ(queue.Take(kNow).stop, "SIGTERM");
}

TEST(NoticeQueue, BoundsSystemAndLinkNoticesToo) {
  NoticeQueue queue({.system = 1, .link = 1});
  queue.DeliverSystem(ports::SessionsChanged{});
  queue.DeliverSystem(ports::SessionsChanged{});
  queue.OnPolicy("a");
  queue.OnRefused({});
  const NoticeGroup group = queue.Take(kNow);
  EXPECT_EQ(group.system.size(), 1U);
  EXPECT_EQ(group.link.size(), 1U);
  EXPECT_EQ(group.dropped, 2U);
}

TEST(Overflow, IsRecordedAndEverythingIsLookedAtAgain) {
  Terminal terminal;
  terminal.bounds.devices = 4;
  terminal.Enforce({AllowVendor(0x1234)});
  terminal.Start();
  // A flood hides an arrival: its notice found no room.
  for (int i = 0; i < 8; ++i)
    terminal.queue->Deliver(ports::DeviceLeft{"1-9"});
  terminal.gate.Plug(DeviceOf("1-3", {kDisk}, 0x1234));
  terminal.Look();
  ASSERT_GE(terminal.source.refused_deliveries(), 1);
  terminal.Run();
  const auto lost = terminal.log.Of<model::NoticesLost>();
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].source, "queue");
  EXPECT_TRUE(terminal.Open("1-3"));
  EXPECT_EQ(terminal.Judged("1-3")[0].trigger, model::Trigger::kRescan);
}

}  // namespace
}  // namespace sekimori::core::tests
