#include "agent/control/answer.h"

#include <cstddef>
#include <string>
#include <utility>

#include "agent/messages/messages.h"

namespace sekimori::control {

namespace {

using messages::Put;
using messages::ToMessage;

// More interfaces than any honest device has would swell one answer past a frame.
constexpr std::size_t kMaxInterfaces = 64;

void Put(const model::Device& device, proto::Device& out) {
  Put(device, kMaxInterfaces, out);
}

void Put(const ports::DeviceState& state, proto::DeviceState& out) {
  Put(state.device, *out.mutable_device());
  out.set_admitted(state.admission.authorized);
  for (const std::uint8_t number : state.admission.interfaces)
    out.add_admitted_interfaces(number);
  if (!state.judged) return;
  Put(state.decision, *out.mutable_decision());
  out.set_judged_us(state.judged_at.time_since_epoch().count());
  out.set_trigger(ToMessage(state.trigger));
}

void Put(const Error& error, proto::ControlError& out) {
  out.set_code(std::string(ErrorCodeName(error.code)));
  out.set_where(error.where);
  out.set_detail(error.detail);
}

void PutLink(const ports::LinkState& link, proto::StatusAnswer& out) {
  out.set_log_acknowledged(link.acknowledged);
  out.set_terminal_id(link.terminal_id);
  out.set_site_id(link.site_id);
  out.set_group(link.group);
  out.set_collector(link.collector);
  out.set_link_state(std::string(ports::LinkPhaseName(link.phase)));
  out.set_link_detail(link.detail);
  if (link.last_contact) out.set_last_contact_us(link.last_contact->time_since_epoch().count());
  if (link.certificate_expires) out.set_certificate_expires_us(link.certificate_expires->time_since_epoch().count());
}

void Put(const ports::StatusReport& status, proto::StatusAnswer& out) {
  out.set_agent_version(status.agent_version);
  out.set_started_us(status.started.time_since_epoch().count());
  out.set_mode(ToMessage(status.mode));
  out.set_released(status.released);
  out.set_barrier_closed(status.barrier_closed);
  for (const std::string& gap : status.barrier_gaps)
    out.add_barrier_gaps(gap);
  out.set_policy_source(ToMessage(status.policy_source));
  out.set_policy_name(status.policy_name);
  out.set_policy_version(status.policy_version);
  out.set_policy_rules(status.policy_rules);
  out.set_devices(status.devices);
  out.set_refused(status.refused);
  out.set_waiting(status.waiting);
  out.set_adopted(status.adopted);
  out.set_log_head(status.log.sequence);
  out.set_log_hash(status.log.hash.data(), status.log.hash.size());
  PutLink(status.link, out);
  for (const ports::Trouble& trouble : status.troubles) {
    proto::Trouble& each = *out.add_troubles();
    each.set_what(trouble.what);
    Put(trouble.error, *each.mutable_error());
  }
}

void Put(const ports::PolicyTrial& trial, proto::PolicyTryAnswer& out) {
  const auto put = [](const ports::TrialLine& line, proto::PolicyChange& change) {
    Put(line.device, *change.mutable_device());
    Put(line.now, *change.mutable_now());
    Put(line.then, *change.mutable_then());
  };
  out.set_name(trial.name);
  out.set_mode(ToMessage(trial.mode));
  out.set_rules(trial.rules);
  for (const ports::TrialLine& line : trial.changed)
    put(line, *out.add_changes());
  for (const ports::TrialLine& line : trial.unchanged)
    put(line, *out.add_unchanged());
}

void Put(const ports::Explanation& explanation, proto::ExplainAnswer& out) {
  Put(explanation.device, *out.mutable_device());
  for (const ports::RuleAsked& asked : explanation.asked) {
    proto::RuleTrace& trace = *out.add_trace();
    trace.set_rule(asked.rule);
    trace.set_matched(asked.matched);
    trace.set_failed_condition(asked.condition);
    trace.set_wanted(asked.wanted);
    trace.set_found(asked.found);
    trace.set_withheld(asked.withheld);
  }
}

}  // namespace

proto::ControlAnswer MakeError(const Error& error) {
  proto::ControlAnswer answer;
  Put(error, *answer.mutable_error());
  return answer;
}

proto::ControlAnswer MakeAnswer(const ports::Answer& answer) {
  proto::ControlAnswer out;
  if (const auto* error = std::get_if<Error>(&answer)) return MakeError(*error);
  if (const auto* status = std::get_if<ports::StatusReport>(&answer)) Put(*status, *out.mutable_status());
  if (const auto* explanation = std::get_if<ports::Explanation>(&answer)) Put(*explanation, *out.mutable_explain());
  if (const auto* trial = std::get_if<ports::PolicyTrial>(&answer)) Put(*trial, *out.mutable_policy_try());
  if (const auto* done = std::get_if<ports::Done>(&answer)) out.mutable_done()->set_detail(done->detail);
  if (const auto* list = std::get_if<ports::DeviceList>(&answer)) {
    out.mutable_devices();
    for (const ports::DeviceState& state : list->devices)
      Put(state, *out.mutable_devices()->add_devices());
  }
  return out;
}

}  // namespace sekimori::control
