// What may be asked of the deciding thread while it runs, and what it answers: plain values between the control socket
// and the core. Req: R02, R05, R12
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "agent/model/decision.h"
#include "agent/model/device.h"
#include "agent/model/event.h"
#include "agent/ports/link.h"
#include "agent/ports/log_upkeep.h"
#include "proto/result.h"

namespace sekimori::ports {

// Who asks, as the kernel says (SO_PEERCRED).
struct Asker {
  std::uint32_t uid = 0;
  std::string user;  // name of that uid, else its number
};

struct AskStatus {};
struct AskDevices {};
struct AskExplanation {
  std::string device;  // port path ("1-2.3") or "vvvv:pppp"
};
struct AskPolicyTrial {
  std::string toml;
  std::string name;  // stands in error messages
};
struct OrderReload {};
// `operator_name`: the person behind root, by root's own word (the name he logged in with); empty if there is none.
struct OrderRelease {
  std::string reason;
  std::string operator_name = {};
  bool removal = false;  // the agent is being removed: recorded also where there is nothing to open
};
struct OrderClose {
  std::string reason;
  std::string operator_name = {};
};
// Of a login, a session or an authenticator: written down durably, or not at all if it lets somebody in. Only from
// inside the agent, never from the control socket.
struct RecordLogin {
  model::EventBody body;
};
using Question = std::variant<AskStatus, AskDevices, AskExplanation, AskPolicyTrial, OrderReload, OrderRelease,
                              OrderClose, RecordLogin>;

// Something the agent cannot do at this moment. `what` is a stable word: "log", "devices", "barrier", "enforcement",
// "sessions", "notices", "policy", "unkept_policy", "baseline", "marker", "link", "site", "logins", "login_door".
struct Trouble {
  std::string what;
  Error error;
};

struct StatusReport {
  std::string agent_version;
  model::WallTime started;
  model::Mode mode = model::Mode::kObserve;
  bool released = false;
  bool barrier_closed = false;
  std::vector<std::string> barrier_gaps;
  model::PolicySource policy_source = model::PolicySource::kBuiltIn;
  std::string policy_name;
  std::uint64_t policy_version = 0;
  std::uint32_t policy_rules = 0;
  std::uint32_t devices = 0;
  std::uint32_t refused = 0;  // in observe mode: would be refused
  std::uint32_t waiting = 0;  // hang on a hub not seen yet, or on a port where too much comes and goes
  std::uint32_t adopted = 0;
  LogHead log;
  LinkState link;
  std::vector<Trouble> troubles;
};

struct DeviceState {
  model::Device device;
  bool judged = false;  // false: it waits, shut, for its hub; the decision below is then empty
  model::Decision decision;
  model::Admission admission;  // what the kernel lets through, as last read
  model::Trigger trigger = model::Trigger::kArrived;
  model::WallTime judged_at;
};
struct DeviceList {
  std::vector<DeviceState> devices;  // hubs before what hangs on them
};

// One line of an explanation: a rule, whether it matched, and the first condition that did not.
struct RuleAsked {
  std::string rule;
  bool matched = false;
  std::string condition, wanted, found;
  bool withheld = false;  // `wanted` was taken out: not everyone may read it
};
struct Explanation {
  DeviceState device;
  std::vector<RuleAsked> asked;
};

struct TrialLine {
  model::Device device;
  model::Decision now, then;
};
struct PolicyTrial {
  std::string name;
  model::Mode mode = model::Mode::kObserve;
  std::uint32_t rules = 0;
  std::vector<TrialLine> changed, unchanged;
};

struct Done {
  std::string detail;
};
using Answer = std::variant<Error, StatusReport, DeviceList, Explanation, PolicyTrial, Done>;

class Questions {
 public:
  virtual ~Questions() = default;
  // Any thread but the deciding one; blocks until answered. kTimeout: the deciding thread did not take the question up
  // `within`, and never will; what it has taken up is waited for. kFull: too many questions wait already.
  // kUnavailable: the agent is stopping.
  [[nodiscard]] virtual Answer Ask(Question question, Asker asker, std::chrono::milliseconds within) = 0;
};

}  // namespace sekimori::ports
