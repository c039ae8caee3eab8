// sekimori-collector: settings, store, authority, network; then signals and the service manager's watchdog until the
// end.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include <signal.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "proto/console/command_line.h"
#include "proto/files/durable_file.h"
#include "proto/library_log/library_log.h"
#include "proto/words/printable.h"
#include "proto/words/words.h"
#include "server/intake/collector.h"
#include "server/settings.h"
#include "server/store/sqlite_database.h"

namespace {

using namespace sekimori;

constexpr const char* kSettingsFile = "/etc/sekimori-collector/collector.toml";
constexpr int kExitSettings = 78;  // EX_CONFIG: trying again will not help

class StderrJournal final : public intake::Journal {
 public:
  void Write(intake::Level level, const std::string& line) override {
    // sd-daemon(3): "<N>" is the priority, for the journal only.
    static constexpr const char* kPriorities[] = {"<6>", "<5>", "<4>", "<3>"};
    const std::lock_guard lock(mutex_);
    std::fprintf(stderr, "%s%s\n", to_journal_ ? kPriorities[static_cast<int>(level)] : "",
                 words::Printable(line).c_str());
  }

 private:
  const bool to_journal_ = std::getenv("JOURNAL_STREAM") != nullptr;
  std::mutex mutex_;
};

// One journal line for each line of the sentence: what happened, and what to do.
void TellFailure(intake::Journal& journal, const Error& error) {
  const std::string text = words::SayError(words::LanguageOfEnvironment(), error);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    journal.Write(intake::Level::kError, text.substr(from, end - from));
    from = end + 1;
  }
}

std::int64_t WallClock() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Result<server::Settings> LoadSettings(const std::string& path, bool chosen) {
  Result<std::string> text = files::ReadSmall(path);
  if (!text.ok() && text.error().code == ErrorCode::kNotFound && !chosen) return server::Settings{};
  if (!text.ok()) return text.error();
  return server::ParseSettings(text.value(), path);
}

Result<std::unique_ptr<intake::Ledger>> OpenLedger(store::Database& database, const authority::Authority& authority,
                                                   intake::Journal& journal) {
  Result<std::unique_ptr<store::Writer>> writer = database.NewWriter();
  if (!writer.ok()) return writer.error();
  Result<std::unique_ptr<store::Reader>> reader = database.NewReader();
  if (!reader.ok()) return reader.error();
  return std::make_unique<intake::Ledger>(std::move(writer).value(), std::move(reader).value(), authority, journal,
                                          WallClock);
}

// The certificate may have been renewed; nothing else is read again. Trouble leaves everything as it was.
void Reload(intake::Collector& collector, const std::filesystem::path& authority_directory, intake::Journal& journal) {
  const Result<authority::Authority> fresh = authority::Authority::Open(authority_directory);
  const Status used = fresh.ok() ? collector.UseCertificate(fresh.value()) : Status(fresh.error());
  if (!used.ok()) return TellFailure(journal, used.error());
  journal.Write(intake::Level::kNotice, words::Say(words::LanguageOfEnvironment(), "collector.reloaded",
                                                   {{"serial", fresh.value().server().SerialHex()}}));
}

// Until a signal asks for the end (Ok), or the collector ends by itself. Tells the watchdog only what was seen to move.
Status Serve(intake::Collector& collector, const sigset_t& signals, const std::function<void()>& reload) {
  std::uint64_t turns = 0, groups = 0;
  for (;;) {
    const timespec second{1, 0};
    const int got = sigtimedwait(&signals, nullptr, &second);
    if (got == SIGTERM || got == SIGINT) return Status::Ok();
    if (got == SIGHUP) reload();
    if (!collector.running()) return Error{ErrorCode::kInternal, "collector", "the network thread ended"};
    if (collector.turns() != turns && collector.groups() != groups) sd_notify(0, "WATCHDOG=1");
    turns = collector.turns();
    groups = collector.groups();
  }
}

Status Run(const server::Settings& settings, intake::Journal& journal, const sigset_t& signals) {
  Result<authority::Authority> authority = authority::Authority::Open(settings.data_directory / "authority");
  if (!authority.ok()) return authority.error();
  authority.value().set_terminal_life(settings.terminal_certificate_life);
  Result<std::unique_ptr<store::Database>> database = store::OpenSqlite(settings.data_directory);
  if (!database.ok()) return database.error();
  Result<std::unique_ptr<intake::Ledger>> ledger = OpenLedger(*database.value(), authority.value(), journal);
  if (!ledger.ok()) return ledger.error();
  Result<std::unique_ptr<intake::Collector>> collector =
      intake::Collector::Start(settings.collector, std::move(ledger).value(), authority.value(), journal);
  if (!collector.ok()) return collector.error();

  const words::Language language = words::LanguageOfEnvironment();
  journal.Write(intake::Level::kNotice, words::Say(language, "collector.started",
                                                   {{"address", settings.collector.address},
                                                    {"port", std::to_string(collector.value()->port())}}));
  sd_notify(0, "READY=1");
  const Status served = Serve(*collector.value(), signals,
                              [&] { Reload(*collector.value(), settings.data_directory / "authority", journal); });
  sd_notify(0, "STOPPING=1");
  collector.value()->Stop();
  journal.Write(intake::Level::kNotice, words::Say(language, "collector.stopped"));
  return served;
}

}  // namespace

int main(int argc, char** argv) {
  SilenceLibraries();
  const words::Language language = words::LanguageOfEnvironment();
  CLI::App app(words::Say(language, "collector.about"), "sekimori-collector");
  app.set_help_flag("-h,--help", words::Say(language, "cli.help"));
  app.set_version_flag("--version", "sekimori-collector " SEKIMORI_VERSION, words::Say(language, "cli.version"));
  std::string path = kSettingsFile;
  const CLI::Option* chosen = app.add_option("--config", path, words::Say(language, "cli.config"));
  if (const auto end = console::Parse(app, argc, argv, language)) return *end;

  // Blocked before any thread is made, so that only Serve takes them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int one : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&signals, one);
  sigprocmask(SIG_BLOCK, &signals, nullptr);

  StderrJournal journal;
  const Result<server::Settings> settings = LoadSettings(path, chosen->count() > 0);
  if (!settings.ok()) {
    TellFailure(journal, settings.error());
    return kExitSettings;
  }
  const Status run = Run(settings.value(), journal, signals);
  if (run.ok()) return EXIT_SUCCESS;
  TellFailure(journal, run.error());
  return EXIT_FAILURE;
}
