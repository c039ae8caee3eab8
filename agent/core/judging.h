// Judging: asks policy about devices in the present situation, keeps the answer in the table, and puts into the
// recorder what is news. Lets nothing in and refuses nothing. Deciding thread only. Req: R02, R05
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "agent/core/device_table.h"
#include "agent/core/recorder.h"
#include "agent/model/policy.h"
#include "agent/policy/decide.h"
#include "agent/ports/clock.h"

namespace sekimori::core {

// Wall time broken down in the terminal's own time zone.
struct LocalTime {
  std::uint8_t weekday = 1;  // ISO: 1 Monday … 7 Sunday
  std::chrono::minutes time_of_day{0};
};
using LocalTimeOf = std::function<LocalTime(model::WallTime)>;

// What decisions rest on besides the device.
struct Standing {
  model::Policy policy;
  model::Baseline baseline;
  bool released = false;  // root opened the barrier: everything is let in until it is closed
  bool lift = false;      // observing after enforcing: what we had shut is let in
  std::vector<policy::User> users;

  [[nodiscard]] bool enforcing() const { return policy.mode == model::Mode::kEnforce && !released; }
};

class Judging {
 public:
  Judging(const Standing& standing, DeviceTable& table, Recorder& recorder, const ports::Clock& clock,
          LocalTimeOf local_time);

  // Judges one device among those that came before it; where a rule counts devices, those that came after it as well,
  // since its place may be one of theirs. Recorded if it is new, became another device, or if the decision or the mode
  // differs from the last; otherwise only the table is brought up to date.
  void Judge(Present& present, model::Trigger trigger);
  // Everything judged before, in order of arrival; what waits for its hub goes on waiting.
  void JudgeAll(model::Trigger trigger);
  // Whether a rule of the policy counts the devices it lets in, so that one device's coming or going is another's
  // matter.
  [[nodiscard]] bool Counts() const;
  // Puts the judgement that stands into the recorder once more: its first record was given up.
  void RecordAgain(const Present& present);

  // How the device is to stand in the kernel.
  [[nodiscard]] Target TargetFor(const Present& present) const;
  [[nodiscard]] bool enforcing() const { return standing_.enforcing(); }
  [[nodiscard]] policy::Situation SituationNow() const;
  // Whether a time window of the policy has opened or closed since everything was last judged.
  [[nodiscard]] bool WindowsTurned() const;
  // Until a time window of the policy opens or closes.
  [[nodiscard]] std::optional<std::chrono::microseconds> UntilWindowEdge() const;

 private:
  [[nodiscard]] model::Decision Decide(const model::Device& device, const policy::Situation& situation) const;
  // False: nothing about it is news.
  bool Take(Present& present, model::Decision decision, model::Trigger trigger);

  const Standing& standing_;
  DeviceTable& table_;
  Recorder& recorder_;
  const ports::Clock& clock_;
  const LocalTimeOf local_time_;
  std::vector<bool> windows_judged_by_;  // policy::OpenWindows when everything was last judged
};

// Same verdict for the same reason. The policy's version is not part of it: that a new version stands is recorded once,
// not once a device.
[[nodiscard]] bool SameDecision(const model::Decision& a, const model::Decision& b);

}  // namespace sekimori::core
