// Terminals, tokens and policies: granted once, recorded with the change, never half.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/store/sqlite_database.h"
#include "tests/contract/store/collector.h"

namespace sekimori::store {
namespace {

std::uint64_t OwnRecords(Collector& collector) {
  std::uint64_t head = 0;
  const Status visited =
      collector.reader().VisitChains({kOwnLog}, [&](std::span<const ChainFacts> facts) -> ChainVisitor* {
        head = facts[0].head.sequence;
        return nullptr;
      });
  EXPECT_TRUE(visited.ok());
  return head;
}

Policy MakePolicy(std::uint64_t version, const std::string& group) {
  return Policy{version, group, "mode = \"observe\"\n", "signed bytes", 77, "suzuki", 0, ""};
}

Policy MakeMove(std::uint64_t version, const std::string& terminal, const std::string& group) {
  Policy policy = MakePolicy(version, group);
  policy.terminal = terminal;
  return policy;
}

TEST(Enrol, TakesTheGroupFromTheTokenAndSpendsOneUse) {
  Collector collector;
  collector.AddToken("tok", 2, "counter");
  FakeTerminal terminal("t1", 1);
  const auto enrolled =
      collector.writer().Enrol(collector.Claim("tok"), terminal.AsTerminal(), collector.Record("e", "t1"));
  ASSERT_TRUE(enrolled.ok()) << ToString(enrolled.error());
  EXPECT_EQ("counter", enrolled.value().group);
  EXPECT_EQ(1U, collector.reader().ListTokens().value().at(0).uses_left);
  const Terminal stored = collector.reader().FindTerminal("t1").value();
  EXPECT_EQ("counter", stored.group);
  EXPECT_EQ("host-t1", stored.hostname);
  EXPECT_EQ(terminal.key().public_key().spki_der(), stored.key_spki);
  EXPECT_EQ(chain::GenesisHash(terminal.log_id()), stored.head.hash);
  EXPECT_EQ("t1", collector.reader().FindTerminalByCertificate(stored.certificate_sha256).value().id);
}

TEST(Enrol, RecordsTheKeyItRegisters) {
  Collector collector;
  collector.AddToken("tok", 1);
  FakeTerminal terminal("t1", 1);
  proto::Event event;
  event.mutable_enrolled()->set_terminal_id("t1");
  ASSERT_TRUE(collector.writer()
                  .Enrol(collector.Claim("tok"), terminal.AsTerminal(), Own{{&event, 1}, collector.own_key()})
                  .ok());
  EventFilter filter;
  filter.types = {proto::Event::kEnrolled};
  filter.terminal = "t1";
  const EventPage page = collector.reader().Events(filter, {}).value();
  ASSERT_EQ(1U, page.events.size());
  EXPECT_EQ(kOwnLog, page.events[0].terminal);
  proto::Event stored;
  ASSERT_TRUE(stored.ParseFromString(page.events[0].payload));
  EXPECT_EQ(signing::AsBytes(terminal.key().public_key().key_id()), stored.enrolled().key_sha256());
}

TEST(Enrol, RefusesEveryClaimThatIsNotGoodAndChangesNothing) {
  Collector collector;
  collector.AddToken("good", 1);
  collector.AddToken("revoked", 1);
  collector.AddToken("spent", 0);
  ASSERT_TRUE(collector.writer().RevokeToken("revoked", 5, collector.Record("token.revoke", "revoked")).ok());
  TokenClaim wrong_secret = collector.Claim("good");
  wrong_secret.secret_sha256[31] ^= 1;
  TokenClaim late = collector.Claim("good");
  late.now_us = 1'000;
  TokenClaim wrong_and_revoked = collector.Claim("revoked");
  wrong_and_revoked.secret_sha256[0] ^= 1;
  const std::pair<TokenClaim, ErrorCode> cases[] = {
      {collector.Claim("unknown"), ErrorCode::kNotFound},
      {wrong_secret, ErrorCode::kUntrusted},
      {late, ErrorCode::kExpired},
      {collector.Claim("revoked"), ErrorCode::kDenied},
      {collector.Claim("spent"), ErrorCode::kConflict},
      {wrong_and_revoked, ErrorCode::kUntrusted},
  };
  const std::uint64_t recorded = OwnRecords(collector);
  FakeTerminal terminal("t1", 1);
  for (const auto& [claim, code] : cases) {
    const auto enrolled = collector.writer().Enrol(claim, terminal.AsTerminal(), collector.Record("e", "t1"));
    ASSERT_FALSE(enrolled.ok()) << claim.id;
    EXPECT_EQ(code, enrolled.error().code) << claim.id;
    const auto checked = collector.reader().CheckToken(claim);
    ASSERT_FALSE(checked.ok()) << claim.id;
    EXPECT_EQ(code, checked.error().code) << claim.id;
  }
  EXPECT_TRUE(collector.reader().CheckToken(collector.Claim("good")).ok());
  EXPECT_TRUE(collector.reader().ListTerminals(std::nullopt).value().empty());
  EXPECT_EQ(recorded, OwnRecords(collector));
}

TEST(Enrol, DoesNotSpendTheTokenWhenTheTerminalIsKnown) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  collector.AddToken("tok", 1);
  const auto again =
      collector.writer().Enrol(collector.Claim("tok"), terminal.AsTerminal(), collector.Record("e", "t1"));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(ErrorCode::kExists, again.error().code);
  EXPECT_TRUE(collector.reader().CheckToken(collector.Claim("tok")).ok());
}

TEST(Enrol, GivesTheLastUseToOneOfTwoProcesses) {
  Collector collector;
  collector.AddToken("last", 1);
  constexpr int kProcesses = 4;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // SQLite connections must not be carried over a fork: the child opens its own.
      const auto database = OpenSqlite(collector.directory());
      if (!database.ok()) ::_exit(3);
      const auto writer = database.value()->NewWriter();
      if (!writer.ok()) ::_exit(3);
      FakeTerminal terminal("t" + std::to_string(i), static_cast<std::uint8_t>(i + 1));
      const auto enrolled = writer.value()->Enrol(collector.Claim("last"), terminal.AsTerminal(),
                                                  collector.Record("terminal.enrol", terminal.id()));
      ::_exit(enrolled.ok() ? 0 : enrolled.error().code == ErrorCode::kConflict ? 1 : 2);
    }
    children.push_back(child);
  }
  int won = 0, lost = 0;
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(child, ::waitpid(child, &status, 0));
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 0) ++won;
    if (WEXITSTATUS(status) == 1) ++lost;
  }
  EXPECT_EQ(1, won);
  EXPECT_EQ(kProcesses - 1, lost);
  EXPECT_EQ(1U, collector.reader().ListTerminals(std::nullopt).value().size());
}

