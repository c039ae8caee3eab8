// sekimorictl terminal list | show | revoke | group
#include <map>

#include "proto/policy_text/parse_policy.h"
#include "proto/words/printable.h"
#include "proto/words/table.h"
#include "server/ctl/commands.h"
#include "server/ctl/issuing.h"
#include "server/ctl/times.h"

namespace sekimori::ctl {

namespace {

constexpr std::size_t kShortestPrefix = 4;

const char* ModeName(proto::Mode mode) {
  if (mode == proto::MODE_ENFORCE) return "enforce";
  return mode == proto::MODE_OBSERVE ? "observe" : "unknown";
}

// What a person must know first about a terminal.
const char* StateName(const store::Terminal& terminal, bool duplicate) {
  if (terminal.revoked_us != 0) return "revoked";
  if (terminal.disputed) return "disputed";
  if (duplicate) return "duplicate";
  return terminal.head.sequence == 0 ? "no_records" : "good";
}

// Machines that more than one terminal in use claims to be.
std::map<std::string, int> CountMachines(const std::vector<store::Terminal>& terminals) {
  std::map<std::string, int> machines;
  for (const store::Terminal& terminal : terminals)
    if (terminal.revoked_us == 0 && !terminal.machine_id.empty()) ++machines[terminal.machine_id];
  return machines;
}

bool IsDuplicate(const store::Terminal& terminal, const std::map<std::string, int>& machines) {
  const auto found = machines.find(terminal.machine_id);
  return terminal.revoked_us == 0 && found != machines.end() && found->second > 1;
}

Json ToJson(const store::Terminal& terminal, bool duplicate) {
  return {{"id", terminal.id},
          {"hostname", terminal.hostname},
          {"group", terminal.group},
          {"state", StateName(terminal, duplicate)},
          {"mode", ModeName(terminal.mode)},
          {"os", terminal.os},
          {"agent_version", terminal.agent_version},
          {"machine_id", terminal.machine_id},
          {"duplicate", duplicate},
          {"disputed", terminal.disputed},
          {"policy_version", terminal.policy_version},
          {"policy_report",
           {{"version", terminal.policy_report.version},
            {"in_force", terminal.policy_report.in_force},
            {"error_code", terminal.policy_report.error_code},
            {"detail", terminal.policy_report.detail},
            {"time", TimeJson(terminal.policy_report.time_us)}}},
          {"enrolled", TimeJson(terminal.enrolled_us)},
          {"last_contact", TimeJson(terminal.last_contact_us)},
          {"revoked", TimeJson(terminal.revoked_us)},
          {"revoked_reason", terminal.revoked_reason},
          {"records", terminal.head.sequence},
          {"head_hash", signing::Hex(terminal.head.hash)},
          {"first_sequence", terminal.first_sequence},
          {"log_id", signing::Hex(terminal.log_id)},
          {"certificate_sha256", signing::Hex(terminal.certificate_sha256)},
          {"key_sha256", signing::Hex(signing::Sha256(terminal.key_spki))}};
}

std::string ModeText(const Console& console, const store::Terminal& terminal) {
  return console.Say(std::string("ctl_mode.") + ModeName(terminal.mode));
}

std::string StateText(const Console& console, const store::Terminal& terminal, bool duplicate) {
  return console.Say(std::string("ctl_terminal_state.") + StateName(terminal, duplicate));
}

void PrintTable(Console& console, const std::vector<store::Terminal>& terminals,
                const std::map<std::string, int>& machines) {
  words::Table table({{console.Say("ctl_terminal.hostname"), words::Align::kLeft, 32},
                      {console.Say("ctl_terminal.group"), words::Align::kLeft, 24},
                      {console.Say("ctl_terminal.state")},
                      {console.Say("ctl_terminal.mode")},
                      {console.Say("ctl_terminal.policy"), words::Align::kRight},
                      {console.Say("ctl_terminal.records"), words::Align::kRight},
                      {console.Say("ctl_terminal.last_contact")},
                      {console.Say("ctl_terminal.id")}});
  for (const store::Terminal& terminal : terminals)
    table.AddRow({terminal.hostname, terminal.group, StateText(console, terminal, IsDuplicate(terminal, machines)),
                  ModeText(console, terminal), std::to_string(terminal.policy_version),
                  std::to_string(terminal.head.sequence), TimeText(terminal.last_contact_us), terminal.id});
  console.Out(table.Text());
}

ExitCode RunList(const Common& common, const std::string& group) {
  Console& console = *common.console;
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  // Duplicates are looked for among all, also when only one group is shown.
  const Result<std::vector<store::Terminal>> all = session.value().reader().ListTerminals(std::nullopt);
  if (!all.ok()) return console.Fail(all.error());
  const std::map<std::string, int> machines = CountMachines(all.value());
  std::vector<store::Terminal> shown;
  for (const store::Terminal& terminal : all.value())
    if (group.empty() || terminal.group == group) shown.push_back(terminal);
  if (console.json()) {
    Json list = Json::array();
    for (const store::Terminal& terminal : shown)
      list.push_back(ToJson(terminal, IsDuplicate(terminal, machines)));
    console.OutJson(list);
  } else if (shown.empty()) {
    console.Tell(console.Say("ctl_terminal.none"));
  } else {
    PrintTable(console, shown, machines);
  }
  return kDone;
}

std::string PolicyText(const Console& console, const store::Terminal& terminal) {
  const store::PolicyReport& report = terminal.policy_report;
  if (report.version == 0 || report.in_force) return std::to_string(terminal.policy_version);
  return console.Say("ctl_terminal.policy_refused", {{"version", std::to_string(terminal.policy_version)},
                                                     {"offered", std::to_string(report.version)},
                                                     {"code", report.error_code},
                                                     {"detail", report.detail}});
}

// What is known of a terminal besides its own row.
struct Beside {
  bool duplicate = false;
  std::size_t disputed = 0;
  std::uint64_t awaited_move = 0;  // version of the policy that takes it into its group; 0 once it is there
};

Result<Beside> LookBeside(store::Reader& reader, const store::Terminal& terminal) {
  const Result<std::vector<store::Terminal>> all = reader.ListTerminals(std::nullopt);
  if (!all.ok()) return all.error();
  const Result<std::vector<store::DisputedRecord>> disputed = reader.ListDisputed(terminal.id);
  if (!disputed.ok()) return disputed.error();
  const Result<std::vector<store::PolicyDue>> due = reader.PoliciesDue(terminal.id);
  if (!due.ok()) return due.error();
  Beside beside{IsDuplicate(terminal, CountMachines(all.value())), disputed.value().size(), 0};
  for (const store::PolicyDue& one : due.value())
    if (one.move_version > one.in_force) beside.awaited_move = one.move_version;
  return beside;
}

void PrintOne(Console& console, const store::Terminal& terminal, const Beside& beside) {
  words::Table table({{""}, {""}});
  table.AddRow({console.Say("ctl_terminal.id"), terminal.id});
  table.AddRow({console.Say("ctl_terminal.hostname"), terminal.hostname});
  const std::string awaited =
      beside.awaited_move == 0
          ? std::string()
          : " " + console.Say("ctl_terminal.move_awaited", {{"version", std::to_string(beside.awaited_move)}});
  table.AddRow({console.Say("ctl_terminal.group"), terminal.group + awaited});
  table.AddRow({console.Say("ctl_terminal.state"), StateText(console, terminal, beside.duplicate)});
  if (terminal.revoked_us != 0)
    table.AddRow({console.Say("ctl_terminal.revoked"), TimeText(terminal.revoked_us) + " " + terminal.revoked_reason});
  table.AddRow({console.Say("ctl_terminal.mode"), ModeText(console, terminal)});
  table.AddRow({console.Say("ctl_terminal.policy"), PolicyText(console, terminal)});
  table.AddRow({console.Say("ctl_terminal.os"), terminal.os});
  table.AddRow({console.Say("ctl_terminal.agent"), terminal.agent_version});
  table.AddRow({console.Say("ctl_terminal.enrolled"), TimeText(terminal.enrolled_us)});
  table.AddRow({console.Say("ctl_terminal.last_contact"), TimeText(terminal.last_contact_us)});
  table.AddRow({console.Say("ctl_terminal.records"), std::to_string(terminal.head.sequence)});
  table.AddRow({console.Say("ctl_terminal.head"), signing::Hex(terminal.head.hash)});
  table.AddRow({console.Say("ctl_terminal.certificate"), signing::Hex(terminal.certificate_sha256)});
  if (beside.disputed != 0)
    table.AddRow({console.Say("ctl_terminal.disputed_records"), std::to_string(beside.disputed)});
  console.Out(table.Text());
}

ExitCode RunShow(const Common& common, const std::string& which) {
  Console& console = *common.console;
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  store::Reader& reader = session.value().reader();
  const Result<store::Terminal> terminal = FindOneTerminal(reader, which);
  if (!terminal.ok()) return console.Fail(terminal.error());
  const Result<Beside> beside = LookBeside(reader, terminal.value());
  if (!beside.ok()) return console.Fail(beside.error());
  if (console.json()) {
    Json document = ToJson(terminal.value(), beside.value().duplicate);
    document["disputed_records"] = beside.value().disputed;
    document["awaited_move"] = beside.value().awaited_move;
    console.OutJson(document);
  } else {
    PrintOne(console, terminal.value(), beside.value());
  }
  return kDone;
}

ExitCode RunRevoke(const Common& common, const std::string& which, const std::string& reason) {
  Console& console = *common.console;
  if (reason.empty() || reason.size() > 500)
    return console.Fail({ErrorCode::kInvalid, "--reason", "expected 1 to 500 bytes"});
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  const Result<store::Terminal> found = FindOneTerminal(session.value().reader(), which);
  if (!found.ok()) return console.Fail(found.error());
  const store::Terminal& terminal = found.value();
  const Act act{"terminal.revoke", terminal.id, reason};
  const Status revoked = session.value().Perform(act, [&](store::Writer& writer, const store::Own& own) {
    return writer.RevokeTerminal(terminal.id, NowUs(), reason, own);
  });
  if (!revoked.ok()) return console.Fail(revoked.error());
  if (console.json())
    console.OutJson({{"id", terminal.id}, {"action", act.action}});
  else
    console.Out(console.Say("ctl_terminal.revoked_done",
                            {{"hostname", terminal.hostname}, {"id", terminal.id}, {"detail", reason}}) +
                "\n");
  return kDone;
}

// Nothing to do is said to be nothing done. `version`: of the policy that takes it there; 0 if nothing was done.
ExitCode TellMoved(Console& console, const store::Terminal& terminal, const std::string& group, std::uint64_t version) {
  if (console.json())
    console.OutJson({{"id", terminal.id},
                     {"action", "terminal.group"},
                     {"group", group},
                     {"moved", version != 0},
                     {"version", version}});
  else
    console.Out(console.Say(version != 0 ? "ctl_terminal.moved_done" : "ctl_terminal.moved_already",
                            {{"hostname", terminal.hostname},
                             {"id", terminal.id},
                             {"group", group},
                             {"version", std::to_string(version)}}) +
                "\n");
  return kDone;
}

// The newest policy of the group, as it is to be signed for this terminal alone.
Result<Draft> DraftMove(store::Reader& reader, const std::string& id, const std::string& group) {
  const Result<store::Terminal> terminal = reader.FindTerminal(id);
  if (!terminal.ok()) return terminal.error();
  const Result<store::Policy> newest = reader.NewestPolicy(group);
  if (!newest.ok()) return newest.error();
  const std::string text = "the text of version " + std::to_string(newest.value().version);
  if (const auto parsed = policy_text::ParsePolicy(newest.value().toml, text); !parsed.ok()) return parsed.error();
  Draft draft;
  draft.policy.group = group;
  draft.policy.toml = newest.value().toml;
  draft.policy.terminal = id;
  draft.act = {"terminal.group", id, "from group " + terminal.value().group + " to group " + group + ", " + text};
  return draft;
}

// Why it cannot be moved there at all. A terminal leaves its group for no other reason than a policy of the new one
// that says so: without one it would stay behind, and refuse from then on whatever the new group gets.
Status CheckMove(store::Reader& reader, const store::Terminal& terminal, const std::string& group) {
  if (terminal.revoked_us != 0) return Error{ErrorCode::kConflict, terminal.id, "the terminal is revoked"};
  const Result<store::Policy> newest = reader.NewestPolicy(group);
  return newest.ok() ? Status::Ok() : Status(newest.error());
}

// `again`: signed even if the registry has it there already. The terminal may be elsewhere all the same, when the
// database was put back to a state before a move.
ExitCode RunGroup(const Common& common, const std::string& which, const std::string& group, bool again) {
  Console& console = *common.console;
  if (Status good = CheckGroup(group); !good.ok()) return console.Fail(good.error());
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  store::Reader& reader = session.value().reader();
  const Result<store::Terminal> found = FindOneTerminal(reader, which);
  if (!found.ok()) return console.Fail(found.error());
  const store::Terminal& terminal = found.value();
  if (terminal.group == group && !again) return TellMoved(console, terminal, group, 0);
  if (const Status possible = CheckMove(reader, terminal, group); !possible.ok()) {
    const Act act{"terminal.group", terminal.id, "to group " + group};
    const Status refused = session.value().Perform(act, [&](store::Writer&, const store::Own&) { return possible; });
    const bool no_policy = possible.error().code == ErrorCode::kNotFound;
    // What kept the refusal itself from being carried out and recorded is said as it is.
    if (!no_policy || refused.error().where != possible.error().where) return console.Fail(refused.error());
    return console.Fail(refused.error(), console.Say("ctl_terminal.group_without_policy", {{"group", group}}));
  }
  const Result<store::Policy> issued = Issue(
      session.value(), [&] { return DraftMove(reader, terminal.id, group); },
      [](store::Writer& writer, const store::Policy& policy, const store::Own& own) {
        return writer.MoveTerminal(policy, own);
      });
  if (!issued.ok()) return console.Fail(issued.error());
  return TellMoved(console, terminal, group, issued.value().version);
}

}  // namespace

Status CheckGroup(const std::string& group) {
  const bool outer_space = group.starts_with(' ') || group.ends_with(' ');
  if (!group.empty() && group.size() <= 64 && !outer_space && words::Printable(group) == group) return Status::Ok();
  return Error{ErrorCode::kInvalid, "group", "expected 1 to 64 bytes, printable, without blanks at either end"};
}

Result<store::Terminal> FindOneTerminal(store::Reader& reader, const std::string& text) {
  Result<store::Terminal> exact = reader.FindTerminal(text);
  if (exact.ok() || exact.error().code != ErrorCode::kNotFound) return exact;
  const Result<std::vector<store::Terminal>> all = reader.ListTerminals(std::nullopt);
  if (!all.ok()) return all.error();
  std::vector<store::Terminal> found;
  for (const store::Terminal& terminal : all.value())
    if (terminal.hostname == text || (text.size() >= kShortestPrefix && terminal.id.starts_with(text)))
      found.push_back(terminal);
  if (found.size() == 1) return found.front();
  if (found.empty()) return Error{ErrorCode::kNotFound, text, "no terminal has this id or host name"};
  std::string ids;
  for (const store::Terminal& terminal : found)
    ids += " " + terminal.id;
  return Error{ErrorCode::kConflict, text, "several terminals answer to it; expected one of" + ids};
}

void AddTerminal(CLI::App& app, Invocation& invocation) {
  CLI::App* terminal = app.add_subcommand("terminal", invocation.Help("ctl_help.terminal"));
  terminal->require_subcommand(1)->fallthrough();
  auto which = std::make_shared<std::string>();
  auto text = std::make_shared<std::string>();
  const auto add = [&](const char* name, std::string_view help, auto run) {
    CLI::App* command = terminal->add_subcommand(name, invocation.Help(help));
    command->fallthrough();
    command->callback([&invocation, run] { invocation.run = run; });
    return command;
  };

  CLI::App* list =
      add("list", "ctl_help.terminal_list", [&invocation, text] { return RunList(invocation.common, *text); });
  list->add_option("--group", *text, invocation.Help("ctl_help.filter_group"));

  CLI::App* show =
      add("show", "ctl_help.terminal_show", [&invocation, which] { return RunShow(invocation.common, *which); });
  show->add_option("ID", *which, invocation.Help("ctl_help.terminal_id"))->required();

  CLI::App* revoke = add("revoke", "ctl_help.terminal_revoke",
                         [&invocation, which, text] { return RunRevoke(invocation.common, *which, *text); });
  revoke->add_option("ID", *which, invocation.Help("ctl_help.terminal_id"))->required();
  revoke->add_option("--reason", *text, invocation.Help("ctl_help.terminal_reason"))->required();

  auto again = std::make_shared<bool>(false);
  CLI::App* group = add("group", "ctl_help.terminal_group", [&invocation, which, text, again] {
    return RunGroup(invocation.common, *which, *text, *again);
  });
  group->add_option("ID", *which, invocation.Help("ctl_help.terminal_id"))->required();
  group->add_option("GROUP", *text, invocation.Help("ctl_help.terminal_new_group"))->required();
  group->add_flag("--again", *again, invocation.Help("ctl_help.terminal_again"));
}

}  // namespace sekimori::ctl
