#include "agent/offline.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "agent/config/agent_config.h"
#include "agent/config/policy_store.h"
#include "agent/config/site_file.h"
#include "agent/control/places.h"
#include "agent/core/device_table.h"
#include "agent/core/notice_queue.h"
#include "agent/log_keeper.h"
#include "agent/rescue_rule.h"
#include "agent/service.h"
#include "drivers/linux/machine.h"
#include "drivers/linux/system_clock.h"
#include "drivers/linux/usb_gate.h"
#include "drivers/linux/usb_source.h"

namespace sekimori::agent {

namespace {

using Steady = std::chrono::steady_clock;

// A hub that is let in shows what hangs on it within this time.
constexpr std::chrono::seconds kQuiet{3};
constexpr std::chrono::seconds kAtMost{20};

Result<config::AgentConfig> PlacesOf(const Options& options) {
  Result<config::AgentConfig> config = config::LoadAgentConfig(options.config_file);
  if (!config.ok()) return config;
  if (options.state_directory) config.value().state_directory = *options.state_directory;
  if (options.run_directory) config.value().run_directory = *options.run_directory;
  return config;
}

std::vector<model::Observation> Observations(core::NoticeGroup group) {
  std::vector<model::Observation> seen;
  for (ports::DeviceNotice& notice : group.devices) {
    if (auto* one = std::get_if<ports::DeviceSeen>(&notice)) seen.push_back(std::move(one->observation));
    if (auto* all = std::get_if<ports::AllDevices>(&notice))
      std::move(all->observations.begin(), all->observations.end(), std::back_inserter(seen));
  }
  std::sort(seen.begin(), seen.end(),
            [](const auto& a, const auto& b) { return core::PortBefore(a.device.port_path, b.device.port_path); });
  return seen;
}

// Everything seen until it has been quiet for a while is handed to `take`.
Status WatchUntilQuiet(ports::DeviceSource& source, const std::function<void(const model::Observation&)>& take) {
  core::NoticeQueue queue;
  if (Status started = source.Start(queue); !started.ok()) return started;
  const Steady::time_point end = Steady::now() + kAtMost;
  Steady::time_point quiet = Steady::now() + kQuiet;
  while (Steady::now() < std::min(end, quiet)) {
    const auto left = std::chrono::ceil<std::chrono::microseconds>(std::min(end, quiet) - Steady::now());
    for (const model::Observation& observation : Observations(queue.Take(left))) {
      if (!observation.admission.authorized) quiet = Steady::now() + kQuiet;
      take(observation);
    }
  }
  source.Stop();
  return Status::Ok();
}

model::DeviceJudged Released(const model::Device& device) {
  model::DeviceJudged judged;
  judged.device = device;
  judged.decision.verdict = model::Verdict::kAllow;
  judged.decision.basis = model::Basis::kReleased;
  judged.mode = model::Mode::kEnforce;
  judged.trigger = model::Trigger::kPresentAtStart;
  return judged;
}

}  // namespace

Status RescueInput(const Options& options) {
  // With a broken configuration the usual places are tried: somebody has to be able to mend it.
  Result<config::AgentConfig> config = PlacesOf(options);
  const config::AgentConfig places = config.ok() ? std::move(config).value() : config::AgentConfig{};
  config::FileSiteStore site(control::SiteFile(places.state_directory));
  const config::FilePolicyStore store(places.policy_file, places.state_directory, site);
  const Result<model::Baseline> baseline = store.LoadBaseline();
  if (!baseline.ok()) return baseline.error();
  auto source = drivers::UsbSource::Open();
  if (!source.ok()) return source.error();
  drivers::UsbGate gate("/sys");
  Status outcome;
  const Status watched = WatchUntilQuiet(*source.value(), [&](const model::Observation& seen) {
    if (seen.admission.authorized || !IsRescued(baseline.value(), seen.device)) return;
    Status admitted = gate.AdmitDevice(seen.device);
    if (!admitted.ok() && outcome.ok()) outcome = std::move(admitted);
  });
  return watched.ok() ? outcome : watched;
}

Status ReleaseOffline(const Options& options, const ports::OrderRelease& order) {
  const Result<config::AgentConfig> config = PlacesOf(options);
  if (!config.ok()) return config.error();
  const std::filesystem::path& run = config.value().run_directory;
  if (Status made = MakeFolder(run, std::filesystem::perms(0755)); !made.ok()) return made;
  const Result<InstanceLock> lock = InstanceLock::Take(control::LockFile(run));
  if (!lock.ok()) return lock.error();
  const Result<drivers::Machine> machine = drivers::ReadMachine();
  if (!machine.ok()) return machine.error();
  const std::filesystem::path& state = config.value().state_directory;
  const Result<signing::SigningKey> key = signing::SigningKey::Load(control::KeyFile(state));
  if (!key.ok()) return key.error();
  const drivers::SystemClock clock;
  LogKeeper log({control::LogFile(state), machine.value().boot_id, config.value().keep_log}, key.value(), clock);
  const auto record = [&](model::EventBody body) {
    const model::Event event{clock.Now(), clock.SinceBoot(), std::move(body)};
    return log.Append({&event, 1});
  };
  const model::BarrierReleased released{0, order.operator_name, order.reason, order.removal};
  if (Status recorded = record(released); !recorded.ok()) return recorded;
  config::FileSiteStore site(control::SiteFile(state));
  const config::FilePolicyStore store(config.value().policy_file, state, site);
  if (order.removal && !store.MarkedEnforcing()) return log.WriteCheckpoint();

  drivers::UsbGate gate("/sys");
  Status outcome = gate.OpenBarrier();
  auto source = drivers::UsbSource::Open();
  const Status watched =
      !source.ok() ? Status(source.error()) : WatchUntilQuiet(*source.value(), [&](const model::Observation& seen) {
        if (seen.admission.authorized || seen.device.root_hub) return;
        Status done = record(Released(seen.device));
        if (done.ok()) done = gate.AdmitDevice(seen.device);
        if (!done.ok() && outcome.ok()) outcome = std::move(done);
      });
  if (outcome.ok()) outcome = watched;
  if (Status signed_head = log.WriteCheckpoint(); outcome.ok()) outcome = std::move(signed_head);
  return outcome;
}

}  // namespace sekimori::agent
