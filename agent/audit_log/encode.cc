#include "agent/audit_log/encode.h"

#include <algorithm>
#include <string>
#include <variant>

#include "proto/event.pb.h"
#include "proto/masking/individual_number.h"
#include "proto/masking/text.h"
#include "proto/signing/sha256.h"

namespace sekimori::audit_log {
namespace {

proto::Mode Encode(model::Mode mode) {
  switch (mode) {
    case model::Mode::kObserve:
      return proto::MODE_OBSERVE;
    case model::Mode::kEnforce:
      return proto::MODE_ENFORCE;
  }
  return proto::MODE_UNSPECIFIED;
}

proto::Speed Encode(model::Speed speed) {
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

proto::Verdict Encode(model::Verdict verdict) {
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

proto::Basis Encode(model::Basis basis) {
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

proto::PolicySource Encode(model::PolicySource source) {
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

proto::Trigger Encode(model::Trigger trigger) {
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

std::string ShortName(std::string name) {
  if (name.size() <= kMaxName) return name;
  masking::MakeUtf8(name);
  masking::MaskIndividualNumbers(name);
  masking::CutUtf8(name, kMaxName);
  return name;
}

void Encode(const model::InterfaceClass& kind, proto::InterfaceClass& stored) {
  stored.set_class_code(kind.class_code);
  stored.set_subclass(kind.subclass);
  stored.set_protocol(kind.protocol);
}

void Encode(const model::Interface& interface, proto::Interface& stored) {
  stored.set_configuration(interface.configuration);
  stored.set_number(interface.number);
  stored.set_alternate(interface.alternate);
  Encode(interface.kind, *stored.mutable_kind());
  stored.set_name(ShortName(interface.name));
}

void Encode(const model::Device& device, proto::Device& stored) {
  stored.set_port_path(device.port_path);
  stored.set_parent(device.parent);
  stored.set_address(device.address);
  stored.set_vendor(device.vendor);
  stored.set_product(device.product);
  stored.set_release(device.release);
  stored.set_manufacturer(device.manufacturer);
  stored.set_product_name(device.product_name);
  stored.set_serial(device.serial);
  Encode(device.kind, *stored.mutable_kind());
  stored.set_speed(Encode(device.speed));
  stored.set_active_configuration(device.active_configuration);
  const std::size_t kept = std::min(device.interfaces.size(), kMaxInterfaces);
  for (std::size_t i = 0; i < kept; ++i)
    Encode(device.interfaces[i], *stored.add_interfaces());
  stored.set_interfaces_left_out(static_cast<std::uint32_t>(device.interfaces.size() - kept));
  stored.set_descriptor_hash(std::string(signing::AsBytes(device.descriptor_hash)));
  stored.set_hub(device.hub());
  stored.set_root_hub(device.root_hub);
  stored.set_complete(device.complete);
}

void Encode(const model::Decision& decision, proto::Decision& stored) {
  stored.set_verdict(Encode(decision.verdict));
  for (const std::uint8_t number : decision.interfaces)
    stored.add_interfaces(number);
  stored.set_basis(Encode(decision.basis));
  stored.set_rule(decision.rule);
  stored.set_reason(decision.reason);
  stored.set_policy_version(decision.policy_version);
  stored.set_policy_name(decision.policy_name);
  stored.set_policy_source(Encode(decision.policy_source));
}

// One overload for each alternative of model::EventBody: a new one does not compile until it is stored.
class BodyEncoder {
 public:
  explicit BodyEncoder(proto::Event& stored) : stored_(stored) {}

  void operator()(const model::AgentStarted& body) const {
    proto::AgentStarted& stored = *stored_.mutable_agent_started();
    stored.set_agent_version(body.agent_version);
    stored.set_boot_id(body.boot_id);
    stored.set_kernel(body.kernel);
    stored.set_mode(Encode(body.mode));
    stored.set_unclean_stop_before(body.unclean_stop_before);
  }
  void operator()(const model::AgentStopping& body) const { stored_.mutable_agent_stopping()->set_reason(body.reason); }
  void operator()(const model::DeviceJudged& body) const {
    proto::DeviceJudged& stored = *stored_.mutable_device_judged();
    Encode(body.device, *stored.mutable_device());
    Encode(body.decision, *stored.mutable_decision());
    stored.set_mode(Encode(body.mode));
    stored.set_trigger(Encode(body.trigger));
    for (std::size_t i = 0; i < std::min(body.users.size(), kMaxUsers); ++i)
      stored.add_users(ShortName(body.users[i]));
  }
  void operator()(const model::DeviceGone& body) const {
    Encode(body.device, *stored_.mutable_device_gone()->mutable_device());
    stored_.mutable_device_gone()->set_was_admitted(body.was_admitted);
  }
  void operator()(const model::EnforcementFailed& body) const {
    proto::EnforcementFailed& stored = *stored_.mutable_enforcement_failed();
    Encode(body.device, *stored.mutable_device());
    Encode(body.decision, *stored.mutable_decision());
    stored.set_error(body.error);
  }
  void operator()(const model::BarrierTampered& body) const {
    proto::BarrierTampered& stored = *stored_.mutable_barrier_tampered();
    Encode(body.device, *stored.mutable_device());
    stored.set_what(body.what);
    stored.set_restored(body.restored);
  }
  void operator()(const model::PolicyInForce& body) const {
    proto::PolicyInForce& stored = *stored_.mutable_policy_in_force();
    stored.set_source(Encode(body.source));
    stored.set_name(body.name);
    stored.set_version(body.version);
    stored.set_mode(Encode(body.mode));
    stored.set_sha256(std::string(signing::AsBytes(body.sha256)));
    stored.set_rules(body.rules);
  }
  void operator()(const model::PolicyRefused& body) const {
    proto::PolicyRefused& stored = *stored_.mutable_policy_refused();
    stored.set_source(Encode(body.source));
    stored.set_offered_version(body.offered_version);
    stored.set_error_code(body.error_code);
    stored.set_where(body.where);
    stored.set_detail(body.detail);
  }
  void operator()(const model::DeviceAdopted& body) const {
    Encode(body.device, *stored_.mutable_device_adopted()->mutable_device());
  }
  void operator()(const model::BarrierReleased& body) const {
    proto::BarrierReleased& stored = *stored_.mutable_barrier_released();
    stored.set_uid(body.uid);
    stored.set_user(body.user);
    stored.set_reason(body.reason);
  }
  void operator()(const model::BarrierClosed& body) const {
    proto::BarrierClosed& stored = *stored_.mutable_barrier_closed();
    stored.set_uid(body.uid);
    stored.set_user(body.user);
    stored.set_reason(body.reason);
  }
  void operator()(const model::NoticesLost& body) const {
    stored_.mutable_notices_lost()->set_source(body.source);
    stored_.mutable_notices_lost()->set_detail(body.detail);
  }
  void operator()(const model::ClockStepped& body) const {
    stored_.mutable_clock_stepped()->set_before_us(body.before.time_since_epoch().count());
    stored_.mutable_clock_stepped()->set_after_us(body.after.time_since_epoch().count());
  }
  void operator()(const model::Resumed& body) const { stored_.mutable_resumed()->set_slept_us(body.slept.count()); }
  void operator()(const model::Enrolled& body) const {
    proto::Enrolled& stored = *stored_.mutable_enrolled();
    stored.set_site_id(body.site_id);
    stored.set_terminal_id(body.terminal_id);
    stored.set_collector(body.collector);
    stored.set_group(body.group);
    stored.set_certificate_sha256(std::string(signing::AsBytes(body.certificate_sha256)));
  }
  void operator()(const model::CollectorRefused& body) const {
    proto::CollectorRefused& stored = *stored_.mutable_collector_refused();
    stored.set_collector(body.collector);
    stored.set_error_code(body.error_code);
    stored.set_detail(body.detail);
  }
  void operator()(const model::RecordsPruned& body) const {
    stored_.mutable_records_pruned()->set_first_kept(body.first_kept);
  }
  void operator()(const model::LogQuarantined& body) const {
    stored_.mutable_log_quarantined()->set_file(body.file);
    stored_.mutable_log_quarantined()->set_detail(body.detail);
  }

 private:
  proto::Event& stored_;
};

}  // namespace

bool EventEncoder::Encode(const model::Event& event, std::string_view boot_id, std::string& payload) {
  arena_.Reset();
  proto::Event& stored = *google::protobuf::Arena::CreateMessage<proto::Event>(&arena_);
  stored.set_time_us(event.time.time_since_epoch().count());
  stored.set_boottime_us(event.since_boot.count());
  stored.set_boot_id(std::string(boot_id));
  std::visit(BodyEncoder(stored), event.body);
  masker_.Mask(stored);
  return stored.SerializeToString(&payload);
}

}  // namespace sekimori::audit_log
