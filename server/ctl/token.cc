// sekimorictl token create | list | revoke
#include <fcntl.h>
#include <unistd.h>

#include "proto/token/enrolment_token.h"
#include "proto/words/printable.h"
#include "proto/words/table.h"
#include "server/authority/tokens.h"
#include "server/ctl/commands.h"
#include "server/ctl/out_file.h"
#include "server/ctl/times.h"

namespace sekimori::ctl {

namespace {

struct CreateOptions {
  std::uint32_t uses = 1;
  std::string ttl = "7d";
  std::string group = kDefaultGroup;
  std::string host;
  std::uint16_t port = 0;
  std::string out;
};

// The names a terminal may dial are those in the server's certificate.
Status CheckHost(const std::string& host, const store::Site& site) {
  for (const std::string& known : site.hosts)
    if (known == host) return Status::Ok();
  std::string hosts;
  for (const std::string& known : site.hosts)
    hosts += " " + known;
  return Error{ErrorCode::kInvalid, "--host " + host, "the server's certificate does not carry it; it carries" + hosts};
}

Result<authority::MadeToken> MakeText(Session& session, const CreateOptions& options, std::int64_t expires_us) {
  const Result<store::Site> site = session.reader().GetSite();
  if (!site.ok()) return site.error();
  const std::string host = options.host.empty() ? site.value().hosts.front() : options.host;
  if (Status known = CheckHost(host, site.value()); !known.ok()) return known.error();
  const Result<authority::Authority*> authority = session.Authority();
  if (!authority.ok()) return authority.error();
  const authority::TokenTerms terms{
      host, options.port == 0 ? site.value().port : options.port, host,
      std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(expires_us))};
  return authority::MakeToken(terms, authority.value()->ca());
}

store::Token TokenOf(const CreateOptions& options, const authority::MadeToken& made, std::int64_t now_us,
                     std::int64_t expires_us) {
  store::Token token;
  token.id = made.id;
  token.secret_sha256 = made.secret_sha256;
  token.uses = token.uses_left = options.uses;
  token.created_us = now_us;
  token.expires_us = expires_us;
  token.group = options.group;
  return token;
}

void Show(Console& console, const CreateOptions& options, const store::Token& token, const std::string& text) {
  if (console.json()) {
    Json document = {
        {"id", token.id}, {"group", token.group}, {"uses", token.uses}, {"expires", TimeJson(token.expires_us)}};
    if (options.out.empty())
      document["token"] = text;
    else
      document["file"] = options.out;
    console.OutJson(document);
    return;
  }
  if (options.out.empty()) console.Out(text + "\n");
  console.Tell(console.Say("ctl_token.created", {{"id", token.id},
                                                 {"group", token.group},
                                                 {"uses", std::to_string(token.uses)},
                                                 {"expires", TimeText(token.expires_us)}}));
  if (!options.out.empty()) console.Tell(console.Say("ctl_token.in_file", {{"file", options.out}}));
  console.Tell(console.Say("ctl_token.secret"));
}

Status Create(const Common& common, const CreateOptions& options, OutFile& file) {
  const Result<std::chrono::seconds> ttl = ParseDuration(options.ttl);
  if (!ttl.ok()) return Error{ErrorCode::kInvalid, "--ttl " + options.ttl, ttl.error().detail};
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return session.error();
  const std::int64_t now_us = NowUs();
  const std::int64_t expires_us = now_us + std::chrono::microseconds(ttl.value()).count();
  Result<authority::MadeToken> made = MakeText(session.value(), options, expires_us);
  if (!made.ok()) return made.error();
  store::Token token = TokenOf(options, made.value(), now_us, expires_us);
  token.created_by = common.operator_name;
  const std::string detail = "group " + token.group + ", uses " + std::to_string(token.uses) + ", ttl " + options.ttl;
  // Recorded and stored first; only then does the secret leave this program.
  const Status added = session.value().Perform(
      {"token.create", token.id, detail},
      [&](store::Writer& writer, const store::Own& own) { return writer.AddToken(token, own); });
  if (!added.ok()) return added;
  if (Status written = file.Write(made.value().text + "\n"); !written.ok()) return written;
  Show(*common.console, options, token, made.value().text);
  token::Wipe(made.value().text);
  return Status::Ok();
}

ExitCode RunCreate(const Common& common, const CreateOptions& options) {
  Console& console = *common.console;
  if (Status group = CheckGroup(options.group); !group.ok()) return console.Fail(group.error());
  // Opened as who one is, before root is given up: the operator's directory is not the collector's.
  Result<OutFile> file = OutFile::OpenNew(options.out);
  if (!file.ok()) return console.Fail(file.error());
  const Status created = Create(common, options, file.value());
  if (created.ok()) return kDone;
  file.value().Discard();
  return console.Fail(created.error());
}

enum class State { kGood, kRevoked, kExpired, kSpent };

State StateOf(const store::Token& token, std::int64_t now_us) {
  if (token.revoked_us != 0) return State::kRevoked;
  if (now_us >= token.expires_us) return State::kExpired;
  return token.uses_left == 0 ? State::kSpent : State::kGood;
}

const char* StateName(State state) {
  switch (state) {
    case State::kGood:
      return "good";
    case State::kRevoked:
      return "revoked";
    case State::kExpired:
      return "expired";
    case State::kSpent:
      return "spent";
  }
  return "good";
}

Json ToJson(const store::Token& token, std::int64_t now_us) {
  return {{"id", token.id},
          {"group", token.group},
          {"state", StateName(StateOf(token, now_us))},
          {"uses", token.uses},
          {"uses_left", token.uses_left},
          {"created", TimeJson(token.created_us)},
          {"created_by", token.created_by},
          {"expires", TimeJson(token.expires_us)},
          {"revoked", TimeJson(token.revoked_us)}};
}

ExitCode RunList(const Common& common) {
  Console& console = *common.console;
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  const Result<std::vector<store::Token>> tokens = session.value().reader().ListTokens();
  if (!tokens.ok()) return console.Fail(tokens.error());
  const std::int64_t now_us = NowUs();
  if (console.json()) {
    Json list = Json::array();
    for (const store::Token& token : tokens.value())
      list.push_back(ToJson(token, now_us));
    console.OutJson(list);
    return kDone;
  }
  if (tokens.value().empty()) {
    console.Tell(console.Say("ctl_token.none"));
    return kDone;
  }
  words::Table table({{console.Say("ctl_token.column_id")},
                      {console.Say("ctl_token.column_group")},
                      {console.Say("ctl_token.column_state")},
                      {console.Say("ctl_token.column_uses"), words::Align::kRight},
                      {console.Say("ctl_token.column_expires")},
                      {console.Say("ctl_token.column_created_by")}});
  for (const store::Token& token : tokens.value())
    table.AddRow({token.id, token.group,
                  console.Say(std::string("ctl_token_state.") + StateName(StateOf(token, now_us))),
                  std::to_string(token.uses_left) + "/" + std::to_string(token.uses), TimeText(token.expires_us),
                  token.created_by});
  console.Out(table.Text());
  return kDone;
}

ExitCode RunRevoke(const Common& common, const std::string& id) {
  Console& console = *common.console;
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  const Status revoked = session.value().Perform(
      {"token.revoke", id, ""},
      [&](store::Writer& writer, const store::Own& own) { return writer.RevokeToken(id, NowUs(), own); });
  if (!revoked.ok()) return console.Fail(revoked.error());
  if (console.json())
    console.OutJson({{"id", id}, {"revoked", true}});
  else
    console.Out(console.Say("ctl_token.revoked", {{"id", id}}) + "\n");
  return kDone;
}

}  // namespace