TEST(Terminals, AreRevokedOnceAndForAll) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  ASSERT_TRUE(collector.writer().RevokeTerminal("t1", 9, "stolen", collector.Record("terminal.revoke", "t1")).ok());
  const Terminal revoked = collector.reader().FindTerminal("t1").value();
  EXPECT_EQ(9, revoked.revoked_us);
  EXPECT_EQ("stolen", revoked.revoked_reason);
  const std::uint64_t recorded = OwnRecords(collector);
  const Status again = collector.writer().RevokeTerminal("t1", 10, "again", collector.Record("terminal.revoke", "t1"));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(ErrorCode::kConflict, again.error().code);
  EXPECT_EQ("stolen", collector.reader().FindTerminal("t1").value().revoked_reason);
  const TerminalKey key{terminal.key().public_key().spki_der(), {}, 11};
  EXPECT_EQ(ErrorCode::kDenied, collector.writer().SetCertificate("t1", key, collector.Record("r", "t1")).error().code);
  EXPECT_EQ(recorded, OwnRecords(collector));
}

TEST(Terminals, AreFoundByTheirKeyRevokedOrNot) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  const signing::Sha256Hash& key = terminal.key().public_key().key_id();
  EXPECT_EQ("t1", collector.reader().FindTerminalByKey(key).value().id);
  EXPECT_EQ(ErrorCode::kNotFound,
            collector.reader().FindTerminalByKey(collector.own_key().public_key().key_id()).error().code);
  ASSERT_TRUE(collector.writer().RevokeTerminal("t1", 9, "lost", collector.Record("terminal.revoke", "t1")).ok());
  const Result<Terminal> revoked = collector.reader().FindTerminalByKey(key);
  ASSERT_TRUE(revoked.ok()) << "a revoked terminal's key passes for a new one";
  EXPECT_EQ("t1", revoked.value().id);
  EXPECT_EQ(9, revoked.value().revoked_us);
}

