// sekimorictl events: searches, pages, exports, and following what comes.
#include <charconv>
#include <chrono>

#include <signal.h>

#include "proto/words/printable.h"
#include "proto/words/table.h"
#include "server/ctl/commands.h"
#include "server/ctl/csv.h"
#include "server/ctl/event_lines.h"
#include "server/ctl/times.h"

namespace sekimori::ctl {

namespace {

constexpr std::uint32_t kDefaultPage = 50;
constexpr std::uint32_t kFollowBacklog = 10;
constexpr std::uint32_t kFollowPage = 500;
constexpr std::chrono::milliseconds kFollowInterval{250};

struct EventOptions {
  std::string terminal, group, user, device, from, until, after, format = "table";
  std::vector<std::string> types, outcomes;
  std::uint32_t limit = 0;  // 0: not given
  bool alarms = false, follow = false;
};

Status AddTypes(const std::vector<std::string>& names, store::EventFilter& filter) {
  const auto* body = proto::Event::descriptor()->FindOneofByName("body");
  for (const std::string& name : names) {
    const auto* field = proto::Event::descriptor()->FindFieldByName(name);
    if (field == nullptr || field->containing_oneof() != body) {
      std::string known;
      for (int i = 0; i < body->field_count(); ++i)
        known += " " + body->field(i)->name();
      return Error{ErrorCode::kInvalid, "--type " + name, "expected one of" + known};
    }
    filter.types.push_back(static_cast<std::uint32_t>(field->number()));
  }
  return Status::Ok();
}

Status AddOutcomes(const std::vector<std::string>& names, store::EventFilter& filter) {
  for (const std::string& name : names) {
    if (name == "allowed") {
      filter.outcomes.push_back(store::Outcome::kAllowed);
      filter.outcomes.push_back(store::Outcome::kPartly);
    } else if (name == "refused") {
      filter.outcomes.push_back(store::Outcome::kDenied);
    } else if (name == "would_refuse") {
      filter.outcomes.push_back(store::Outcome::kWouldDeny);
    } else {
      return Error{ErrorCode::kInvalid, "--outcome " + name, "expected allowed, refused or would_refuse"};
    }
  }
  return Status::Ok();
}

Status AddTime(const char* option, const std::string& text, std::optional<std::int64_t>& bound) {
  if (text.empty()) return Status::Ok();
  const Result<std::int64_t> time = ParseTime(text, NowUs());
  if (!time.ok()) return Error{ErrorCode::kInvalid, std::string(option) + " " + text, time.error().detail};
  bound = time.value();
  return Status::Ok();
}

Result<store::EventFilter> MakeFilter(store::Reader& reader, const EventOptions& options) {
  store::EventFilter filter;
  if (options.terminal == store::kOwnLog) {
    filter.terminal = options.terminal;
  } else if (!options.terminal.empty()) {
    const Result<store::Terminal> terminal = FindOneTerminal(reader, options.terminal);
    if (!terminal.ok()) return terminal.error();
    filter.terminal = terminal.value().id;
  }
  if (!options.group.empty()) filter.group = options.group;
  if (!options.user.empty()) filter.user = options.user;
  if (!options.device.empty()) filter.device_text = options.device;
  filter.alarms_only = options.alarms;
  if (Status types = AddTypes(options.types, filter); !types.ok()) return types.error();
  if (Status outcomes = AddOutcomes(options.outcomes, filter); !outcomes.ok()) return outcomes.error();
  if (Status from = AddTime("--from", options.from, filter.from_us); !from.ok()) return from.error();
  if (Status until = AddTime("--until", options.until, filter.until_us); !until.ok()) return until.error();
  return filter;
}

Result<std::optional<store::Cursor>> ParseCursor(const std::string& text) {
  if (text.empty()) return std::optional<store::Cursor>();
  store::Cursor cursor = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cursor);
  if (error != std::errc() || end != text.data() + text.size() || cursor < 0)
    return Error{ErrorCode::kInvalid, "--after " + text, "expected the \"next\" of an earlier page"};
  return std::optional<store::Cursor>(cursor);
}

// "time  host  outcome  what happened", cut to the terminal's width if there is one.
std::string FollowLine(const EventLine& line, std::size_t width) {
  const std::string text = TimeText(line.time_us) + "  " + line.host + "  " + line.outcome_text + "  " + line.told;
  return (width == 0 ? text : words::CutToWidth(text, width)) + "\n";
}

void PrintTable(Console& console, const std::vector<EventLine>& lines) {
  const std::size_t width = Console::Width();
  // Time, host and outcome take about seventy columns at most; the sentence has the rest, but never less than forty.
  const std::size_t sentence = width == 0 ? 0 : std::max<std::size_t>(40, width > 74 ? width - 74 : 0);
  words::Table table({{console.Say("ctl_events.time")},
                      {console.Say("ctl_events.hostname")},
                      {console.Say("ctl_events.outcome")},
                      {console.Say("ctl_events.description"), words::Align::kLeft, sentence}});
  for (const EventLine& line : lines)
    table.AddRow({TimeText(line.time_us), line.host, line.outcome_text, line.told});
  console.Out(table.Text());
}

void PrintJsonPage(Console& console, const std::vector<EventLine>& lines, const std::optional<store::Cursor>& next) {
  console.Out("{\"events\":[");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != 0) console.Out(",\n");
    console.Out(JsonLine(lines[i]));
  }
  console.Out("],\"next\":" + (next ? "\"" + std::to_string(*next) + "\"" : std::string("null")) + "}\n");
}

