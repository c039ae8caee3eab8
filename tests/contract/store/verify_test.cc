// Every way of altering what is stored that the file format lets one think of, and that verification finds each.
#include "server/store/verify.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "server/store/record_index.h"
#include "server/store/sqlite_database.h"
#include "tests/contract/store/collector.h"

namespace sekimori::store {
namespace {

// Somebody with the database file, an SQLite shell and the chain's definition, but without any key.
class Intruder {
 public:
  explicit Intruder(const std::filesystem::path& directory) {
    if (sqlite3_open((directory / kDatabaseFile).c_str(), &database_) != SQLITE_OK) ADD_FAILURE() << "cannot open";
  }
  ~Intruder() { sqlite3_close(database_); }
  Intruder(const Intruder&) = delete;
  Intruder& operator=(const Intruder&) = delete;

  void Run(const std::string& sql) {
    EXPECT_EQ(SQLITE_OK, sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr)) << sqlite3_errmsg(database_);
    EXPECT_GT(sqlite3_total_changes(database_), changes_) << "nothing was altered by: " << sql;
    changes_ = sqlite3_total_changes(database_);
  }
  // Computes every hash of a chain anew after its payloads were altered, and moves the head.
  void Rehash(const FakeTerminal& terminal) {
    sqlite3_stmt* read = nullptr;
    sqlite3_stmt* write = nullptr;
    const std::string mine = "(SELECT number FROM terminals WHERE id='" + terminal.id() + "')";
    sqlite3_prepare_v2(
        database_, ("SELECT id,sequence,payload FROM records WHERE terminal=" + mine + " ORDER BY sequence").c_str(),
        -1, &read, nullptr);
    sqlite3_prepare_v2(database_, "UPDATE records SET hash=? WHERE id=?", -1, &write, nullptr);
    chain::Head head{0, chain::GenesisHash(terminal.log_id())};
    while (sqlite3_step(read) == SQLITE_ROW) {
      const std::string_view payload(static_cast<const char*>(sqlite3_column_blob(read, 2)),
                                     static_cast<std::size_t>(sqlite3_column_bytes(read, 2)));
      head = {head.sequence + 1, chain::Link(head.hash, head.sequence + 1, payload)};
      sqlite3_bind_blob(write, 1, head.hash.data(), static_cast<int>(head.hash.size()), SQLITE_STATIC);
      sqlite3_bind_int64(write, 2, sqlite3_column_int64(read, 0));
      sqlite3_step(write);
      sqlite3_reset(write);
    }
    sqlite3_finalize(read);
    sqlite3_finalize(write);
    const std::string hash = "x'" + signing::Hex(head.hash) + "'";
    Run("UPDATE terminals SET head_hash=" + hash + ",head_sequence=" + std::to_string(head.sequence) + " WHERE id='" +
        terminal.id() + "'");
    Run("UPDATE checkpoints SET hash=" + hash + " WHERE sequence=" + std::to_string(head.sequence) +
        " AND terminal=" + mine);
  }
  void Bind(const std::string& sql, std::string_view blob) {
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(SQLITE_OK, sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr));
    sqlite3_bind_blob(statement, 1, blob.data(), static_cast<int>(blob.size()), SQLITE_STATIC);
    EXPECT_EQ(SQLITE_DONE, sqlite3_step(statement));
    sqlite3_finalize(statement);
    changes_ = sqlite3_total_changes(database_);
  }

 private:
  sqlite3* database_ = nullptr;
  int changes_ = 0;
};

