#include "proto/words/describe.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "proto/words/describe_login.h"
#include "proto/words/printable.h"
#include "proto/words/time_text.h"

namespace sekimori::words {
namespace {

using proto::Event;

// A clock set back by more than this is worth somebody's eyes; time servers correct by less.
constexpr std::chrono::microseconds kHarmlessStepBack = std::chrono::minutes(1);

bool SetBack(const proto::ClockStepped& step) {
  // Unsigned: a terminal may name any two times, and how far they lie apart need not fit a signed number.
  const std::uint64_t back_us =
      static_cast<std::uint64_t>(step.before_us()) - static_cast<std::uint64_t>(step.after_us());
  return step.before_us() > step.after_us() && back_us > static_cast<std::uint64_t>(kHarmlessStepBack.count());
}

std::string ModeText(Language language, proto::Mode mode) {
  return Say(language, mode == proto::MODE_ENFORCE ? "mode.enforce" : "mode.observe");
}

std::string SourceText(Language language, proto::PolicySource source) {
  if (source == proto::POLICY_SOURCE_LOCAL) return Say(language, "policy_source.local");
  if (source == proto::POLICY_SOURCE_COLLECTOR) return Say(language, "policy_source.collector");
  return Say(language, "policy_source.built_in");
}

std::string JudgedKey(const proto::DeviceJudged& judged) {
  const bool observing = judged.mode() != proto::MODE_ENFORCE;
  const proto::Verdict verdict = judged.decision().verdict();
  if (verdict == proto::VERDICT_ALLOW) return "event.allowed";
  if (verdict == proto::VERDICT_ALLOW_INTERFACES) return observing ? "event.would_allow_some" : "event.allowed_some";
  // A verdict nobody wrote is never told as an admission.
  return observing ? "event.would_refuse" : "event.refused";
}

std::string TellJudged(Language language, const Event& event) {
  const proto::DeviceJudged& judged = event.device_judged();
  const proto::Decision& decision = judged.decision();
  return Say(language, JudgedKey(judged),
             {{"device", DescribeDevice(language, judged.device())},
              {"why", DescribeBasis(language, decision)},
              {"numbers", InterfaceNumbers(decision)},
              {"policy", DescribePolicy(language, decision.policy_name(), decision.policy_version())}});
}

std::string TellGone(Language language, const Event& event) {
  return Say(language, "event.device_gone", {{"device", DescribeDevice(language, event.device_gone().device())}});
}

std::string TellAdopted(Language language, const Event& event) {
  return Say(language, "event.device_adopted", {{"device", DescribeDevice(language, event.device_adopted().device())}});
}

std::string TellFailed(Language language, const Event& event) {
  const proto::EnforcementFailed& failed = event.enforcement_failed();
  if (failed.device().port_path().empty()) return Say(language, "event.work_failed", {{"error", failed.error()}});
  return Say(language, "event.enforcement_failed",
             {{"device", DescribeDevice(language, failed.device())},
              {"verdict", DescribeVerdict(language, failed.decision())},
              {"error", failed.error()}});
}

// The text under a word that stands in a record; a word this version does not know stays as it is.
std::string Known(Language language, const std::string& table, const std::string& word) {
  const std::string key = table + word;
  std::string text = Say(language, key);
  return text == key ? word : text;
}

std::string TellTampered(Language language, const Event& event) {
  const proto::BarrierTampered& tampered = event.barrier_tampered();
  const std::string device = tampered.device().port_path().empty() ? Say(language, "event.barrier_itself")
                                                                   : DescribeDevice(language, tampered.device());
  return Say(language, tampered.restored() ? "event.tampered_restored" : "event.tampered_open",
             {{"device", device}, {"what", Known(language, "tampering.", tampered.what())}});
}

std::string TellPolicyInForce(Language language, const Event& event) {
  const proto::PolicyInForce& policy = event.policy_in_force();
  return Say(language, policy.group().empty() ? "event.policy_in_force" : "event.policy_in_force_for_group",
             {{"group", policy.group()},
              {"source", SourceText(language, policy.source())},
              {"policy", DescribePolicy(language, policy.name(), policy.version())},
              {"mode", ModeText(language, policy.mode())},
              {"rules", std::to_string(policy.rules())}});
}

std::string TellPolicyRefused(Language language, const Event& event) {
  const proto::PolicyRefused& refused = event.policy_refused();
  return Say(language, "event.policy_refused",
             {{"source", SourceText(language, refused.source())},
              {"version", std::to_string(refused.offered_version())},
              {"code", Known(language, "error.", refused.error_code())},
              {"where", refused.where()},
              {"detail", refused.detail()}});
}

std::string TellReleased(Language language, const Event& event) {
  const proto::BarrierReleased& released = event.barrier_released();
  return Say(language, released.removal() ? "event.agent_removed" : "event.barrier_released",
             {{"user", released.user()}, {"reason", released.reason()}});
}

std::string TellClosed(Language language, const Event& event) {
  const proto::BarrierClosed& closed = event.barrier_closed();
  return Say(language, "event.barrier_closed", {{"user", closed.user()}, {"reason", closed.reason()}});
}

std::string TellStarted(Language language, const Event& event) {
  const proto::AgentStarted& started = event.agent_started();
  return Say(language, started.unclean_stop_before() ? "event.agent_started_unclean" : "event.agent_started",
             {{"version", started.agent_version()},
              {"kernel", started.kernel()},
              {"mode", ModeText(language, started.mode())}});
}

std::string TellStopping(Language language, const Event& event) {
  return Say(language, "event.agent_stopping", {{"reason", event.agent_stopping().reason()}});
}

std::string TellNoticesLost(Language language, const Event& event) {
  const proto::NoticesLost& lost = event.notices_lost();
  return Say(language, "event.notices_lost", {{"source", lost.source()}, {"detail", lost.detail()}});
}

std::string TellClockStepped(Language language, const Event& event) {
  const proto::ClockStepped& step = event.clock_stepped();
  return Say(language, SetBack(step) ? "event.clock_set_back" : "event.clock_stepped",
             {{"before", LocalTimeText(TimeOfMessage(step.before_us()))},
              {"after", LocalTimeText(TimeOfMessage(step.after_us()))}});
}

std::string TellResumed(Language language, const Event& event) {
  const std::chrono::microseconds slept(event.resumed().slept_us());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(slept);
  return Say(language, "event.resumed", {{"seconds", std::to_string(seconds.count())}});
}

std::string TellEnrolled(Language language, const Event& event) {
  const proto::Enrolled& enrolled = event.enrolled();
  // The collector's own record of it names the address the terminal called from, and the terminal's key.
  if (!enrolled.key_sha256().empty())
    return Say(language, "event.enrolled_terminal",
               {{"terminal", enrolled.terminal_id()}, {"group", enrolled.group()}, {"peer", enrolled.collector()}});
  return Say(language, "event.enrolled",
             {{"collector", enrolled.collector()}, {"terminal", enrolled.terminal_id()}, {"group", enrolled.group()}});
}

std::string TellCollectorRefused(Language language, const Event& event) {
  const proto::CollectorRefused& refused = event.collector_refused();
  return Say(language, "event.collector_refused",
             {{"collector", refused.collector()},
              {"code", Known(language, "error.", refused.error_code())},
              {"detail", refused.detail()}});
}

std::string TellPruned(Language language, const Event& event) {
  return Say(language, "event.records_pruned", {{"first", std::to_string(event.records_pruned().first_kept())}});
}

std::string TellQuarantined(Language language, const Event& event) {
  const proto::LogQuarantined& quarantined = event.log_quarantined();
  if (quarantined.file().empty()) return Say(language, "event.log_taken_away", {{"detail", quarantined.detail()}});
  return Say(language, "event.log_quarantined", {{"file", quarantined.file()}, {"detail", quarantined.detail()}});
}

std::string TellDamaged(Language language, const Event& event) {
  const proto::LogDamaged& damaged = event.log_damaged();
  return Say(language, "event.log_damaged",
             {{"sequence", std::to_string(damaged.sequence())}, {"detail", damaged.detail()}});
}

std::string TellSetAside(Language language, const Event& event) {
  const proto::LogSetAside& aside = event.log_set_aside();
  return Say(language, "event.log_set_aside", {{"file", aside.file()}, {"user", aside.user()}});
}

std::string TellBehind(Language language, const Event& event) {
  const proto::CollectorBehind& behind = event.collector_behind();
  return Say(language, "event.collector_behind",
             {{"collector", behind.collector()},
              {"acknowledged", std::to_string(behind.acknowledged())},
              {"stored", std::to_string(behind.stored())}});
}

std::string TellHeads(Language language, const Event& event) {
  return Say(language, "event.heads_noted", {{"count", std::to_string(event.heads_noted().heads_size())}});
}

std::string TellOperator(Language language, const Event& event) {
  const proto::OperatorAction& action = event.operator_action();
  return Say(language, action.succeeded() ? "event.operator_did" : "event.operator_failed",
             {{"operator", action.operator_()},
              {"action", Known(language, "action.", action.action())},
              {"target", action.target()},
              {"detail", action.detail()}});
}

std::string AlarmKey(proto::AlarmKind kind) {
  static constexpr std::pair<proto::AlarmKind, const char*> kKeys[] = {
      {proto::ALARM_FORK, "alarm.fork"},
      {proto::ALARM_GAP, "alarm.gap"},
      {proto::ALARM_ROLLBACK, "alarm.rollback"},
      {proto::ALARM_BROKEN_CHAIN, "alarm.broken_chain"},
      {proto::ALARM_BAD_SIGNATURE, "alarm.bad_signature"},
      {proto::ALARM_OTHER_LOG, "alarm.other_log"},
      {proto::ALARM_TWO_PLACES, "alarm.two_places"},
      {proto::ALARM_REVOKED, "alarm.revoked"},
      {proto::ALARM_UNREADABLE, "alarm.unreadable"},
      {proto::ALARM_TOKEN, "alarm.token"},
      {proto::ALARM_WITHHELD, "alarm.withheld"},
      {proto::ALARM_CLOCK, "alarm.clock"},
      {proto::ALARM_STORE_CUT, "alarm.store_cut"},
      {proto::ALARM_POLICY, "alarm.policy"},
  };
  for (const auto& [known, key] : kKeys)
    if (known == kind) return key;
  return "alarm.unknown";
}

std::string TellAlarm(Language language, const Event& event) {
  const proto::CollectorAlarm& alarm = event.collector_alarm();
  return Say(language, "event.collector_alarm",
             {{"what", Say(language, AlarmKey(alarm.kind()))},
              {"terminal", alarm.terminal_id().empty() ? Say(language, "event.no_terminal") : alarm.terminal_id()},
              {"sequence", std::to_string(alarm.sequence())},
              {"detail", alarm.detail()},
              {"peer", alarm.peer()}});
}

std::string TellRestless(Language language, const Event& event) {
  const proto::PortRestless& restless = event.port_restless();
  return Say(language, "event.port_restless",
             {{"port", restless.port_path()},
              {"arrivals", std::to_string(restless.arrivals())},
              {"held", std::to_string(restless.held_back())}});
}

// What is known of each kind: how it is told, and whether somebody must look at it. (A table instead of a switch:
// protobuf's enumerations carry values of its own that no switch can name.)
struct Kind {
  Event::BodyCase body;
  std::string (*tell)(Language, const Event&);
  bool alarm;
};
constexpr Kind kKinds[] = {
    {Event::kAgentStarted, TellStarted, false},        {Event::kAgentStopping, TellStopping, false},
    {Event::kDeviceJudged, TellJudged, false},         {Event::kDeviceGone, TellGone, false},
    {Event::kEnforcementFailed, TellFailed, true},     {Event::kBarrierTampered, TellTampered, true},
    {Event::kPolicyInForce, TellPolicyInForce, false}, {Event::kPolicyRefused, TellPolicyRefused, true},
    {Event::kDeviceAdopted, TellAdopted, false},       {Event::kBarrierReleased, TellReleased, true},
    {Event::kBarrierClosed, TellClosed, false},        {Event::kNoticesLost, TellNoticesLost, true},
    {Event::kClockStepped, TellClockStepped, false},   {Event::kResumed, TellResumed, false},
    {Event::kEnrolled, TellEnrolled, false},           {Event::kCollectorRefused, TellCollectorRefused, true},
    {Event::kRecordsPruned, TellPruned, false},        {Event::kLogQuarantined, TellQuarantined, true},
    {Event::kPortRestless, TellRestless, false},       {Event::kLogDamaged, TellDamaged, true},
    {Event::kLogSetAside, TellSetAside, true},         {Event::kLoginJudged, TellLogin, false},
    {Event::kSessionJudged, TellSession, false},       {Event::kAuthenticatorChanged, TellAuthenticator, false},
    {Event::kOperatorAction, TellOperator, false},     {Event::kCollectorAlarm, TellAlarm, true},
    {Event::kCollectorBehind, TellBehind, true},       {Event::kHeadsNoted, TellHeads, false},
};

const Kind* KindOf(const Event& event) {
  for (const Kind& kind : kKinds)
    if (kind.body == event.body_case()) return &kind;
  return nullptr;
}

// The device an event carries, or nothing.
const proto::Device* DeviceOf(const Event& event) {
  if (event.has_device_judged()) return &event.device_judged().device();
  if (event.has_device_gone()) return &event.device_gone().device();
  if (event.has_enforcement_failed()) return &event.enforcement_failed().device();
  if (event.has_device_adopted()) return &event.device_adopted().device();
  const bool tampered = event.has_barrier_tampered() && !event.barrier_tampered().device().port_path().empty();
  return tampered ? &event.barrier_tampered().device() : nullptr;
}

}  // namespace

std::string DescribePolicy(Language language, const std::string& name, std::uint64_t version) {
  if (version == 0) return Say(language, "policy_name.without_version", {{"name", name}});
  return Say(language, "policy_name.with_version", {{"name", name}, {"version", std::to_string(version)}});
}

std::string DescribeEvent(Language language, const Event& event) {
  const Kind* kind = KindOf(event);
  return kind == nullptr ? Say(language, "event.unknown") : kind->tell(language, event);
}

std::string EventType(const Event& event) {
  const auto* field = Event::descriptor()->FindFieldByNumber(static_cast<int>(event.body_case()));
  return field == nullptr ? "unknown" : field->name();
}

std::string EventOutcome(const Event& event) {
  if (event.has_device_judged()) {
    const proto::DeviceJudged& judged = event.device_judged();
    const proto::Verdict verdict = judged.decision().verdict();
    if (verdict == proto::VERDICT_ALLOW || verdict == proto::VERDICT_ALLOW_INTERFACES) return "allowed";
    return judged.mode() == proto::MODE_ENFORCE ? "refused" : "would_refuse";
  }
  if (event.has_login_judged()) return LoginOutcome(event.login_judged());
  if (event.has_session_judged()) return SessionOutcome(event.session_judged());
  if (event.has_clock_stepped()) return SetBack(event.clock_stepped()) ? "alarm" : "info";
  const Kind* kind = KindOf(event);
  return kind != nullptr && kind->alarm ? "alarm" : "info";
}

std::string OutcomeText(Language language, const Event& event) {
  return Say(language, "outcome." + EventOutcome(event));
}

std::string EventDeviceText(Language language, const Event& event) {
  const proto::Device* device = DeviceOf(event);
  return device == nullptr ? "" : DescribeDevice(language, *device);
}

std::string EventUsers(const Event& event) {
  if (event.has_barrier_released()) return Printable(event.barrier_released().user());
  if (event.has_barrier_closed()) return Printable(event.barrier_closed().user());
  if (event.has_log_set_aside()) return Printable(event.log_set_aside().user());
  if (event.has_operator_action()) return Printable(event.operator_action().operator_());
  if (event.has_login_judged()) return Printable(event.login_judged().place().user().name());
  if (event.has_session_judged()) return Printable(event.session_judged().place().user().name());
  if (event.has_authenticator_changed())
    return Printable(event.authenticator_changed().user().name()) + ", " +
           Printable(event.authenticator_changed().by().name());
  std::string users;
  for (const std::string& user : event.device_judged().users())
    users += (users.empty() ? "" : ", ") + Printable(user);
  return users;
}

}  // namespace sekimori::words