void AddToken(CLI::App& app, Invocation& invocation) {
  CLI::App* token = app.add_subcommand("token", invocation.Help("ctl_help.token"));
  token->require_subcommand(1)->fallthrough();

  auto options = std::make_shared<CreateOptions>();
  CLI::App* create = token->add_subcommand("create", invocation.Help("ctl_help.token_create"));
  create->fallthrough();
  create->add_option("--uses", options->uses, invocation.Help("ctl_help.token_uses"))->check(CLI::Range(1, 10'000));
  create->add_option("--ttl", options->ttl, invocation.Help("ctl_help.token_ttl"));
  create->add_option("--group", options->group, invocation.Help("ctl_help.token_group"));
  create->add_option("--host", options->host, invocation.Help("ctl_help.token_host"));
  create->add_option("--port", options->port, invocation.Help("ctl_help.token_port"))->check(CLI::Range(1, 65535));
  create->add_option("--out", options->out, invocation.Help("ctl_help.token_out"));
  create->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return RunCreate(invocation.common, *options); };
  });

  token->add_subcommand("list", invocation.Help("ctl_help.token_list"))->fallthrough()->callback([&invocation] {
    invocation.run = [&invocation] { return RunList(invocation.common); };
  });

  auto id = std::make_shared<std::string>();
  CLI::App* revoke = token->add_subcommand("revoke", invocation.Help("ctl_help.token_revoke"));
  revoke->fallthrough();
  revoke->add_option("ID", *id, invocation.Help("ctl_help.token_id"))->required();
  revoke->callback(
      [&invocation, id] { invocation.run = [&invocation, id] { return RunRevoke(invocation.common, *id); }; });
}

}  // namespace sekimori::ctl
