#include "agent/agent.h"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "agent/anew.h"
#include "agent/channel/identity.h"
#include "agent/channel/uplink.h"
#include "agent/config/agent_config.h"
#include "agent/config/policy_store.h"
#include "agent/config/site_file.h"
#include "agent/control/places.h"
#include "agent/control/server.h"
#include "agent/core/deciding_thread.h"
#include "agent/enrolling.h"
#include "agent/known_users.h"
#include "agent/late_source.h"
#include "agent/local_time.h"
#include "agent/log_keeper.h"
#include "agent/log_outbox.h"
#include "agent/login_entrance.h"
#include "agent/logins.h"
#include "agent/moved_collector.h"
#include "agent/service.h"
#include "agent/signals.h"
#include "drivers/linux/machine.h"
#include "drivers/linux/sessions.h"
#include "drivers/linux/system_clock.h"
#include "drivers/linux/system_notices.h"
#include "drivers/linux/usb_gate.h"
#include "drivers/linux/usb_source.h"

namespace sekimori::agent {

namespace {

using Milliseconds = std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

// Nobody is asked to log in before what is plugged in was judged; but not for ever, should USB be broken.
constexpr std::chrono::seconds kFirstLook{20};
// A directory server that does not answer must not hold up the door.
constexpr std::chrono::seconds kFirstUsers{3};
constexpr std::chrono::seconds kReload{30};

Result<config::AgentConfig> LoadConfig(const Options& options) {
  Result<config::AgentConfig> config = config::LoadAgentConfig(options.config_file);
  if (!config.ok()) return config;
  if (options.state_directory) config.value().state_directory = *options.state_directory;
  if (options.run_directory) config.value().run_directory = *options.run_directory;
  config.value().force_observe = config.value().force_observe || options.observe;
  return config;
}

Result<std::unique_ptr<ports::DeviceSource>> OpenUsb() {
  auto source = drivers::UsbSource::Open();
  if (!source.ok()) return source.error();
  return std::unique_ptr<ports::DeviceSource>(std::move(source).value());
}

// What must stand before anything else can: failing here means not starting.
struct Foundation {
  config::AgentConfig config;
  InstanceLock lock;
  drivers::Machine machine;
  signing::SigningKey key;
};

Result<Foundation> LayFoundation(const Options& options) {
  Result<config::AgentConfig> config = LoadConfig(options);
  if (!config.ok()) return config.error();
  using std::filesystem::perms;
  const auto& state = config.value().state_directory;
  const auto& run = config.value().run_directory;
  if (Status made = MakeFolder(state, perms::owner_all); !made.ok()) return made.error();
  if (Status made = MakeFolder(run, perms(0755)); !made.ok()) return made.error();
  Result<InstanceLock> lock = InstanceLock::Take(control::LockFile(run));
  if (!lock.ok()) return lock.error();
  if (Status taken = TakeOver(state); !taken.ok()) return taken.error();
  Result<drivers::Machine> machine = drivers::ReadMachine();
  if (!machine.ok()) return machine.error();
  Result<signing::SigningKey> key = channel::LoadOrMakeKey(state);
  if (!key.ok()) return key.error();
  return Foundation{std::move(config).value(), std::move(lock).value(), std::move(machine).value(),
                    std::move(key).value()};
}

// The agent's parts, in the order in which they need each other; taken apart in the opposite one.
class Agent {
 public:
  Agent(const Options& options, Foundation foundation, const Signals& signals);

  [[nodiscard]] Status Run();

 private:
  [[nodiscard]] core::Collaborators Outside();
  [[nodiscard]] core::Settings DecidingSettings() const;
  void StartDeciding();
  void StartTheRest();
  void AskForUsers();
  void OnSystemNotice(ports::SystemNotice notice);
  void WaitForSignals();
  [[nodiscard]] Status CheckConfig() const;
  void Stop();

