// Enforcing by itself: the last guard before a grant, whoever calls it.
#include "agent/core/enforcing.h"

#include <gtest/gtest.h>

#include "tests/unit/core/terminal.h"

namespace sekimori::core::tests {
namespace {

TEST(Enforcing, LetsNothingInByAJudgementThatIsNotRecorded) {
  fakes::FakeClock clock;
  fakes::FakeEventLog log;
  fakes::FakeDeviceGate gate;
  DeviceTable table;
  Troubles troubles;
  Recorder recorder(log, clock);
  Standing standing;
  standing.policy = PolicyOf(model::Mode::kEnforce, {AllowVendor(0x0951)});
  Judging judging(standing, table, recorder, clock, [](model::WallTime) { return LocalTime{}; });
  Enforcing enforcing(gate, judging, table, recorder, troubles);
  ASSERT_TRUE(gate.CloseBarrier().ok());
  gate.Plug(Stick());
  Present& present = table.Add({Stick(), {}});
  judging.Judge(present, model::Trigger::kArrived);
  enforcing.LetIn();
  EXPECT_FALSE(gate.AdmissionOf("1-2").authorized);
  present.judged->recorded = true;
  enforcing.LetIn();
  EXPECT_TRUE(gate.AdmissionOf("1-2").authorized);
}

}  // namespace
}  // namespace sekimori::core::tests
