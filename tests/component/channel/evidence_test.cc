// What the collector makes of a log that is not what it should be: an alarm in its own chain, evidence kept, nothing
// overwritten, nothing silent.
#include <algorithm>

#include <gtest/gtest.h>

#include "server/store/verify.h"
#include "tests/component/channel/raw_link.h"

namespace sekimori::testing {
namespace {

// A terminal that is enrolled, has `stored` records at the collector, and is no longer connected.
class Evidence : public ::testing::Test {
 protected:
  void Prepare(std::size_t stored) {
    terminal_.log().Append(stored);
    ASSERT_TRUE(terminal_.Enrol(site_.MakeToken().text).ok());
    ASSERT_TRUE(Eventually([&] { return site_.Stored(terminal_.id()) == stored; })) << site_.journal().All();
    terminal_.Stop();
    terminal_.log().Append(20);
  }
  // Says it after a good greeting; the collector must refuse with this word.
  void ExpectRefused(const proto::FromTerminal& message, const std::string& word) {
    RawLink link(site_, terminal_);
    ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
    link.Say(message);
    const auto answer = link.HearAnswer();
    ASSERT_TRUE(answer.has_value());
    ASSERT_TRUE(answer->has_refused()) << answer->ShortDebugString();
    EXPECT_EQ(word, answer->refused().error_code());
    EXPECT_FALSE(link.Hear().has_value());
  }
  void ExpectOneAlarm(proto::AlarmKind kind, std::uint64_t sequence) {
    ASSERT_TRUE(Eventually([&] { return !site_.Alarms(kind).empty(); }));
    const std::vector<proto::CollectorAlarm> alarms = site_.Alarms(kind);
    ASSERT_EQ(1U, alarms.size());
    EXPECT_EQ(terminal_.id(), alarms.front().terminal_id());
    EXPECT_EQ(sequence, alarms.front().sequence());
  }
  std::vector<store::DisputedRecord> Disputed() { return site_.reader().ListDisputed(terminal_.id()).value(); }
  proto::FromTerminal Batch(std::uint64_t first, std::uint64_t last) {
    return BatchOf(terminal_.log(), first, last, terminal_.key());
  }

