// sekimorictl policy apply | diff | show | list | rollback
#include <algorithm>
#include <charconv>
#include <optional>

#include "proto/files/durable_file.h"
#include "proto/policy_text/parse_policy.h"
#include "proto/words/table.h"
#include "server/ctl/commands.h"
#include "server/ctl/issuing.h"
#include "server/ctl/text_diff.h"
#include "server/ctl/times.h"

namespace sekimori::ctl {

namespace {

struct PolicyOptions {
  std::string what;  // file or version
  std::string group;
  [[nodiscard]] std::string group_or_default() const { return group.empty() ? kDefaultGroup : group; }
};

std::optional<std::uint64_t> AsVersion(const std::string& text) {
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size() || version == 0) return std::nullopt;
  return version;
}

// What is signed here is for a whole group.
Result<store::Policy> IssueForGroup(Session& session, const Draft& draft) {
  return Issue(
      session, [&]() -> Result<Draft> { return draft; },
      [](store::Writer& writer, const store::Policy& policy, const store::Own& own) {
        return writer.AddPolicy(policy, own);
      });
}

// The text of a move is the one its group had at that time, under a version of its own.
Status CheckForGroup(const store::Policy& policy) {
  if (policy.terminal.empty()) return Status::Ok();
  return Error{ErrorCode::kInvalid, "policy version " + std::to_string(policy.version),
               "it was issued to terminal " + policy.terminal +
                   " alone, which it moved; expected a version for a whole group (sekimorictl policy list)"};
}

Json ToJson(const store::Policy& policy) {
  return {{"version", policy.version},
          {"group", policy.group},
          {"terminal", policy.terminal},
          {"issued", TimeJson(policy.issued_us)},
          {"operator", policy.operator_name},
          {"rolled_back_from", policy.rolled_back_from},
          {"sha256", signing::Hex(signing::Sha256(policy.toml))}};
}

bool Enforces(const policy_text::Policy& policy) {
  return policy.mode == policy_text::Mode::kEnforce;
}

ExitCode TellIssued(Session& session, const store::Policy& policy, const policy_text::Policy& summary) {
  Console& console = session.console();
  const Result<std::vector<store::Terminal>> terminals = session.reader().ListTerminals(policy.group);
  if (!terminals.ok()) return console.Fail(terminals.error());
  std::size_t in_use = 0;
  for (const store::Terminal& terminal : terminals.value())
    in_use += terminal.revoked_us == 0 ? 1 : 0;
  if (console.json()) {
    Json document = ToJson(policy);
    document["applied"] = true;
    document["mode"] = Enforces(summary) ? "enforce" : "observe";
    document["rules"] = summary.rules.size();
    document["terminals"] = in_use;
    console.OutJson(document);
    return kDone;
  }
  console.Out(console.Say("ctl_policy.applied",
                          {{"version", std::to_string(policy.version)},
                           {"group", policy.group},
                           {"mode", console.Say(Enforces(summary) ? "ctl_mode.enforce" : "ctl_mode.observe")},
                           {"rules", std::to_string(summary.rules.size())},
                           {"terminals", std::to_string(in_use)}}) +
              "\n");
  if (in_use == 0) console.Tell(console.Say("ctl_policy.no_terminals", {{"group", policy.group}}));
  return kDone;
}

// Nothing to do is said to be nothing done, not success of something.
ExitCode TellSame(Console& console, const store::Policy& newest) {
  if (console.json()) {
    Json document = ToJson(newest);
    document["applied"] = false;
    console.OutJson(document);
  } else {
    console.Out(console.Say("ctl_policy.same", {{"version", std::to_string(newest.version)}, {"group", newest.group}}) +
                "\n");
  }
  return kDone;
}

ExitCode RunApply(const Common& common, const PolicyOptions& options) {
  Console& console = *common.console;
  const std::string group = options.group_or_default();
  if (Status good = CheckGroup(group); !good.ok()) return console.Fail(good.error());
  // Read as who one is, before root is given up.
  const Result<std::string> text = files::ReadSmall(options.what);
  if (!text.ok()) return console.Fail(text.error());
  const Result<policy_text::Policy> summary = policy_text::ParsePolicy(text.value(), options.what);
  if (!summary.ok()) return console.Fail(summary.error());
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  const Result<store::Policy> newest = session.value().reader().NewestPolicy(group);
  if (!newest.ok() && newest.error().code != ErrorCode::kNotFound) return console.Fail(newest.error());
  if (newest.ok() && newest.value().toml == text.value()) return TellSame(console, newest.value());
  store::Policy policy;
  policy.group = group;
  policy.toml = text.value();
  const Result<store::Policy> issued = IssueForGroup(session.value(), {policy, {"policy.apply", group, ""}});
  if (!issued.ok()) return console.Fail(issued.error());
  return TellIssued(session.value(), issued.value(), summary.value());
}

ExitCode RunRollback(const Common& common, const PolicyOptions& options) {
  Console& console = *common.console;
  const std::optional<std::uint64_t> version = AsVersion(options.what);
  if (!version) return console.Fail({ErrorCode::kInvalid, options.what, "expected the number of a version"});
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  const Result<store::Policy> old = session.value().reader().FindPolicy(*version);
  if (!old.ok()) return console.Fail(old.error());
  if (Status for_group = CheckForGroup(old.value()); !for_group.ok()) return console.Fail(for_group.error());
  const std::string group = options.group.empty() ? old.value().group : options.group;
  if (Status good = CheckGroup(group); !good.ok()) return console.Fail(good.error());
  const Result<policy_text::Policy> summary = policy_text::ParsePolicy(old.value().toml, "version " + options.what);
  if (!summary.ok()) return console.Fail(summary.error());
  store::Policy policy;
  policy.group = group;
  policy.toml = old.value().toml;
  policy.rolled_back_from = *version;
  const Result<store::Policy> issued =
      IssueForGroup(session.value(), {policy, {"policy.rollback", group, "the text of version " + options.what}});
  if (!issued.ok()) return console.Fail(issued.error());
  return TellIssued(session.value(), issued.value(), summary.value());
}

struct NamedText {
  std::string name, text;
};

ExitCode RunDiff(const Common& common, const PolicyOptions& options) {
  Console& console = *common.console;
  std::string group = options.group_or_default();
  const std::optional<std::uint64_t> version = AsVersion(options.what);
  NamedText offered{options.what, ""};
  if (!version) {
    Result<std::string> text = files::ReadSmall(options.what);
    if (!text.ok()) return console.Fail(text.error());
    offered.text = std::move(text).value();
  }
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  if (version) {
    const Result<store::Policy> policy = session.value().reader().FindPolicy(*version);
    if (!policy.ok()) return console.Fail(policy.error());
    if (Status for_group = CheckForGroup(policy.value()); !for_group.ok()) return console.Fail(for_group.error());
    offered = {"version " + options.what, policy.value().toml};
    if (options.group.empty()) group = policy.value().group;
  }
  const Result<store::Policy> newest = session.value().reader().NewestPolicy(group);
  if (!newest.ok() && newest.error().code != ErrorCode::kNotFound) return console.Fail(newest.error());
  const NamedText present = newest.ok()
                                ? NamedText{"version " + std::to_string(newest.value().version), newest.value().toml}
                                : NamedText{"(none)", ""};
  const std::string diff = TextDiff(present.text, offered.text, group + ": " + present.name, offered.name);
  if (console.json())
    console.OutJson({{"group", group},
                     {"newest", newest.ok() ? newest.value().version : 0},
                     {"equal", diff.empty()},
                     {"diff", diff}});
  else if (diff.empty())
    console.Tell(console.Say("ctl_policy.equal", {{"group", group}, {"present", present.name}}));
  else
    console.Out(diff);
  return diff.empty() ? kDone : kFound;
}

ExitCode RunShow(const Common& common, const PolicyOptions& options) {
  Console& console = *common.console;
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  const std::optional<std::uint64_t> version = AsVersion(options.what);
  if (!options.what.empty() && !version)
    return console.Fail({ErrorCode::kInvalid, options.what, "expected the number of a version"});
  const Result<store::Policy> policy = version ? session.value().reader().FindPolicy(*version)
                                               : session.value().reader().NewestPolicy(options.group_or_default());
  if (!policy.ok()) return console.Fail(policy.error());
  if (console.json()) {
    Json document = ToJson(policy.value());
    document["toml"] = policy.value().toml;
    console.OutJson(document);
    return kDone;
  }
  const bool whole_group = policy.value().terminal.empty();
  console.Tell(console.Say(whole_group ? "ctl_policy.shown" : "ctl_policy.shown_move",
                           {{"version", std::to_string(policy.value().version)},
                            {"group", policy.value().group},
                            {"terminal", policy.value().terminal},
                            {"time", TimeText(policy.value().issued_us)},
                            {"operator", policy.value().operator_name}}));
  // The text as it was signed: what comes out of here can be applied again.
  console.Out(policy.value().toml);
  return kDone;
}

ExitCode RunList(const Common& common, const PolicyOptions& options) {
  Console& console = *common.console;
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  store::PolicyFilter filter;
  if (!options.group.empty()) filter.group = options.group;
  const Result<std::vector<store::Policy>> policies = session.value().reader().ListPolicies(filter);
  if (!policies.ok()) return console.Fail(policies.error());
  if (console.json()) {
    Json list = Json::array();
    for (const store::Policy& policy : policies.value())
      list.push_back(ToJson(policy));
    console.OutJson(list);
    return kDone;
  }
  if (policies.value().empty()) {
    console.Tell(console.Say("ctl_policy.none"));
    return kDone;
  }
  words::Table table({{console.Say("ctl_policy.version"), words::Align::kRight},
                      {console.Say("ctl_terminal.group")},
                      {console.Say("ctl_policy.issued")},
                      {console.Say("ctl_policy.operator")},
                      {console.Say("ctl_policy.rolled_back_from"), words::Align::kRight}});
  for (const store::Policy& policy : policies.value())
    table.AddRow({std::to_string(policy.version), policy.group, TimeText(policy.issued_us), policy.operator_name,
                  policy.rolled_back_from == 0 ? "-" : std::to_string(policy.rolled_back_from)});
  console.Out(table.Text());
  return kDone;
}

}  // namespace

