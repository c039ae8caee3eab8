#include "agent/offline_door.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "agent/core/admission.h"
#include "agent/core/device_table.h"
#include "agent/core/notice_queue.h"
#include "agent/rescue_rule.h"

namespace sekimori::agent {

namespace {

using Steady = std::chrono::steady_clock;

std::vector<model::Observation> Observations(core::NoticeGroup group) {
  std::vector<model::Observation> seen;
  for (ports::DeviceNotice& notice : group.devices) {
    if (auto* one = std::get_if<ports::DeviceSeen>(&notice)) seen.push_back(std::move(one->observation));
    if (auto* all = std::get_if<ports::AllDevices>(&notice))
      std::move(all->observations.begin(), all->observations.end(), std::back_inserter(seen));
  }
  std::sort(seen.begin(), seen.end(),
            [](const auto& a, const auto& b) { return core::PortBefore(a.device.port_path, b.device.port_path); });
  return seen;
}

// Everything seen until it has been quiet for a while is handed to `take`.
Status WatchUntilQuiet(ports::DeviceSource& source, const Watching& watching,
                       const std::function<void(const model::Observation&)>& take) {
  core::NoticeQueue queue;
  if (Status started = source.Start(queue); !started.ok()) return started;
  const Steady::time_point end = Steady::now() + watching.at_most;
  Steady::time_point quiet = Steady::now() + watching.quiet;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::microseconds>(std::min(end, quiet) - Steady::now());
    const auto seen = Observations(queue.Take(std::max(std::chrono::microseconds{0}, left)));
    for (const model::Observation& observation : seen) {
      if (!observation.admission.authorized) quiet = Steady::now() + watching.quiet;
      take(observation);
    }
    if (Steady::now() >= end || (seen.empty() && Steady::now() >= quiet)) break;
  }
  source.Stop();
  return Status::Ok();
}

// The first error of several acts.
class FirstError {
 public:
  void Take(Status status) {
    if (first_.ok()) first_ = std::move(status);
  }
  [[nodiscard]] Status status() const { return first_; }

 private:
  Status first_;
};

// It left, or another one came in its place, which the source will tell: nothing that failed.
bool LeftMeanwhile(const Status& admitted) {
  return !admitted.ok() &&
         (admitted.error().code == ErrorCode::kNotFound || admitted.error().code == ErrorCode::kConflict);
}

// One run of OpenDoor.
class Opening {
 public:
  explicit Opening(const OfflineDoor& door) : door_(door) {}

  [[nodiscard]] Status Run(const model::BarrierReleased& order, const Watching& watching) {
    if (Status recorded = Record(order); !recorded.ok()) return recorded;
    if (const Status opened = door_.gate.OpenBarrier(); !opened.ok())
      Failed({}, {}, Error{opened.error().code, "opening the barrier", ToString(opened.error())});
    auto source = door_.open_source();
    if (!source.ok()) {
      outcome_.Take(source.error());
    } else {
      outcome_.Take(
          WatchUntilQuiet(*source.value(), watching, [this](const model::Observation& seen) { LetIn(seen); }));
    }
    return outcome_.status();
  }

 private:
  [[nodiscard]] Status Record(model::EventBody body) {
    const model::Event event{door_.clock.Now(), door_.clock.SinceBoot(), std::move(body)};
    return door_.log.Append({&event, 1});
  }

  void LetIn(const model::Observation& seen) {
    const core::Target whole{core::Target::Kind::kOpen, {}};
    if (seen.device.root_hub || !core::LessOpen(whole, seen.device, seen.admission)) return;
    model::DeviceJudged judged;
    judged.device = seen.device;
    judged.decision.verdict = model::Verdict::kAllow;
    judged.decision.basis = model::Basis::kReleased;
    judged.mode = model::Mode::kEnforce;
    judged.trigger = model::Trigger::kPresentAtStart;
    if (Status recorded = Record(judged); !recorded.ok()) return outcome_.Take(std::move(recorded));
    const Status admitted = door_.gate.AdmitDevice(seen.device);
    if (!admitted.ok() && !LeftMeanwhile(admitted)) Failed(seen.device, judged.decision, admitted.error());
  }

  void Failed(const model::Device& device, const model::Decision& decision, const Error& error) {
    outcome_.Take(error);
    outcome_.Take(Record(model::EnforcementFailed{device, decision, ToString(error)}));
  }

  const OfflineDoor& door_;
  FirstError outcome_;
};

}  // namespace

Status LetInputIn(const model::Baseline& baseline, ports::DeviceSource& source, ports::DeviceGate& gate,
                  const Watching& watching) {
  FirstError outcome;
  outcome.Take(WatchUntilQuiet(source, watching, [&](const model::Observation& seen) {
    if (seen.admission.authorized || !IsRescued(baseline, seen.device)) return;
    Status admitted = gate.AdmitDevice(seen.device);
    if (!LeftMeanwhile(admitted)) outcome.Take(std::move(admitted));
  }));
  return outcome.status();
}

Status OpenDoor(const model::BarrierReleased& order, const OfflineDoor& door, const Watching& watching) {
  return Opening(door).Run(order, watching);
}

}  // namespace sekimori::agent
