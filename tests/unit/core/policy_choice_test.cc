// Which policy stands, and that nothing comes into force unrecorded.
#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

const Error kBroken{ErrorCode::kInvalid, "policy.toml:14", "unknown access word 'writ'"};

model::Policy Collectors(std::uint64_t version, model::Mode mode, std::vector<model::Rule> rules = {}) {
  model::Policy policy = PolicyOf(mode, std::move(rules));
  policy.source = model::PolicySource::kCollector;
  policy.version = version;
  return policy;
}

TEST(PolicyAtStart, IsBuiltInAndObservesWhenThereIsNone) {
  fakes::FakePolicyStore store;
  const PolicyChoice choice = ChooseAtStart(store, false);
  ASSERT_TRUE(choice.next);
  EXPECT_EQ(choice.next->source, model::PolicySource::kBuiltIn);
  EXPECT_EQ(choice.next->mode, model::Mode::kObserve);
  EXPECT_TRUE(choice.refused.empty());
}

TEST(PolicyAtStart, TheCollectorsOverridesTheLocal) {
  fakes::FakePolicyStore store;
  store.local = PolicyOf(model::Mode::kObserve);
  store.collector = Collectors(3, model::Mode::kEnforce);
  EXPECT_EQ(ChooseAtStart(store, false).next->version, 3U);
}

struct Fault {
  const char* name;
  bool local_broken, collector_broken, was_enforcing;
  model::Mode mode;
};

TEST(PolicyAtStart, FallsShutWhenItCannotBeReadAfterEnforcing) {
  const std::vector<Fault> faults = {
      {"local broken, was enforcing", true, false, true, model::Mode::kEnforce},
      {"local broken, was observing", true, false, false, model::Mode::kObserve},
      {"collector's broken, was enforcing", false, true, true, model::Mode::kEnforce},
      {"collector's broken, was observing", false, true, false, model::Mode::kObserve},
      {"both gone, was enforcing", false, false, true, model::Mode::kEnforce},
  };
  for (const Fault& fault : faults) {
    fakes::FakePolicyStore store;
    if (fault.local_broken) store.local = kBroken;
    if (fault.collector_broken) {
      store.collector = Error{ErrorCode::kCorrupt, "policy.signed", "damaged"};
      store.local = PolicyOf(model::Mode::kObserve);  // laxer, and not to be fallen back on
    }
    const PolicyChoice choice = ChooseAtStart(store, fault.was_enforcing);
    ASSERT_TRUE(choice.next) << fault.name;
    EXPECT_EQ(choice.next->source, model::PolicySource::kBuiltIn) << fault.name;
    EXPECT_EQ(choice.next->mode, fault.mode) << fault.name;
    EXPECT_TRUE(choice.next->honour_adopted) << fault.name;
    EXPECT_EQ(choice.refused.size(), 1U) << fault.name;
  }
}

TEST(PolicyAtStart, ABrokenOneLeavesTheAdoptedKeyboardWorking) {
  Terminal terminal;
  terminal.store.local = kBroken;
  terminal.store.marker = true;
  terminal.store.baseline = model::Baseline{policy::Adopt(Keyboard())};
  terminal.gate.Plug(Keyboard());
  terminal.gate.Plug(Stick());
  terminal.Start();
  EXPECT_TRUE(terminal.Open("1-1"));
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.log.Of<model::PolicyRefused>().at(0).where, "policy.toml:14");
  EXPECT_TRUE(terminal.HasTrouble("policy"));
}

TEST(PolicyAtReload, ABrokenFileIsRefusedRecordedAndTheLastGoodStays) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.Plug(Stick());
  terminal.store.local = kBroken;
  const ports::Answer answer = terminal.Ask(ports::OrderReload{});
  ASSERT_TRUE(std::holds_alternative<Error>(answer));
  EXPECT_EQ(std::get<Error>(answer).where, "policy.toml:14");
  EXPECT_EQ(terminal.log.Of<model::PolicyRefused>().size(), 1U);
  EXPECT_TRUE(terminal.Open("1-2"));
  terminal.Enforce({AllowVendor(0x0951)});
  EXPECT_TRUE(std::holds_alternative<ports::Done>(terminal.Ask(ports::OrderReload{})));
  EXPECT_FALSE(terminal.HasTrouble("policy"));
}