// One page, newest first.
ExitCode RunPage(Session& session, const store::EventFilter& filter, const EventOptions& options) {
  Console& console = session.console();
  const Result<std::optional<store::Cursor>> after = ParseCursor(options.after);
  if (!after.ok()) return console.Fail(after.error());
  const std::uint32_t limit = options.limit == 0 ? kDefaultPage : options.limit;
  const Result<store::EventPage> page =
      session.reader().Events(filter, {store::Order::kNewestFirst, after.value(), limit});
  if (!page.ok()) return console.Fail(page.error());
  const bool json = options.format == "json";
  std::vector<EventLine> lines;
  for (const store::StoredEvent& event : page.value().events)
    lines.push_back(LineOf(console.language(), event, json));
  if (json) {
    PrintJsonPage(console, lines, page.value().next);
    return kDone;
  }
  if (lines.empty()) {
    console.Tell(console.Say("ctl_events.none"));
    return kDone;
  }
  PrintTable(console, lines);
  if (page.value().next) console.Tell(console.Say("ctl_events.more", {{"cursor", std::to_string(*page.value().next)}}));
  return kDone;
}

// The whole filter, oldest first, as it is read.
ExitCode RunExport(Session& session, const store::EventFilter& filter, bool csv) {
  Console& console = session.console();
  std::string buffer;
  if (csv) {
    buffer = kCsvMark;
    AppendCsvLine(buffer, CsvHeading(console.language()));
  }
  std::uint64_t count = 0;
  const Status visited = session.reader().VisitEvents(filter, [&](const store::StoredEvent& event) {
    const EventLine line = LineOf(console.language(), event, !csv);
    if (csv)
      AppendCsvLine(buffer, CsvCells(line));
    else
      buffer += JsonLine(line) + "\n";
    ++count;
    if (buffer.size() > 65'536) {
      console.Out(buffer);
      buffer.clear();
    }
    return console.out_good();
  });
  console.Out(buffer);
  if (!visited.ok()) return console.Fail(visited.error());
  if (!console.Flush()) return kFailed;
  console.Tell(console.Say("ctl_events.exported", {{"count", std::to_string(count)}}));
  return kDone;
}

// Ctrl-C (and an order to end) as something to wait for: following then ends with everything printed that was read.
class Interrupt {
 public:
  Interrupt() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }
  // True when one came within the interval.
  [[nodiscard]] bool Within(std::chrono::milliseconds interval) const {
    const timespec time{0, std::chrono::nanoseconds(interval).count()};
    return ::sigtimedwait(&signals_, nullptr, &time) > 0;
  }

 private:
  sigset_t signals_{};
};

void PrintFollowed(Console& console, const store::StoredEvent& event, bool json) {
  const EventLine line = LineOf(console.language(), event, json);
  console.Out(json ? JsonLine(line) + "\n" : FollowLine(line, Console::Width()));
}

// Everything after `cursor`, in pages. Moves the cursor to the newest record there was, found or not, so that a filter
// that rarely matches does not read the same records again.
Status PrintAfter(Session& session, const store::EventFilter& filter, bool json, store::Cursor& cursor) {
  const Result<store::Cursor> newest = session.reader().NewestCursor();
  if (!newest.ok()) return newest.error();
  for (;;) {
    const Result<store::EventPage> page =
        session.reader().Events(filter, {store::Order::kOldestFirst, cursor, kFollowPage});
    if (!page.ok()) return page.error();
    for (const store::StoredEvent& event : page.value().events) {
      PrintFollowed(session.console(), event, json);
      cursor = event.cursor;
    }
    if (!page.value().next || !session.console().out_good()) break;
  }
  cursor = std::max(cursor, newest.value());
  return Status::Ok();
}

