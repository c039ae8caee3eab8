#include "tests/contract/store/collector.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "server/store/record_index.h"
#include "server/store/sqlite_database.h"

namespace sekimori::store {

namespace {

signing::SigningKey MakeKey() {
  Result<signing::SigningKey> key = signing::SigningKey::Generate();
  return std::move(key).value();
}

std::filesystem::path MakeDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "collector-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  return pattern;
}

}  // namespace

FakeTerminal::FakeTerminal(std::string id, std::uint8_t seed) : id_(std::move(id)), seed_(seed), key_(MakeKey()) {
  log_id_.fill(seed);
  head_ = acknowledged_ = {0, chain::GenesisHash(log_id_)};
}

Terminal FakeTerminal::AsTerminal() const {
  Terminal terminal;
  terminal.id = id_;
  terminal.hostname = "host-" + id_;
  terminal.os = "Debian 12";
  terminal.machine_id = std::string(64, 'a');
  terminal.log_id = log_id_;
  terminal.certificate_sha256.fill(seed_);
  terminal.key_spki = key_.public_key().spki_der();
  terminal.enrolled_us = 1'000'000;
  terminal.agent_version = "0.1.0";
  return terminal;
}

std::unique_ptr<PreparedBatch> FakeTerminal::Prepare(const std::vector<proto::Event>& events) {
  auto prepared = std::make_unique<PreparedBatch>();
  prepared->batch.terminal = id_;
  prepared->batch.stored_head = acknowledged_;
  prepared->batch.base = head_;
  prepared->payloads.reserve(events.size());
  for (const proto::Event& event : events) {
    prepared->payloads.push_back(event.SerializeAsString());
    const std::string& payload = prepared->payloads.back();
    head_ = {head_.sequence + 1, chain::Link(head_.hash, head_.sequence + 1, payload)};
    prepared->records.push_back({head_.sequence, head_.hash, payload, IndexOf(event, false)});
  }
  acknowledged_ = head_;
  prepared->batch.records = prepared->records;
  prepared->batch.checkpoint = chain::SignCheckpoint(key_, log_id_, head_, 2'000'000).value();
  prepared->batch.received_us = 3'000'000;
  return prepared;
}

void FakeTerminal::Skip(std::uint64_t lost) {
  for (std::uint64_t i = 0; i < lost; ++i)
    head_ = {head_.sequence + 1, chain::Link(head_.hash, head_.sequence + 1, "lost")};
}

Collector::Collector() : directory_(MakeDirectory()), own_key_(MakeKey()) {
  Site site;
  site.id = "site-1";
  site.name = "City of Testing";
  site.hosts = {"collector.test", "192.0.2.1"};
  site.port = 7443;
  site.own_log_id.fill(0xee);
  site.own_key_spki = own_key_.public_key().spki_der();
  site.created_us = 1;
  const Status created = CreateSqlite(directory_, site);
  if (!created.ok()) ADD_FAILURE() << ToString(created.error());
  database_ = OpenSqlite(directory_).value();
  writer_ = database_->NewWriter().value();
  reader_ = database_->NewReader().value();
}

Collector::~Collector() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Own Collector::Record(const std::string& action, const std::string& target) {
  proto::Event event;
  event.set_time_us(5'000'000);
  event.mutable_operator_action()->set_operator_("suzuki");
  event.mutable_operator_action()->set_action(action);
  event.mutable_operator_action()->set_target(target);
  event.mutable_operator_action()->set_succeeded(true);
  own_events_.push_back(std::make_unique<std::vector<proto::Event>>(1, event));
  return Own{*own_events_.back(), own_key_};
}

TokenClaim Collector::Claim(const std::string& id) const {
  return {id, signing::Sha256("secret of " + id), 100};
}

void Collector::AddToken(const std::string& id, std::uint32_t uses, const std::string& group) {
  Token token;
  token.id = id;
  token.secret_sha256 = signing::Sha256("secret of " + id);
  token.uses = token.uses_left = uses;
  token.created_us = 10;
  token.expires_us = 1'000;
  token.group = group;
  token.created_by = "suzuki";
  const Status added = writer_->AddToken(token, Record("token.create", id));
  EXPECT_TRUE(added.ok()) << ToString(added.error());
}

void Collector::Enrol(const FakeTerminal& terminal, const std::string& group) {
  AddToken("token-" + terminal.id(), 1, group);
  proto::Event event;
  event.set_time_us(5'000'000);
  event.mutable_enrolled()->set_terminal_id(terminal.id());
  event.mutable_enrolled()->set_group(group);
  const Result<Terminal> enrolled =
      writer_->Enrol(Claim("token-" + terminal.id()), terminal.AsTerminal(), Own{{&event, 1}, own_key_});
  EXPECT_TRUE(enrolled.ok()) << ToString(enrolled.error());
}

void Collector::Store(const PreparedBatch& prepared) {
  const Result<std::vector<Status>> stored = writer_->StoreBatches({&prepared.batch, 1}, own_key_);
  ASSERT_TRUE(stored.ok()) << ToString(stored.error());
  ASSERT_EQ(1U, stored.value().size());
  EXPECT_TRUE(stored.value()[0].ok()) << ToString(stored.value()[0].error());
}

proto::Event Judged(std::int64_t time_us, const std::string& product, proto::Verdict verdict, const std::string& user) {
  proto::Event event;
  event.set_time_us(time_us);
  proto::DeviceJudged& judged = *event.mutable_device_judged();
  judged.set_mode(proto::MODE_ENFORCE);
  judged.add_users(user);
  judged.mutable_device()->set_port_path("1-2");
  judged.mutable_device()->set_vendor(0x0781);
  judged.mutable_device()->set_product(0x5581);
  judged.mutable_device()->set_product_name(product);
  judged.mutable_decision()->set_verdict(verdict);
  judged.mutable_decision()->set_basis(proto::BASIS_DEFAULT);
  return event;
}

proto::Event Tampered(std::int64_t time_us) {
  proto::Event event;
  event.set_time_us(time_us);
  event.mutable_barrier_tampered()->set_what("authorized_default");
  return event;
}

}  // namespace sekimori::store