TEST(PolicyAtReload, AMissingFileDoesNotEndEnforcing) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.store.local = fakes::FakePolicyStore::NotFound();
  terminal.Reload();
  EXPECT_EQ(terminal.Status().mode, model::Mode::kEnforce);
  EXPECT_EQ(terminal.log.Of<model::PolicyRefused>().size(), 1U);
}

TEST(PolicyAtReload, ALocalFileDoesNotTouchTheCollectorsPolicy) {
  Terminal terminal;
  terminal.store.collector = Collectors(3, model::Mode::kEnforce);
  terminal.Start();
  terminal.Observe();
  terminal.Reload();
  EXPECT_EQ(terminal.Status().mode, model::Mode::kEnforce);
  EXPECT_EQ(terminal.Status().policy_version, 3U);
}

TEST(PolicyOffered, IsRecordedKeptAppliedAndReported) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.store.offers.emplace("signed", Collectors(4, model::Mode::kEnforce));
  terminal.queue->OnPolicy("signed");
  terminal.Run();
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.store.kept, std::vector<std::string>{"signed"});
  EXPECT_EQ(terminal.log.Of<model::PolicyInForce>().back().version, 4U);
  EXPECT_EQ(terminal.link.reports().back().version, 4U);
  EXPECT_EQ(terminal.link.reports().back().mode, model::Mode::kEnforce);
  EXPECT_TRUE(terminal.store.marker);
}

TEST(PolicyOffered, IsRecordedWithTheGroupTheTerminalIsInFromThenOn) {
  Terminal terminal;
  terminal.Start();
  model::Policy policy = Collectors(4, model::Mode::kObserve);
  policy.group = "zeimu";
  terminal.store.offers.emplace("signed", policy);
  terminal.queue->OnPolicy("signed");
  terminal.Run();
  EXPECT_EQ(terminal.log.Of<model::PolicyInForce>().front().group, "");
  EXPECT_EQ(terminal.log.Of<model::PolicyInForce>().back().group, "zeimu");
}

TEST(PolicyAtStart, FinishesAMoveThatAPowerCutLeftUndone) {
  Terminal terminal;
  terminal.store.collector = Collectors(3, model::Mode::kEnforce);
  terminal.Start();
  EXPECT_EQ(terminal.store.moves_finished, 1);
  EXPECT_FALSE(terminal.HasTrouble("site"));
}

TEST(PolicyAtStart, AMoveThatCannotBeFinishedIsTroubleAndNoReasonToLetGoOfThePolicy) {
  Terminal terminal;
  terminal.store.collector = Collectors(3, model::Mode::kEnforce);
  terminal.store.finished_move = Error{ErrorCode::kFull, "site.toml", "no space left on device"};
  terminal.Start();
  EXPECT_TRUE(terminal.HasTrouble("site"));
  EXPECT_EQ(terminal.Status().policy_version, 3U);
  terminal.store.offers.emplace("signed", Collectors(4, model::Mode::kEnforce));
  terminal.queue->OnPolicy("signed");
  terminal.Run();
  EXPECT_FALSE(terminal.HasTrouble("site")) << "what is kept now is kept whole";
}

TEST(PolicyAtStart, AMoveThatCannotBeFinishedIsTriedAgain) {
  Terminal terminal;
  terminal.store.collector = Collectors(3, model::Mode::kEnforce);
  terminal.store.finished_move = Error{ErrorCode::kFull, "site.toml", "no space left on device"};
  terminal.Start();
  terminal.Pass(std::chrono::minutes{5});
  EXPECT_TRUE(terminal.HasTrouble("site"));
  terminal.store.finished_move = Status::Ok();
  terminal.Pass(std::chrono::minutes{5});
  EXPECT_FALSE(terminal.HasTrouble("site"));
  const int finished = terminal.store.moves_finished;
  terminal.Pass(std::chrono::minutes{5});
  EXPECT_EQ(terminal.store.moves_finished, finished) << "nothing is left to do";
}

TEST(PolicyOffered, AWronglySignedOneIsRefusedRecordedAndReported) {
  Terminal terminal;
  terminal.store.collector = Collectors(3, model::Mode::kEnforce);
  terminal.Start();
  terminal.queue->OnPolicy("forged");
  terminal.Run();
  const auto refused = terminal.log.Of<model::PolicyRefused>();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].source, model::PolicySource::kCollector);
  EXPECT_EQ(refused[0].error_code, "untrusted");
  EXPECT_EQ(refused[0].offered_version, 6U);
  EXPECT_EQ(terminal.link.reports().back().version, 3U);
  EXPECT_EQ(terminal.link.reports().back().refused_version, 6U);
  EXPECT_EQ(terminal.link.reports().back().error_code, "untrusted");
  EXPECT_TRUE(terminal.store.kept.empty());
}

