// sekimorictl init: makes the site, once.
#include "proto/words/printable.h"
#include "server/authority/tokens.h"
#include "server/ctl/commands.h"
#include "server/ctl/privileges.h"
#include "server/ctl/times.h"
#include "server/store/sqlite_database.h"

namespace sekimori::ctl {

namespace {

struct InitOptions {
  std::string name;
  std::vector<std::string> hosts;
  std::uint16_t port = 7443;
};

Result<chain::LogId> MakeLogId() {
  const Result<std::string> uuid = authority::MakeUuid();
  if (!uuid.ok()) return uuid.error();
  chain::LogId id{};
  const signing::Sha256Hash hash = signing::Sha256({"sekimori collector log", uuid.value()});
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

Status CheckName(const std::string& name) {
  if (name.empty() || words::Printable(name) != name)
    return Error{ErrorCode::kInvalid, "--name", "expected a printable name for the site"};
  return Status::Ok();
}

Status CheckNothingThere(const std::filesystem::path& data) {
  std::error_code error;
  const bool keys = std::filesystem::exists(data / kAuthorityDirectory, error);
  const bool database = std::filesystem::exists(data / store::kDatabaseFile, error);
  if (keys && database) return Error{ErrorCode::kExists, data.string(), "a site was made here already"};
  if (keys)
    return Error{ErrorCode::kExists, (data / kAuthorityDirectory).string(),
                 "keys without a database: an earlier init did not finish; move the directory away and try again"};
  if (database)
    return Error{ErrorCode::kExists, (data / store::kDatabaseFile).string(),
                 "a database without keys: restore the keys from their backup, or move the file away"};
  return Status::Ok();
}

Result<store::Site> MakeSite(const InitOptions& options, const std::filesystem::path& data) {
  const Result<std::string> id = authority::MakeUuid();
  if (!id.ok()) return id.error();
  const Result<chain::LogId> log_id = MakeLogId();
  if (!log_id.ok()) return log_id.error();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const authority::SiteTerms terms{.site_id = id.value(), .site_name = options.name, .hosts = options.hosts};
  const Result<authority::Authority> authority = authority::Authority::Create(data / kAuthorityDirectory, terms, now);
  if (!authority.ok()) return authority.error();
  store::Site site{id.value(),   options.name,   options.hosts,
                   options.port, log_id.value(), authority.value().log_key().public_key().spki_der(),
                   NowUs()};
  if (Status created = store::CreateSqlite(data, site); !created.ok()) {
    // Keys that nothing uses yet: taken back, so that the next attempt finds nothing in its way.
    std::error_code ignored;
    std::filesystem::remove_all(data / kAuthorityDirectory, ignored);
    return created.error();
  }
  return site;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts)
    text += (text.empty() ? "" : ",") + part;
  return text;
}

ExitCode Tell(Console& console, const std::filesystem::path& data, const store::Site& site,
              const authority::Authority& authority) {
  if (console.json()) {
    console.OutJson({{"site_id", site.id},
                     {"name", site.name},
                     {"hosts", site.hosts},
                     {"port", site.port},
                     {"data", data.string()},
                     {"ca_sha256", signing::Hex(authority.ca().fingerprint())}});
    return kDone;
  }
  console.Out(console.Say("ctl_init.done", {{"name", site.name}, {"id", site.id}, {"data", data.string()}}) + "\n");
  console.Out(console.Say("ctl_init.ca", {{"fingerprint", signing::Hex(authority.ca().fingerprint())}}) + "\n");
  console.Out(console.Say("ctl_init.next") + "\n");
  console.Out("  systemctl enable --now sekimori-collector\n");
  console.Out("  sekimorictl token create --uses 10 --ttl 7d --group default --out enrol.token\n");
  console.Out(console.Say("ctl_init.backup", {{"keys", (data / kAuthorityDirectory).string()}}) + "\n");
  return kDone;
}

ExitCode RunInit(const Common& common, const InitOptions& options) {
  Console& console = *common.console;
  if (Status name = CheckName(options.name); !name.ok()) return console.Fail(name.error());
  if (Status prepared = PrepareDataDirectory(common.data); !prepared.ok()) return console.Fail(prepared.error());
  if (Status became = BecomeOwnerOf(common.data); !became.ok()) return console.Fail(became.error());
  if (Status nothing = CheckNothingThere(common.data); !nothing.ok()) return console.Fail(nothing.error());
  const Result<store::Site> site = MakeSite(options, common.data);
  if (!site.ok()) return console.Fail(site.error());
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  const Status recorded =
      session.value().Perform({"init", site.value().id, Join(options.hosts) + ":" + std::to_string(options.port)},
                              [](store::Writer& writer, const store::Own& own) -> Status {
                                const Result<chain::Head> head = writer.AppendOwn(own);
                                return head.ok() ? Status::Ok() : Status(head.error());
                              });
  if (!recorded.ok()) return console.Fail(recorded.error());
  const Result<authority::Authority*> authority = session.value().Authority();
  if (!authority.ok()) return console.Fail(authority.error());
  return Tell(console, common.data, site.value(), *authority.value());
}

}  // namespace

void AddInit(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* init = app.add_subcommand("init", invocation.Help("ctl_help.init"));
  init->fallthrough();
  init->add_option("--name", options->name, invocation.Help("ctl_help.init_name"))->required();
  init->add_option("--host", options->hosts, invocation.Help("ctl_help.init_host"))->required()->delimiter(',');
  init->add_option("--port", options->port, invocation.Help("ctl_help.init_port"))->check(CLI::Range(1, 65535));
  init->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return RunInit(invocation.common, *options); };
  });
}

}  // namespace sekimori::ctl
