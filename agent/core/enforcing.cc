#include "agent/core/enforcing.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sekimori::core {

namespace {

constexpr const char* kOpenedByAnother = "let_in";
constexpr const char* kShutByAnother = "shut";
constexpr int kGivenUp = Enforcing::kMaxLetInAgain + 1;

}  // namespace

void Enforcing::LookAtAll() {
  for (auto& [path, present] : table_.all())
    present.due = true;
}

void Enforcing::TryAgain() {
  for (auto& [path, present] : table_.all())
    present.refusal_failed = false;
}

bool Enforcing::TakeScanWanted() {
  return std::exchange(scan_wanted_, false);
}

// A device that is not there any more cannot be let in and needs no refusing; its leaving is told by the source.
bool Enforcing::LeftMeanwhile(Present& present, const Error& error) {
  if (error.code != ErrorCode::kNotFound && error.code != ErrorCode::kConflict) return false;
  present.due = false;
  scan_wanted_ = scan_wanted_ || error.code == ErrorCode::kConflict;
  return true;
}

void Enforcing::RecordFailure(Present& present, const Error& error) {
  if (std::exchange(present.failure_recorded, true))
    troubles_.Set("enforcement", error);
  else
    Tell(present, error);
}

void Enforcing::Tell(const Present& present, const Error& error) {
  troubles_.Set("enforcement", error);
  const model::Decision decision = present.judged ? present.judged->decision : model::Decision{};
  recorder_.Add(model::EnforcementFailed{present.seen.device, decision, ToString(error)});
}

// Empty: it left, or the kernel's state cannot be read. In the latter case `due` stays.
std::optional<model::Admission> Enforcing::LiveAdmission(Present& present) {
  Result<model::Admission> live = gate_.ReadAdmission(present.seen.device);
  if (live.ok()) {
    present.seen.admission = live.value();
    return std::move(live).value();
  }
  (void)LeftMeanwhile(present, live.error());
  return std::nullopt;
}

void Enforcing::Shut(bool enforcing) {
  retry_wanted_ = false;
  for (Present* present : table_.InOrderOfArrival())
    if (present->due) ShutOne(*present, enforcing);
}

bool Enforcing::Narrow(Present& present) {
  if (present.refusal_failed) {
    retry_wanted_ = true;
    return false;
  }
  const Status refused = gate_.Refuse(present.seen.device);
  if (refused.ok()) {
    present.seen.admission = {};
    return true;
  }
  if (LeftMeanwhile(present, refused.error())) return false;
  RecordFailure(present, refused.error());
  present.refusal_failed = true;
  retry_wanted_ = true;
  return false;
}

// A storage driver came to an interface that does not say it is storage, by whatever road. It is shut now and not let
// in again in this connection: the driver would be back at once.
bool Enforcing::Bar(Present& present, const model::Admission& live) {
  const bool may_be_open = judging_.TargetFor(present).kind != Target::Kind::kShut;
  if (!judging_.enforcing() || !may_be_open || live.disguised.empty()) return false;
  present.barred = true;
  present.refusal_failed = false;
  present.due = true;
  Tell(present, {ErrorCode::kUntrusted, present.seen.device.port_path, live.disguised.begin()->second});
  if (Narrow(present)) Settled(present, judging_.TargetFor(present));
  return true;
}

void Enforcing::ShutOne(Present& present, bool enforcing) {
  const Target target = judging_.TargetFor(present);
  const bool had_settled = enforcing && present.settled == target;
  if (target.kind == Target::Kind::kLeave) {
    present.due = false;
    present.settled.reset();
    return;
  }
  const std::optional<model::Admission> live = LiveAdmission(present);
  if (!present.due || (live && Bar(present, *live))) return;
  // What cannot be read is taken for open.
  const bool more = live ? MoreOpen(target, *live) : target.kind != Target::Kind::kOpen;
  if (more) {
    const bool shut = Narrow(present);
    if (had_settled && live && (shut || present.due))
      recorder_.Add(model::BarrierTampered{present.seen.device, kOpenedByAnother, shut});
    if (!shut) return present.settled.reset();  // said once, however often it is tried again
  } else if (had_settled && live && LessOpen(target, present.seen.device, *live)) {
    present.taken_away = true;
  }
  if (target.kind == Target::Kind::kShut) Settled(present, target);
}

void Enforcing::Settled(Present& present, const Target& target) {
  present.settled = target;
  present.due = false;
  present.failure_recorded = present.barred;
  present.refusal_failed = false;
}

void Enforcing::LetIn() {
  for (Present* present : table_.InOrderOfArrival())
    if (present->due && present->judged && present->judged->recorded) LetInOne(*present);
  const auto failing = [](const auto& entry) { return entry.second.failure_recorded; };
  if (std::none_of(table_.all().begin(), table_.all().end(), failing)) troubles_.Clear("enforcement");
}

// As it is to be. Whoever opened it may have ended before its drivers were asked, and then a keyboard would be dead.
void Enforcing::FoundOpen(Present& present, const Target& target) {
  const Status finished = present.settled ? Status::Ok() : gate_.FinishLettingIn(present.seen.device);
  if (!finished.ok() && LeftMeanwhile(present, finished.error())) return;
  Settled(present, target);
  if (!finished.ok()) RecordFailure(present, finished.error());
}

void Enforcing::LetInOne(Present& present) {
  const Target target = judging_.TargetFor(present);
  if (target.kind != Target::Kind::kOpen && target.kind != Target::Kind::kSome) return;
  const std::optional<model::Admission> live = LiveAdmission(present);
  if (!present.due || (live && Bar(present, *live))) return;
  // Between Shut and here it may have been opened by another hand: that is Shut's to mend, at once.
  if (live && MoreOpen(target, *live)) {
    retry_wanted_ = true;
    return;
  }
  if (live && !LessOpen(target, present.seen.device, *live)) return FoundOpen(present, target);
  const bool taken_away = std::exchange(present.taken_away, false);
  if (taken_away && present.let_in_again++ >= kMaxLetInAgain) {
    recorder_.Add(model::BarrierTampered{present.seen.device, kShutByAnother, false});
    present.let_in_again = kGivenUp;
  }
  if (present.let_in_again == kGivenUp) {
    present.due = false;
    present.settled.reset();
    return;
  }
  const Status admitted = target.kind == Target::Kind::kOpen
                              ? gate_.AdmitDevice(present.seen.device)
                              : gate_.AdmitInterfaces(present.seen.device, target.interfaces);
  if (taken_away) recorder_.Add(model::BarrierTampered{present.seen.device, kShutByAnother, admitted.ok()});
  if (admitted.ok()) {
    Settled(present, target);
    const std::optional<model::Admission> now = LiveAdmission(present);
    if (now) (void)Bar(present, *now);
    return;
  }
  if (LeftMeanwhile(present, admitted.error())) return;
  RecordFailure(present, admitted.error());
  present.due = false;
  present.settled.reset();
  // Half let in is worse than shut; outside enforcing it is nobody's harm.
  if (present.judged->mode == model::Mode::kEnforce) (void)Narrow(present);
}

}  // namespace sekimori::core
