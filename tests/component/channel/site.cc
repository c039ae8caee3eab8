#include "tests/component/channel/site.h"

#include <span>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace sekimori::testing {
namespace {

template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << ToString(result.error());
    std::abort();
  }
  return std::move(result).value();
}

}  // namespace

bool Eventually(const std::function<bool()>& question, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!question()) {
    if (std::chrono::steady_clock::now() >= until) return question();
    std::this_thread::yield();
  }
  return true;
}

std::int64_t NowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void RememberingJournal::Write(intake::Level, const std::string& line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(line);
}

bool RememberingJournal::Has(const std::string& part) const {
  return All().find(part) != std::string::npos;
}

std::string RememberingJournal::All() const {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const std::string& line : lines_)
    all += line + "\n";
  return all;
}

Directory::Directory() {
  std::string name = (std::filesystem::temp_directory_path() / "sekimori-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

Directory::~Directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Site::Site(intake::CollectorTerms terms, authority::SiteTerms site_terms) : terms_(std::move(terms)) {
  terms_.address = "127.0.0.1";
  if (site_terms.site_id.empty()) site_terms.site_id = Must(authority::MakeUuid());
  if (site_terms.hosts.empty()) site_terms.hosts = {"collector.test", "127.0.0.1"};
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  authority_ = std::make_unique<authority::Authority>(
      Must(authority::Authority::Create(directory_.path() / "authority", site_terms, now)));
  store::Site site;
  site.id = site_terms.site_id;
  site.hosts = site_terms.hosts;
  site.own_log_id[0] = 7;
  site.own_key_spki = authority_->log_key().public_key().spki_der();
  const Status created = store::CreateSqlite(directory_.path(), site);
  if (!created.ok()) std::abort();
  database_ = Must(store::OpenSqlite(directory_.path()));
  writer_ = Must(database_->NewWriter());
  reader_ = Must(database_->NewReader());
  StartCollector();
}

intake::CollectorTerms Site::AnyPort() {
  intake::CollectorTerms terms;
  terms.port = 0;
  return terms;
}

Site::~Site() = default;

void Site::StartCollector() {
  auto ledger = std::make_unique<intake::Ledger>(Must(database_->NewWriter()), Must(database_->NewReader()),
                                                 *authority_, journal_, NowUs);
  collector_ = Must(intake::Collector::Start(terms_, std::move(ledger), *authority_, journal_));
  terms_.port = collector_->port();
}

proto::Event Site::OperatorEvent(const std::string& action, const std::string& target) const {
  proto::Event event;
  event.set_time_us(NowUs());
  event.mutable_operator_action()->set_operator_("tester");
  event.mutable_operator_action()->set_action(action);
  event.mutable_operator_action()->set_target(target);
  event.mutable_operator_action()->set_succeeded(true);
  return event;
}

void Site::RenewServerCertificate() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  EXPECT_TRUE(authority_->RenewServer({"127.0.0.1"}, now).ok());
}

authority::MadeToken Site::MakeToken(std::uint32_t uses, const std::string& group, std::chrono::seconds ttl) {
  authority::TokenTerms terms;
  terms.host = "127.0.0.1";
  terms.port = terms_.port;
  terms.expires = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now() + ttl);
  authority::MadeToken made = Must(authority::MakeToken(terms, authority_->ca()));
  store::Token row;
  row.id = made.id;
  row.secret_sha256 = made.secret_sha256;
  row.uses = row.uses_left = uses;
  row.created_us = NowUs();
  row.expires_us = terms.expires.time_since_epoch().count();
  row.group = group;
  const proto::Event event = OperatorEvent("token.create", made.id);
  EXPECT_TRUE(writer_->AddToken(row, {std::span(&event, 1), authority_->log_key()}).ok());
  return made;
}

Status Site::Revoke(const std::string& terminal) {
  const proto::Event event = OperatorEvent("terminal.revoke", terminal);
  return writer_->RevokeTerminal(terminal, NowUs(), "lost", {std::span(&event, 1), authority_->log_key()});
}

Status Site::RevokeToken(const std::string& id) {
  const proto::Event event = OperatorEvent("token.revoke", id);
  return writer_->RevokeToken(id, NowUs(), {std::span(&event, 1), authority_->log_key()});
}

std::uint64_t Site::ApplyPolicy(const std::string& group, const std::string& toml) {
  proto::PolicyDocument document;
  document.set_site_id(authority_->site_id());
  document.set_group(group);
  document.set_version(Must(reader_->NewestVersion(std::nullopt)) + 1);
  document.set_issued_us(NowUs());
  document.set_toml(toml);
  store::Policy policy;
  policy.version = document.version();
  policy.group = group;
  policy.toml = toml;
  policy.signed_document = Must(authority_->SignPolicy(document)).SerializeAsString();
  policy.issued_us = document.issued_us();
  const proto::Event event = OperatorEvent("policy.apply", group);
  EXPECT_TRUE(writer_->AddPolicy(policy, {std::span(&event, 1), authority_->log_key()}).ok());
  return policy.version;
}

std::vector<proto::CollectorAlarm> Site::Alarms(proto::AlarmKind kind) {
  std::vector<proto::CollectorAlarm> alarms;
  store::EventFilter filter;
  filter.alarms_only = true;
  const Status visited = reader_->VisitEvents(filter, [&](const store::StoredEvent& stored) {
    proto::Event event;
    if (event.ParseFromString(stored.payload) && event.has_collector_alarm() &&
        event.collector_alarm().kind() == kind) {
      alarms.push_back(event.collector_alarm());
    }
    return true;
  });
  EXPECT_TRUE(visited.ok());
  return alarms;
}

std::uint64_t Site::Stored(const std::string& terminal) {
  const Result<store::Terminal> found = reader_->FindTerminal(terminal);
  return found.ok() ? found.value().head.sequence : 0;
}

std::uint64_t Site::EventCount(const std::string& terminal) {
  // Every record must follow on the one before; only a recorded gap may be jumped.
  class Counter final : public store::ChainVisitor {
   public:
    bool Checkpoint(std::size_t, const chain::Checkpoint&, const signing::Sha256Hash&) override { return true; }
    bool Record(const store::RecordView& record) override {
      ++count;
      for (const store::Gap& gap : gaps) {
        if (record.sequence == gap.base.sequence + 1) head = gap.base;
      }
      EXPECT_EQ(head.sequence + 1, record.sequence);
      head = {record.sequence, chain::Link(head.hash, record.sequence, record.payload)};
      EXPECT_EQ(signing::AsBytes(head.hash), record.hash);
      return true;
    }
    std::uint64_t count = 0;
    chain::Head head;
    std::vector<store::Gap> gaps;
  } counter;
  const Status visited =
      reader_->VisitChains({terminal, false}, [&](std::span<const store::ChainFacts> facts) -> store::ChainVisitor* {
        counter.head = {0, chain::GenesisHash(facts.back().log_id)};
        counter.gaps = facts.back().gaps;
        return &counter;
      });
  EXPECT_TRUE(visited.ok());
  return counter.count;
}

std::vector<store::Gap> Site::Gaps(const std::string& terminal) {
  std::vector<store::Gap> gaps;
  const Status visited =
      reader_->VisitChains({terminal, false}, [&](std::span<const store::ChainFacts> facts) -> store::ChainVisitor* {
        gaps = facts.back().gaps;
        return nullptr;
      });
  EXPECT_TRUE(visited.ok());
  return gaps;
}

}  // namespace sekimori::testing
