// Everything the agent writes down, as plain values. agent/audit_log turns them into the stored protobuf. Req: R05,
// R07.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/model/decision.h"
#include "agent/model/device.h"
#include "agent/model/login.h"
#include "agent/model/time.h"

namespace sekimori::model {

struct AgentStarted {
  std::string agent_version, boot_id, kernel;
  Mode mode = Mode::kObserve;
  bool unclean_stop_before = false;  // put in when it is stored: the log knows how the run before ended
};
struct AgentStopping {
  std::string reason;
};
struct DeviceJudged {
  Device device;
  Decision decision;
  Mode mode = Mode::kObserve;
  Trigger trigger = Trigger::kArrived;
  std::vector<std::string> users;
};
struct DeviceGone {
  Device device;
  bool was_admitted = false;
};
struct EnforcementFailed {
  Device device;
  Decision decision;
  std::string error;
};
struct BarrierTampered {
  Device device;     // empty port path: the default itself
  std::string what;  // "let_in", "shut" (of the device), or the defaults that stood open, as the kernel names them
  bool restored = false;
};
struct PolicyInForce {
  PolicySource source = PolicySource::kBuiltIn;
  std::string name;
  std::uint64_t version = 0;
  Mode mode = Mode::kObserve;
  std::array<std::uint8_t, 32> sha256{};
  std::uint32_t rules = 0;
  std::string group;  // of a collector's policy: the group the terminal is in from here on
};
struct PolicyRefused {
  PolicySource source = PolicySource::kLocal;
  std::uint64_t offered_version = 0;
  std::string error_code, where, detail;
};
struct DeviceAdopted {
  Device device;
};
struct BarrierReleased {
  std::uint32_t uid = 0;
  std::string user, reason;
  bool removal = false;  // the agent is being removed; in observe mode nothing was shut
};
struct BarrierClosed {
  std::uint32_t uid = 0;
  std::string user, reason;
};
struct NoticesLost {
  std::string source, detail;
};
// More arrivals at one of the machine's own ports within a minute than are judged one by one.
struct PortRestless {
  std::string port_path;
  std::uint32_t arrivals = 0;
  std::uint32_t held_back = 0;  // of them: neither judged nor recorded each
};
struct ClockStepped {
  WallTime before, after;
};
struct Resumed {
  std::chrono::microseconds slept{};
};
struct Enrolled {
  std::string site_id, terminal_id, collector, group;
  std::array<std::uint8_t, 32> certificate_sha256{};
};
struct CollectorRefused {
  std::string collector, error_code, detail;
};
struct RecordsPruned {
  std::uint64_t first_kept = 0;
};
struct LogQuarantined {
  std::string file, detail;
};
struct LogDamaged {
  std::uint64_t sequence = 0;  // the first record that cannot be read
  std::string detail;
};
struct LogSetAside {
  std::string file, user;
};
struct CollectorBehind {
  std::string collector;
  std::uint64_t acknowledged = 0;  // newest record it had acknowledged
  std::uint64_t stored = 0;        // newest record it says it has
};

// One login, granted or not: what was proven, and why it was answered so. Nothing that was typed is in it.
struct LoginJudged {
  LoginPlace place;
  LoginResult result = LoginResult::kUnavailable;
  LoginReason reason = LoginReason::kOutOfOrder;
  FactorClasses classes;
  std::vector<Proof> proofs;  // a credential's id is stored as its SHA-256
  std::string rule;           // of the login policy; empty: none matched
  std::string policy_name;
  std::uint64_t policy_version = 0;
  std::optional<WallTime> grace_until;
  std::string detail;
};
// A session opened or closed, an account let in or not, with a ticket or without one.
struct SessionJudged {
  LoginPlace place;
  SessionPhase phase = SessionPhase::kOpen;
  bool allowed = false;
  SessionGround ground = SessionGround::kNoTicket;
  FactorClasses classes;  // of the login that its ticket was issued for
  std::string rule;       // of the sessions; empty: none matched, or a ticket was shown
  std::string policy_name;
  std::uint64_t policy_version = 0;
  std::string detail;
};
struct AuthenticatorChanged {
  AuthenticatorChange change = AuthenticatorChange::kEnrolled;
  Account user;  // whose it is
  Method method = Method::kTotp;
  std::string credential;  // stored as its SHA-256
  Account by;              // by the kernel's word; the name is that of the person behind root
  std::string reason;
};

using EventBody =
    std::variant<AgentStarted, AgentStopping, DeviceJudged, DeviceGone, EnforcementFailed, BarrierTampered,
                 PolicyInForce, PolicyRefused, DeviceAdopted, BarrierReleased, BarrierClosed, NoticesLost, ClockStepped,
                 Resumed, Enrolled, CollectorRefused, RecordsPruned, LogQuarantined, PortRestless, LogDamaged,
                 LogSetAside, CollectorBehind, LoginJudged, SessionJudged, AuthenticatorChanged>;

struct Event {
  WallTime time;
  BootTime since_boot{};
  EventBody body;
};

}  // namespace sekimori::model
