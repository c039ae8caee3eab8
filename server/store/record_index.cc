#include "server/store/record_index.h"

#include <chrono>
#include <cstdio>

namespace sekimori::store {

namespace {

// Columns are searched as text; a NUL or a line break inside a device's own strings must not fake a column's structure.
void AppendPart(std::string& out, std::string_view part) {
  constexpr std::string_view kStructure("\0\n", 2);
  const std::size_t start = out.size();
  out.append(part);
  for (std::size_t at = out.find_first_of(kStructure, start); at != std::string::npos;
       at = out.find_first_of(kStructure, at))
    out[at] = ' ';
  out.push_back('\n');
}

std::string DeviceText(const proto::Device& device) {
  char ids[16];
  std::snprintf(ids, sizeof(ids), "%04x:%04x", device.vendor() & 0xffffU, device.product() & 0xffffU);
  std::string text;
  text.reserve(device.port_path().size() + device.manufacturer().size() + device.product_name().size() +
               device.serial().size() + 16);
  AppendPart(text, device.port_path());
  AppendPart(text, ids);
  AppendPart(text, device.manufacturer());
  AppendPart(text, device.product_name());
  AppendPart(text, device.serial());
  return text;
}

// The same reading as words::EventOutcome: a mode that is not known to have been enforcing refused nothing.
Outcome OutcomeOf(proto::Verdict verdict, proto::Mode mode) {
  if (verdict == proto::VERDICT_ALLOW) return Outcome::kAllowed;
  if (verdict == proto::VERDICT_ALLOW_INTERFACES) return Outcome::kPartly;
  return mode == proto::MODE_ENFORCE ? Outcome::kDenied : Outcome::kWouldDeny;
}

// As in proto/words/describe.cc: a small step back is how time servers correct a clock.
bool SetBack(const proto::ClockStepped& step) {
  constexpr std::chrono::microseconds kHarmlessStepBack = std::chrono::minutes(1);
  // Unsigned: a terminal may name any two times, and how far they lie apart need not fit a signed number.
  const std::uint64_t back_us =
      static_cast<std::uint64_t>(step.before_us()) - static_cast<std::uint64_t>(step.after_us());
  return step.before_us() > step.after_us() && back_us > static_cast<std::uint64_t>(kHarmlessStepBack.count());
}

void IndexJudged(const proto::DeviceJudged& judged, RecordIndex& index) {
  index.outcome = OutcomeOf(judged.decision().verdict(), judged.mode());
  const bool refused = index.outcome == Outcome::kDenied || index.outcome == Outcome::kWouldDeny;
  index.severity = refused ? Severity::kWarning : Severity::kInformation;
  index.policy_version = judged.decision().policy_version();
  index.device = DeviceText(judged.device());
  for (const std::string& user : judged.users())
    AppendPart(index.users, user);
}

// As words::LoginOutcome reads it.
void IndexLogin(const proto::LoginJudged& judged, RecordIndex& index) {
  const bool granted = judged.result() == proto::LOGIN_GRANTED;
  const bool observed = granted && judged.reason() == proto::LOGIN_REASON_OBSERVED;
  index.outcome = observed ? Outcome::kWouldDeny : granted ? Outcome::kAllowed : Outcome::kDenied;
  index.severity = granted && !observed ? Severity::kInformation : Severity::kWarning;
  for (const proto::LoginProof& proof : judged.proofs())
    if (proof.refusal() == proto::PROOF_COUNTER) index.severity = Severity::kAlarm;
  if (index.severity == Severity::kAlarm) index.outcome = Outcome::kNone;
  index.policy_version = judged.policy_version();
  if (judged.place().has_user()) AppendPart(index.users, judged.place().user().name());
}

// As words::SessionOutcome reads it.
void IndexSession(const proto::SessionJudged& judged, RecordIndex& index) {
  index.policy_version = judged.policy_version();
  if (judged.place().has_user()) AppendPart(index.users, judged.place().user().name());
  if (judged.ground() == proto::SESSION_CLOSED) return;
  const bool by_policy = judged.ground() == proto::SESSION_TICKET || judged.ground() == proto::SESSION_REPORTED;
  index.outcome = !judged.allowed() ? Outcome::kDenied : by_policy ? Outcome::kAllowed : Outcome::kWouldDeny;
  index.severity = index.outcome == Outcome::kAllowed ? Severity::kInformation : Severity::kWarning;
}

void IndexAuthenticator(const proto::AuthenticatorChanged& changed, RecordIndex& index) {
  index.severity = Severity::kNotice;
  AppendPart(index.users, changed.user().name());
  AppendPart(index.users, changed.by().name());
}

void IndexOperator(const proto::OperatorAction& action, RecordIndex& index) {
  index.severity = action.succeeded() ? Severity::kNotice : Severity::kWarning;
  index.about = action.terminal_id();
  AppendPart(index.users, action.operator_());
}

}  // namespace

bool IsCollectorsWord(const proto::Event& event) {
  return event.rows_size() > 0 || event.has_operator_action() || event.has_collector_alarm() ||
         event.has_heads_noted() || !event.enrolled().key_sha256().empty();
}

RecordIndex IndexOf(const proto::Event& event, bool own) {
  RecordIndex index;
  index.time_us = event.time_us();
  index.type = static_cast<std::uint32_t>(event.body_case());
  if (!own && IsCollectorsWord(event)) {
    index.severity = Severity::kAlarm;
    return index;
  }
  switch (event.body_case()) {
    case proto::Event::kDeviceJudged:
      IndexJudged(event.device_judged(), index);
      break;
    case proto::Event::kDeviceGone:
      index.device = DeviceText(event.device_gone().device());
      break;
    case proto::Event::kDeviceAdopted:
      index.severity = Severity::kNotice;
      index.device = DeviceText(event.device_adopted().device());
      break;
    case proto::Event::kEnforcementFailed:
      index.severity = Severity::kAlarm;
      index.device = DeviceText(event.enforcement_failed().device());
      index.policy_version = event.enforcement_failed().decision().policy_version();
      break;
    case proto::Event::kBarrierTampered:
      index.severity = Severity::kAlarm;
      index.device = DeviceText(event.barrier_tampered().device());
      break;
    case proto::Event::kPolicyInForce:
      index.severity = Severity::kNotice;
      index.policy_version = event.policy_in_force().version();
      break;
    case proto::Event::kPolicyRefused:
      index.severity = Severity::kAlarm;
      index.policy_version = event.policy_refused().offered_version();
      break;
    case proto::Event::kBarrierReleased:
      index.severity = Severity::kAlarm;
      AppendPart(index.users, event.barrier_released().user());
      break;
    case proto::Event::kBarrierClosed:
      index.severity = Severity::kNotice;
      AppendPart(index.users, event.barrier_closed().user());
      break;
    case proto::Event::kAgentStarted:
      index.severity = event.agent_started().unclean_stop_before() ? Severity::kWarning : Severity::kInformation;
      break;
    case proto::Event::kClockStepped:
      index.severity = SetBack(event.clock_stepped()) ? Severity::kAlarm : Severity::kNotice;
      break;
    case proto::Event::kAgentStopping:
      index.severity = Severity::kNotice;
      break;
    case proto::Event::kEnrolled:
      index.severity = Severity::kNotice;
      index.about = event.enrolled().terminal_id();
      break;
    case proto::Event::kNoticesLost:
    case proto::Event::kCollectorRefused:
    case proto::Event::kLogQuarantined:
    case proto::Event::kLogDamaged:
    case proto::Event::kCollectorBehind:
      index.severity = Severity::kAlarm;
      break;
    case proto::Event::kPortRestless:
      index.severity = Severity::kWarning;
      break;
    case proto::Event::kLogSetAside:
      index.severity = Severity::kAlarm;
      AppendPart(index.users, event.log_set_aside().user());
      break;
    case proto::Event::kLoginJudged:
      IndexLogin(event.login_judged(), index);
      break;
    case proto::Event::kSessionJudged:
      IndexSession(event.session_judged(), index);
      break;
    case proto::Event::kAuthenticatorChanged:
      IndexAuthenticator(event.authenticator_changed(), index);
      break;
    case proto::Event::kOperatorAction:
      IndexOperator(event.operator_action(), index);
      break;
    case proto::Event::kCollectorAlarm:
      index.severity = Severity::kAlarm;
      index.about = event.collector_alarm().terminal_id();
      break;
    case proto::Event::kHeadsNoted:
    case proto::Event::kResumed:
    case proto::Event::kRecordsPruned:
    case proto::Event::BODY_NOT_SET:
      break;
  }
  return index;
}

RecordIndex IndexOfUnreadable(std::int64_t received_us) {
  RecordIndex index;
  index.time_us = received_us;
  index.severity = Severity::kAlarm;
  return index;
}

}  // namespace sekimori::store