// Two terminals of 1,500 records each, one of them with a gap of three records after them.
struct Scene {
  Scene() {
    collector.Enrol(a);
    collector.Enrol(b);
    for (int i = 0; i < 15; ++i)
      for (FakeTerminal* terminal : {&a, &b}) {
        std::vector<proto::Event> events(99, Judged(i, "stick", proto::VERDICT_DENY));
        events.push_back(Tampered(i));
        collector.Store(*terminal->Prepare(events));
      }
    LoseThree();
    NoteHeads();
  }
  void NoteHeads() {
    proto::Event event;
    for (const FakeTerminal* terminal : {&a, &b}) {
      proto::NotedHead& head = *event.mutable_heads_noted()->add_heads();
      head.set_terminal_id(terminal->id());
      head.set_sequence(terminal->head().sequence);
      head.set_hash(std::string(signing::AsBytes(terminal->head().hash)));
    }
    ASSERT_TRUE(collector.writer().AppendOwn(Own{{&event, 1}, collector.own_key()}).ok());
  }
  void LoseThree() {
    const chain::Head before = b.head();
    b.Skip(3);
    const auto batch = b.Prepare({Tampered(99)});
    batch->batch.stored_head = before;
    collector.Store(*batch);
  }
  [[nodiscard]] VerifyReport Verify(const VerifyTerms& terms = {}) {
    const Result<VerifyReport> report =
        VerifyStore(collector.reader(), collector.own_key().public_key(), terms, [](const VerifyProgress&) {});
    EXPECT_TRUE(report.ok());
    return report.ok() ? report.value() : VerifyReport{};
  }

  Collector collector;
  FakeTerminal a{"a", 1}, b{"b", 2};
};

const ChainReport* ReportOf(const VerifyReport& report, const std::string& terminal) {
  for (const ChainReport& chain : report.chains)
    if (chain.terminal == terminal) return &chain;
  return nullptr;
}

std::string Describe(const VerifyReport& report) {
  std::string text;
  for (const ChainReport& chain : report.chains)
    for (const Finding& finding : chain.findings)
      text += chain.terminal + " " + std::string(FindingName(finding.kind)) + " " + std::to_string(finding.sequence) +
              ": " + finding.detail + "\n";
  return text;
}

TEST(VerifyStore, FindsNothingInWhatNobodyAltered) {
  Scene scene;
  const VerifyReport report = scene.Verify();
  EXPECT_EQ(0U, report.found) << Describe(report);
  ASSERT_EQ(3U, report.chains.size());
  EXPECT_EQ(kOwnLog, report.chains[0].terminal);
  const ChainReport* b = ReportOf(report, "b");
  ASSERT_NE(nullptr, b);
  EXPECT_EQ(1U, b->known_gaps);
  EXPECT_EQ(1501U, b->records);
  EXPECT_EQ(1504U, b->head.sequence);
  EXPECT_EQ(report.records, 1500U + 1501U + report.chains[0].records);
  EXPECT_EQ(0U, scene.Verify({"a", true}).found);
  EXPECT_EQ(2U, scene.Verify({"b", true}).chains.size());
  EXPECT_EQ(0U, scene.Verify({"b", true}).found);
  EXPECT_EQ(0U, scene.Verify({std::string(kOwnLog), true}).found);
}

struct Mutation {
  const char* name;
  const char* chain;  // where it must be found
  FindingKind kind;
  std::uint64_t sequence;  // of that finding; 0: of the chain
  void (*alter)(Intruder&, Scene&);
};

class VerifyStoreFinds : public testing::TestWithParam<Mutation> {};

TEST_P(VerifyStoreFinds, It) {
  Scene scene;
  {
    Intruder intruder(scene.collector.directory());
    GetParam().alter(intruder, scene);
  }
  const VerifyReport report = scene.Verify();
  const ChainReport* chain = ReportOf(report, GetParam().chain);
  ASSERT_NE(nullptr, chain);
  const bool found = std::any_of(chain->findings.begin(), chain->findings.end(), [](const Finding& finding) {
    return finding.kind == GetParam().kind && finding.sequence == GetParam().sequence;
  });
  EXPECT_TRUE(found) << Describe(report);
  EXPECT_GT(report.found, 0U);
}

constexpr const char* kA = "terminal=(SELECT number FROM terminals WHERE id='a')";
constexpr const char* kB = "terminal=(SELECT number FROM terminals WHERE id='b')";

// Everything after record 1,000 gone, and nothing left that contradicts it in the terminal's own rows.
void CutBack(Intruder& i) {
  i.Run(std::string("DELETE FROM records WHERE sequence>1000 AND ") + kA);
  i.Run(std::string("DELETE FROM checkpoints WHERE sequence>1000 AND ") + kA);
  i.Run(std::string("UPDATE terminals SET head_sequence=1000,head_hash=(SELECT hash FROM records WHERE sequence=1000 "
                    "AND ") +
        kA + ") WHERE id='a'");
}

