// A terminal made of fakes with a real Decider in it: devices are plugged, notices run, time passes when the test says.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/core/decider.h"
#include "agent/core/standing_login.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_device_gate.h"
#include "tests/fakes/fake_device_source.h"
#include "tests/fakes/fake_event_log.h"
#include "tests/fakes/fake_link.h"
#include "tests/fakes/fake_policy_store.h"
#include "tests/fakes/fake_sessions.h"

namespace sekimori::core::tests {

using Act = fakes::FakeDeviceGate::Act;
using Call = fakes::FakeDeviceGate::Call;

inline constexpr model::InterfaceClass kKeyboard{0x03, 0x01, 0x01};
inline constexpr model::InterfaceClass kDisk{0x08, 0x06, 0x50};
inline constexpr model::InterfaceClass kHubInterface{0x09, 0x00, 0x00};

// One configuration, interfaces numbered from 0. The descriptor hash follows from the interfaces, as in the world.
inline model::Device DeviceOf(const std::string& port, std::vector<model::InterfaceClass> kinds,
                              std::uint16_t vendor = 0x0951) {
  model::Device device;
  device.port_path = port;
  const auto dot = port.rfind('.');
  device.parent = dot == std::string::npos ? "usb" + port.substr(0, port.find('-')) : port.substr(0, dot);
  device.address = 7;
  device.vendor = vendor;
  device.product = 0x1666;
  device.serial = "SN" + std::to_string(vendor);
  device.complete = true;
  std::uint8_t number = 0;
  for (const model::InterfaceClass& kind : kinds) {
    device.descriptor_hash[number] = kind.class_code;
    device.interfaces.push_back({1, number++, 0, kind, ""});
  }
  return device;
}
inline model::Device RootHub(int bus) {
  model::Device hub = DeviceOf("usb" + std::to_string(bus), {kHubInterface}, 0x1d6b);
  hub.parent.clear();
  hub.kind = {0x09, 0, 0};
  hub.address = 1;
  hub.root_hub = true;
  return hub;
}
inline model::Device Hub(const std::string& port) {
  model::Device hub = DeviceOf(port, {kHubInterface}, 0x05e3);
  hub.kind = {0x09, 0, 0};
  return hub;
}
inline model::Device Stick(const std::string& port = "1-2") {
  return DeviceOf(port, {kDisk});
}
inline model::Device Keyboard(const std::string& port = "1-1") {
  return DeviceOf(port, {kKeyboard}, 0x046d);
}

// The most a device can claim to be: 512 interfaces with names of 126 characters.
inline model::Device HugeDevice(const std::string& port) {
  model::Device device = Stick(port);
  device.interfaces.assign(512, {1, 0, 0, kDisk, std::string(3 * std::size_t{126}, 'x')});
  return device;
}

inline model::Policy PolicyOf(model::Mode mode, std::vector<model::Rule> rules = {}) {
  model::Policy policy;
  policy.name = "test";
  policy.source = model::PolicySource::kLocal;
  policy.mode = mode;
  policy.rules = std::move(rules);
  policy.sha256[0] = static_cast<std::uint8_t>(policy.rules.size() + 1);
  policy.sha256[1] = static_cast<std::uint8_t>(mode);
  return policy;
}
inline model::Rule AllowVendor(std::uint16_t vendor, const std::string& id = "allowed") {
  model::Rule rule;
  rule.id = id;
  rule.verdict = model::Verdict::kAllow;
  rule.match.vendors = {vendor};
  return rule;
}

class Terminal {
 public:
  Terminal() { gate.Plug(RootHub(1)); }

  // Enforcing with these rules, and no keyboard adopted unless a baseline was set.
  void Enforce(std::vector<model::Rule> rules = {}) {
    store.local = PolicyOf(model::Mode::kEnforce, std::move(rules));
    if (!store.baseline.ok()) store.baseline = model::Baseline{};
  }
  void Observe(std::vector<model::Rule> rules = {}) { store.local = PolicyOf(model::Mode::kObserve, std::move(rules)); }

