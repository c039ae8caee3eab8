#include "agent/core/judging.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sekimori::core {

Judging::Judging(const Standing& standing, DeviceTable& table, Recorder& recorder, const ports::Clock& clock,
                 LocalTimeOf local_time)
    : standing_(standing), table_(table), recorder_(recorder), clock_(clock), local_time_(std::move(local_time)) {}

bool SameDecision(const model::Decision& a, const model::Decision& b) {
  return a.verdict == b.verdict && a.interfaces == b.interfaces && a.basis == b.basis && a.rule == b.rule;
}

policy::Situation Judging::SituationNow() const {
  policy::Situation situation;
  const LocalTime local = local_time_(clock_.Now());
  situation.weekday = local.weekday;
  situation.time_of_day = local.time_of_day;
  situation.users = standing_.users;
  return situation;
}

bool Judging::WindowsTurned() const {
  const LocalTime local = local_time_(clock_.Now());
  return policy::OpenWindows(standing_.policy, local.weekday, local.time_of_day) != windows_judged_by_;
}

std::optional<std::chrono::microseconds> Judging::UntilWindowEdge() const {
  const model::WallTime now = clock_.Now();
  const LocalTime local = local_time_(now);
  const auto minutes = policy::UntilNextWindowEdge(standing_.policy, local.weekday, local.time_of_day);
  if (!minutes) return std::nullopt;
  // Policy counts whole minutes from the start of this one; time zones differ by whole minutes. A moment later, so that
  // the edge has surely passed.
  const auto into_minute = now.time_since_epoch() % std::chrono::minutes{1};
  return std::chrono::microseconds{*minutes} - into_minute + std::chrono::milliseconds{10};
}

model::Decision Judging::Decide(const model::Device& device, const policy::Situation& situation) const {
  if (!standing_.released) return policy::DecideDevice(standing_.policy, standing_.baseline, device, situation);
  model::Decision released;
  released.verdict = model::Verdict::kAllow;
  released.basis = device.root_hub ? model::Basis::kRootHub : model::Basis::kReleased;
  released.policy_version = standing_.policy.version;
  released.policy_name = standing_.policy.name;
  released.policy_source = standing_.policy.source;
  return released;
}

void Judging::Judge(Present& present, model::Trigger trigger) {
  policy::Situation situation = SituationNow();
  bool later = false;
  for (const Present* other : table_.InOrderOfArrival()) {
    if (!other->judged || other == &present) continue;
    if (other->order < present.order)
      situation.earlier.push_back(other->judged->decision);
    else
      later = true;
  }
  const bool news = Take(present, Decide(present.seen.device, situation), trigger);
  if (news && later && Counts()) JudgeAll(model::Trigger::kChanged);
}

bool Judging::Counts() const {
  return std::any_of(standing_.policy.rules.begin(), standing_.policy.rules.end(),
                     [](const model::Rule& rule) { return rule.match.at_most.has_value(); });
}

void Judging::JudgeAll(model::Trigger trigger) {
  policy::Situation situation = SituationNow();
  windows_judged_by_ = policy::OpenWindows(standing_.policy, situation.weekday, situation.time_of_day);
  for (Present* present : table_.InOrderOfArrival()) {
    if (!present->judged) continue;
    (void)Take(*present, Decide(present->seen.device, situation), trigger);
    situation.earlier.push_back(present->judged->decision);
  }
}

bool Judging::Take(Present& present, model::Decision decision, model::Trigger trigger) {
  present.due = true;
  if (present.judged && SameDecision(present.judged->decision, decision) &&
      present.judged->mode == standing_.policy.mode && !AnotherIdentity(present.judged->device, present.seen.device)) {
    present.judged->decision = std::move(decision);
    present.judged->device = present.seen.device;
    return false;
  }
  const Judgement judged{present.seen.device, std::move(decision), standing_.policy.mode, trigger, clock_.Now(), false};
  present.judged = judged;
  present.failure_recorded = false;
  present.refusal_failed = false;
  present.let_in_again = 0;
  RecordAgain(present);
  return true;
}

void Judging::RecordAgain(const Present& present) {
  std::vector<std::string> users;
  for (const policy::User& user : standing_.users)
    users.push_back(user.name);
  const Judgement& judged = *present.judged;
  recorder_.Add(model::DeviceJudged{judged.device, judged.decision, judged.mode, judged.trigger, std::move(users)});
}

Target Judging::TargetFor(const Present& present) const {
  if (present.seen.device.root_hub) return {Target::Kind::kLeave, {}};
  if (standing_.released) return {Target::Kind::kOpen, {}};
  if (!standing_.enforcing()) return {standing_.lift ? Target::Kind::kOpen : Target::Kind::kLeave, {}};
  if (!present.judged || present.barred) return {Target::Kind::kShut, {}};
  return TargetOf(present.judged->decision);
}

}  // namespace sekimori::core