const Mutation kMutations[] = {
    {"payload_edited", "a", FindingKind::kBrokenLink, 700,
     [](Intruder& i, Scene&) {
       i.Run(std::string("UPDATE records SET payload=x'0801' WHERE sequence=700 AND ") + kA);
     }},
    {"payload_of_the_first_edited", "a", FindingKind::kBrokenLink, 1,
     [](Intruder& i, Scene&) { i.Run(std::string("UPDATE records SET payload=x'' WHERE sequence=1 AND ") + kA); }},
    {"payload_edited_and_all_hashes_computed_anew", "a", FindingKind::kSignature, 1500,
     [](Intruder& i, Scene& s) {
       i.Run(std::string("UPDATE records SET payload=x'0801' WHERE sequence=700 AND ") + kA);
       i.Rehash(s.a);
     }},
    {"earlier_checkpoint_disagrees_after_that", "a", FindingKind::kCheckpoint, 1000,
     [](Intruder& i, Scene& s) {
       i.Run(std::string("UPDATE records SET payload=x'0801' WHERE sequence=700 AND ") + kA);
       i.Rehash(s.a);
     }},
    {"hash_changed", "a", FindingKind::kBrokenLink, 700,
     [](Intruder& i, Scene&) {
       i.Run(std::string("UPDATE records SET hash=zeroblob(32) WHERE sequence=700 AND ") + kA);
     }},
    {"hash_cut_short", "a", FindingKind::kBrokenLink, 700,
     [](Intruder& i, Scene&) { i.Run(std::string("UPDATE records SET hash=x'00' WHERE sequence=700 AND ") + kA); }},
    {"record_deleted", "a", FindingKind::kMissing, 700,
     [](Intruder& i, Scene&) { i.Run(std::string("DELETE FROM records WHERE sequence=700 AND ") + kA); }},
    {"first_records_deleted", "a", FindingKind::kMissing, 1,
     [](Intruder& i, Scene&) { i.Run(std::string("DELETE FROM records WHERE sequence<=10 AND ") + kA); }},
    {"record_deleted_and_the_others_moved_up", "a", FindingKind::kBrokenLink, 700,
     [](Intruder& i, Scene&) {
       i.Run(std::string("DELETE FROM records WHERE sequence=700 AND ") + kA);
       i.Run(std::string("UPDATE records SET sequence=-sequence WHERE sequence>700 AND ") + kA);
       i.Run(std::string("UPDATE records SET sequence=-sequence-1 WHERE sequence<0 AND ") + kA);
     }},
    {"two_payloads_exchanged", "a", FindingKind::kBrokenLink, 700,
     [](Intruder& i, Scene&) {
       i.Run(std::string("UPDATE records SET payload=(SELECT payload FROM records r WHERE r.sequence=400 AND r.") + kA +
             ") WHERE sequence=700 AND " + kA);
     }},
    {"two_sequences_exchanged", "a", FindingKind::kTwice, 700,
     [](Intruder& i, Scene&) {
       i.Run(std::string("UPDATE records SET sequence=-1 WHERE sequence=700 AND ") + kA);
       i.Run(std::string("UPDATE records SET sequence=700 WHERE sequence=701 AND ") + kA);
       i.Run(std::string("UPDATE records SET sequence=701 WHERE sequence=-1 AND ") + kA);
     }},
    {"tail_cut", "a", FindingKind::kHead, 1500,
     [](Intruder& i, Scene&) { i.Run(std::string("DELETE FROM records WHERE sequence>1490 AND ") + kA); }},
    {"tail_cut_and_head_moved_back", "a", FindingKind::kHead, 1490,
     [](Intruder& i, Scene&) {
       i.Run(std::string("DELETE FROM records WHERE sequence>1490 AND ") + kA);
       i.Run(std::string("DELETE FROM checkpoints WHERE sequence>1490 AND ") + kA);
       i.Run(std::string("UPDATE terminals SET head_sequence=1490,head_hash=(SELECT hash FROM records WHERE "
                         "sequence=1490 AND ") +
             kA + ") WHERE id='a'");
     }},
    {"chain_put_back_to_an_earlier_checkpoint", "a", FindingKind::kNotedHead, 1500,
     [](Intruder& i, Scene&) { CutBack(i); }},
    {"chain_put_back_and_continued_over_a_real_gap", "a", FindingKind::kNotedHead, 1500,
     [](Intruder& i, Scene& s) {
       CutBack(i);
       // The terminal has deleted what was acknowledged, and goes on: for the collector a gap, with its alarm.
       s.a.Skip(1);
       const auto batch = s.a.Prepare({Tampered(7)});
       batch->batch.stored_head = s.collector.reader().FindTerminal("a").value().head;
       s.collector.Store(*batch);
     }},
    {"all_records_deleted", "a", FindingKind::kHead, 1500,
     [](Intruder& i, Scene&) { i.Run(std::string("DELETE FROM records WHERE ") + kA); }},
    {"record_added_at_the_end", "a", FindingKind::kHead, 1501,
     [](Intruder& i, Scene& s) {
       const std::string hash = signing::Hex(chain::Link(s.a.head().hash, 1501, ""));
       i.Run("INSERT INTO records SELECT max(id)+1,(SELECT number FROM terminals WHERE id='a'),1501,x'" + hash +
             "',0,0,0,0,0,(SELECT number FROM terminals WHERE id='a'),0,'','',x'' FROM records");
       i.Run("UPDATE terminals SET head_sequence=1501,head_hash=x'" + hash + "' WHERE id='a'");
     }},
    {"head_hash_changed", "a", FindingKind::kHead, 1500,
     [](Intruder& i, Scene&) { i.Run("UPDATE terminals SET head_hash=zeroblob(32) WHERE id='a'"); }},
    {"signature_changed", "a", FindingKind::kSignature, 1000,
     [](Intruder& i, Scene&) {
       i.Run(std::string("UPDATE checkpoints SET signature=x'3006' WHERE sequence=1000 AND ") + kA);
     }},
    {"time_of_a_checkpoint_changed", "a", FindingKind::kSignature, 1000,
     [](Intruder& i, Scene&) {
       i.Run(std::string("UPDATE checkpoints SET time_us=time_us+1 WHERE sequence=1000 AND ") + kA);
     }},
    {"checkpoint_moved_to_another_record", "a", FindingKind::kSignature, 1001,
     [](Intruder& i, Scene&) {
       i.Run(std::string("UPDATE checkpoints SET sequence=1001 WHERE sequence=1000 AND ") + kA);
     }},
    {"newest_checkpoint_deleted", "a", FindingKind::kHead, 1500,
     [](Intruder& i, Scene&) { i.Run(std::string("DELETE FROM checkpoints WHERE sequence=1500 AND ") + kA); }},
    {"terminals_exchanged", "a", FindingKind::kKey, 0,
     [](Intruder& i, Scene&) {
       i.Run("UPDATE terminals SET id='x' WHERE id='a'");
       i.Run("UPDATE terminals SET id='a' WHERE id='b'");
       i.Run("UPDATE terminals SET id='b' WHERE id='x'");
     }},
    {"records_of_two_terminals_exchanged", "a", FindingKind::kBrokenLink, 700,
     [](Intruder& i, Scene&) {
       i.Run(std::string("UPDATE records SET terminal=-1 WHERE sequence=700 AND ") + kA);
       i.Run(std::string(
                 "UPDATE records SET terminal=(SELECT number FROM terminals WHERE id='a') WHERE sequence=700 AND ") +
             kB);
       i.Run("UPDATE records SET terminal=(SELECT number FROM terminals WHERE id='b') WHERE terminal=-1");
     }},
    {"log_id_changed", "a", FindingKind::kBrokenLink, 1,
     [](Intruder& i, Scene&) { i.Run("UPDATE terminals SET log_id=zeroblob(16) WHERE id='a'"); }},
    {"key_and_signatures_replaced", "a", FindingKind::kKey, 0,
     [](Intruder& i, Scene& s) {
       const signing::SigningKey key = signing::SigningKey::Generate().value();
       const signing::VerifyKey& mine = key.public_key();
       i.Bind(std::string("UPDATE keys SET spki=? WHERE ") + kA, mine.spki_der());
       const auto checkpoint = chain::SignCheckpoint(key, s.a.log_id(), s.a.head(), 2'000'000).value();
       i.Run(std::string("DELETE FROM checkpoints WHERE sequence<1500 AND ") + kA);
       i.Run(std::string("UPDATE checkpoints SET signature=x'") + signing::Hex(checkpoint.signature) + "',key_id=x'" +
             signing::Hex(mine.key_id()) + "' WHERE " + kA);
     }},
    {"deletion_dressed_up_as_a_gap", "a", FindingKind::kGap, 701,
     [](Intruder& i, Scene&) {
       i.Run(std::string("INSERT INTO gaps SELECT terminal,703,(SELECT hash FROM records WHERE sequence=703 AND ") +
             kA + "),700,hash,9 FROM records WHERE sequence=700 AND " + kA);
       i.Run(std::string("DELETE FROM records WHERE sequence BETWEEN 701 AND 703 AND ") + kA);
     }},
    {"known_gap_widened_over_records_before_it", "b", FindingKind::kGap, 1401,
     [](Intruder& i, Scene&) {
       i.Run(std::string("UPDATE gaps SET before_sequence=1400,before_hash=(SELECT hash FROM records WHERE "
                         "sequence=1400 AND ") +
             kB + ")");
       i.Run(std::string("DELETE FROM records WHERE sequence BETWEEN 1401 AND 1500 AND ") + kB);
       i.Run(std::string("DELETE FROM checkpoints WHERE sequence=1500 AND ") + kB);
     }},
    {"deletion_licensed_by_an_alarm_of_records_left_out", "a", FindingKind::kGap, 701,
     [](Intruder& i, Scene& s) {
       proto::Event alarm;
       alarm.mutable_collector_alarm()->set_kind(proto::ALARM_GAP);
       alarm.mutable_collector_alarm()->set_terminal_id("a");
       alarm.mutable_collector_alarm()->set_sequence(701);
       ASSERT_TRUE(s.collector.writer().AppendOwn(Own{{&alarm, 1}, s.collector.own_key()}).ok());
       i.Run(std::string("INSERT INTO gaps SELECT terminal,703,(SELECT hash FROM records WHERE sequence=703 AND ") +
             kA + "),700,hash,9 FROM records WHERE sequence=700 AND " + kA);
       i.Run(std::string("DELETE FROM records WHERE sequence BETWEEN 701 AND 703 AND ") + kA);
     }},
    {"signature_before_a_gap_deleted", "b", FindingKind::kSignature, 1500,
     [](Intruder& i, Scene&) { i.Run(std::string("DELETE FROM checkpoints WHERE sequence=1500 AND ") + kB); }},
    {"gap_forgotten", "b", FindingKind::kMissing, 1501, [](Intruder& i, Scene&) { i.Run("DELETE FROM gaps"); }},
    {"gap_in_the_middle_of_the_chain", "a", FindingKind::kGap, 701,
     [](Intruder& i, Scene&) {
       i.Run(std::string("INSERT INTO gaps SELECT terminal,700,zeroblob(32),600,zeroblob(32),9 FROM records WHERE "
                         "sequence=700 AND ") +
             kA);
     }},
    {"gap_beyond_the_end", "a", FindingKind::kGap, 2001,
     [](Intruder& i, Scene&) {
       i.Run(std::string("INSERT INTO gaps SELECT terminal,2000,zeroblob(32),1500,hash,9 FROM records WHERE "
                         "sequence=1500 AND ") +
             kA);
     }},
    {"alarm_hidden_from_searches", "a", FindingKind::kSearchColumns, 700,
     [](Intruder& i, Scene&) { i.Run(std::string("UPDATE records SET severity=0 WHERE sequence=700 AND ") + kA); }},
    {"user_hidden_from_searches", "a", FindingKind::kSearchColumns, 701,
     [](Intruder& i, Scene&) { i.Run(std::string("UPDATE records SET users='sato' WHERE sequence=701 AND ") + kA); }},
    {"record_shown_under_another_terminal", "a", FindingKind::kSearchColumns, 701,
     [](Intruder& i, Scene&) { i.Run(std::string("UPDATE records SET about=1 WHERE sequence=701 AND ") + kA); }},
    {"own_record_shown_under_nobody", "collector", FindingKind::kSearchColumns, 2,
     [](Intruder& i, Scene&) { i.Run("UPDATE records SET about=1 WHERE sequence=2 AND terminal=1"); }},
    {"own_record_shown_under_another_terminal", "collector", FindingKind::kSearchColumns, 2,
     [](Intruder& i, Scene&) {
       i.Run("UPDATE records SET about=(SELECT number FROM terminals WHERE id='b') WHERE sequence=2 AND terminal=1");
     }},
    {"terminal_revoked_no_more", "a", FindingKind::kRegistry, 0,
     [](Intruder& i, Scene& s) {
       ASSERT_TRUE(
           s.collector.writer().RevokeTerminal("a", 9, "lost", s.collector.Record("terminal.revoke", "a")).ok());
       EXPECT_EQ(0U, s.Verify().found);
       i.Run("UPDATE terminals SET revoked_us=0 WHERE id='a'");
     }},
    {"terminal_disputed_no_more", "a", FindingKind::kRegistry, 0,
     [](Intruder& i, Scene& s) {
       ASSERT_TRUE(s.collector.writer().SetDisputed("a", true, s.collector.Record("r", "a")).ok());
       EXPECT_EQ(0U, s.Verify().found);
       i.Run("UPDATE terminals SET disputed=0 WHERE id='a'");
     }},
    {"terminal_in_another_group", "a", FindingKind::kRegistry, 0,
     [](Intruder& i, Scene&) { i.Run("UPDATE terminals SET \"group\"='other' WHERE id='a'"); }},
    {"terminal_with_another_certificate", "a", FindingKind::kRegistry, 0,
     [](Intruder& i, Scene&) { i.Run("UPDATE terminals SET certificate_sha256=zeroblob(31) WHERE id='a'"); }},
    {"token_use_given_back", "collector", FindingKind::kRegistry, 0,
     [](Intruder& i, Scene&) { i.Run("UPDATE tokens SET uses_left=1 WHERE id='token-a'"); }},
    {"token_slipped_in", "collector", FindingKind::kRegistry, 0,
     [](Intruder& i, Scene&) {
       i.Run(
           "INSERT INTO tokens SELECT 'mine',secret_sha256,9,9,created_us,expires_us,\"group\",created_by,0 FROM "
           "tokens WHERE id='token-a'");
     }},
    {"newest_policy_deleted", "collector", FindingKind::kRegistry, 0,
     [](Intruder& i, Scene& s) {
       Policy policy;
       policy.group = "office";
       policy.toml = "mode = \"enforce\"";
       policy.signed_document = "signed";
       for (policy.version = 1; policy.version <= 2; ++policy.version)
         ASSERT_TRUE(s.collector.writer().AddPolicy(policy, s.collector.Record("policy.apply", "office")).ok());
       EXPECT_EQ(0U, s.Verify().found);
       i.Run("DELETE FROM policies WHERE version=2");
     }},
    {"host_names_changed", "collector", FindingKind::kRegistry, 0,
     [](Intruder& i, Scene&) { i.Run("UPDATE site SET hosts='elsewhere.test'"); }},
    {"block_deleted", "collector", FindingKind::kStorage, 0,
     [](Intruder& i, Scene&) { i.Run("DELETE FROM blocks WHERE first_id=1"); }},
    {"block_narrowed", "collector", FindingKind::kStorage, 0,
     [](Intruder& i, Scene&) { i.Run("UPDATE blocks SET max_received_us=min_received_us WHERE first_id>1"); }},
    {"block_twice", "collector", FindingKind::kStorage, 0,
     [](Intruder& i, Scene&) {
       i.Run(
           "INSERT INTO blocks SELECT first_id+1,last_id,min_us,max_us,min_received_us,max_received_us FROM blocks "
           "WHERE first_id=1");
     }},
    {"record_taken_out_of_an_index", "collector", FindingKind::kStorage, 0,
     [](Intruder& i, Scene&) {
       i.Run(
           "DROP INDEX records_alarms; CREATE INDEX records_alarms ON records(severity) WHERE severity = 3 AND "
           "sequence <> 700; PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql='CREATE INDEX records_alarms ON "
           "records(severity) WHERE severity = 3' WHERE name='records_alarms'; PRAGMA writable_schema=RESET");
     }},
    {"terminal_deleted_whole", "collector", FindingKind::kTerminalMissing, 0,
     [](Intruder& i, Scene&) {
       for (const char* table : {"records", "checkpoints", "keys"})
         i.Run(std::string("DELETE FROM ") + table + " WHERE " + kA);
       i.Run("DELETE FROM terminals WHERE id='a'");
     }},
    {"terminal_deleted_but_not_its_records", "collector", FindingKind::kStray, 0,
     [](Intruder& i, Scene&) { i.Run("DELETE FROM terminals WHERE id='a'"); }},
    {"operator_action_edited", "collector", FindingKind::kBrokenLink, 2,
     [](Intruder& i, Scene&) { i.Run("UPDATE records SET payload=x'0801' WHERE sequence=2 AND terminal=1"); }},
    {"last_own_record_deleted", "collector", FindingKind::kHead, 6,
     [](Intruder& i, Scene&) { i.Run("DELETE FROM records WHERE sequence=6 AND terminal=1"); }},
    {"own_records_deleted_behind_a_gap", "collector", FindingKind::kGap, 3,
     [](Intruder& i, Scene&) {
       i.Run(
           "INSERT INTO gaps SELECT 1,4,(SELECT hash FROM records WHERE sequence=4 AND terminal=1),2,hash,9 FROM "
           "records WHERE sequence=2 AND terminal=1");
       i.Run("DELETE FROM records WHERE sequence IN (3,4) AND terminal=1");
     }},
    {"own_key_replaced", "collector", FindingKind::kOwnKey, 0,
     [](Intruder& i, Scene& s) {
       i.Bind("UPDATE keys SET spki=? WHERE terminal=1", s.a.key().public_key().spki_der());
     }},
};