TEST(Terminals, NeverIncludeTheOwnLog) {
  Collector collector;
  EXPECT_TRUE(collector.reader().ListTerminals(std::nullopt).value().empty());
  EXPECT_FALSE(collector.reader().FindTerminal(kOwnLog).ok());
  const Own own = collector.Record("x");
  EXPECT_EQ(ErrorCode::kNotFound, collector.writer().RevokeTerminal(kOwnLog, 1, "", own).error().code);
  EXPECT_EQ(ErrorCode::kNotFound,
            collector.writer().MoveTerminal(MakeMove(1, std::string(kOwnLog), "g"), own).error().code);
  EXPECT_EQ(ErrorCode::kDenied, collector.writer()
                                    .SetCertificate(kOwnLog, {collector.own_key().public_key().spki_der(), {}, 1}, own)
                                    .error()
                                    .code);
  EXPECT_EQ(0U, OwnRecords(collector));
}

TEST(Terminals, AreGivenAFewCertificatesADay) {
  constexpr std::int64_t kDay = 86'400'000'000;
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  const std::int64_t enrolled = terminal.AsTerminal().enrolled_us;
  std::uint8_t serial = 0;
  const auto renew = [&](std::int64_t now_us) {
    TerminalKey key{terminal.key().public_key().spki_der(), {}, now_us};
    key.certificate_sha256.fill(++serial + 100);
    return collector.writer().SetCertificate("t1", key, collector.Record("terminal.certificate", "t1"));
  };
  for (std::int64_t given = 1; given < kMaxCertificatesADay; ++given)
    ASSERT_TRUE(renew(enrolled + given).ok());
  const std::uint64_t recorded = OwnRecords(collector);
  const Status refused = renew(enrolled + kDay - 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(ErrorCode::kDenied, refused.error().code);
  EXPECT_EQ(recorded, OwnRecords(collector));
  EXPECT_TRUE(renew(enrolled + kDay).ok()) << "the first is a day old";
  // A clock that was set back keeps nobody out.
  EXPECT_TRUE(renew(enrolled - 1).ok());
}

TEST(Terminals, KeepEveryKeyTheyHaveHad) {
  Collector collector;
  FakeTerminal terminal("t1", 1), renewed("t1", 2);
  collector.Enrol(terminal);
  TerminalKey key{renewed.key().public_key().spki_der(), {}, 2'000'000};
  key.certificate_sha256.fill(9);
  ASSERT_TRUE(collector.writer().SetCertificate("t1", key, collector.Record("terminal.renew", "t1")).ok());
  EXPECT_EQ(key.spki_der, collector.reader().FindTerminal("t1").value().key_spki);
  std::vector<TerminalKey> keys;
  const Status visited =
      collector.reader().VisitChains({"t1"}, [&](std::span<const ChainFacts> facts) -> ChainVisitor* {
        keys = facts[0].keys;
        return nullptr;
      });
  ASSERT_TRUE(visited.ok());
  ASSERT_EQ(2U, keys.size());
  EXPECT_EQ(terminal.key().public_key().spki_der(), keys[0].spki_der);
  EXPECT_EQ(key.spki_der, keys[1].spki_der);
}

TEST(Terminals, AreNotedAndMoved) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  const Contact contact{"t1", 500, "new-name", "Debian 12.5", "0.2.0", proto::MODE_ENFORCE, 7, 3};
  ASSERT_TRUE(collector.writer().NoteContact(contact).ok());
  ASSERT_TRUE(
      collector.writer().NotePolicyReport("t1", {8, false, "invalid", "line 3", 600, proto::MODE_UNSPECIFIED}).ok());
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(1, "tax"), collector.Record("policy.apply")).ok());
  ASSERT_TRUE(collector.writer().MoveTerminal(MakeMove(2, "t1", "tax"), collector.Record("terminal.group", "t1")).ok());
  ASSERT_TRUE(collector.writer().SetDisputed("t1", true, collector.Record("terminal.dispute", "t1")).ok());
  const Terminal noted = collector.reader().FindTerminal("t1").value();
  EXPECT_EQ("new-name", noted.hostname);
  EXPECT_EQ(500, noted.last_contact_us);
  EXPECT_EQ(proto::MODE_ENFORCE, noted.mode);
  EXPECT_EQ(7U, noted.policy_version);
  EXPECT_EQ(3U, noted.first_sequence);
  EXPECT_EQ(8U, noted.policy_report.version);
  EXPECT_EQ("line 3", noted.policy_report.detail);
  EXPECT_EQ("tax", noted.group);
  EXPECT_TRUE(noted.disputed);
  EXPECT_EQ(1U, collector.reader().ListTerminals("tax").value().size());
  EXPECT_TRUE(collector.reader().ListTerminals("office").value().empty());
  ASSERT_TRUE(collector.writer().NotePolicyReport("t1", {8, true, "", "", 700, proto::MODE_OBSERVE}).ok());
  EXPECT_EQ(8U, collector.reader().FindTerminal("t1").value().policy_version);
  EXPECT_EQ(proto::MODE_OBSERVE, collector.reader().FindTerminal("t1").value().mode);
  EXPECT_EQ(ErrorCode::kNotFound, collector.writer().NotePolicyReport("t2", {}).error().code);
}