  const Options options_;
  const Foundation base_;
  const Signals& signals_;
  const drivers::SystemClock clock_;
  core::NoticeQueue queue_;
  LogKeeper log_;
  config::FileSiteStore stored_site_;
  MovedCollector site_;
  config::FilePolicyStore policies_;
  drivers::UsbGate gate_{"/sys"};
  LateSource source_;
  KnownUsers users_{std::make_shared<drivers::LogindSessions>(),
                    [this] { queue_.DeliverSystem(ports::SessionsChanged{}); }};
  drivers::LinuxSystemNotices notices_;
  std::unique_ptr<channel::Uplink> link_;
  std::unique_ptr<Enrolling> enrolling_;
  Logins logins_;
  LoginEntrance entrance_{logins_, clock_};
  std::unique_ptr<control::Server> control_;
  std::unique_ptr<core::Decider> decider_;
  std::promise<void> begun_, first_look_;
  std::thread deciding_;
};

Agent::Agent(const Options& options, Foundation foundation, const Signals& signals)
    : options_(options),
      base_(std::move(foundation)),
      signals_(signals),
      queue_({.devices = base_.config.device_queue}),
      log_({control::LogFile(base_.config.state_directory), base_.machine.boot_id, base_.config.keep_log}, base_.key,
           clock_),
      stored_site_(control::SiteFile(base_.config.state_directory)),
      site_(stored_site_, base_.config.collector),
      policies_(base_.config.policy_file, base_.config.state_directory, site_),
      source_(OpenUsb, [this](Status status) { queue_.Report("devices", std::move(status)); }),
      logins_(base_.config.state_directory, base_.machine.hostname, queue_, clock_) {}

core::Settings Agent::DecidingSettings() const {
  core::Settings settings;
  settings.agent_version = SEKIMORI_VERSION;
  settings.boot_id = base_.machine.boot_id;
  settings.kernel = base_.machine.kernel;
  settings.force_observe = base_.config.force_observe;
  settings.barrier_check = base_.config.barrier_check;
  settings.checkpoint = base_.config.checkpoint_interval;
  return settings;
}

core::Collaborators Agent::Outside() {
  return {log_,
          log_,
          gate_,
          source_,
          policies_,
          users_,
          *link_,
          clock_,
          ToLocalTime,
          [this] { return CheckConfig(); },
          [this] { first_look_.set_value(); },
          &logins_.policy()};
}

Status Agent::Run() {
  queue_.Report("log", log_.Open());
  queue_.Report("logins", logins_.opened());
  channel::UplinkTerms terms;
  terms.state_directory = base_.config.state_directory;
  terms.facts = {base_.machine.hostname, base_.machine.os, SEKIMORI_VERSION, base_.machine.machine_id};
  auto outbox =
      std::make_unique<LogOutbox>(control::LogFile(base_.config.state_directory), [this] { return log_.generation(); });
  auto link = channel::Uplink::Make(std::move(terms), base_.key, std::move(outbox), site_, clock_);
  if (!link.ok()) return link.error();
  link_ = std::move(link).value();
  AskForUsers();
  StartDeciding();
  StartTheRest();
  WaitForSignals();
  Stop();
  return Status::Ok();
}

// A user's stick must not be shut for a moment by a restart, so the deciding thread is to know the users from its
// first decision on, if they can be had in time.
void Agent::AskForUsers() {
  users_.Refresh();
  users_.WaitUntilKnown(kFirstUsers);
}

void Agent::StartDeciding() {
  decider_ = std::make_unique<core::Decider>(Outside(), DecidingSettings());
  deciding_ = std::thread([this] {
    decider_->Begin();
    begun_.set_value();
    core::RunDecider(*decider_, queue_, clock_, {WatchdogInterval(), NotifyAlive});
  });
  // The barrier is closed, if it is to be, before the first device is looked at.
  begun_.get_future().wait();
}

void Agent::StartTheRest() {
  std::future<void> looked = first_look_.get_future();
  (void)source_.Start(queue_);
  queue_.Report("notices", notices_.Start([this](ports::SystemNotice notice) { OnSystemNotice(std::move(notice)); }));
  // Whoever came or left since AskForUsers and before the watch began.
  OnSystemNotice(ports::SessionsChanged{});
  queue_.Report("link", link_->Start(queue_));
  enrolling_ = std::make_unique<Enrolling>(
      control::TokenFile(options_.config_file), site_, *link_,
      [this](Status status) { queue_.Report("enrolment", std::move(status)); }, [this] { signals_.Wake(); });
  control_ = std::make_unique<control::Server>(queue_, *link_, logins_.administration());
  queue_.Report("login_door", entrance_.Start(control::LoginSocketFile(base_.config.run_directory)));
  queue_.Report("control", control_->Start(control::SocketFile(base_.config.run_directory)));
  // Without USB nothing will be looked at.
  if (source_.open()) (void)looked.wait_for(kFirstLook);
}

void Agent::OnSystemNotice(ports::SystemNotice notice) {
  if (std::holds_alternative<ports::SessionsChanged>(notice)) users_.Refresh();
  queue_.DeliverSystem(std::move(notice));
}

// What a running agent cannot take in from its configuration is said, not silently left for the next start.
Status Agent::CheckConfig() const {
  const Result<config::AgentConfig> config = LoadConfig(options_);
  if (!config.ok()) return config.error();
  if (config.value() == base_.config) return Status::Ok();
  return Error{ErrorCode::kUnsupported, options_.config_file.string(),
               "has changed; restart the agent to apply it (the policy has been read again)"};
}

void Agent::WaitForSignals() {
  NotifyReady("running");
  enrolling_->Look(Steady::now(), true);
  for (;;) {
    std::optional<Milliseconds> timeout;
    if (const auto due = enrolling_->Due())
      timeout = std::max(Milliseconds{0}, std::chrono::ceil<Milliseconds>(*due - Steady::now()));
    const Signal signal = signals_.Wait(timeout);
    if (signal == Signal::kStop) return;
    if (signal == Signal::kReload) {
      NotifyReloading();
      // What could not be taken in is recorded and shown by `sekimori status`.
      (void)queue_.Ask(ports::OrderReload{}, {0, "root"}, kReload);
      NotifyReady("running");
    }
    enrolling_->Look(Steady::now(), signal == Signal::kReload);
  }
}

void Agent::Stop() {
  NotifyStopping();
  // People at a prompt are refused, and that is recorded.
  entrance_.Stop();
  control_->Stop();
  logins_.Stop();
  queue_.RequestStop(signals_.stop_reason());
  deciding_.join();
  // After it, so that the collector hears of the stop.
  link_->Stop();
  // Last: a device that does not answer holds up the source for seconds, which must not cost the record of the stop.
  source_.Stop();
  notices_.Stop();
}

}  // namespace

Status RunAgent(const Options& options) {
  if (Status is_protected = ProtectProcess(); !is_protected.ok()) return is_protected;
  const Result<Signals> signals = Signals::Take();
  if (!signals.ok()) return signals.error();
  Result<Foundation> foundation = LayFoundation(options);
  if (!foundation.ok()) return foundation.error();
  Agent agent(options, std::move(foundation).value(), signals.value());
  return agent.Run();
}

}  // namespace sekimori::agent