  Site site_;
  Terminal terminal_;
};

TEST_F(Evidence, ABrokenLinkIsAnAlarmAndNothingOfTheBatchIsStored) {
  Prepare(5);
  proto::FromTerminal batch = Batch(6, 10);
  batch.mutable_batch()->mutable_payloads(2)->back() ^= 1;
  ExpectRefused(batch, "corrupt");
  ExpectOneAlarm(proto::ALARM_BROKEN_CHAIN, 6);
  EXPECT_EQ(5U, site_.Stored(terminal_.id()));
  EXPECT_EQ(5U, Disputed().size());
  EXPECT_TRUE(site_.reader().FindTerminal(terminal_.id()).value().disputed);
}

TEST_F(Evidence, ASignatureByAnotherKeyIsAnAlarm) {
  Prepare(5);
  const signing::SigningKey other = signing::SigningKey::Generate().value();
  ExpectRefused(BatchOf(terminal_.log(), 6, 10, other), "untrusted");
  ExpectOneAlarm(proto::ALARM_BAD_SIGNATURE, 10);
  EXPECT_EQ(5U, site_.Stored(terminal_.id()));
}

TEST_F(Evidence, ARecordLeftOutIsAnAlarm) {
  Prepare(5);
  ExpectRefused(Batch(7, 10), "conflict");
  ExpectOneAlarm(proto::ALARM_GAP, 7);
  EXPECT_EQ(5U, site_.Stored(terminal_.id()));
}

TEST_F(Evidence, ABatchSaidTwiceIsStoredOnceAndAcknowledgedTwice) {
  Prepare(5);
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  link.Say(Batch(6, 10));
  EXPECT_EQ(10U, link.Hear()->ack().sequence());
  link.Say(Batch(6, 10));
  EXPECT_EQ(10U, link.Hear()->ack().sequence());
  link.Say(Batch(9, 14));
  EXPECT_EQ(14U, link.Hear()->ack().sequence());
  link.Say(Batch(15, 16));
  EXPECT_EQ(16U, link.Hear()->ack().sequence());
  EXPECT_EQ(16U, site_.EventCount(terminal_.id()));
  EXPECT_TRUE(site_.Alarms(proto::ALARM_FORK).empty());
}

TEST_F(Evidence, AnotherRecordUnderAStoredSequenceIsAForkAndIsKeptAside) {
  Prepare(5);
  const chain::Hash stored = site_.reader().HashAt(terminal_.id(), 4).value();
  terminal_.log().CutAfter(3);
  terminal_.log().Append(20, 7);
  ExpectRefused(Batch(4, 8), "conflict");
  ExpectOneAlarm(proto::ALARM_FORK, 4);
  EXPECT_EQ(stored, site_.reader().HashAt(terminal_.id(), 4).value());
  EXPECT_EQ(5U, site_.EventCount(terminal_.id()));
  ASSERT_EQ(5U, Disputed().size());
  EXPECT_EQ(proto::ALARM_FORK, Disputed().front().why);
}

TEST_F(Evidence, ALogThatGoesOnFromAnotherHistoryIsAForkAlthoughItIsLongEnough) {
  Prepare(5);
  terminal_.log().CutAfter(3);
  terminal_.log().Append(20, 7);
  ExpectRefused(Batch(6, 10), "conflict");
  ExpectOneAlarm(proto::ALARM_FORK, 5);
  EXPECT_EQ(5U, site_.Stored(terminal_.id()));
}

TEST_F(Evidence, AnHonestAgentWithARestoredDiskIsRefusedAndSaysSo) {
  Prepare(5);
  terminal_.log().CutAfter(3);
  terminal_.log().Append(20, 7);
  terminal_.Start();
  EXPECT_TRUE(Eventually([&] { return terminal_.state().phase == ports::LinkPhase::kRefused; }));
  ExpectOneAlarm(proto::ALARM_FORK, 5);
  ASSERT_TRUE(Eventually([&] { return !terminal_.sink().refused().empty(); }));
  EXPECT_EQ("conflict", terminal_.sink().refused().front().error_code);
  EXPECT_EQ(5U, site_.EventCount(terminal_.id()));
}

TEST_F(Evidence, ALogThatEndsTooEarlyIsARollback) {
  Prepare(9);
  terminal_.log().CutAfter(6);
  RawLink link(site_, terminal_);
  const auto answer = link.Greet(terminal_.log());
  ASSERT_TRUE(answer && answer->has_refused());
  EXPECT_EQ("conflict", answer->refused().error_code());
  ExpectOneAlarm(proto::ALARM_ROLLBACK, 6);
  EXPECT_EQ(9U, site_.Stored(terminal_.id()));
}

TEST_F(Evidence, AHeadOfTheSameLengthButAnotherHashIsAFork) {
  Prepare(9);
  terminal_.log().CutAfter(8);
  terminal_.log().Append(1, 7);
  RawLink link(site_, terminal_);
  const auto answer = link.Greet(terminal_.log());
  ASSERT_TRUE(answer && answer->has_refused());
  ExpectOneAlarm(proto::ALARM_FORK, 9);
}

TEST_F(Evidence, AnotherLogUnderTheSameCertificateIsAnAlarm) {
  Prepare(2);
  MemoryLog other(99);
  other.Append(5);
  RawLink link(site_, terminal_);
  const auto answer = link.Greet(other);
  ASSERT_TRUE(answer && answer->has_refused());
  EXPECT_EQ("conflict", answer->refused().error_code());
  ExpectOneAlarm(proto::ALARM_OTHER_LOG, 0);
}

TEST_F(Evidence, RecordsDeletedBeforeTheyWereSentAreARecordedGapAndTheRestGoesOn) {
  Prepare(5);
  terminal_.log().PruneUntil(12);
  terminal_.Start();
  EXPECT_TRUE(Eventually([&] { return site_.Stored(terminal_.id()) == 25; })) << site_.journal().All();
  ExpectOneAlarm(proto::ALARM_GAP, 6);
  EXPECT_EQ(18U, site_.EventCount(terminal_.id()));
  const std::vector<store::Gap> gaps = site_.Gaps(terminal_.id());
  ASSERT_EQ(1U, gaps.size());
  EXPECT_EQ(5U, gaps.front().last_before.sequence);
  EXPECT_EQ(12U, gaps.front().base.sequence);
  EXPECT_EQ(ErrorCode::kNotFound, site_.reader().HashAt(terminal_.id(), 6).error().code);
  EXPECT_TRUE(site_.reader().HashAt(terminal_.id(), 13).ok());
}

TEST_F(Evidence, EveryGapHasItsAlarmHoweverSoonTheyFollow) {
  Prepare(5);
  for (std::uint64_t round = 0; round < 3; ++round) {
    const std::uint64_t stored = site_.Stored(terminal_.id());
    terminal_.log().PruneUntil(stored + 2);
    terminal_.Start();
    ASSERT_TRUE(Eventually([&] { return site_.Stored(terminal_.id()) == terminal_.log().head(); }));
    terminal_.Stop();
    terminal_.log().Append(5);
  }
  const std::vector<store::Gap> gaps = site_.Gaps(terminal_.id());
  const std::vector<proto::CollectorAlarm> alarms = site_.Alarms(proto::ALARM_GAP);
  ASSERT_EQ(3U, gaps.size());
  ASSERT_EQ(3U, alarms.size());
  for (const store::Gap& gap : gaps) {
    EXPECT_TRUE(std::any_of(alarms.begin(), alarms.end(), [&](const proto::CollectorAlarm& alarm) {
      return alarm.gap().before_sequence() == gap.last_before.sequence &&
             alarm.gap().base_sequence() == gap.base.sequence;
    })) << gap.base.sequence;
  }
  const Result<store::VerifyReport> report = store::VerifyStore(
      site_.reader(), site_.authority().log_key().public_key(), {}, [](const store::VerifyProgress&) {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(0U, report.value().found);
}

TEST_F(Evidence, AGapThatWasNotAnnouncedIsNotAccepted) {
  Prepare(5);
  RawLink link(site_, terminal_);
  proto::FromTerminal hello = HelloOf(terminal_.log());
  hello.mutable_hello()->set_first_sequence(10);
  link.Say(hello);
  ASSERT_TRUE(link.Hear()->has_welcome());
  link.Say(Batch(12, 14));
  EXPECT_EQ("conflict", link.HearAnswer()->refused().error_code());
  EXPECT_EQ(5U, site_.Stored(terminal_.id()));
}

TEST_F(Evidence, ARecordAlteredOnTheTerminalsDiskIsSentAndFoundOut) {
  Prepare(5);
  terminal_.log().Damage(9);
  terminal_.Start();
  EXPECT_TRUE(Eventually([&] { return terminal_.state().phase == ports::LinkPhase::kRefused; }));
  ASSERT_TRUE(Eventually([&] { return !site_.Alarms(proto::ALARM_BROKEN_CHAIN).empty(); }));
  EXPECT_LT(site_.Stored(terminal_.id()), 9U);
}

class RefusedEachTime : public Evidence, public ::testing::WithParamInterface<bool> {};

TEST_P(RefusedEachTime, IsToldOnceAlthoughAWelcomeComesFirst) {
  Prepare(5);
  if (const bool lost = GetParam(); lost) {
    terminal_.log().Lose(9);
  } else {
    terminal_.log().Damage(9);
  }
  terminal_.Start();
  const auto refusals = [&] {
    const std::vector<ports::LinkPhase> phases = terminal_.sink().phases();
    return std::count(phases.begin(), phases.end(), ports::LinkPhase::kRefused);
  };
  for (int round = 1; round <= 3; ++round) {
    ASSERT_TRUE(Eventually([&] { return refusals() == round; })) << terminal_.state().detail;
    // Whoever asks for something ends its rest.
    EXPECT_EQ(ErrorCode::kInvalid, terminal_.Enrol("no token").error().code);
  }
  EXPECT_EQ(1U, terminal_.sink().refused().size());
}

INSTANTIATE_TEST_SUITE_P(Log, RefusedEachTime, ::testing::Bool(), [](const ::testing::TestParamInfo<bool>& lost) {
  return lost.param ? "WithARecordLost" : "WithARecordAltered";
});

TEST_F(Evidence, ARecordDeletedFromTheTerminalsUnsentLogIsAnAlarmOnBothSides) {
  Prepare(5);
  terminal_.log().Lose(9);
  terminal_.Start();
  ASSERT_TRUE(Eventually([&] { return terminal_.state().phase == ports::LinkPhase::kRefused; }))
      << terminal_.state().detail;
  ExpectOneAlarm(proto::ALARM_BROKEN_CHAIN, 9);
  EXPECT_EQ(8U, site_.Stored(terminal_.id())) << "what came before it was not sent";
  EXPECT_TRUE(site_.reader().FindTerminal(terminal_.id()).value().disputed);
  ASSERT_EQ(1U, terminal_.sink().damaged().size());
  EXPECT_EQ(9U, terminal_.sink().damaged().front().sequence);
}

TEST_F(Evidence, ACollectorThatLacksWhatItAcknowledgedIsAnAlarmOnBothSidesAndGetsItAgain) {
  Prepare(5);
  ASSERT_TRUE(terminal_.log().NewOutbox()->SetAcknowledged(9).ok());
  terminal_.Start();
  ASSERT_TRUE(Eventually([&] { return site_.Stored(terminal_.id()) == 25; })) << site_.journal().All();
  ExpectOneAlarm(proto::ALARM_STORE_CUT, 6);
  ASSERT_EQ(1U, terminal_.sink().behind().size());
  EXPECT_EQ(9U, terminal_.sink().behind().front().acknowledged);
  EXPECT_EQ(5U, terminal_.sink().behind().front().stored);
  EXPECT_FALSE(site_.reader().FindTerminal(terminal_.id()).value().disputed);
}

TEST_F(Evidence, APolicyThatTheSiteDidNotIssueIsAnAlarmAndNoReasonToRefuse) {
  Prepare(5);
  const std::string toml = "mode = \"observe\"\n";
  const std::uint64_t version = site_.ApplyPolicy("office", toml);
  const auto greet = [&](std::uint64_t in_force, const std::string& text) {
    RawLink link(site_, terminal_);
    proto::FromTerminal hello = HelloOf(terminal_.log());
    hello.mutable_hello()->set_policy_version(in_force);
    hello.mutable_hello()->set_policy_sha256(std::string(signing::AsBytes(signing::Sha256(text))));
    link.Say(hello);
    EXPECT_TRUE(link.Hear()->has_welcome());
  };
  greet(version, toml);
  EXPECT_TRUE(site_.Alarms(proto::ALARM_POLICY).empty());
  greet(version + 6, toml);
  ExpectOneAlarm(proto::ALARM_POLICY, 0);
  EXPECT_NE(std::string::npos, site_.Alarms(proto::ALARM_POLICY).front().detail().find("version 7"));
}

TEST_F(Evidence, ANumberOfTheSitesUnderAnotherTextIsAnAlarmToo) {
  Prepare(5);
  const std::uint64_t version = site_.ApplyPolicy("office", "mode = \"observe\"\n");
  RawLink link(site_, terminal_);
  proto::FromTerminal hello = HelloOf(terminal_.log());
  hello.mutable_hello()->set_policy_version(version);
  hello.mutable_hello()->set_policy_sha256(std::string(signing::AsBytes(signing::Sha256("other"))));
  link.Say(hello);
  EXPECT_TRUE(link.Hear()->has_welcome());
  ExpectOneAlarm(proto::ALARM_POLICY, 0);
}

TEST_F(Evidence, APolicyThatWasIssuedToAnotherTerminalAloneIsAnAlarmToo) {
  Prepare(5);
  Terminal other(2);
  ASSERT_TRUE(other.Enrol(site_.MakeToken().text).ok());
  other.Stop();
  const std::string toml = "mode = \"observe\"\n";
  store::Policy move;
  move.version = site_.ApplyPolicy("tax", toml) + 1;
  move.group = "tax";
  move.toml = toml;
  move.terminal = other.id();
  proto::Event event;
  event.mutable_operator_action()->set_target(other.id());
  ASSERT_TRUE(site_.writer().MoveTerminal(move, {std::span(&event, 1), site_.authority().log_key()}).ok());
  RawLink link(site_, terminal_);
  proto::FromTerminal hello = HelloOf(terminal_.log());
  hello.mutable_hello()->set_policy_version(move.version);
  hello.mutable_hello()->set_policy_sha256(std::string(signing::AsBytes(signing::Sha256(toml))));
  link.Say(hello);
  EXPECT_TRUE(link.Hear()->has_welcome());
  ExpectOneAlarm(proto::ALARM_POLICY, 0);
  const std::vector<proto::CollectorAlarm> alarms = site_.Alarms(proto::ALARM_POLICY);
  ASSERT_EQ(1U, alarms.size());
  EXPECT_NE(std::string::npos, alarms.front().detail().find(other.id()));
}

TEST_F(Evidence, TheCollectorNotesWhereTheChainsEnd) {
  Prepare(5);
  const auto noted = [&] {
    std::vector<proto::NotedHead> heads;
    store::EventFilter filter;
    filter.types = {proto::Event::kHeadsNoted};
    EXPECT_TRUE(site_.reader()
                    .VisitEvents(filter,
                                 [&](const store::StoredEvent& stored) {
                                   proto::Event event;
                                   EXPECT_TRUE(event.ParseFromString(stored.payload));
                                   EXPECT_EQ(store::kOwnLog, stored.terminal);
                                   heads.insert(heads.end(), event.heads_noted().heads().begin(),
                                                event.heads_noted().heads().end());
                                   return true;
                                 })
                    .ok());
    return heads;
  };
  const std::size_t before = noted().size();
  site_.StopCollector();
  site_.StartCollector();
  ASSERT_TRUE(Eventually([&] { return noted().size() > before; }));
  const proto::NotedHead head = noted().back();
  const chain::Head stored = site_.reader().FindTerminal(terminal_.id()).value().head;
  EXPECT_EQ(terminal_.id(), head.terminal_id());
  EXPECT_EQ(stored.sequence, head.sequence());
  EXPECT_EQ(signing::AsBytes(stored.hash), head.hash());
  const auto looks = site_.collector().groups();
  ASSERT_TRUE(Eventually([&] { return site_.collector().groups() > looks + 1; }));
  EXPECT_EQ(before + 1, noted().size()) << "the same heads were noted again";
}

TEST_F(Evidence, ATerminalThatHasRecordsAndNeverSendsThemIsAnAlarm) {
  Prepare(5);
  for (std::uint32_t call = 0; call < intake::LagWatch::kCalls; ++call) {
    EXPECT_TRUE(site_.Alarms(proto::ALARM_WITHHELD).empty());
    RawLink link(site_, terminal_);
    ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
    link.Close();
  }
  ExpectOneAlarm(proto::ALARM_WITHHELD, 6);
  EXPECT_FALSE(site_.reader().FindTerminal(terminal_.id()).value().disputed);
}

TEST_F(Evidence, ARecordThatIsNoEventIsStoredWithAnAlarm) {
  Prepare(5);
  terminal_.log().CutAfter(5);
  terminal_.log().AppendPayload("\xff\xff\xff no event");
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  link.Say(Batch(6, 6));
  EXPECT_EQ(6U, link.Hear()->ack().sequence());
  ExpectOneAlarm(proto::ALARM_UNREADABLE, 6);
}

TEST_F(Evidence, AClockFarFromTheCollectorsIsAnAlarmAndTheRecordsAreStored) {
  Prepare(5);
  RawLink link(site_, terminal_);
  ASSERT_TRUE(link.Greet(terminal_.log())->has_welcome());
  constexpr std::int64_t kMinute = 60'000'000;
  link.Say(BatchOf(terminal_.log(), 6, 7, terminal_.key(), NowUs() - 9 * kMinute));
  EXPECT_EQ(7U, link.Hear()->ack().sequence());
  EXPECT_TRUE(site_.Alarms(proto::ALARM_CLOCK).empty());
  for (const std::int64_t time : {NowUs() - 11 * kMinute, NowUs() + 11 * kMinute, INT64_MIN, INT64_MAX}) {
    const std::uint64_t next = site_.Stored(terminal_.id()) + 1;
    link.Say(BatchOf(terminal_.log(), next, next, terminal_.key(), time));
    EXPECT_EQ(next, link.Hear()->ack().sequence());
  }
  EXPECT_EQ(11U, site_.Stored(terminal_.id()));
  ExpectOneAlarm(proto::ALARM_CLOCK, 8);
}

TEST_F(Evidence, TwoLivingConnectionsOfOneTerminalAreAnAlarmAndTheNewestStays) {
  Prepare(5);
  RawLink first(site_, terminal_);
  ASSERT_TRUE(first.Greet(terminal_.log())->has_welcome());
  RawLink second(site_, terminal_);
  ASSERT_TRUE(second.Greet(terminal_.log())->has_welcome());
  const auto told = first.Hear();
  ASSERT_TRUE(told && told->has_refused());
  EXPECT_EQ("conflict", told->refused().error_code());
  first.Close();
  ExpectOneAlarm(proto::ALARM_TWO_PLACES, 0);
  second.Say(Batch(6, 10));
  EXPECT_EQ(10U, second.Hear()->ack().sequence());
}

TEST_F(Evidence, AConnectionThatHadEndedBeforeTheNextBeganIsNoAlarm) {
  Prepare(5);
  {
    RawLink first(site_, terminal_);
    ASSERT_TRUE(first.Greet(terminal_.log())->has_welcome());
    first.Close();
  }
  RawLink second(site_, terminal_);
  ASSERT_TRUE(second.Greet(terminal_.log())->has_welcome());
  second.Say(Batch(6, 10));
  EXPECT_EQ(10U, second.Hear()->ack().sequence());
  EXPECT_TRUE(site_.Alarms(proto::ALARM_TWO_PLACES).empty());
}

TEST_F(Evidence, TheSameFindingIsNotWrittenAgainAtEveryAttempt) {
  Prepare(9);
  terminal_.log().CutAfter(6);
  for (int i = 0; i < 3; ++i) {
    RawLink link(site_, terminal_);
    EXPECT_TRUE(link.Greet(terminal_.log())->has_refused());
  }
  EXPECT_EQ(1U, site_.Alarms(proto::ALARM_ROLLBACK).size());
}

}  // namespace
}  // namespace sekimori::testing