void AddPolicy(CLI::App& app, Invocation& invocation) {
  CLI::App* policy = app.add_subcommand("policy", invocation.Help("ctl_help.policy"));
  policy->require_subcommand(1)->fallthrough();
  auto options = std::make_shared<PolicyOptions>();
  using Run = ExitCode (*)(const Common&, const PolicyOptions&);
  const auto add = [&](const char* name, std::string_view help, Run run) {
    CLI::App* command = policy->add_subcommand(name, invocation.Help(help));
    command->fallthrough();
    command->add_option("--group", options->group, invocation.Help("ctl_help.policy_group"));
    command->callback([&invocation, options, run] {
      invocation.run = [&invocation, options, run] { return run(invocation.common, *options); };
    });
    return command;
  };
  add("apply", "ctl_help.policy_apply", RunApply)
      ->add_option("FILE", options->what, invocation.Help("ctl_help.policy_file"))
      ->required();
  add("diff", "ctl_help.policy_diff", RunDiff)
      ->add_option("FILE|VERSION", options->what, invocation.Help("ctl_help.policy_file_or_version"))
      ->required();
  add("show", "ctl_help.policy_show", RunShow)
      ->add_option("VERSION", options->what, invocation.Help("ctl_help.policy_version"));
  add("list", "ctl_help.policy_list", RunList);
  add("rollback", "ctl_help.policy_rollback", RunRollback)
      ->add_option("VERSION", options->what, invocation.Help("ctl_help.policy_version"))
      ->required();
}

}  // namespace sekimori::ctl
