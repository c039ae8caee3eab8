// The collector's own chain: appended from several processes, signed, masked, visited.
#include <map>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/store/sqlite_database.h"
#include "tests/contract/store/collector.h"

namespace sekimori::store {
namespace {

// Recomputes everything it is shown of one chain.
struct Checker : ChainVisitor {
  Checker(const chain::Head& start, const signing::VerifyKey& signer) : verifier(start), key(signer) {}
  bool Record(const RecordView& record) override {
    chain::Hash stored{};
    if (record.hash.size() == stored.size()) record.hash.copy(reinterpret_cast<char*>(stored.data()), stored.size());
    EXPECT_TRUE(verifier.Take(record.sequence, record.payload, stored).ok()) << record.sequence;
    payloads.emplace_back(record.payload);
    return true;
  }
  bool Checkpoint(std::size_t chain, const chain::Checkpoint& checkpoint, const signing::Sha256Hash& key_id) override {
    EXPECT_EQ(0U, chain);
    EXPECT_EQ(key.key_id(), key_id);
    EXPECT_TRUE(chain::VerifyCheckpoint(key, checkpoint).ok());
    newest = checkpoint.head;
    return true;
  }
  chain::Verifier verifier;
  const signing::VerifyKey& key;
  chain::Head newest;
  std::vector<std::string> payloads;
};

Checker CheckOwn(Collector& collector) {
  chain::LogId log_id{};
  log_id.fill(0xee);
  Checker checker({0, chain::GenesisHash(log_id)}, collector.own_key().public_key());
  const Status visited = collector.reader().VisitChains({kOwnLog}, [&](std::span<const ChainFacts> facts) {
    EXPECT_EQ(1U, facts.size());
    EXPECT_EQ(log_id, facts[0].log_id);
    return &checker;
  });
  EXPECT_TRUE(visited.ok());
  EXPECT_EQ(checker.verifier.head(), checker.newest) << "the newest checkpoint is not over the head";
  return checker;
}

TEST(OwnChain, IsOneChainWhenSeveralProcessesAppend) {
  Collector collector;
  constexpr int kProcesses = 3, kEach = 40;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto database = OpenSqlite(collector.directory());
      if (!database.ok()) ::_exit(3);
      const auto writer = database.value()->NewWriter();
      if (!writer.ok()) ::_exit(3);
      for (int n = 0; n < kEach; ++n)
        if (!writer.value()->AppendOwn(collector.Record("act", std::to_string(i))).ok()) ::_exit(1);
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(child, ::waitpid(child, &status, 0));
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  const Checker checked = CheckOwn(collector);
  EXPECT_EQ(static_cast<std::uint64_t>(kProcesses * kEach), checked.verifier.head().sequence);
}

TEST(OwnChain, MasksIndividualNumbers) {
  Collector collector;
  // 123456789018 carries a valid check digit.
  ASSERT_TRUE(collector.writer().AppendOwn(collector.Record("terminal.revoke 123456789018", "t1")).ok());
  const Checker checked = CheckOwn(collector);
  ASSERT_EQ(1U, checked.payloads.size());
  EXPECT_EQ(std::string::npos, checked.payloads[0].find("123456789018"));
  EXPECT_NE(std::string::npos, checked.payloads[0].find("terminal.revoke"));
}

TEST(OwnChain, TellsHowAChangeLeftItsRows) {
  Collector collector;
  FakeTerminal terminal("123456789018", 1);  // the mask would take this id for an Individual Number
  collector.Enrol(terminal);
  ASSERT_TRUE(collector.writer()
                  .RevokeTerminal(terminal.id(), 9, "lost", collector.Record("terminal.revoke", terminal.id()))
                  .ok());
  const Checker checked = CheckOwn(collector);
  std::vector<proto::Event> events(checked.payloads.size());
  for (std::size_t i = 0; i < events.size(); ++i)
    ASSERT_TRUE(events[i].ParseFromString(checked.payloads[i]));
  ASSERT_EQ(3U, events.size());
  ASSERT_EQ(2, events[0].rows_size());
  EXPECT_EQ("token", events[0].rows(0).kind());
  EXPECT_EQ("site", events[0].rows(1).kind());
  ASSERT_EQ(2, events[1].rows_size());
  EXPECT_EQ("terminal", events[1].rows(0).kind());
  EXPECT_EQ("token", events[1].rows(1).kind());
  EXPECT_NE(events[0].rows(0).sha256(), events[1].rows(1).sha256()) << "a use of the token was spent";
  ASSERT_EQ(1, events[2].rows_size());
  EXPECT_EQ(terminal.id(), events[2].rows(0).id());
  EXPECT_EQ(signing::AsBytes(DigestOf(collector.reader().FindTerminal(terminal.id()).value())),
            events[2].rows(0).sha256());
  EXPECT_EQ(terminal.id(), events[2].operator_action().terminal_id());
}

TEST(OwnChain, TakesNoRowsFromItsCallers) {
  Collector collector;
  proto::Event event;
  event.mutable_operator_action()->set_action("act");
  event.mutable_operator_action()->set_terminal_id("t1");
  event.add_rows()->set_kind("token");
  ASSERT_TRUE(collector.writer().AppendOwn(collector.Record("first")).ok());
  ASSERT_TRUE(collector.writer().AppendOwn(Own{{&event, 1}, collector.own_key()}).ok());
  ASSERT_TRUE(event.ParseFromString(CheckOwn(collector).payloads.back()));
  EXPECT_EQ(0, event.rows_size());
  EXPECT_EQ("", event.operator_action().terminal_id());
}

TEST(OwnChain, ReturnsTheNewHead) {
  Collector collector;
  EXPECT_EQ(1U, collector.writer().AppendOwn(collector.Record("a")).value().sequence);
  const chain::Head head = collector.writer().AppendOwn(collector.Record("b")).value();
  EXPECT_EQ(2U, head.sequence);
  EXPECT_EQ(head, CheckOwn(collector).verifier.head());
}

TEST(VisitChains, ShowARecordedChainWhole) {
  Collector collector;
  FakeTerminal terminal("t1", 1);
  collector.Enrol(terminal);
  for (int i = 0; i < 12; ++i)
    collector.Store(*terminal.Prepare(std::vector<proto::Event>(200, Judged(i, "stick", proto::VERDICT_DENY))));
  Checker checker({0, chain::GenesisHash(terminal.log_id())}, terminal.key().public_key());
  ASSERT_TRUE(collector.reader().VisitChains({"t1"}, [&](std::span<const ChainFacts>) { return &checker; }).ok());
  EXPECT_EQ(terminal.head(), checker.verifier.head());
  EXPECT_EQ(2400U, checker.payloads.size());
}

TEST(VisitChains, ShowAllChainsInTheirOwnOrder) {
  Collector collector;
  FakeTerminal first("t1", 1), second("t2", 2);
  collector.Enrol(first);
  collector.Enrol(second);
  for (int i = 0; i < 5; ++i)
    for (FakeTerminal* terminal : {&first, &second})
      collector.Store(*terminal->Prepare({Tampered(1), Tampered(2)}));
  struct Order : ChainVisitor {
    bool Record(const RecordView& record) override {
      EXPECT_EQ(++newest[record.chain], record.sequence);
      EXPECT_TRUE(record.chain == 0 || record.type == proto::Event::kBarrierTampered);
      return true;
    }
    bool Checkpoint(std::size_t, const chain::Checkpoint&, const signing::Sha256Hash&) override { return true; }
    std::map<std::size_t, std::uint64_t> newest;
  } order;
  std::vector<std::string> names;
  const Status visited = collector.reader().VisitChains({std::nullopt, true}, [&](std::span<const ChainFacts> facts) {
    for (const ChainFacts& chain : facts)
      names.push_back(chain.terminal);
    return &order;
  });
  ASSERT_TRUE(visited.ok());
  EXPECT_EQ((std::vector<std::string>{std::string(kOwnLog), "t1", "t2"}), names);
  EXPECT_EQ((std::map<std::size_t, std::uint64_t>{{0, 4}, {1, 10}, {2, 10}}), order.newest);
}

TEST(VisitChains, KnowNoOtherTerminals) {
  Collector collector;
  const Status visited =
      collector.reader().VisitChains({"t9"}, [](std::span<const ChainFacts>) -> ChainVisitor* { return nullptr; });
  ASSERT_FALSE(visited.ok());
  EXPECT_EQ(ErrorCode::kNotFound, visited.error().code);
}

}  // namespace
}  // namespace sekimori::store
