// sekimorictl verify: everything that is stored, computed anew.
#include "server/store/verify.h"

#include <charconv>

#include "proto/policy.pb.h"
#include "proto/signing/signed_document.h"
#include "proto/words/table.h"
#include "server/ctl/commands.h"
#include "server/ctl/progress.h"
#include "server/ctl/times.h"

namespace sekimori::ctl {

namespace {

struct VerifyOptions {
  std::string terminal, anchor;
  bool chain_only = false;
};

struct Outcome {
  store::VerifyReport report;
  std::vector<std::string> policy_findings;
  std::optional<std::string> anchor_finding;
  [[nodiscard]] bool good() const { return report.found == 0 && policy_findings.empty() && !anchor_finding; }
};

// Each stored policy is the one that was signed, under its own version and group, and for whom it was signed.
Result<std::vector<std::string>> VerifyPolicies(Session& session, const authority::Authority& authority) {
  const Result<std::vector<store::Policy>> policies =
      session.reader().ListPolicies({.group = std::nullopt, .with_moves = true});
  if (!policies.ok()) return policies.error();
  std::vector<std::string> findings;
  for (const store::Policy& policy : policies.value()) {
    const std::string name = "policy version " + std::to_string(policy.version);
    proto::SignedDocument document;
    proto::PolicyDocument content;
    if (!document.ParseFromString(policy.signed_document) ||
        !signing::VerifyDocument(authority.policy_key().public_key(), proto::DOCUMENT_POLICY, document).ok() ||
        !content.ParseFromString(document.document())) {
      findings.push_back(name + ": not signed by the site's policy key");
    } else if (content.version() != policy.version || content.group() != policy.group ||
               content.toml() != policy.toml || content.terminal_id() != policy.terminal ||
               content.site_id() != authority.site_id()) {
      findings.push_back(name + ": the stored columns are not what was signed");
    }
  }
  return findings;
}

// "SEQUENCE:HASH" of the own chain, as noted after an earlier verification.
Result<std::optional<std::string>> CheckAnchor(store::Reader& reader, const std::string& anchor) {
  if (anchor.empty()) return std::optional<std::string>();
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(anchor.data(), anchor.data() + anchor.size(), sequence);
  const std::string_view hash(end, static_cast<std::size_t>(anchor.data() + anchor.size() - end));
  if (error != std::errc() || sequence == 0 || hash.size() != 65 || hash[0] != ':')
    return Error{ErrorCode::kInvalid, "--anchor " + anchor,
                 "expected NUMBER:HASH as an earlier verification printed it"};
  const Result<chain::Hash> stored = reader.HashAt(store::kOwnLog, sequence);
  if (!stored.ok() && stored.error().code != ErrorCode::kNotFound) return stored.error();
  if (stored.ok() && signing::Hex(stored.value()) == hash.substr(1)) return std::optional<std::string>();
  return std::optional<std::string>("record " + std::to_string(sequence) + " of the own chain " +
                                    (stored.ok() ? "is another one than was noted" : "is not there any more"));
}

std::string AnchorOf(const store::VerifyReport& report) {
  const chain::Head& head = report.chains.front().head;
  return std::to_string(head.sequence) + ":" + signing::Hex(head.hash);
}

Json ToJson(const store::ChainReport& chain) {
  Json findings = Json::array();
  for (const store::Finding& finding : chain.findings)
    findings.push_back(
        {{"kind", store::FindingName(finding.kind)}, {"sequence", finding.sequence}, {"detail", finding.detail}});
  return {{"terminal", chain.terminal},
          {"hostname", chain.hostname},
          {"good", chain.found == 0},
          {"records", chain.records},
          {"checkpoints", chain.checkpoints},
          {"known_gaps", chain.known_gaps},
          {"head_sequence", chain.head.sequence},
          {"head_hash", signing::Hex(chain.head.hash)},
          {"found", chain.found},
          {"findings", findings}};
}

void PrintJson(Console& console, const Outcome& outcome) {
  Json chains = Json::array();
  for (const store::ChainReport& chain : outcome.report.chains)
    chains.push_back(ToJson(chain));
  Json policies = outcome.policy_findings;
  console.OutJson({{"good", outcome.good()},
                   {"records", outcome.report.records},
                   {"found", outcome.report.found},
                   {"anchor", AnchorOf(outcome.report)},
                   {"anchor_finding", outcome.anchor_finding ? Json(*outcome.anchor_finding) : Json()},
                   {"policy_findings", policies},
                   {"chains", chains}});
}

std::string NameOf(const Console& console, const store::ChainReport& chain) {
  return chain.terminal == store::kOwnLog ? console.Say("ctl_events.collector") : chain.hostname;
}

void PrintFindings(Console& console, const Outcome& outcome) {
  words::Table table({{console.Say("ctl_terminal.hostname")},
                      {console.Say("ctl_verify.record"), words::Align::kRight},
                      {console.Say("ctl_verify.finding")},
                      {console.Say("ctl_verify.detail")}});
  for (const store::ChainReport& chain : outcome.report.chains) {
    for (const store::Finding& finding : chain.findings)
      table.AddRow({NameOf(console, chain), finding.sequence == 0 ? "-" : std::to_string(finding.sequence),
                    console.Say("finding." + std::string(store::FindingName(finding.kind))), finding.detail});
    if (chain.found > chain.findings.size())
      table.AddRow(
          {NameOf(console, chain), "",
           console.Say("ctl_verify.and_more", {{"count", std::to_string(chain.found - chain.findings.size())}})});
  }
  for (const std::string& finding : outcome.policy_findings)
    table.AddRow({console.Say("ctl_events.collector"), "-", console.Say("finding.policy"), finding});
  if (outcome.anchor_finding)
    table.AddRow({console.Say("ctl_events.collector"), "-", console.Say("finding.anchor"), *outcome.anchor_finding});
  console.Out(table.Text());
}

void PrintChains(Console& console, const store::VerifyReport& report) {
  words::Table table({{console.Say("ctl_terminal.hostname"), words::Align::kLeft, 32},
                      {console.Say("ctl_verify.result")},
                      {console.Say("ctl_terminal.records"), words::Align::kRight},
                      {console.Say("ctl_verify.gaps"), words::Align::kRight},
                      {console.Say("ctl_terminal.id")}});
  for (const store::ChainReport& chain : report.chains)
    table.AddRow({NameOf(console, chain),
                  console.Say(chain.found == 0 ? "ctl_verify.chain_good" : "ctl_verify.chain_bad"),
                  std::to_string(chain.records), std::to_string(chain.known_gaps), chain.terminal});
  console.Out(table.Text());
}

void Print(Console& console, const Outcome& outcome) {
  PrintChains(console, outcome.report);
  if (!outcome.good()) {
    console.Out("\n");
    PrintFindings(console, outcome);
  }
  console.Out("\n" +
              console.Say(outcome.good() ? "ctl_verify.good" : "ctl_verify.bad",
                          {{"chains", std::to_string(outcome.report.chains.size())},
                           {"records", std::to_string(outcome.report.records)}}) +
              "\n");
  console.Out(console.Say("ctl_verify.anchor", {{"anchor", AnchorOf(outcome.report)}}) + "\n");
}

// Whatever keeps verification from being done must not look like the answer "altered" or "good".
ExitCode CannotCheck(Console& console, const Error& error) {
  console.Fail(error);
  return kFailed;
}

ExitCode RunVerify(const Common& common, const VerifyOptions& options) {
  Console& console = *common.console;
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return CannotCheck(console, session.error());
  store::Reader& reader = session.value().reader();
  const Result<authority::Authority*> authority = session.value().Authority();
  if (!authority.ok()) return CannotCheck(console, authority.error());
  store::VerifyTerms terms{std::nullopt, !options.chain_only};
  if (options.terminal == store::kOwnLog) {
    terms.terminal = options.terminal;
  } else if (!options.terminal.empty()) {
    const Result<store::Terminal> terminal = FindOneTerminal(reader, options.terminal);
    if (!terminal.ok()) return CannotCheck(console, terminal.error());
    terms.terminal = terminal.value().id;
  }
  Progress progress(console.Say("ctl_verify.progress"), !console.json());
  Result<store::VerifyReport> report =
      store::VerifyStore(reader, authority.value()->log_key().public_key(), terms,
                         [&](const store::VerifyProgress& at) { progress.Show(at.done, at.total); });
  progress.Clear();
  if (!report.ok()) return CannotCheck(console, report.error());
  Outcome outcome{std::move(report).value(), {}, std::nullopt};
  Result<std::vector<std::string>> policies = VerifyPolicies(session.value(), *authority.value());
  if (!policies.ok()) return CannotCheck(console, policies.error());
  outcome.policy_findings = std::move(policies).value();
  const Result<std::optional<std::string>> anchor = CheckAnchor(reader, options.anchor);
  if (!anchor.ok()) return CannotCheck(console, anchor.error());
  outcome.anchor_finding = anchor.value();
  if (console.json())
    PrintJson(console, outcome);
  else
    Print(console, outcome);
  return outcome.good() ? kDone : kFound;
}

}  // namespace

void AddVerify(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* verify = app.add_subcommand("verify", invocation.Help("ctl_help.verify"));
  verify->fallthrough();
  verify->add_option("--terminal", options->terminal, invocation.Help("ctl_help.verify_terminal"));
  verify->add_option("--anchor", options->anchor, invocation.Help("ctl_help.verify_anchor"));
  verify->add_flag("--chain-only", options->chain_only, invocation.Help("ctl_help.verify_chain_only"));
  verify->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return RunVerify(invocation.common, *options); };
  });
}

}  // namespace sekimori::ctl