TEST(Policies, CountUpOverTheWholeSite) {
  Collector collector;
  EXPECT_EQ(0U, collector.reader().NewestVersion(std::nullopt).value());
  EXPECT_EQ(ErrorCode::kNotFound, collector.reader().NewestPolicy("office").error().code);
  const Own own = collector.Record("policy.apply");
  EXPECT_EQ(ErrorCode::kConflict, collector.writer().AddPolicy(MakePolicy(0, "office"), own).error().code);
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(1, "office"), own).ok());
  EXPECT_EQ(ErrorCode::kConflict, collector.writer().AddPolicy(MakePolicy(1, "tax"), own).error().code);
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(2, "tax"), own).ok());
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(3, "office"), own).ok());
  EXPECT_EQ(3U, collector.reader().NewestVersion(std::nullopt).value());
  EXPECT_EQ(2U, collector.reader().NewestVersion("tax").value());
  EXPECT_EQ(3U, collector.reader().NewestPolicy("office").value().version);
  EXPECT_EQ("signed bytes", collector.reader().FindPolicy(1).value().signed_document);
  EXPECT_EQ(2U, collector.reader().ListPolicies({.group = "office"}).value().size());
  EXPECT_EQ(3U, collector.reader().ListPolicies({}).value().size());
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(9, "office"), own).ok()) << "terminals may be ahead";
  EXPECT_EQ(ErrorCode::kConflict, collector.writer().AddPolicy(MakePolicy(8, "office"), own).error().code);
}

// What a group has is for all of it; what one terminal was moved by is that terminal's alone.
TEST(Policies, OfAMoveAreNoneOfTheGroups) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  const Own own = collector.Record("policy.apply");
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(1, "tax"), own).ok());
  ASSERT_TRUE(collector.writer().MoveTerminal(MakeMove(2, "t1", "tax"), own).ok());
  EXPECT_EQ(1U, collector.reader().NewestPolicy("tax").value().version);
  EXPECT_EQ(1U, collector.reader().NewestVersion("tax").value());
  EXPECT_EQ(1U, collector.reader().ListPolicies({.group = "tax"}).value().size());
  EXPECT_EQ(1U, collector.reader().ListPolicies({}).value().size());
  EXPECT_EQ(2U, collector.reader().ListPolicies({.group = std::nullopt, .with_moves = true}).value().size());
  EXPECT_EQ("t1", collector.reader().FindPolicy(2).value().terminal);
  EXPECT_EQ("", collector.reader().FindPolicy(1).value().terminal);
  EXPECT_EQ(2U, collector.reader().NewestVersion(std::nullopt).value()) << "one counter for the whole site";
  EXPECT_EQ(ErrorCode::kConflict, collector.writer().AddPolicy(MakePolicy(2, "tax"), own).error().code);
  EXPECT_EQ(ErrorCode::kInvalid, collector.writer().AddPolicy(MakeMove(3, "t1", "tax"), own).error().code);
}