TEST(PolicyOffered, ARefusalIsRecordedOnceHoweverOftenTheSameIsOffered) {
  Terminal terminal;
  terminal.store.collector = Collectors(3, model::Mode::kEnforce);
  terminal.Start();
  const auto offer = [&](const std::string& document) {
    terminal.queue->OnPolicy(document);
    terminal.Run();
    return terminal.log.Of<model::PolicyRefused>().size();
  };
  EXPECT_EQ(offer("forged"), 1U);
  EXPECT_EQ(offer("forged"), 1U);
  EXPECT_EQ(terminal.link.reports().back().refused_version, 6U);
  EXPECT_EQ(offer("forged, of another version"), 2U);
  EXPECT_EQ(offer("forged"), 3U);
  // The same version refused for another reason is news.
  terminal.store.offers.insert_or_assign("forged", Error{ErrorCode::kInvalid, "policy:3", "unknown key"});
  EXPECT_EQ(offer("forged"), 4U);
  // And so is what was taken in between.
  terminal.store.offers.insert_or_assign("good", Collectors(4, model::Mode::kEnforce));
  EXPECT_EQ(offer("good"), 4U);
  EXPECT_EQ(offer("forged"), 5U);
}

TEST(PolicyOffered, LetsNothingInUnrecordedButAsSoonAsItCan) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.store.offers.emplace("signed", Collectors(4, model::Mode::kEnforce, {AllowVendor(0x0951)}));
  terminal.log.Fail(Error{ErrorCode::kFull, "log.db", "no space left on device"});
  terminal.queue->OnPolicy("signed");
  terminal.Run();
  EXPECT_FALSE(terminal.Open("1-2"));
  terminal.log.Fail(std::nullopt);
  terminal.Pass(Recorder::kSlowestRetry);
  EXPECT_TRUE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.Status().policy_version, 4U);
  EXPECT_EQ(terminal.log.Of<model::PolicyInForce>().size(), 2U);
}

TEST(PolicyOffered, ATighterOneShutsAtOnceAlthoughTheLogRefuses) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.Plug(Stick());
  ASSERT_TRUE(terminal.Open("1-2"));
  terminal.store.offers.emplace("signed", Collectors(4, model::Mode::kEnforce));
  terminal.log.Fail(Error{ErrorCode::kFull, "log.db", "no space left on device"});
  terminal.queue->OnPolicy("signed");
  terminal.Run();
  EXPECT_FALSE(terminal.Open("1-2"));
  terminal.log.Fail(std::nullopt);
  terminal.Pass(Recorder::kSlowestRetry);
  EXPECT_EQ(terminal.log.Of<model::PolicyInForce>().back().version, 4U);
  EXPECT_EQ(terminal.Judged("1-2").back().decision.policy_version, 4U);
}

TEST(PolicyOffered, ShutsBeforeItIsKeptAndIsKeptBeforeItIsRecorded) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Plug(Stick());
  terminal.store.offers.emplace("signed", Collectors(4, model::Mode::kEnforce));
  bool shut_when_kept = false;
  std::uint64_t recorded_when_kept = 99;
  terminal.store.on_keep = [&] {
    shut_when_kept = !terminal.Open("1-2") && terminal.gate.ReadBarrier().value().closed;
    recorded_when_kept = terminal.log.Of<model::PolicyInForce>().back().version;
  };
  terminal.queue->OnPolicy("signed");
  terminal.Run();
  EXPECT_TRUE(shut_when_kept);
  EXPECT_EQ(recorded_when_kept, 0U);
  EXPECT_EQ(terminal.log.Of<model::PolicyInForce>().back().version, 4U);
}

