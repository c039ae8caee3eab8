#include "agent/offline.h"

#include <memory>
#include <utility>

#include "agent/config/agent_config.h"
#include "agent/config/policy_store.h"
#include "agent/config/site_file.h"
#include "agent/control/places.h"
#include "agent/log_keeper.h"
#include "agent/offline_door.h"
#include "agent/service.h"
#include "drivers/linux/machine.h"
#include "drivers/linux/system_clock.h"
#include "drivers/linux/usb_gate.h"
#include "drivers/linux/usb_source.h"

namespace sekimori::agent {

namespace {

// With broken settings the usual places are tried: somebody has to be able to get in and mend them.
config::AgentConfig PlacesOf(const Options& options) {
  Result<config::AgentConfig> loaded = config::LoadAgentConfig(options.config_file);
  config::AgentConfig places = loaded.ok() ? std::move(loaded).value() : config::AgentConfig{};
  if (options.state_directory) places.state_directory = *options.state_directory;
  if (options.run_directory) places.run_directory = *options.run_directory;
  return places;
}

// For drivers to come to what was let in; the units give the whole a little more.
constexpr std::chrono::seconds kDriversAtMost{8};

// Nobody is there to ask a silent device again: what it does not say the first time it does not have.
Result<std::unique_ptr<ports::DeviceSource>> OpenUsb() {
  auto source = drivers::UsbSource::Open(drivers::UsbSource::Again{});
  if (!source.ok()) return source.error();
  return std::unique_ptr<ports::DeviceSource>(std::move(source).value());
}

// Signs what was recorded. What the agent's next start says of its last run is not changed by this one.
Status Finish(LogKeeper& log) {
  return log.unclean_stop_before() ? log.WriteCheckpoint() : log.MarkCleanStop();
}

}  // namespace

Status RescueInput(const Options& options) {
  const config::AgentConfig places = PlacesOf(options);
  config::FileSiteStore site(control::SiteFile(places.state_directory));
  const config::FilePolicyStore store(places.policy_file, places.state_directory, site);
  const Result<model::Baseline> baseline = store.LoadBaseline();
  if (!baseline.ok()) return baseline.error();
  const auto source = OpenUsb();
  if (!source.ok()) return source.error();
  drivers::UsbGate gate("/sys");
  Status let_in = LetInputIn(baseline.value(), *source.value(), gate);
  gate.FinishOffers(kDriversAtMost);
  return let_in;
}

Status ReleaseOffline(const Options& options, const ports::OrderRelease& order) {
  const config::AgentConfig places = PlacesOf(options);
  if (Status made = MakeFolder(places.run_directory, std::filesystem::perms(0755)); !made.ok()) return made;
  const Result<InstanceLock> lock = InstanceLock::Take(control::LockFile(places.run_directory));
  if (!lock.ok()) return lock.error();
  const Result<drivers::Machine> machine = drivers::ReadMachine();
  if (!machine.ok()) return machine.error();
  const Result<signing::SigningKey> key = signing::SigningKey::Load(control::KeyFile(places.state_directory));
  if (!key.ok()) return key.error();
  const drivers::SystemClock clock;
  LogKeeper log({control::LogFile(places.state_directory), machine.value().boot_id, places.keep_log}, key.value(),
                clock);
  const model::BarrierReleased released{0, order.operator_name, order.reason, order.removal};
  config::FileSiteStore site(control::SiteFile(places.state_directory));
  const config::FilePolicyStore store(places.policy_file, places.state_directory, site);
  // What is shut on a terminal that did not enforce is not ours to open.
  if (order.removal && !store.MarkedEnforcing()) {
    const model::Event event{clock.Now(), clock.SinceBoot(), released};
    if (Status recorded = log.Append({&event, 1}); !recorded.ok()) return recorded;
    return Finish(log);
  }
  drivers::UsbGate gate("/sys");
  Status opened = OpenDoor(released, {log, clock, gate, OpenUsb});
  gate.FinishOffers(kDriversAtMost);
  Status finished = Finish(log);
  return opened.ok() ? finished : opened;
}

}  // namespace sekimori::agent