TEST(MoveTerminal, HappensWithItsPolicyAndItsRecordOrNotAtAll) {
  Collector collector;
  FakeTerminal terminal("t1", 1), revoked("t2", 2);
  collector.Enrol(terminal);
  collector.Enrol(revoked);
  ASSERT_TRUE(collector.writer().RevokeTerminal("t2", 9, "lost", collector.Record("terminal.revoke", "t2")).ok());
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(1, "tax"), collector.Record("policy.apply")).ok());
  const std::string before = collector.reader().FindTerminal("t1").value().group;
  const std::uint64_t recorded = OwnRecords(collector);
  Policy of_yesterday = MakeMove(2, "t1", "tax");
  of_yesterday.toml = "mode = \"enforce\"\n";
  const std::pair<Policy, ErrorCode> cases[] = {
      {MakeMove(2, "t9", "tax"), ErrorCode::kNotFound}, {MakeMove(2, "", "tax"), ErrorCode::kNotFound},
      {MakeMove(2, "t2", "tax"), ErrorCode::kDenied},   {MakeMove(2, "t1", "no policy"), ErrorCode::kNotFound},
      {MakeMove(1, "t1", "tax"), ErrorCode::kConflict}, {of_yesterday, ErrorCode::kConflict},
  };
  for (const auto& [policy, code] : cases) {
    const Status moved = collector.writer().MoveTerminal(policy, collector.Record("terminal.group", "t1"));
    ASSERT_FALSE(moved.ok());
    EXPECT_EQ(ErrorCodeName(code), ErrorCodeName(moved.error().code)) << policy.terminal << " " << policy.version;
  }
  const signing::SigningKey stranger = signing::SigningKey::Generate().value();
  const Own unsigned_by_us{collector.Record("terminal.group", "t1").events, stranger};
  EXPECT_FALSE(collector.writer().MoveTerminal(MakeMove(2, "t1", "tax"), unsigned_by_us).ok());
  EXPECT_EQ(before, collector.reader().FindTerminal("t1").value().group);
  EXPECT_EQ(1U, collector.reader().NewestVersion(std::nullopt).value());
  EXPECT_EQ(recorded, OwnRecords(collector));
  ASSERT_TRUE(collector.writer().MoveTerminal(MakeMove(2, "t1", "tax"), collector.Record("terminal.group", "t1")).ok());
  EXPECT_EQ("tax", collector.reader().FindTerminal("t1").value().group);
  EXPECT_EQ(recorded + 1, OwnRecords(collector));
  ASSERT_TRUE(collector.writer().MoveTerminal(MakeMove(3, "t1", "tax"), collector.Record("terminal.group", "t1")).ok())
      << "the terminal may be elsewhere, whatever the registry says";
  EXPECT_EQ(3U, collector.reader().NewestVersion(std::nullopt).value());
}

PolicyDue DueOf(Collector& collector, const std::string& terminal) {
  const std::vector<PolicyDue> due = collector.reader().PoliciesDue(terminal).value();
  EXPECT_EQ(1U, due.size());
  return due.at(0);
}

