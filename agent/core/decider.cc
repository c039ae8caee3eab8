#include "agent/core/decider.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sekimori::core {

namespace {

bool Due(const std::optional<model::BootTime>& when, model::BootTime now) {
  return when && *when <= now;
}

// std::visit over one lambda for each alternative.
template <typename... Parts>
struct Overloaded : Parts... {
  using Parts::operator()...;
};
template <typename... Parts>
Overloaded(Parts...) -> Overloaded<Parts...>;

}  // namespace

Decider::Decider(const Collaborators& outside, Settings settings)
    : outside_(outside),
      settings_(std::move(settings)),
      recorder_(outside_.log, outside_.clock),
      judging_(standing_, table_, recorder_, outside_.clock, outside_.local_time),
      enforcing_(outside_.gate, judging_, table_, recorder_, troubles_),
      barrier_(outside_.gate, recorder_, troubles_),
      scan_patience_(settings_.scan_patience) {}

void Decider::Begin() {
  started_ = outside_.clock.Now();
  ReadUsers();
  BeginPolicy();
  prune_due_ = outside_.clock.SinceBoot();
  // The source delivers everything by itself once it starts.
  ExpectScan(model::Trigger::kPresentAtStart);
  Settle();
}

bool Decider::Take(NoticeGroup group) {
  for (const auto& [what, status] : group.troubles)
    troubles_.Follow(what, status);
  for (ports::DeviceNotice& notice : group.devices)
    OnDevice(notice);
  for (const ports::SystemNotice& notice : group.system)
    OnSystem(notice);
  if (group.dropped > 0) {
    recorder_.Add(model::NoticesLost{"queue", std::to_string(group.dropped) + " notices found no room"});
    AskForScan(model::Trigger::kRescan);
  }
  Settle();
  if (looked_ && outside_.first_look) std::exchange(outside_.first_look, nullptr)();
  for (LinkNotice& notice : group.link)
    OnLink(notice);
  if (group.reload) Reload();
  Settle();
  RecordLogins(group.records);
  for (const auto& ticket : group.questions)
    Answer(*ticket);
  if (!group.stop) return true;
  End(*group.stop);
  return false;
}

void Decider::Settle() {
  // Asked of the clock here and not of a timer: whatever woke us first, no window outlives its end.
  if (judging_.WindowsTurned()) judging_.JudgeAll(model::Trigger::kTimeWindow);
  if (standing_.enforcing() && std::exchange(barrier_look_due_, false)) barrier_.Check();
  enforcing_.Shut(standing_.enforcing());
  if (recorder_.TakeGivenUp()) {
    recorder_.Add(Describe(standing_.policy));
    for (const auto& [path, present] : table_.all())
      if (present.judged && !present.judged->recorded) judging_.RecordAgain(present);
  }
  const bool news = !recorder_.empty();
  const Status recorded = recorder_.Commit();
  FollowLog();
  if (recorded.ok()) {
    for (auto& [path, present] : table_.all())
      if (present.judged) present.judged->recorded = true;
    LetInWhatIsRecorded();
    if (news) NoteNews();
  }
  if (enforcing_.TakeScanWanted()) AskForScan(model::Trigger::kRescan);
  SetTimers();
}

void Decider::NoteNews() {
  outside_.link.Wake();
  if (!checkpoint_due_) checkpoint_due_ = outside_.clock.SinceBoot() + settings_.checkpoint;
}

void Decider::LetInWhatIsRecorded() {
  if (open_barrier_due_ && barrier_.Open()) {
    // Released, the barrier closes again at the next start: the marker stays.
    if (!standing_.released) troubles_.Follow("marker", outside_.store.MarkEnforcing(false));
    shut_by_us_ = standing_.released;
  }
  open_barrier_due_ = false;
  enforcing_.LetIn();
  // Grants that failed; if the log refuses now, they are kept and tried again with the rest.
  (void)recorder_.Commit();
  FollowLog();
}

void Decider::FollowLog() {
  if (recorder_.failure()) {
    troubles_.Set("log", *recorder_.failure());
  } else {
    troubles_.Clear("log");
  }
}

void Decider::SetTimers() {
  const model::BootTime now = outside_.clock.SinceBoot();
  if (!standing_.enforcing()) {
    look_due_.reset();
  } else if (!look_due_) {
    look_due_ = now + settings_.barrier_check;
  }
  const auto edge = judging_.UntilWindowEdge();
  window_due_ = edge ? std::optional(now + *edge) : std::nullopt;
  log_due_ = recorder_.NextTry();
  if (!enforcing_.retry_wanted()) {
    refusal_due_.reset();
    refusal_retry_ = Enforcing::kFirstRetry;
  } else if (!refusal_due_) {
    refusal_due_ = now + refusal_retry_;
  }
}

