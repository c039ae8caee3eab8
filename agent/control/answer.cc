#include "agent/control/answer.h"

#include <string>
#include <utility>

namespace sekimori::control {

namespace {

proto::Mode ModeOf(model::Mode mode) {
  return mode == model::Mode::kEnforce ? proto::MODE_ENFORCE : proto::MODE_OBSERVE;
}

proto::Verdict VerdictOf(model::Verdict verdict) {
  switch (verdict) {
    case model::Verdict::kDeny:
      return proto::VERDICT_DENY;
    case model::Verdict::kAllow:
      return proto::VERDICT_ALLOW;
    case model::Verdict::kAllowInterfaces:
      return proto::VERDICT_ALLOW_INTERFACES;
  }
  return proto::VERDICT_UNSPECIFIED;
}

proto::Basis BasisOf(model::Basis basis) {
  switch (basis) {
    case model::Basis::kRule:
      return proto::BASIS_RULE;
    case model::Basis::kDefault:
      return proto::BASIS_DEFAULT;
    case model::Basis::kAdopted:
      return proto::BASIS_ADOPTED;
    case model::Basis::kRootHub:
      return proto::BASIS_ROOT_HUB;
    case model::Basis::kUnreadable:
      return proto::BASIS_UNREADABLE;
    case model::Basis::kReleased:
      return proto::BASIS_RELEASED;
  }
  return proto::BASIS_UNSPECIFIED;
}

proto::PolicySource SourceOf(model::PolicySource source) {
  switch (source) {
    case model::PolicySource::kBuiltIn:
      return proto::POLICY_SOURCE_BUILT_IN;
    case model::PolicySource::kLocal:
      return proto::POLICY_SOURCE_LOCAL;
    case model::PolicySource::kCollector:
      return proto::POLICY_SOURCE_COLLECTOR;
  }
  return proto::POLICY_SOURCE_UNSPECIFIED;
}

proto::Trigger TriggerOf(model::Trigger trigger) {
  switch (trigger) {
    case model::Trigger::kPresentAtStart:
      return proto::TRIGGER_PRESENT_AT_START;
    case model::Trigger::kArrived:
      return proto::TRIGGER_ARRIVED;
    case model::Trigger::kChanged:
      return proto::TRIGGER_CHANGED;
    case model::Trigger::kPolicyChanged:
      return proto::TRIGGER_POLICY_CHANGED;
    case model::Trigger::kUsersChanged:
      return proto::TRIGGER_USERS_CHANGED;
    case model::Trigger::kTimeWindow:
      return proto::TRIGGER_TIME_WINDOW;
    case model::Trigger::kResumed:
      return proto::TRIGGER_RESUMED;
    case model::Trigger::kRescan:
      return proto::TRIGGER_RESCAN;
  }
  return proto::TRIGGER_UNSPECIFIED;
}

proto::Speed SpeedOf(model::Speed speed) {
  switch (speed) {
    case model::Speed::kUnknown:
      return proto::SPEED_UNKNOWN;
    case model::Speed::kLow:
      return proto::SPEED_LOW;
    case model::Speed::kFull:
      return proto::SPEED_FULL;
    case model::Speed::kHigh:
      return proto::SPEED_HIGH;
    case model::Speed::kSuper:
      return proto::SPEED_SUPER;
    case model::Speed::kSuperPlus:
      return proto::SPEED_SUPER_PLUS;
  }
  return proto::SPEED_UNKNOWN;
}

void Put(const model::InterfaceClass& kind, proto::InterfaceClass& out) {
  out.set_class_code(kind.class_code);
  out.set_subclass(kind.subclass);
  out.set_protocol(kind.protocol);
}

// More interfaces than any honest device has would swell one answer past a frame.
constexpr int kMaxInterfaces = 64;

void Put(const model::Device& device, proto::Device& out) {
  out.set_port_path(device.port_path);
  out.set_parent(device.parent);
  out.set_address(device.address);
  out.set_vendor(device.vendor);
  out.set_product(device.product);
  out.set_release(device.release);
  out.set_manufacturer(device.manufacturer);
  out.set_product_name(device.product_name);
  out.set_serial(device.serial);
  Put(device.kind, *out.mutable_kind());
  out.set_speed(SpeedOf(device.speed));
  out.set_active_configuration(device.active_configuration);
  for (const model::Interface& interface : device.interfaces) {
    if (out.interfaces_size() == kMaxInterfaces) break;
    proto::Interface& each = *out.add_interfaces();
    each.set_configuration(interface.configuration);
    each.set_number(interface.number);
    each.set_alternate(interface.alternate);
    Put(interface.kind, *each.mutable_kind());
    each.set_name(interface.name);
  }
  out.set_interfaces_left_out(
      static_cast<std::uint32_t>(device.interfaces.size() - static_cast<std::size_t>(out.interfaces_size())));
  out.set_descriptor_hash(device.descriptor_hash.data(), device.descriptor_hash.size());
  out.set_hub(device.hub());
  out.set_root_hub(device.root_hub);
  out.set_complete(device.complete);
}

void Put(const model::Decision& decision, proto::Decision& out) {
  out.set_verdict(VerdictOf(decision.verdict));
  for (const std::uint8_t number : decision.interfaces)
    out.add_interfaces(number);
  out.set_basis(BasisOf(decision.basis));
  out.set_rule(decision.rule);
  out.set_reason(decision.reason);
  out.set_policy_version(decision.policy_version);
  out.set_policy_name(decision.policy_name);
  out.set_policy_source(SourceOf(decision.policy_source));
}

void Put(const ports::DeviceState& state, proto::DeviceState& out) {
  Put(state.device, *out.mutable_device());
  out.set_admitted(state.admission.authorized);
  for (const std::uint8_t number : state.admission.interfaces)
    out.add_admitted_interfaces(number);
  if (!state.judged) return;
  Put(state.decision, *out.mutable_decision());
  out.set_judged_us(state.judged_at.time_since_epoch().count());
  out.set_trigger(TriggerOf(state.trigger));
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
  out.set_mode(ModeOf(status.mode));
  out.set_released(status.released);
  out.set_barrier_closed(status.barrier_closed);
  for (const std::string& gap : status.barrier_gaps)
    out.add_barrier_gaps(gap);
  out.set_policy_source(SourceOf(status.policy_source));
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
  out.set_mode(ModeOf(trial.mode));
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