TEST(PoliciesDue, AreTheGroupsNewestAndTheTerminalsOwnOfItsPresentGroup) {
  Collector collector;
  FakeTerminal mover("t1", 1), stayer("t2", 2);
  collector.Enrol(mover);
  collector.Enrol(stayer);
  const std::string home = collector.reader().FindTerminal("t1").value().group;
  const Own own = collector.Record("policy.apply");
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(1, home), own).ok());
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(2, "tax"), own).ok());
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(3, "tax"), own).ok());
  EXPECT_EQ(0U, DueOf(collector, "t1").move_version);
  EXPECT_EQ(1U, DueOf(collector, "t1").group_version);

  ASSERT_TRUE(collector.writer().MoveTerminal(MakeMove(4, "t1", "tax"), own).ok());
  EXPECT_EQ(4U, DueOf(collector, "t1").move_version);
  EXPECT_EQ(3U, DueOf(collector, "t1").group_version);
  EXPECT_EQ(0U, DueOf(collector, "t2").move_version) << "the move is another terminal's";
  EXPECT_EQ(1U, DueOf(collector, "t2").group_version);

  ASSERT_TRUE(collector.writer().MoveTerminal(MakeMove(5, "t1", home), own).ok());
  EXPECT_EQ(5U, DueOf(collector, "t1").move_version) << "back again: the way there is history";
  EXPECT_EQ(1U, DueOf(collector, "t1").group_version);
  ASSERT_TRUE(collector.writer().AddPolicy(MakePolicy(6, "tax"), own).ok());
  EXPECT_EQ(5U, DueOf(collector, "t1").move_version);
  EXPECT_EQ(1U, DueOf(collector, "t1").group_version) << "what the group it left got afterwards";

  ASSERT_TRUE(collector.writer().NotePolicyReport("t1", {6, true, "", "", 700, proto::MODE_OBSERVE}).ok());
  ASSERT_TRUE(collector.writer().RevokeTerminal("t2", 9, "lost", collector.Record("terminal.revoke", "t2")).ok());
  EXPECT_EQ(6U, DueOf(collector, "t1").in_force);
  EXPECT_TRUE(DueOf(collector, "t2").revoked);
  EXPECT_EQ(2U, collector.reader().PoliciesDue(std::nullopt).value().size()) << "the own log is no terminal";
  EXPECT_TRUE(collector.reader().PoliciesDue("t9").value().empty());
  EXPECT_TRUE(collector.reader().PoliciesDue(kOwnLog).value().empty());
}

TEST(Tokens, AreRevokedOnce) {
  Collector collector;
  collector.AddToken("tok", 1);
  ASSERT_TRUE(collector.writer().RevokeToken("tok", 5, collector.Record("token.revoke", "tok")).ok());
  EXPECT_EQ(ErrorCode::kConflict,
            collector.writer().RevokeToken("tok", 6, collector.Record("token.revoke", "tok")).error().code);
  EXPECT_EQ(ErrorCode::kNotFound,
            collector.writer().RevokeToken("nope", 6, collector.Record("token.revoke", "nope")).error().code);
  EXPECT_EQ(5, collector.reader().ListTokens().value().at(0).revoked_us);
}

TEST(Changes, AreRefusedWithAnotherSigningKeyThanTheRegisteredOne) {
  Collector collector;
  const signing::SigningKey stranger = signing::SigningKey::Generate().value();
  const Own own{collector.Record("policy.apply").events, stranger};
  EXPECT_EQ(ErrorCode::kUntrusted, collector.writer().AddPolicy(MakePolicy(1, "office"), own).error().code);
  EXPECT_EQ(0U, collector.reader().NewestVersion(std::nullopt).value());
}

TEST(Changes, AreRefusedWithoutARecord) {
  Collector collector;
  const Own own{{}, collector.own_key()};
  EXPECT_EQ(ErrorCode::kInvalid, collector.writer().AddPolicy(MakePolicy(1, "office"), own).error().code);
  EXPECT_EQ(0U, collector.reader().NewestVersion(std::nullopt).value());
}

TEST(ChangeCounter, TellsThatSomebodyElseCommitted) {
  Collector collector;
  const std::uint64_t before = collector.reader().ChangeCounter().value();
  EXPECT_EQ(before, collector.reader().ChangeCounter().value());
  collector.AddToken("tok", 1);
  EXPECT_NE(before, collector.reader().ChangeCounter().value());
}

}  // namespace
}  // namespace sekimori::store
