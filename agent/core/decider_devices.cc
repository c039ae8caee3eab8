// Decider, devices: arrival, change, leaving, and looks at everything present.
#include <algorithm>
#include <string>
#include <utility>

#include "agent/core/decider.h"

namespace sekimori::core {

void Decider::ExpectScan(model::Trigger why) {
  // The more telling reason stays: that it was asked for twice tells nobody anything.
  if (!scan_reason_ || *scan_reason_ == model::Trigger::kRescan) scan_reason_ = why;
  scan_due_ = outside_.clock.SinceBoot() + scan_patience_;
}

void Decider::AskForScan(model::Trigger why) {
  ExpectScan(why);
  outside_.source.RequestScan();
}

void Decider::OnDevice(ports::DeviceNotice& notice) {
  if (auto* seen = std::get_if<ports::DeviceSeen>(&notice)) {
    Adopt({seen->observation});
    OnSeen(std::move(seen->observation), model::Trigger::kArrived, true);
  } else if (const auto* left = std::get_if<ports::DeviceLeft>(&notice)) {
    OnLeft(left->port_path);
  } else if (auto* all = std::get_if<ports::AllDevices>(&notice)) {
    OnAll(std::move(all->observations));
  } else if (const auto* lost = std::get_if<ports::NoticesLost>(&notice)) {
    recorder_.Add(model::NoticesLost{lost->source, lost->detail});
    AskForScan(model::Trigger::kRescan);
  }
}

void Decider::OnSeen(model::Observation observation, model::Trigger trigger, bool wait_for_hub) {
  const std::string port_path = observation.device.port_path;
  Present* known = table_.Find(port_path);
  // The kernel numbers every connection anew: the old one's leaving was missed.
  if (known != nullptr && known->seen.device.address != observation.device.address) {
    OnLeft(port_path);
    known = nullptr;
  }
  if (known != nullptr && known->judged) return OnSeenAgain(*known, std::move(observation), trigger);
  const bool arrived = known == nullptr;
  if (known != nullptr) known->seen = std::move(observation);
  Present& present = known != nullptr ? *known : table_.Add(std::move(observation));
  const bool root_hub = present.seen.device.root_hub;
  if (root_hub) barrier_look_due_ = true;
  if (arrived && !root_hub && trigger != model::Trigger::kPresentAtStart)
    present.held_back = !arrivals_.Admit(port_path, outside_.clock.SinceBoot());
  if (!present.held_back) JudgeOrWait(present, trigger, wait_for_hub);
}

void Decider::JudgeOrWait(Present& present, model::Trigger trigger, bool wait_for_hub) {
  const std::string& hub = present.seen.device.parent;
  const Present* parent = hub.empty() ? nullptr : table_.Find(hub);
  if (wait_for_hub && !hub.empty() && (parent == nullptr || !parent->judged)) {
    // A child before its hub: not its fault. It stays shut, unjudged, until the hub is seen or a scan has settled it.
    if (!scan_due_) AskForScan(model::Trigger::kRescan);
    return;
  }
  JudgeFirst(present, trigger);
}

void Decider::JudgeFirst(Present& present, model::Trigger trigger) {
  const std::string port_path = present.seen.device.port_path;
  judging_.Judge(present, trigger);
  for (Present* child : table_.WaitingFor(port_path))
    if (child != &present && !child->held_back) JudgeFirst(*child, model::Trigger::kArrived);
}

// What is there at the end of a restless minute is judged; how much came and went meanwhile is recorded as a number.
void Decider::JudgeHeldBack() {
  for (const Arrivals::Restless& restless : arrivals_.TakeDue(outside_.clock.SinceBoot())) {
    recorder_.Add(model::PortRestless{restless.port, restless.arrivals, restless.held_back});
    for (Present* present : table_.InOrderOfArrival()) {
      if (!present->held_back || Arrivals::PortOf(present->seen.device.port_path) != restless.port) continue;
      present->held_back = false;
      if (!present->judged) JudgeOrWait(*present, model::Trigger::kArrived, true);
    }
  }
}

void Decider::OnSeenAgain(Present& present, model::Observation observation, model::Trigger trigger) {
  present.seen = std::move(observation);
  const bool whole_look = trigger != model::Trigger::kArrived;
  if (BecameAnother(present.judged->device, present.seen.device)) {
    judging_.Judge(present, whole_look ? trigger : model::Trigger::kChanged);
    return;
  }
  if (whole_look) return judging_.Judge(present, trigger);
  if (present.judged->device.active_configuration == 0)
    present.judged->device.active_configuration = present.seen.device.active_configuration;
  const Target target = judging_.TargetFor(present);
  // The look may be older than our own last write; Enforcing asks the kernel before it believes it.
  if (standing_.enforcing() &&
      (MoreOpen(target, present.seen.admission) || LessOpen(target, present.seen.device, present.seen.admission) ||
       !present.seen.admission.disguised.empty()))
    present.due = true;
}

void Decider::OnLeft(const std::string& port_path) {
  const std::vector<Present> removed = table_.Remove(port_path);
  for (const Present& present : removed)
    Gone(present);
  // A place among "at most so many" has become free.
  if (!removed.empty() && judging_.Counts()) judging_.JudgeAll(model::Trigger::kChanged);
}

void Decider::Gone(const Present& present) {
  // Its coming is counted, not recorded, and so is its going.
  if (present.held_back) return;
  recorder_.Add(model::DeviceGone{present.seen.device, present.seen.admission.authorized});
}

void Decider::OnAll(std::vector<model::Observation> observations) {
  const model::Trigger trigger = scan_reason_.value_or(model::Trigger::kRescan);
  scan_reason_.reset();
  scan_due_.reset();
  scan_patience_ = settings_.scan_patience;
  looked_ = true;
  // Every machine with USB has a root hub at least.
  if (observations.empty()) {
    troubles_.Set("devices", {ErrorCode::kUnsupported, "usb", "no USB controller is there: nothing can be judged"});
  } else {
    troubles_.Clear("devices");
  }
  std::vector<std::string> absent;
  for (const auto& [path, present] : table_.all()) {
    const bool listed = std::any_of(observations.begin(), observations.end(),
                                    [&](const model::Observation& each) { return each.device.port_path == path; });
    if (!listed) absent.push_back(path);
  }
  for (const std::string& path : absent)
    OnLeft(path);

  std::sort(observations.begin(), observations.end(), [](const model::Observation& a, const model::Observation& b) {
    return PortBefore(a.device.port_path, b.device.port_path);
  });
  Adopt(observations);
  for (model::Observation& observation : observations)
    OnSeen(std::move(observation), trigger, false);
  barrier_look_due_ = true;
}

// The baseline is taken once: at the first look that finds USB ready (a root hub at least), empty or not. It is saved
// at once, so no later start takes another; in this run it stays open for a moment, for what hangs on hubs or is still
// being enumerated when the agent starts with the machine, and until it could be saved. Never later, or a strange
// keyboard left plugged in over a reboot would be adopted for good.
void Decider::Adopt(const std::vector<model::Observation>& observations) {
  if (baseline_closed_) return;
  const model::BootTime now = outside_.clock.SinceBoot();
  const auto is_root_hub = [](const model::Observation& seen) { return seen.device.root_hub; };
  if (!adoption_ends_) {
    if (std::none_of(observations.begin(), observations.end(), is_root_hub)) return;
    adoption_ends_ = now + settings_.adoption;
  }
  baseline_closed_ = baseline_saved_ && now >= *adoption_ends_;
  if (baseline_closed_) return;

  const auto listed = [](const model::Baseline& baseline, const model::AdoptedDevice& device) {
    return std::find(baseline.begin(), baseline.end(), device) != baseline.end();
  };
  model::Baseline baseline = standing_.baseline;
  std::vector<model::DeviceAdopted> adopted;
  for (const model::Observation& observation : observations) {
    if (!policy::IsAdoptable(observation.device)) continue;
    model::AdoptedDevice device = policy::Adopt(observation.device);
    if (listed(standing_.baseline, device)) continue;
    adopted.push_back({observation.device});
    if (!listed(baseline, device)) baseline.push_back(std::move(device));
  }
  if (baseline_saved_ && adopted.empty()) return;
  const Status saved = outside_.store.SaveBaseline(baseline);
  troubles_.Follow("baseline", saved);
  if (!saved.ok()) return;
  baseline_saved_ = true;
  standing_.baseline = std::move(baseline);
  for (model::DeviceAdopted& device : adopted)
    recorder_.Add(std::move(device));
}

}  // namespace sekimori::core
