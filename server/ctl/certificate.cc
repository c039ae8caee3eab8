// sekimorictl certificate show | renew: the server's own certificate, before it expires or when a name changes.
#include "proto/words/table.h"
#include "server/authority/issue.h"
#include "server/ctl/commands.h"
#include "server/ctl/times.h"

namespace sekimori::ctl {

namespace {

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts)
    text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::int64_t ExpiryUs(const tls::Certificate& certificate) {
  return std::chrono::microseconds(certificate.not_after().time_since_epoch()).count();
}

std::int64_t DaysLeft(const tls::Certificate& certificate) {
  return (ExpiryUs(certificate) - NowUs()) / std::chrono::microseconds(std::chrono::days(1)).count();
}

Json ToJson(const store::Site& site, const tls::Certificate& certificate) {
  return {{"hosts", site.hosts},
          {"expires", TimeJson(ExpiryUs(certificate))},
          {"days_left", DaysLeft(certificate)},
          {"sha256", signing::Hex(certificate.fingerprint())}};
}

ExitCode RunShow(const Common& common) {
  Console& console = *common.console;
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  const Result<store::Site> site = session.value().reader().GetSite();
  if (!site.ok()) return console.Fail(site.error());
  const Result<authority::Authority*> authority = session.value().Authority();
  if (!authority.ok()) return console.Fail(authority.error());
  const tls::Certificate& certificate = authority.value()->server();
  if (console.json()) {
    console.OutJson(ToJson(site.value(), certificate));
    return kDone;
  }
  words::Table table({{""}, {""}});
  table.AddRow({console.Say("ctl_certificate.hosts"), Join(site.value().hosts)});
  table.AddRow({console.Say("ctl_certificate.expires"), TimeText(ExpiryUs(certificate))});
  table.AddRow({console.Say("ctl_certificate.days_left"), std::to_string(DaysLeft(certificate))});
  table.AddRow({console.Say("ctl_certificate.fingerprint"), signing::Hex(certificate.fingerprint())});
  console.Out(table.Text());
  return kDone;
}

// The record first, then the file: a certificate nobody wrote down is worse than a record of one that failed, and that
// failure is recorded too.
Status Renew(Session& session, const std::vector<std::string>& hosts) {
  const Result<authority::Authority*> authority = session.Authority();
  if (!authority.ok()) return authority.error();
  const Act act{"certificate.renew", "server", Join(hosts)};
  const Status recorded =
      session.Perform(act, [&](store::Writer& writer, const store::Own& own) { return writer.SetHosts(hosts, own); });
  if (!recorded.ok()) return recorded;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const Status renewed = authority.value()->RenewServer(hosts, now);
  if (renewed.ok()) return renewed;
  return session.Perform(act, [&](store::Writer&, const store::Own&) { return renewed; });
}

ExitCode RunRenew(const Common& common, std::vector<std::string> hosts) {
  Console& console = *common.console;
  Result<Session> session = Session::Open(common);
  if (!session.ok()) return console.Fail(session.error());
  const Result<store::Site> site = session.value().reader().GetSite();
  if (!site.ok()) return console.Fail(site.error());
  if (hosts.empty()) hosts = site.value().hosts;
  for (const std::string& host : hosts)
    if (!authority::IsHost(host))
      return console.Fail({ErrorCode::kInvalid, "--host " + host, "expected a DNS name or an address"});
  if (Status renewed = Renew(session.value(), hosts); !renewed.ok()) {
    // The names that the certificate in use carries are the ones to go on with.
    const Status restored = session.value().Perform(
        {"certificate.keep", "server", Join(site.value().hosts)},
        [&](store::Writer& writer, const store::Own& own) { return writer.SetHosts(site.value().hosts, own); });
    if (!restored.ok()) console.Fail(restored.error());
    return console.Fail(renewed.error());
  }
  const Result<authority::Authority*> authority = session.value().Authority();
  if (!authority.ok()) return console.Fail(authority.error());
  if (console.json()) {
    store::Site now = site.value();
    now.hosts = hosts;
    console.OutJson(ToJson(now, authority.value()->server()));
    return kDone;
  }
  console.Out(console.Say("ctl_certificate.renewed",
                          {{"hosts", Join(hosts)}, {"expires", TimeText(ExpiryUs(authority.value()->server()))}}) +
              "\n");
  console.Tell(console.Say("ctl_certificate.reload"));
  return kDone;
}

}  // namespace

void AddCertificate(CLI::App& app, Invocation& invocation) {
  CLI::App* certificate = app.add_subcommand("certificate", invocation.Help("ctl_help.certificate"));
  certificate->require_subcommand(1)->fallthrough();
  certificate->add_subcommand("show", invocation.Help("ctl_help.certificate_show"))
      ->fallthrough()
      ->callback([&invocation] { invocation.run = [&invocation] { return RunShow(invocation.common); }; });
  auto hosts = std::make_shared<std::vector<std::string>>();
  CLI::App* renew = certificate->add_subcommand("renew", invocation.Help("ctl_help.certificate_renew"));
  renew->fallthrough();
  renew->add_option("--host", *hosts, invocation.Help("ctl_help.certificate_host"))->delimiter(',');
  renew->callback(
      [&invocation, hosts] { invocation.run = [&invocation, hosts] { return RunRenew(invocation.common, *hosts); }; });
}

}  // namespace sekimori::ctl
