// The baseline: what was there at installation, taken once.
#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

TEST(Adoption, TakesKeyboardsAndHubsPresentAtTheFirstStart) {
  Terminal terminal;
  terminal.gate.Plug(Keyboard());
  terminal.gate.Plug(Hub("1-4"));
  terminal.gate.Plug(Stick());
  terminal.Start();
  ASSERT_TRUE(terminal.store.baseline.ok());
  EXPECT_EQ(terminal.store.baseline.value().size(), 2U);
  EXPECT_EQ(terminal.log.Of<model::DeviceAdopted>().size(), 2U);
  EXPECT_EQ(terminal.Judged("1-1")[0].decision.basis, model::Basis::kAdopted);
  EXPECT_EQ(terminal.Judged("1-2")[0].decision.verdict, model::Verdict::kDeny);
}

TEST(Adoption, LocksNobodyOutWhenEnforcingFromTheFirstStart) {
  Terminal terminal;
  terminal.gate.Plug(Keyboard());
  terminal.store.local = PolicyOf(model::Mode::kEnforce);
  terminal.Start();
  EXPECT_TRUE(terminal.Open("1-1"));
  EXPECT_EQ(terminal.Calls(Act::kRefuse, "1-1"), 0);
}

TEST(Adoption, IsNotTakenAgain) {
  Terminal terminal;
  terminal.Enforce();
  terminal.gate.Plug(Keyboard());
  terminal.Start();
  EXPECT_EQ(terminal.store.saves, 0);
  EXPECT_FALSE(terminal.Open("1-1"));
}

TEST(Adoption, TakesInWhatIsEnumeratedJustAfterTheFirstLook) {
  for (const model::Mode mode : {model::Mode::kObserve, model::Mode::kEnforce}) {
    Terminal terminal;
    terminal.gate.Plug(Hub("1-4"));
    terminal.store.local = PolicyOf(mode);
    terminal.Start();
    EXPECT_EQ(terminal.store.baseline.value().size(), 1U);
    terminal.clock.Advance(std::chrono::seconds{5});
    terminal.Plug(Keyboard("1-4.1"));
    EXPECT_EQ(terminal.store.baseline.value().size(), 2U);
    EXPECT_EQ(terminal.log.Of<model::DeviceAdopted>().size(), 2U);
    EXPECT_TRUE(terminal.Open("1-4.1"));
    EXPECT_EQ(terminal.Judged("1-4.1")[0].decision.basis, model::Basis::kAdopted);
  }
}

TEST(Adoption, IsOverSoonAlsoWhereThereWasNothingToAdopt) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  EXPECT_EQ(terminal.store.saves, 1);
  terminal.clock.Advance(Settings{}.adoption);
  terminal.Plug(Keyboard());
  terminal.source.RequestScan();
  terminal.Run();
  EXPECT_EQ(terminal.store.saves, 1);
  EXPECT_TRUE(terminal.store.baseline.value().empty());
  EXPECT_TRUE(terminal.log.Of<model::DeviceAdopted>().empty());
}

TEST(Adoption, IsNotBegunAgainByALaterStart) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.source.Stop();
  terminal.gate.Plug(Keyboard());  // a stranger's, left plugged in over a reboot
  terminal.Start();
  EXPECT_TRUE(terminal.store.baseline.value().empty());
}

TEST(Adoption, WaitsUntilUsbIsReady) {
  Terminal terminal;
  terminal.gate.Unplug("usb1");
  terminal.Observe();
  terminal.Start();
  EXPECT_EQ(terminal.store.saves, 0);
  terminal.clock.Advance(std::chrono::hours{1});
  terminal.gate.Plug(RootHub(1));
  terminal.gate.Plug(Keyboard());
  terminal.source.RequestScan();
  terminal.Look();
  terminal.Run();
  EXPECT_EQ(terminal.store.baseline.value().size(), 1U);
}

TEST(Adoption, IsOverOnceEnforcingBegins) {
  Terminal terminal;
  terminal.Observe();
  terminal.Start();
  terminal.Enforce();
  terminal.Reload();
  terminal.Plug(Keyboard());
  EXPECT_FALSE(terminal.Open("1-1"));
  EXPECT_TRUE(terminal.store.baseline.value().empty());
}

TEST(Adoption, ThatCannotBeSavedIsShownAndRecordsNothing) {
  Terminal terminal;
  terminal.gate.Plug(Keyboard());
  terminal.store.save_error = Error{ErrorCode::kFull, "baseline.toml", "no space left on device"};
  terminal.Start();
  EXPECT_TRUE(terminal.log.Of<model::DeviceAdopted>().empty());
  EXPECT_TRUE(terminal.HasTrouble("baseline"));
}

TEST(Adoption, ADamagedBaselineIsNotTakenAnew) {
  Terminal terminal;
  terminal.gate.Plug(Keyboard());
  terminal.store.baseline = Error{ErrorCode::kCorrupt, "baseline.toml:3", "not a baseline"};
  terminal.store.local = PolicyOf(model::Mode::kEnforce);
  terminal.Start();
  EXPECT_EQ(terminal.store.saves, 0);
  EXPECT_TRUE(terminal.HasTrouble("baseline"));
}

TEST(Adoption, CountsTwinsOnce) {
  Terminal terminal;
  terminal.gate.Plug(Keyboard("1-1"));
  terminal.gate.Plug(Keyboard("1-3"));
  terminal.Start();
  EXPECT_EQ(terminal.store.baseline.value().size(), 1U);
  EXPECT_EQ(terminal.log.Of<model::DeviceAdopted>().size(), 2U);
}

}  // namespace
}  // namespace sekimori::core::tests