void Decider::Tick() {
  const model::BootTime now = outside_.clock.SinceBoot();
  if (Due(scan_due_, now)) {
    // A source that says itself what is wrong is believed.
    if (!troubles_.Has("devices"))
      troubles_.Set("devices", {ErrorCode::kTimeout, "usb",
                                "a look at everything present was asked for " + std::to_string(scan_patience_.count()) +
                                    " s ago and has not come"});
    scan_patience_ = std::min(scan_patience_ * 2, settings_.slowest_scan);
    AskForScan(scan_reason_.value_or(model::Trigger::kRescan));
  }
  if (Due(arrivals_.Due(), now)) JudgeHeldBack();
  if (Due(look_due_, now)) LookAround();
  if (Due(refusal_due_, now)) {
    refusal_due_.reset();
    refusal_retry_ = std::min(refusal_retry_ * 2, Enforcing::kSlowestRetry);
    enforcing_.TryAgain();
  }
  if (Due(checkpoint_due_, now)) {
    checkpoint_due_.reset();
    troubles_.Follow("checkpoint", outside_.upkeep.WriteCheckpoint());
  }
  if (Due(prune_due_, now)) {
    const Result<bool> more = outside_.upkeep.Prune();
    troubles_.Follow("prune", more.ok() ? Status::Ok() : Status(more.error()));
    prune_due_ = now + (more.ok() && more.value() ? settings_.prune_on : settings_.prune);
  }
  Settle();
}

// Whatever another hand may have changed without a notice.
void Decider::LookAround() {
  look_due_.reset();
  barrier_look_due_ = true;
  enforcing_.LookAtAll();
  if (unkept_policy_) KeepPolicyAtLast();
  if (troubles_.Has("site")) {
    troubles_.Follow("site", outside_.store.FinishMove());
    ReportPolicy();
  }
}

std::optional<model::BootTime> Decider::NextDeadline() const {
  std::optional<model::BootTime> next;
  for (const auto& due :
       {arrivals_.Due(), scan_due_, look_due_, window_due_, refusal_due_, log_due_, checkpoint_due_, prune_due_})
    if (due && (!next || *due < *next)) next = due;
  return next;
}

void Decider::OnSystem(const ports::SystemNotice& notice) {
  std::visit(Overloaded{
                 [this](const ports::SystemResumed& resumed) {
                   recorder_.Add(model::Resumed{resumed.slept});
                   LookAround();
                   AskForScan(model::Trigger::kResumed);
                 },
                 [this](const ports::ClockWasSet& set) {
                   recorder_.Add(model::ClockStepped{set.before, set.after});
                   judging_.JudgeAll(model::Trigger::kTimeWindow);
                 },
                 [this](const ports::SessionsChanged&) {
                   ReadUsers();
                   judging_.JudgeAll(model::Trigger::kUsersChanged);
                 },
             },
             notice);
}

void Decider::ReadUsers() {
  Result<std::vector<ports::LoggedInUser>> users = outside_.sessions.LoggedIn();
  standing_.users.clear();
  if (!users.ok()) {
    // Rules that ask for a user do not match then: shut, not open.
    troubles_.Set("sessions", users.error());
    return;
  }
  troubles_.Clear("sessions");
  for (ports::LoggedInUser& user : users.value())
    standing_.users.push_back({std::move(user.name), std::move(user.groups)});
}

void Decider::OnLink(LinkNotice& notice) {
  if (const auto* document = std::get_if<std::string>(&notice)) {
    OnPolicyOffered(*document);
  } else if (auto* enrolled = std::get_if<model::Enrolled>(&notice)) {
    recorder_.Add(std::move(*enrolled));
  } else if (auto* refused = std::get_if<model::CollectorRefused>(&notice)) {
    recorder_.Add(std::move(*refused));
  } else if (auto* damaged = std::get_if<model::LogDamaged>(&notice)) {
    recorder_.Add(std::move(*damaged));
  } else if (auto* behind = std::get_if<model::CollectorBehind>(&notice)) {
    recorder_.Add(std::move(*behind));
  }
}

void Decider::End(const std::string& reason) {
  const Status recorded = recorder_.RecordNow(model::AgentStopping{reason});
  // The barrier and everything let in stay as they are: an agent that stops leaves the door as it was, shut.
  Status finished = outside_.upkeep.WriteCheckpoint();
  if (recorded.ok() && finished.ok()) finished = outside_.upkeep.MarkCleanStop();
  troubles_.Follow("log", finished);
}

}  // namespace sekimori::core
