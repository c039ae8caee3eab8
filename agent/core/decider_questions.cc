// Decider, questions: what the command line asks, and the orders of root.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/core/decider.h"
#include "agent/core/login_records.h"

namespace sekimori::core {

namespace {

ports::DeviceState StateOf(const Present& present) {
  ports::DeviceState state;
  state.device = present.seen.device;
  state.admission = present.seen.admission;
  state.judged = present.judged.has_value();
  if (present.judged) {
    state.decision = present.judged->decision;
    state.trigger = present.judged->trigger;
    state.judged_at = present.judged->at;
  }
  return state;
}

std::string VendorProduct(const model::Device& device) {
  char text[10];
  std::snprintf(text, sizeof text, "%04x:%04x", device.vendor, device.product);
  return text;
}

std::string PersonBehind(const std::string& operator_name, const ports::Asker& asker) {
  return operator_name.empty() ? asker.user : operator_name;
}

}  // namespace

void Decider::Answer(Ticket& ticket) {
  if (ticket.Claim()) ticket.Answer(AnswerTo(ticket.question(), ticket.asker()));
}

// All that wait are one durable write: two hundred logins at once wait for one disk, not for two hundred. Whoever has
// given up asking is left out; what is claimed here is written, or never.
void Decider::RecordLogins(const std::vector<std::shared_ptr<Ticket>>& tickets) {
  std::vector<std::shared_ptr<Ticket>> claimed;
  std::vector<model::EventBody> bodies;
  for (const auto& ticket : tickets) {
    if (!ticket->Claim()) continue;
    const auto* const record = std::get_if<ports::RecordLogin>(&ticket->question());
    if (record == nullptr || !IsAboutLogins(record->body)) {
      ticket->Answer(Error{ErrorCode::kInvalid, "deciding thread", "this is not a record of a login"});
      continue;
    }
    claimed.push_back(ticket);
    bodies.push_back(record->body);
  }
  if (bodies.empty()) return;
  const Status recorded = recorder_.RecordNow(std::move(bodies), LetsIn);
  for (const auto& ticket : claimed)
    ticket->Answer(recorded.ok() ? ports::Answer(ports::Done{}) : ports::Answer(recorded.error()));
  FollowLog();
  if (recorded.ok()) NoteNews();
  Settle();
}

ports::Answer Decider::AnswerTo(const ports::Question& question, const ports::Asker& asker) {
  if (std::holds_alternative<ports::AskStatus>(question)) return ReportStatus();
  if (std::holds_alternative<ports::AskDevices>(question)) {
    ports::DeviceList list;
    for (const Present* present : table_.AsTree())
      list.devices.push_back(StateOf(*present));
    return list;
  }
  if (const auto* explain = std::get_if<ports::AskExplanation>(&question)) return Explain(explain->device);
  if (const auto* trial = std::get_if<ports::AskPolicyTrial>(&question)) return Try(*trial);
  if (const auto* release = std::get_if<ports::OrderRelease>(&question)) return Release(*release, asker);
  if (const auto* close = std::get_if<ports::OrderClose>(&question)) return Close(*close, asker);
  if (!std::holds_alternative<ports::OrderReload>(question))
    return Error{ErrorCode::kInvalid, "deciding thread", "this is no question"};
  Reload();
  Settle();
  const std::vector<ports::Trouble> troubles = troubles_.All();
  for (const ports::Trouble& trouble : troubles)
    if (trouble.what == "policy" || trouble.what == "reload") return trouble.error;
  return ports::Done{standing_.policy.name};
}

ports::StatusReport Decider::ReportStatus() const {
  ports::StatusReport report;
  report.agent_version = settings_.agent_version;
  report.started = started_;
  report.mode = standing_.policy.mode;
  report.released = standing_.released;
  const ports::BarrierState barrier = barrier_.Read();
  report.barrier_closed = barrier.closed;
  report.barrier_gaps = barrier.gaps;
  report.policy_source = standing_.policy.source;
  report.policy_name = standing_.policy.name;
  report.policy_version = standing_.policy.version;
  report.policy_rules = static_cast<std::uint32_t>(standing_.policy.rules.size());
  report.devices = static_cast<std::uint32_t>(table_.all().size());
  for (const auto& [path, present] : table_.all()) {
    if (!present.judged) ++report.waiting;
    if (present.judged && present.judged->decision.verdict == model::Verdict::kDeny) ++report.refused;
  }
  report.adopted = static_cast<std::uint32_t>(standing_.baseline.size());
  report.log = outside_.upkeep.Head();
  report.link = outside_.link.State();
  report.troubles = troubles_.All();
  return report;
}

ports::Answer Decider::Explain(const std::string& wanted) const {
  std::vector<const Present*> found;
  for (const Present* present : table_.AsTree())
    if (present->seen.device.port_path == wanted || VendorProduct(present->seen.device) == wanted)
      found.push_back(present);
  if (found.empty())
    return Error{ErrorCode::kNotFound, wanted, "no such device is plugged in; give a port path or vvvv:pppp"};
  if (found.size() > 1) {
    std::string ports;
    for (const Present* present : found)
      ports += (ports.empty() ? "" : ", ") + present->seen.device.port_path;
    return Error{ErrorCode::kConflict, wanted, "more than one device is meant; name one by its port path: " + ports};
  }
  const Present& present = *found.front();
  policy::Situation situation = judging_.SituationNow();
  for (const Present* other : table_.InOrderOfArrival())
    if (other->order < present.order && other->judged) situation.earlier.push_back(other->judged->decision);
  ports::Explanation explanation;
  explanation.device = StateOf(present);
  for (policy::RuleTrace& trace :
       policy::ExplainDevice(standing_.policy, standing_.baseline, present.seen.device, situation))
    explanation.asked.push_back({std::move(trace.rule), trace.matched, std::move(trace.condition),
                                 std::move(trace.wanted), std::move(trace.found)});
  return explanation;
}

ports::Answer Decider::Try(const ports::AskPolicyTrial& trial) const {
  const Result<model::Policy> parsed = outside_.store.Parse(trial.toml, trial.name);
  if (!parsed.ok()) return parsed.error();
  ports::PolicyTrial answer;
  answer.name = parsed.value().name;
  answer.mode = parsed.value().mode;
  answer.rules = static_cast<std::uint32_t>(parsed.value().rules.size());
  policy::Situation situation = judging_.SituationNow();
  for (const Present* present : table_.InOrderOfArrival()) {
    if (!present->judged) continue;
    model::Decision then = policy::DecideDevice(parsed.value(), standing_.baseline, present->seen.device, situation);
    situation.earlier.push_back(then);
    const model::Decision& now = present->judged->decision;
    const bool same = now.verdict == then.verdict && now.interfaces == then.interfaces;
    (same ? answer.unchanged : answer.changed).push_back({present->seen.device, now, std::move(then)});
  }
  return answer;
}

ports::Answer Decider::Release(const ports::OrderRelease& order, const ports::Asker& asker) {
  const bool observing = standing_.policy.mode == model::Mode::kObserve;
  if (observing && !order.removal)
    return Error{ErrorCode::kConflict, "release", "the policy in force observes: nothing is shut"};
  if (standing_.released && !order.removal)
    return Error{ErrorCode::kExists, "release", "the barrier is released already"};
  const Status recorded = recorder_.RecordNow(
      model::BarrierReleased{asker.uid, PersonBehind(order.operator_name, asker), order.reason, order.removal});
  FollowLog();
  if (!recorded.ok()) return recorded.error();
  if (observing || standing_.released) return ports::Done{};
  standing_.released = true;
  open_barrier_due_ = true;
  judging_.JudgeAll(model::Trigger::kPolicyChanged);
  Settle();
  if (recorder_.failure()) return *recorder_.failure();
  return ports::Done{};
}

ports::Answer Decider::Close(const ports::OrderClose& order, const ports::Asker& asker) {
  if (!standing_.released) return Error{ErrorCode::kConflict, "close", "the barrier is not released"};
  standing_.released = false;
  open_barrier_due_ = false;
  barrier_.Close();
  recorder_.Add(model::BarrierClosed{asker.uid, PersonBehind(order.operator_name, asker), order.reason});
  judging_.JudgeAll(model::Trigger::kPolicyChanged);
  enforcing_.LookAtAll();
  Settle();
  return ports::Done{};
}

}  // namespace sekimori::core