// The last few that match, oldest of them first. Returns where to go on.
Result<store::Cursor> PrintBacklog(Session& session, const store::EventFilter& filter, const EventOptions& options) {
  const Result<store::Cursor> newest = session.reader().NewestCursor();
  if (!newest.ok()) return newest;
  const std::uint32_t backlog = options.limit == 0 ? kFollowBacklog : options.limit;
  const Result<store::EventPage> last =
      session.reader().Events(filter, {store::Order::kNewestFirst, std::nullopt, backlog});
  if (!last.ok()) return last.error();
  store::Cursor cursor = newest.value();
  for (auto event = last.value().events.rbegin(); event != last.value().events.rend(); ++event) {
    PrintFollowed(session.console(), *event, options.format == "json");
    cursor = std::max(cursor, event->cursor);
  }
  return cursor;
}

ExitCode RunFollow(Session& session, const store::EventFilter& filter, const EventOptions& options) {
  Console& console = session.console();
  const Interrupt interrupt;
  // The counter first: what is committed while the backlog is read is then seen as a change, and not lost.
  Result<std::uint64_t> counter = session.reader().ChangeCounter();
  if (!counter.ok()) return console.Fail(counter.error());
  Result<store::Cursor> cursor = PrintBacklog(session, filter, options);
  if (!cursor.ok()) return console.Fail(cursor.error());
  bool changed = true;
  for (;;) {
    if (changed)
      if (Status printed = PrintAfter(session, filter, options.format == "json", cursor.value()); !printed.ok())
        return console.Fail(printed.error());
    if (!console.Flush()) return kFailed;
    if (interrupt.Within(kFollowInterval)) return kDone;
    const Result<std::uint64_t> now = session.reader().ChangeCounter();
    if (!now.ok()) return console.Fail(now.error());
    changed = now.value() != counter.value();
    counter = now;
  }
}

ExitCode RunEvents(const Common& common, EventOptions options) {
  Console& console = *common.console;
  if (console.json()) options.format = "json";
  if (options.format == "json") console.set_json(true);
  const bool paged = options.limit != 0 || !options.after.empty();
  if (options.format == "csv" && (paged || options.follow))
    return console.Fail({ErrorCode::kInvalid, "--format csv",
                         "a CSV export is always the whole filter; narrow it with --from and --until instead"});
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  const Result<store::EventFilter> filter = MakeFilter(session.value().reader(), options);
  if (!filter.ok()) return console.Fail(filter.error());
  if (options.follow) return RunFollow(session.value(), filter.value(), options);
  if (options.format == "csv" || (options.format == "json" && !paged))
    return RunExport(session.value(), filter.value(), options.format == "csv");
  return RunPage(session.value(), filter.value(), options);
}

}  // namespace

void AddEvents(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<EventOptions>();
  CLI::App* events = app.add_subcommand("events", invocation.Help("ctl_help.events"));
  events->fallthrough();
  const auto text = [&](const char* name, std::string& value, std::string_view help) {
    return events->add_option(name, value, invocation.Help(help));
  };
  text("--terminal", options->terminal, "ctl_help.filter_terminal");
  text("--group", options->group, "ctl_help.filter_group");
  events->add_option("--type", options->types, invocation.Help("ctl_help.filter_type"))->delimiter(',');
  events->add_option("--outcome", options->outcomes, invocation.Help("ctl_help.filter_outcome"))->delimiter(',');
  text("--user", options->user, "ctl_help.filter_user");
  text("--device", options->device, "ctl_help.filter_device");
  text("--from", options->from, "ctl_help.filter_from");
  text("--until", options->until, "ctl_help.filter_until");
  events->add_flag("--alarms", options->alarms, invocation.Help("ctl_help.filter_alarms"));
  events->add_option("--limit", options->limit, invocation.Help("ctl_help.events_limit"))->check(CLI::Range(1, 10'000));
  text("--after", options->after, "ctl_help.events_after");
  events->add_flag("--follow", options->follow, invocation.Help("ctl_help.events_follow"));
  text("--format", options->format, "ctl_help.events_format")->check(CLI::IsMember({"table", "json", "csv"}));
  events->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return RunEvents(invocation.common, *options); };
  });
}

}  // namespace sekimori::ctl
