// A conversation of any frames with a session whose jobs are done by the real ledger on a database in memory-backed
// files: whatever is said, the stored chain of the terminal only ever grows by linked records, and replies stay
// bounded.
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "proto/tls/signing_request.h"
#include "server/authority/authority.h"
#include "server/intake/ledger.h"
#include "server/intake/session.h"
#include "server/store/sqlite_database.h"
#include "tests/unit/intake/made_batch.h"

namespace {

using namespace sekimori;

template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) std::abort();
  return std::move(result).value();
}

class Silent final : public intake::Journal {
 public:
  void Write(intake::Level, const std::string&) override {}
};

// One site for all inputs, a new terminal for each: an input finds the same state whenever it runs.
class World {
 public:
  World()
      : directory_(MakeDirectory()),
        authority_(Must(authority::Authority::Create(directory_ / "authority", Terms(), Now()))),
        log_(key_) {
    store::Site site;
    site.id = authority_.site_id();
    site.own_key_spki = authority_.log_key().public_key().spki_der();
    if (!store::CreateSqlite(directory_, site).ok()) std::abort();
    database_ = Must(store::OpenSqlite(directory_));
    ledger_ = std::make_unique<intake::Ledger>(Must(database_->NewWriter()), Must(database_->NewReader()), authority_,
                                               journal_, [] { return std::int64_t{1'775'000'000'000'000}; });
    reader_ = Must(database_->NewReader());
    writer_ = Must(database_->NewWriter());
    event_.mutable_operator_action()->set_action("x");
    log_.Append(40);
    AddToken();
  }
  ~World() { std::filesystem::remove_all(directory_); }

  void Converse(const std::uint8_t* data, std::size_t size);

 private:
  static std::filesystem::path MakeDirectory() {
    std::string name = std::filesystem::exists("/dev/shm") ? "/dev/shm/intake-fuzz-XXXXXX" : "/tmp/intake-fuzz-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    return name;
  }
  static authority::SiteTerms Terms() {
    authority::SiteTerms terms;
    terms.site_id = "site";
    terms.hosts = {"localhost"};
    return terms;
  }
  static authority::Now Now() { return authority::Now(std::chrono::seconds(1'775'000'000)); }
  void AddToken() {
    store::Token token;
    token.id = "t";
    token.uses = token.uses_left = UINT32_MAX;
    token.expires_us = INT64_MAX;
    if (!writer_->AddToken(token, {std::span(&event_, 1), authority_.log_key()}).ok()) std::abort();
  }
  // Returns its certificate.
  tls::Certificate Enrol(const std::string& id) {
    tls::Certificate certificate = Must(authority_.IssueTerminal(id, request_, Now()));
    store::Terminal terminal;
    terminal.id = id;
    terminal.log_id = log_.log_id();
    terminal.key_spki = key_.public_key().spki_der();
    terminal.certificate_sha256 = certificate.fingerprint();
    if (!writer_->Enrol({"t", {}, 1}, terminal, {std::span(&event_, 1), authority_.log_key()}).ok()) std::abort();
    return certificate;
  }
  void Finish(intake::Session& session, intake::Step step);
  [[nodiscard]] std::string Frame(const std::uint8_t* data, std::size_t size) const;

  std::filesystem::path directory_;
  authority::Authority authority_;
  signing::SigningKey key_ = Must(signing::SigningKey::Generate());
  intake::MadeLog log_;
  Silent journal_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<intake::Ledger> ledger_;
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<store::Writer> writer_;
  proto::Event event_;
  std::string request_ = Must(tls::MakeSigningRequest(key_));
  std::uint64_t terminals_ = 0;
};

// A frame as it stands, or, for deep states, a good message of which the input changes parts.
std::string World::Frame(const std::uint8_t* data, std::size_t size) const {
  if (size < 3 || data[0] % 4 == 0) return std::string(reinterpret_cast<const char*>(data), size);
  proto::FromTerminal message;
  if (data[0] % 4 == 1) {
    proto::Hello& hello = *message.mutable_hello();
    hello.set_protocol(1);
    hello.set_log_id(std::string(log_.log_id().begin(), log_.log_id().end()));
    const chain::Head head = log_.HeadAt(data[1] % 41);
    hello.set_head_sequence(head.sequence);
    hello.set_head_hash(std::string(head.hash.begin(), head.hash.end()));
    hello.set_first_sequence(data[2] % 41);
  } else {
    const std::uint64_t first = 1 + data[1] % 40;
    *message.mutable_batch() = log_.Batch(first, std::min<std::uint64_t>(40, first + data[2] % 8));
  }
  std::string frame = message.SerializeAsString();
  if (data[0] % 4 == 3) {
    for (std::size_t i = 3; i + 1 < size; i += 2)
      frame[data[i] % frame.size()] ^= static_cast<char>(data[i + 1]);
  }
  return frame;
}

void World::Finish(intake::Session& session, intake::Step step) {
  for (int rounds = 0; !step.jobs.empty(); ++rounds) {
    if (rounds > 4) std::abort();  // a job's answer never makes another job
    std::vector<intake::Outcome> outcomes = ledger_->Process(std::exchange(step.jobs, {}));
    for (intake::Outcome& outcome : outcomes) {
      if (auto* answer = std::get_if<intake::Answer>(&outcome)) step = session.TakeAnswer(std::move(*answer));
      for (const std::string& reply : step.replies) {
        if (reply.size() > 64 * 1024) std::abort();
      }
    }
  }
}

void World::Converse(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return;
  const std::string id = "terminal-" + std::to_string(++terminals_);
  tls::Certificate certificate = Enrol(id);
  intake::Peer peer{"192.0.2.1:1", std::nullopt};
  if (data[0] % 2 == 1) peer.certificate = std::move(certificate);
  intake::Session session(1, peer, {});
  for (std::size_t at = 1; at < size && session.reading();) {
    const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
    Finish(session, session.Take(Frame(data + at + 1, length), true, 1));
    at += length + 1;
  }
  // Only what the terminal really signed is ever in its chain.
  const chain::Head head = Must(reader_->FindTerminal(id)).head;
  if (head.sequence > 40 || head.hash != log_.HeadAt(head.sequence).hash) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  world.Converse(data, size);
  return 0;
}