TEST(PolicyOffered, ATighterOneThatCannotBeKeptShutsAllTheSameAndIsKeptLater) {
  Terminal terminal;
  terminal.Enforce({AllowVendor(0x0951)});
  terminal.Start();
  terminal.Plug(Stick());
  ASSERT_TRUE(terminal.Open("1-2"));
  terminal.store.offers.emplace("signed", Collectors(4, model::Mode::kEnforce));
  terminal.store.keep_error = Error{ErrorCode::kFull, "policy.signed", "no space left on device"};
  terminal.queue->OnPolicy("signed");
  terminal.Run();
  EXPECT_FALSE(terminal.Open("1-2"));
  EXPECT_EQ(terminal.Status().policy_version, 4U);
  EXPECT_TRUE(terminal.HasTrouble("unkept_policy"));
  terminal.Pass(std::chrono::minutes{5});
  EXPECT_EQ(terminal.log.Of<model::EnforcementFailed>().size(), 1U);
  terminal.store.keep_error.reset();
  terminal.Pass(std::chrono::minutes{5});
  EXPECT_EQ(terminal.store.kept, std::vector<std::string>{"signed"});
  EXPECT_FALSE(terminal.HasTrouble("unkept_policy"));
  EXPECT_EQ(terminal.log.Of<model::PolicyInForce>().size(), 2U);
}

// The store judges by what it could keep, the group it was in before included.
TEST(PolicyOffered, WhatAnUnkeptOneStandsInTheWayOfIsTakenOnceItIsKept) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.store.offers.emplace("move", Collectors(4, model::Mode::kEnforce));
  terminal.store.offers.emplace("group", Error{ErrorCode::kConflict, "signed policy", "it is for group"});
  terminal.store.keep_error = Error{ErrorCode::kFull, "policy.signed", "no space left on device"};
  terminal.queue->OnPolicy("move");
  terminal.Run();
  terminal.queue->OnPolicy("group");
  terminal.Run();
  EXPECT_EQ(terminal.Status().policy_version, 4U);
  terminal.store.keep_error.reset();
  terminal.store.on_keep = [&] {
    terminal.store.offers.insert_or_assign("group", Collectors(5, model::Mode::kEnforce));
  };
  const std::size_t reports = terminal.link.reports().size();
  terminal.Pass(std::chrono::minutes{5});
  EXPECT_EQ(terminal.store.kept, (std::vector<std::string>{"move", "group"}));
  EXPECT_EQ(terminal.Status().policy_version, 5U);
  ASSERT_GT(terminal.link.reports().size(), reports);
  EXPECT_EQ(terminal.link.reports()[reports].version, 4U) << "the link reads the group again";
  EXPECT_FALSE(terminal.HasTrouble("policy"));
}

TEST(PolicyOffered, AnOlderOneIsRefusedAlsoWhileTheStandingOneIsNotKept) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.store.offers.emplace("new", Collectors(4, model::Mode::kEnforce));
  terminal.store.offers.emplace("old", Collectors(3, model::Mode::kEnforce));
  terminal.store.keep_error = Error{ErrorCode::kFull, "policy.signed", "no space left on device"};
  terminal.queue->OnPolicy("new");
  terminal.Run();
  terminal.queue->OnPolicy("old");
  terminal.Run();
  EXPECT_EQ(terminal.Status().policy_version, 4U);
  ASSERT_EQ(terminal.log.Of<model::PolicyRefused>().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::PolicyRefused>().front().error_code, "conflict");
  // Enrolled anew, it begins anew.
  terminal.store.offers.insert_or_assign("new", Error{ErrorCode::kConflict, "signed policy", "another site's"});
  terminal.queue->OnPolicy("old");
  terminal.Run();
  EXPECT_EQ(terminal.Status().policy_version, 3U);
}

TEST(PolicyOffered, ThatCannotBeKeptOpensNothing) {
  Terminal terminal;
  terminal.Enforce();
  terminal.Start();
  terminal.store.offers.emplace("signed", Collectors(4, model::Mode::kObserve));
  terminal.store.keep_error = Error{ErrorCode::kFull, "policy.signed", "no space left on device"};
  terminal.queue->OnPolicy("signed");
  terminal.Run();
  EXPECT_EQ(terminal.Status().mode, model::Mode::kEnforce);
  EXPECT_TRUE(terminal.gate.ReadBarrier().value().closed);
  EXPECT_EQ(terminal.log.Of<model::PolicyRefused>().back().error_code, "full");
  EXPECT_EQ(terminal.log.Of<model::PolicyInForce>().size(), 1U);  // what is not in force is not said to be
}

}  // namespace
}  // namespace sekimori::core::tests