  // Starts the agent on what is plugged in by then.
  void Start(Settings settings = {}) {
    queue = std::make_unique<NoticeQueue>(bounds);
    settings.agent_version = "1.2.3";
    decider = std::make_unique<Decider>(
        Collaborators{log, log, gate, source, store, sessions, link, clock,
                      [this](model::WallTime now) { return local_time ? local_time(now) : local; },
                      [this] { return reload_status; }, first_look, &login_policy},
        std::move(settings));
    decider->Begin();
    Look();
    (void)source.Start(*queue);
    Run();
  }

  // Everything that waits, until nothing does; what our own grants cause included.
  void Run() {
    for (bool more = true; more;) {
      NoticeGroup group = queue->Take(std::chrono::microseconds{0});
      more = !group.devices.empty() || !group.system.empty() || !group.link.empty() || group.dropped > 0 ||
             group.reload || !group.troubles.empty() || group.stop;
      running = decider->Take(std::move(group)) && running;
      Look();
    }
  }
  // One group of what waits.
  void Once() { running = decider->Take(queue->Take(std::chrono::microseconds{0})) && running; }
  // The source sees what the kernel has now, and tells what is news.
  void Look() {
    for (const model::Observation& observation : gate.Present())
      source.See(observation);
  }
  void Plug(const model::Device& device) {
    gate.Plug(device);
    Look();
    Run();
  }
  void Pull(const std::string& port) {
    gate.Unplug(port);
    source.Lose(port);
    Run();
  }
  void Reload() {
    queue->RequestReload();
    Run();
  }
  void Pass(std::chrono::microseconds time) {
    clock.Advance(time);
    decider->Tick();
    Look();
    Run();
  }
  // Asked as root, and answered in the next group.
  ports::Answer Ask(ports::Question question) {
    auto ticket = std::make_shared<Ticket>(std::move(question), ports::Asker{0, "root"});
    NoticeGroup group;
    const bool records = std::holds_alternative<ports::RecordLogin>(ticket->question());
    (records ? group.records : group.questions).push_back(ticket);
    running = decider->Take(std::move(group)) && running;
    ports::Answer answer = ticket->Wait(std::chrono::milliseconds{0});
    Look();
    Run();
    return answer;
  }

  [[nodiscard]] bool Open(const std::string& port) const { return gate.AdmissionOf(port).authorized; }
  // The judgements recorded of one port, in order.
  [[nodiscard]] std::vector<model::DeviceJudged> Judged(const std::string& port) const {
    std::vector<model::DeviceJudged> judged = log.Of<model::DeviceJudged>();
    std::erase_if(judged, [&](const auto& each) { return each.device.port_path != port; });
    return judged;
  }
  [[nodiscard]] int Calls(Act act, const std::string& port = "") const {
    int calls = 0;
    for (const Call& call : gate.calls())
      if (call.act == act && call.port_path == port) ++calls;
    return calls;
  }
  [[nodiscard]] ports::StatusReport Status() { return std::get<ports::StatusReport>(Ask(ports::AskStatus{})); }
  [[nodiscard]] bool HasTrouble(const std::string& what) {
    for (const ports::Trouble& trouble : Status().troubles)
      if (trouble.what == what) return true;
    return false;
  }

  fakes::FakeClock clock;
  fakes::FakeDeviceGate gate;
  fakes::FakeDeviceSource source;
  fakes::FakeEventLog log;
  fakes::FakePolicyStore store;
  fakes::FakeLink link;
  fakes::FakeSessions sessions;
  LocalTime local{2, std::chrono::hours{10}};
  LocalTimeOf local_time;  // instead of `local`, if set
  sekimori::Status reload_status;
  std::function<void()> first_look;
  StandingLogin login_policy;
  int first_looks = 0;
  QueueBounds bounds;
  bool running = true;
  std::unique_ptr<NoticeQueue> queue;
  std::unique_ptr<Decider> decider;
};

}  // namespace sekimori::core::tests
