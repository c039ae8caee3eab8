// sekimori log: show, follow, verify and export this terminal's own records, straight from the file.
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "agent/audit_log/log_store.h"
#include "agent/audit_log/verify.h"
#include "agent/cli/commands.h"
#include "agent/cli/record.h"
#include "agent/cli/wording.h"
#include "agent/control/places.h"
#include "proto/files/durable_file.h"
#include "proto/signing/key.h"
#include "proto/words/csv.h"
#include "proto/words/time_input.h"

namespace sekimori::cli {

namespace {

using audit_log::LogReader;

constexpr std::size_t kPortion = 1000;
constexpr std::size_t kPortionBytes = std::size_t{1} << 20;
// A log that nobody wrote into is looked at again after this.
constexpr std::chrono::milliseconds kFollowPause{500};

struct LogOptions {
  std::string since, until, format = "csv";
  std::vector<std::string> types, outcomes;
  std::size_t limit = 50;
};

std::int64_t NowUs() {
  using std::chrono::microseconds;
  return std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<Filter> FilterOf(const LogOptions& options) {
  Filter filter;
  filter.types = options.types;
  filter.outcomes = options.outcomes;
  const std::int64_t now = NowUs();
  if (!options.since.empty()) {
    const Result<std::int64_t> since = words::ParseTime(options.since, now);
    if (!since.ok()) return since.error();
    filter.since_us = since.value();
  }
  if (!options.until.empty()) {
    const Result<std::int64_t> until = words::ParseTime(options.until, now);
    if (!until.ok()) return until.error();
    filter.until_us = until.value();
  }
  return filter;
}

Result<std::unique_ptr<LogReader>> OpenLog(const Invocation& invocation) {
  const Result<std::filesystem::path> state = invocation.StateDirectory();
  if (!state.ok()) return state.error();
  return LogReader::Open(control::LogFile(state.value()));
}

// What show, follow and export all need: the log, and what is looked for in it.
struct Search {
  Filter filter;
  std::unique_ptr<LogReader> log;
};

Result<Search> Begin(const Invocation& invocation, const LogOptions& options) {
  Result<Filter> filter = FilterOf(options);
  if (!filter.ok()) return filter.error();
  auto log = OpenLog(invocation);
  if (!log.ok()) return log.error();
  return Search{std::move(filter).value(), std::move(log).value()};
}

// Hands every record after `after` to `take`, in order, and answers the last one's number.
Result<std::uint64_t> ReadOn(const LogReader& log, std::uint64_t after, const std::function<void(Record)>& take) {
  for (;;) {
    const auto portion = log.Read(after, kPortion, kPortionBytes);
    if (!portion.ok()) return portion.error();
    if (portion.value().empty()) return after;
    for (const audit_log::StoredRecord& stored : portion.value())
      take(RecordOf(stored));
    after = portion.value().back().sequence;
  }
}

void Print(Console& console, const Record& record) {
  console.OutLine(console.json() ? RecordJson(console.language(), record) : RecordLine(console.language(), record));
}

ExitCode Show(const Invocation& invocation, const LogOptions& options) {
  Console& console = *invocation.console;
  const Result<Search> begun = Begin(invocation, options);
  if (!begun.ok()) return console.Fail(begun.error());
  const Search& search = begun.value();
  const Result<chain::Head> base = search.log->Base();
  if (!base.ok()) return console.Fail(base.error());
  std::deque<Record> newest;
  std::uint64_t matching = 0;
  const Result<std::uint64_t> read = ReadOn(*search.log, base.value().sequence, [&](Record record) {
    if (!Passes(search.filter, record)) return;
    ++matching;
    newest.push_back(std::move(record));
    if (newest.size() > options.limit) newest.pop_front();
  });
  for (const Record& record : newest)
    Print(console, record);
  if (!read.ok()) return console.Fail(read.error());
  if (matching == 0) console.Tell(console.Say("cli_log.none"));
  if (matching > newest.size())
    console.Tell(console.Say("cli_log.more",
                             {{"shown", std::to_string(newest.size())}, {"matching", std::to_string(matching)}}));
  return kDone;
}

ExitCode Follow(const Invocation& invocation, const LogOptions& options) {
  Console& console = *invocation.console;
  const Result<Search> begun = Begin(invocation, options);
  if (!begun.ok()) return console.Fail(begun.error());
  const Search& search = begun.value();
  const Result<chain::Head> head = search.log->Head();
  if (!head.ok()) return console.Fail(head.error());
  console.Tell(console.Say("cli_log.following"));
  std::uint64_t after = head.value().sequence;
  while (console.Flush()) {
    const Result<std::uint64_t> read = ReadOn(*search.log, after, [&](const Record& record) {
      if (Passes(search.filter, record)) Print(console, record);
    });
    if (!read.ok()) return console.Fail(read.error());
    if (read.value() == after) std::this_thread::sleep_for(kFollowPause);
    after = read.value();
  }
  return kDone;
}

Json VerifyJson(const audit_log::VerifyReport& report) {
  Json json = {{"good", !report.fault.has_value()},      {"records", report.records},
               {"first", report.first.sequence + 1},     {"head", report.head.sequence},
               {"hash", signing::Hex(report.head.hash)}, {"checkpoints", report.checkpoints},
               {"unsigned_tail", report.unsigned_tail}};
  if (report.fault)
    json["fault"] = {{"sequence", report.fault->sequence},
                     {"code", ErrorCodeName(report.fault->error.code)},
                     {"where", report.fault->error.where},
                     {"detail", report.fault->error.detail}};
  return json;
}

// The public half alone: what reads a log that anybody may have written in must not hold the key that signs it.
Result<signing::VerifyKey> LoadPublicKey(const std::filesystem::path& state) {
  const std::filesystem::path file = control::PublicKeyFile(state);
  const Result<std::string> der = files::ReadGuarded(file);
  if (!der.ok()) return der.error();
  Result<signing::VerifyKey> key = signing::VerifyKey::FromSpkiDer(der.value());
  if (!key.ok()) return Error{ErrorCode::kCorrupt, file.string(), key.error().detail};
  return key;
}

ExitCode Verify(const Invocation& invocation) {
  Console& console = *invocation.console;
  const Result<std::filesystem::path> state = invocation.StateDirectory();
  if (!state.ok()) return console.Fail(state.error());
  const Result<signing::VerifyKey> key = LoadPublicKey(state.value());
  if (!key.ok()) return console.Fail(key.error());
  const auto log = OpenLog(invocation);
  if (!log.ok()) return console.Fail(log.error());
  const auto report = audit_log::VerifyLog(*log.value(), key.value());
  if (!report.ok()) return console.Fail(report.error());
  if (console.json()) console.OutJson(VerifyJson(report.value()));
  const std::string records = std::to_string(report.value().records);
  if (!report.value().fault) {
    if (!console.json())
      console.OutLine(console.Say("cli_log.verified", {{"records", records},
                                                       {"checkpoints", std::to_string(report.value().checkpoints)},
                                                       {"unsigned", std::to_string(report.value().unsigned_tail)},
                                                       {"head", std::to_string(report.value().head.sequence)},
                                                       {"hash", signing::Hex(report.value().head.hash)}}));
    return kDone;
  }
  if (!console.json()) {
    console.OutLine(console.Say("cli_log.tampered",
                                {{"sequence", std::to_string(report.value().fault->sequence)}, {"records", records}}));
    (void)console.Fail(report.value().fault->error);
  }
  return kNegative;
}

// Everything that matches, whole: an export is never cut.
ExitCode Export(const Invocation& invocation, const LogOptions& options) {
  Console& console = *invocation.console;
  const Result<Search> begun = Begin(invocation, options);
  if (!begun.ok()) return console.Fail(begun.error());
  const Search& search = begun.value();
  const Result<chain::Head> base = search.log->Base();
  if (!base.ok()) return console.Fail(base.error());
  const bool csv = options.format == "csv" && !console.json();
  std::string line;
  if (csv) {
    words::AppendCsvLine(line, CsvHeading(console.language()));
    console.Out(words::kCsvMark);
    console.Out(line);
  }
  std::uint64_t count = 0;
  const Result<std::uint64_t> read = ReadOn(*search.log, base.value().sequence, [&](const Record& record) {
    if (!Passes(search.filter, record)) return;
    ++count;
    line.clear();
    if (csv) {
      words::AppendCsvLine(line, CsvCells(console.language(), record));
    } else {
      line = RecordJson(console.language(), record) + "\n";
    }
    console.Out(line);
  });
  if (!read.ok()) return console.Fail(read.error());
  console.Tell(console.Say("cli_log.exported", {{"count", std::to_string(count)}}));
  return kDone;
}

void AddFilter(CLI::App& command, const Invocation& invocation, LogOptions& options) {
  command.add_option("--since", options.since, invocation.Help("cli_help.since"));
  command.add_option("--until", options.until, invocation.Help("cli_help.until"));
  command.add_option("--type", options.types, invocation.Help("cli_help.type"))->delimiter(',');
  command.add_option("--outcome", options.outcomes, invocation.Help("cli_help.outcome"))
      ->delimiter(',')
      ->check(CLI::IsMember({"allowed", "refused", "would_refuse", "alarm", "info"}));
}

}  // namespace

void AddLog(CLI::App& app, Invocation& invocation) {
  CLI::App* group = app.add_subcommand("log", invocation.Help("cli_help.log"))->require_subcommand(1);
  const auto options = std::make_shared<LogOptions>();
  CLI::App* show = group->add_subcommand("show", invocation.Help("cli_help.log_show"));
  AddFilter(*show, invocation, *options);
  show->add_option("--limit", options->limit, invocation.Help("cli_help.limit"))->check(CLI::PositiveNumber);
  show->callback(
      [&invocation, options] { invocation.run = [&invocation, options] { return Show(invocation, *options); }; });
  CLI::App* follow = group->add_subcommand("follow", invocation.Help("cli_help.log_follow"));
  AddFilter(*follow, invocation, *options);
  follow->callback(
      [&invocation, options] { invocation.run = [&invocation, options] { return Follow(invocation, *options); }; });
  group->add_subcommand("verify", invocation.Help("cli_help.log_verify"))->callback([&invocation] {
    invocation.run = [&invocation] { return Verify(invocation); };
  });
  CLI::App* exported = group->add_subcommand("export", invocation.Help("cli_help.log_export"));
  AddFilter(*exported, invocation, *options);
  exported->add_option("--format", options->format, invocation.Help("cli_help.format"))
      ->check(CLI::IsMember({"csv", "json"}));
  exported->callback(
      [&invocation, options] { invocation.run = [&invocation, options] { return Export(invocation, *options); }; });
}

}  // namespace sekimori::cli
