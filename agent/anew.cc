#include "agent/anew.h"

#include <array>
#include <chrono>
#include <ctime>
#include <span>
#include <utility>

#include "agent/audit_log/log_store.h"
#include "agent/channel/enrolment.h"
#include "agent/channel/identity.h"
#include "agent/config/agent_config.h"
#include "agent/config/site_file.h"
#include "agent/control/places.h"
#include "agent/service.h"
#include "drivers/linux/machine.h"
#include "drivers/linux/system_clock.h"
#include "proto/files/durable_file.h"

namespace sekimori::agent {

namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "anew";
// Markers in that folder. Each holds the name of the folder for the old files.
constexpr const char* kReady = "ready";    // everything new is there and durable
constexpr const char* kMoving = "moving";  // everything old is set aside
constexpr std::string_view kRetired = "retired-";
constexpr const char* kLock = "anew-lock";

// What makes a terminal this one, and what its log is verified with. The policies taken, the baseline and the marks
// stay: they are the machine's.
std::array<fs::path, 9> Names() {
  const fs::path log = control::LogFile("");
  const auto beside = [&](const char* suffix) { return fs::path(log.string() + suffix); };
  return {control::KeyFile(""),
          control::PublicKeyFile(""),
          channel::kCertificateFile,
          channel::kCaFile,
          control::SiteFile(""),
          log,
          beside("-wal"),
          beside("-shm"),
          beside("-mark")};
}

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

std::string RetiredName(model::WallTime now) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return std::string(kRetired) + text.data();
}

// What was set aside in the same second is evidence too, and is not moved over.
fs::path NotThereYet(const fs::path& folder) {
  fs::path other = folder;
  for (int number = 2; Exists(other); ++number)
    other = folder.string() + "-" + std::to_string(number);
  return other;
}

// Removes a folder with everything in it; what cannot be removed does no harm without its marker.
void RemoveAll(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

Result<channel::Enrolment> Ask(const AnewTerms& terms, const token::EnrolmentToken& token,
                               const signing::SigningKey& key, const chain::LogId& log_id) {
  const Result<tls::Waker> waker = tls::Waker::Make();
  if (!waker.ok()) return waker.error();
  channel::Wire wire(waker.value(), [] { return false; });
  const Result<proto::EnrolAnswer> answer =
      channel::AskForEnrolment(wire, token, channel::EnrolmentTerms{key, terms.facts, log_id, tls::Limits{}});
  if (!answer.ok()) return answer.error();
  return channel::CheckAnswer(answer.value(), token, key);
}

// Key and its public half, log, certificates and site facts in `folder`; the marker is not among them yet.
Status LayReady(const AnewTerms& terms, const token::EnrolmentToken& token, const fs::path& folder,
                const fs::path& retired) {
  const Result<signing::SigningKey> key = signing::SigningKey::Generate();
  if (!key.ok()) return key.error();
  if (Status saved = key.value().SaveNew(control::KeyFile(folder)); !saved.ok()) return saved;
  if (Status saved = files::WriteNew(control::PublicKeyFile(folder), key.value().public_key().spki_der()); !saved.ok())
    return saved;
  const drivers::SystemClock clock;
  const auto log = audit_log::LogStore::Open(control::LogFile(folder), terms.boot_id, key.value(), clock);
  if (!log.ok()) return log.error();
  const Result<channel::Enrolment> enrolment = Ask(terms, token, key.value(), log.value()->log_id());
  if (!enrolment.ok()) return enrolment.error();
  config::FileSiteStore site(control::SiteFile(folder));
  if (Status kept = channel::KeepEnrolment(enrolment.value(), folder, site); !kept.ok()) return kept;
  const ports::SiteFacts& facts = enrolment.value().facts;
  const std::array<model::Event, 2> events{
      model::Event{clock.Now(), clock.SinceBoot(),
                   model::LogSetAside{control::LogFile(retired).string(), terms.operator_name}},
      model::Event{clock.Now(), clock.SinceBoot(),
                   model::Enrolled{facts.site_id, facts.terminal_id,
                                   facts.collector_host + ":" + std::to_string(facts.collector_port), facts.group,
                                   enrolment.value().credentials.certificate.fingerprint()}}};
  if (Status recorded = log.value()->Append(events); !recorded.ok()) return recorded;
  return log.value()->MarkCleanStop();
}

Status SetAside(const fs::path& state, const fs::path& retired) {
  for (const fs::path& name : Names()) {
    if (!Exists(state / name)) continue;
    if (Status made = MakeFolder(retired, fs::perms::owner_all); !made.ok()) return made;
    if (Status moved = files::Move(state / name, retired / name); !moved.ok()) return moved;
  }
  return Status::Ok();
}

}  // namespace

