#include "server/store/record_index.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "proto/words/describe.h"

namespace sekimori::store {
namespace {

proto::Event Judged(proto::Verdict verdict, proto::Mode mode) {
  proto::Event event;
  event.mutable_device_judged()->mutable_decision()->set_verdict(verdict);
  event.mutable_device_judged()->set_mode(mode);
  return event;
}

// Search and screen must speak of the same events: what words calls an alarm is found as one.
TEST(IndexOf, CallsAnAlarmWhatTheWordsCallOne) {
  const auto* body = proto::Event::descriptor()->FindOneofByName("body");
  ASSERT_NE(nullptr, body);
  ASSERT_GT(body->field_count(), 15);
  for (int i = 0; i < body->field_count(); ++i) {
    proto::Event event;
    event.GetReflection()->MutableMessage(&event, body->field(i));
    EXPECT_EQ(words::EventOutcome(event) == "alarm", IndexOf(event, true).severity == Severity::kAlarm)
        << body->field(i)->name();
    EXPECT_EQ(static_cast<std::uint32_t>(body->field(i)->number()), IndexOf(event, true).type);
  }
  for (const std::int64_t step_s : {-3600, -61, -60, -59, 0, 3600}) {
    proto::Event event;
    event.mutable_clock_stepped()->set_before_us(1'700'000'000'000'000);
    event.mutable_clock_stepped()->set_after_us(1'700'000'000'000'000 + step_s * 1'000'000);
    EXPECT_EQ(words::EventOutcome(event) == "alarm", IndexOf(event, true).severity == Severity::kAlarm) << step_s;
  }
}

TEST(IndexOf, FindsAClockSetBackHoweverFar) {
  constexpr std::pair<std::int64_t, std::int64_t> kSteps[] = {
      {INT64_MAX, INT64_MIN}, {1, INT64_MIN}, {INT64_MIN, INT64_MAX}, {-2, INT64_MAX}};
  for (const auto& [before_us, after_us] : kSteps) {
    proto::Event event;
    event.mutable_clock_stepped()->set_before_us(before_us);
    event.mutable_clock_stepped()->set_after_us(after_us);
    EXPECT_EQ(before_us > after_us, IndexOf(event, false).severity == Severity::kAlarm)
        << before_us << " to " << after_us;
  }
}

TEST(IndexOf, ReadsTheOutcomeAsTheWordsDo) {
  for (const proto::Mode mode : {proto::MODE_UNSPECIFIED, proto::MODE_OBSERVE, proto::MODE_ENFORCE}) {
    for (const proto::Verdict verdict :
         {proto::VERDICT_UNSPECIFIED, proto::VERDICT_DENY, proto::VERDICT_ALLOW, proto::VERDICT_ALLOW_INTERFACES}) {
      const proto::Event event = Judged(verdict, mode);
      const Outcome outcome = IndexOf(event, true).outcome;
      const std::string words = words::EventOutcome(event);
      EXPECT_EQ(words == "refused", outcome == Outcome::kDenied);
      EXPECT_EQ(words == "would_refuse", outcome == Outcome::kWouldDeny);
      EXPECT_EQ(words == "allowed", outcome == Outcome::kAllowed || outcome == Outcome::kPartly);
    }
  }
}

Outcome OutcomeInWords(const std::string& words) {
  if (words == "refused") return Outcome::kDenied;
  if (words == "would_refuse") return Outcome::kWouldDeny;
  return words == "allowed" ? Outcome::kAllowed : Outcome::kNone;
}

TEST(IndexOf, ReadsLoginsAndSessionsAsTheWordsDo) {
  std::vector<proto::Event> events;
  for (int result = 0; result < proto::LoginResult_ARRAYSIZE; ++result)
    for (int reason = 0; reason < proto::LoginReason_ARRAYSIZE; ++reason)
      for (const proto::ProofRefusal refusal : {proto::PROOF_WRONG, proto::PROOF_COUNTER}) {
        proto::LoginJudged& judged = *events.emplace_back().mutable_login_judged();
        judged.set_result(static_cast<proto::LoginResult>(result));
        judged.set_reason(static_cast<proto::LoginReason>(reason));
        judged.add_proofs()->set_refusal(refusal);
      }
  for (int ground = 0; ground < proto::SessionGround_ARRAYSIZE; ++ground)
    for (const bool allowed : {false, true}) {
      proto::SessionJudged& judged = *events.emplace_back().mutable_session_judged();
      judged.set_ground(static_cast<proto::SessionGround>(ground));
      judged.set_allowed(allowed);
    }
  for (const proto::Event& event : events) {
    const std::string words = words::EventOutcome(event);
    EXPECT_EQ(OutcomeInWords(words), IndexOf(event, false).outcome) << event.ShortDebugString();
    EXPECT_EQ(words == "alarm", IndexOf(event, false).severity == Severity::kAlarm) << event.ShortDebugString();
  }
}

TEST(IndexOf, FindsLoginsByUserAndPolicy) {
  proto::Event login, session, nobody, changed;
  login.mutable_login_judged()->mutable_place()->mutable_user()->set_name("sato\nroot");
  login.mutable_login_judged()->set_policy_version(7);
  session.mutable_session_judged()->mutable_place()->mutable_user()->set_name("sato");
  session.mutable_session_judged()->set_policy_version(8);
  nobody.mutable_login_judged()->mutable_place()->set_service("login");
  changed.mutable_authenticator_changed()->mutable_user()->set_name("sato");
  changed.mutable_authenticator_changed()->mutable_by()->set_name("tanaka");
  EXPECT_EQ("sato root\n", IndexOf(login, false).users);
  EXPECT_EQ(7U, IndexOf(login, false).policy_version);
  EXPECT_EQ("sato\n", IndexOf(session, false).users);
  EXPECT_EQ(8U, IndexOf(session, false).policy_version);
  EXPECT_EQ("", IndexOf(nobody, false).users);
  EXPECT_EQ("sato\ntanaka\n", IndexOf(changed, false).users);
}

TEST(IndexOf, KeepsADeviceFromFakingColumns) {
  proto::Event event = Judged(proto::VERDICT_DENY, proto::MODE_ENFORCE);
  event.mutable_device_judged()->add_users("tanaka\nroot");
  event.mutable_device_judged()->mutable_device()->set_vendor(0x0781);
  event.mutable_device_judged()->mutable_device()->set_product(0x0a);
  event.mutable_device_judged()->mutable_device()->set_port_path("1-2");
  event.mutable_device_judged()->mutable_device()->set_product_name(std::string("a\nb\0c", 5));
  event.mutable_device_judged()->mutable_device()->set_serial("S1");
  const RecordIndex index = IndexOf(event, true);
  EXPECT_EQ("1-2\n0781:000a\n\na b c\nS1\n", index.device);
  EXPECT_EQ("tanaka root\n", index.users);
}

TEST(IndexOf, KnowsWhomTheCollectorsWordsAreAbout) {
  proto::Event event;
  event.mutable_collector_alarm()->set_terminal_id("t1");
  EXPECT_EQ("t1", IndexOf(event, true).about);
  event.mutable_operator_action()->set_terminal_id("t2");
  event.mutable_operator_action()->set_operator_("suzuki");
  EXPECT_EQ("t2", IndexOf(event, true).about);
  EXPECT_EQ("suzuki\n", IndexOf(event, true).users);
}

TEST(IndexOf, ATerminalThatSpeaksAsTheCollectorIsAnAlarmAndFoundByNobodysName) {
  proto::Event act, alarm, enrolled, plain;
  act.mutable_operator_action()->set_operator_("suzuki");
  act.mutable_operator_action()->set_target("t2");
  act.mutable_operator_action()->set_succeeded(true);
  alarm.mutable_collector_alarm()->set_terminal_id("t2");
  enrolled.mutable_enrolled()->set_terminal_id("t2");
  enrolled.mutable_enrolled()->set_key_sha256("k");
  proto::Event rows;
  rows.mutable_agent_stopping();
  rows.add_rows()->set_kind("token");
  for (const proto::Event& event : {act, alarm, enrolled, rows}) {
    const RecordIndex index = IndexOf(event, false);
    EXPECT_EQ(Severity::kAlarm, index.severity) << event.ShortDebugString();
    EXPECT_EQ("", index.about);
    EXPECT_EQ("", index.users);
  }
  // A terminal's own word for its enrolment carries no key.
  plain.mutable_enrolled()->set_terminal_id("t2");
  EXPECT_EQ(Severity::kNotice, IndexOf(plain, false).severity);
}

TEST(IndexOf, TakesATypeItDoesNotKnow) {
  proto::Event event;
  event.set_time_us(7);
  EXPECT_EQ(0U, IndexOf(event, true).type);
  EXPECT_EQ(7, IndexOf(event, true).time_us);
  EXPECT_EQ(Severity::kAlarm, IndexOfUnreadable(9).severity);
  EXPECT_EQ(9, IndexOfUnreadable(9).time_us);
}

}  // namespace
}  // namespace sekimori::store