INSTANTIATE_TEST_SUITE_P(Mutations, VerifyStoreFinds, testing::ValuesIn(kMutations),
                         [](const auto& mutation) { return std::string(mutation.param.name); });

TEST(VerifyStore, HasNothingAgainstAChainThatGrewAfterItWasNoted) {
  Scene scene;
  scene.collector.Store(*scene.a.Prepare({Tampered(1), Tampered(2)}));
  EXPECT_EQ(0U, scene.Verify().found);
  scene.NoteHeads();
  scene.collector.Store(*scene.a.Prepare({Tampered(3)}));
  EXPECT_EQ(0U, scene.Verify().found);
  EXPECT_EQ(0U, scene.Verify({"a", true}).found);
}

TEST(VerifyStore, TellsTheFirstFindingsAndCountsAll) {
  Scene scene;
  Intruder(scene.collector.directory()).Run(std::string("UPDATE records SET hash=zeroblob(32) WHERE ") + kA);
  const VerifyReport report = scene.Verify();
  const ChainReport* a = ReportOf(report, "a");
  ASSERT_NE(nullptr, a);
  EXPECT_EQ(kMaxFindings, a->findings.size());
  EXPECT_GE(a->found, 1500U);
  EXPECT_EQ(0U, ReportOf(report, "b")->found);
}

TEST(VerifyStore, RefusesWhatItCannotRead) {
  Scene scene;
  const auto unknown = VerifyStore(scene.collector.reader(), scene.collector.own_key().public_key(), {"nobody", true},
                                   [](const VerifyProgress&) {});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(ErrorCode::kNotFound, unknown.error().code);
}

TEST(VerifyStore, TellsHowFarItIs) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  for (int i = 0; i < 4; ++i)
    collector.Store(*terminal.Prepare(std::vector<proto::Event>(5'000, Tampered(i))));
  std::vector<VerifyProgress> steps;
  const auto report = VerifyStore(collector.reader(), collector.own_key().public_key(), {},
                                  [&](const VerifyProgress& progress) { steps.push_back(progress); });
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(2U, steps.size());
  EXPECT_LT(steps[0].done, steps[1].done);
  EXPECT_EQ(20'002U, steps[1].total);
}

}  // namespace
}  // namespace sekimori::store