Result<AnewTerms> AnewTermsOf(const Options& options, const std::string& operator_name) {
  const Result<config::AgentConfig> config = config::LoadAgentConfig(options.config_file);
  if (!config.ok()) return config.error();
  const Result<drivers::Machine> machine = drivers::ReadMachine();
  if (!machine.ok()) return machine.error();
  return AnewTerms{options.state_directory.value_or(config.value().state_directory),
                   options.run_directory.value_or(config.value().run_directory),
                   {machine.value().hostname, machine.value().os, SEKIMORI_VERSION, machine.value().machine_id},
                   machine.value().boot_id,
                   operator_name};
}

Status TakeOver(const fs::path& state) {
  const fs::path folder = state / kFolder;
  if (Exists(folder / kReady)) {
    const Result<std::string> name = files::ReadPrivate(folder / kReady, 64);
    if (!name.ok()) return name.error();
    if (!name.value().starts_with(kRetired) || name.value().find('/') != std::string::npos)
      return Error{ErrorCode::kCorrupt, (folder / kReady).string(), "not a folder's name"};
    if (Status aside = SetAside(state, state / name.value()); !aside.ok()) return aside;
    // From here on what stands in the old ones' place is new, and must not be set aside again.
    if (Status begun = files::Move(folder / kReady, folder / kMoving); !begun.ok()) return begun;
  }
  if (!Exists(folder / kMoving)) return Status::Ok();
  for (const fs::path& name : Names())
    if (Exists(folder / name))
      if (Status moved = files::Move(folder / name, state / name); !moved.ok()) return moved;
  if (Status done = files::Remove(folder / kMoving); !done.ok()) return done;
  RemoveAll(folder);
  return Status::Ok();
}

Result<Begun> EnrolAnew(const AnewTerms& terms, const std::string& token_text) {
  const Result<token::EnrolmentToken> token = token::Parse(token_text);
  if (!token.ok()) return token.error();
  if (Status made = MakeFolder(terms.state, fs::perms::owner_all); !made.ok()) return made.error();
  const Result<InstanceLock> only = InstanceLock::Take(terms.state / kLock);
  if (!only.ok()) return only.error();
  const fs::path folder = terms.state / kFolder;
  const fs::path retired = NotThereYet(terms.state / RetiredName(drivers::SystemClock().Now()));
  if (Exists(folder / kMoving))
    return Error{ErrorCode::kConflict, folder.string(), "an earlier one is half put in place; restart the agent first"};
  RemoveAll(folder);
  if (Status made = MakeFolder(folder, fs::perms::owner_all); !made.ok()) return made.error();
  Status ready = LayReady(terms, token.value(), folder, retired);
  if (ready.ok()) ready = files::WriteNew(folder / kReady, retired.filename().string());
  if (!ready.ok()) {
    RemoveAll(folder);
    return ready.error();
  }
  if (Status made = MakeFolder(terms.run, fs::perms(0755)); !made.ok()) return made.error();
  const Result<InstanceLock> lock = InstanceLock::Take(control::LockFile(terms.run));
  if (!lock.ok()) return Begun::kAtNextStart;
  if (Status taken = TakeOver(terms.state); !taken.ok()) return taken.error();
  return Begun::kNow;
}

}  // namespace sekimori::agent
