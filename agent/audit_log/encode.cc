#include "agent/audit_log/encode.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/audit_log/encode_login.h"
#include "agent/messages/messages.h"
#include "proto/event.pb.h"
#include "proto/masking/individual_number.h"
#include "proto/masking/text.h"
#include "proto/signing/sha256.h"

namespace sekimori::audit_log {
namespace {

using messages::Put;
using messages::ToMessage;

std::string ShortName(std::string name, std::size_t most) {
  if (name.size() <= most) return name;
  masking::MakeUtf8(name);
  masking::MaskIndividualNumbers(name);
  masking::CutUtf8(name, most);
  return name;
}

using Interfaces = std::vector<model::Interface>;

// The first interface of each class, and what comes after them, both in their order.
Interfaces FirstOfEachClassFirst(Interfaces interfaces, std::size_t& classes) {
  std::set<model::InterfaceClass> seen;
  const auto rest = std::stable_partition(interfaces.begin(), interfaces.end(),
                                          [&](const model::Interface& each) { return seen.insert(each.kind).second; });
  classes = static_cast<std::size_t>(rest - interfaces.begin());
  return interfaces;
}

void Encode(const model::Device& device, proto::Device& stored) {
  std::size_t classes = 0;
  if (device.interfaces.size() <= kMaxInterfaces) {
    Put(device, kMaxInterfaces, stored);
  } else {
    model::Device rearranged = device;
    rearranged.interfaces = FirstOfEachClassFirst(std::move(rearranged.interfaces), classes);
    Put(rearranged, kMaxInterfaces, stored);
  }
  for (proto::Interface& interface : *stored.mutable_interfaces())
    if (interface.name().size() > kMaxInterfaceName) interface.set_name(ShortName(interface.name(), kMaxInterfaceName));
}

void EncodeGone(const model::Device& device, proto::Device& stored) {
  std::size_t classes = 0;
  model::Device rearranged = device;
  rearranged.interfaces = FirstOfEachClassFirst(std::move(rearranged.interfaces), classes);
  Put(rearranged, std::min(classes, kMaxClassesOfGone), stored);
  for (proto::Interface& interface : *stored.mutable_interfaces())
    interface.clear_name();
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
    stored.set_mode(ToMessage(body.mode));
    stored.set_unclean_stop_before(body.unclean_stop_before);
  }
  void operator()(const model::AgentStopping& body) const { stored_.mutable_agent_stopping()->set_reason(body.reason); }
  void operator()(const model::DeviceJudged& body) const {
    proto::DeviceJudged& stored = *stored_.mutable_device_judged();
    Encode(body.device, *stored.mutable_device());
    Put(body.decision, *stored.mutable_decision());
    stored.set_mode(ToMessage(body.mode));
    stored.set_trigger(ToMessage(body.trigger));
    for (std::size_t i = 0; i < std::min(body.users.size(), kMaxUsers); ++i)
      stored.add_users(ShortName(body.users[i], kMaxUserName));
  }
  void operator()(const model::DeviceGone& body) const {
    EncodeGone(body.device, *stored_.mutable_device_gone()->mutable_device());
    stored_.mutable_device_gone()->set_was_admitted(body.was_admitted);
  }
  void operator()(const model::EnforcementFailed& body) const {
    proto::EnforcementFailed& stored = *stored_.mutable_enforcement_failed();
    Encode(body.device, *stored.mutable_device());
    Put(body.decision, *stored.mutable_decision());
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
    stored.set_source(ToMessage(body.source));
    stored.set_name(body.name);
    stored.set_version(body.version);
    stored.set_mode(ToMessage(body.mode));
    stored.set_sha256(std::string(signing::AsBytes(body.sha256)));
    stored.set_rules(body.rules);
    stored.set_group(body.group);
  }
  void operator()(const model::PolicyRefused& body) const {
    proto::PolicyRefused& stored = *stored_.mutable_policy_refused();
    stored.set_source(ToMessage(body.source));
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
    stored.set_removal(body.removal);
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
  void operator()(const model::PortRestless& body) const {
    proto::PortRestless& stored = *stored_.mutable_port_restless();
    stored.set_port_path(body.port_path);
    stored.set_arrivals(body.arrivals);
    stored.set_held_back(body.held_back);
  }
  void operator()(const model::LogDamaged& body) const {
    stored_.mutable_log_damaged()->set_sequence(body.sequence);
    stored_.mutable_log_damaged()->set_detail(body.detail);
  }
  void operator()(const model::LogSetAside& body) const {
    stored_.mutable_log_set_aside()->set_file(body.file);
    stored_.mutable_log_set_aside()->set_user(body.user);
  }
  void operator()(const model::CollectorBehind& body) const {
    proto::CollectorBehind& stored = *stored_.mutable_collector_behind();
    stored.set_collector(body.collector);
    stored.set_acknowledged(body.acknowledged);
    stored.set_stored(body.stored);
  }
  void operator()(const model::LoginJudged& body) const { audit_log::Encode(body, *stored_.mutable_login_judged()); }
  void operator()(const model::SessionJudged& body) const {
    audit_log::Encode(body, *stored_.mutable_session_judged());
  }
  void operator()(const model::AuthenticatorChanged& body) const {
    audit_log::Encode(body, *stored_.mutable_authenticator_changed());
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
