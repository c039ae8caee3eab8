// How a terminal that says hello is judged, and what it is told of changes made elsewhere.
#include <algorithm>
#include <limits>
#include <utility>

#include "server/intake/ledger.h"
#include "server/intake/plain_text.h"

namespace sekimori::intake {
namespace {

constexpr std::uint32_t kRetryAfterFault = 300;
constexpr std::size_t kMaxHelloText = 256;

std::string Bounded(const std::string& text) {
  return PlainText(text, kMaxHelloText);
}

// The store counts in signed 64 bits, and no log begins behind what follows on its end.
bool IsInRange(const proto::Hello& hello) {
  constexpr auto kLast = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return hello.policy_version() <= kLast && hello.head_sequence() < kLast &&
         hello.first_sequence() <= hello.head_sequence() + 1;
}

std::string_view View(const chain::Hash& hash) {
  return signing::AsBytes(hash);
}

}  // namespace

Answer Ledger::Do(HelloJob job) {
  const std::string id = job.certificate.CommonName();
  const Result<store::Terminal> terminal = reader_->FindTerminal(id);
  if (!terminal.ok() && terminal.error().code != ErrorCode::kNotFound) {
    return StoreFailed(job.session, terminal.error());
  }
  if (!terminal.ok() || id == store::kOwnLog) {
    Raise(proto::ALARM_REVOKED, "", 0, "a certificate of this CA for '" + id + "', which is no terminal of this site",
          job.peer);
    return Refuse(job.session, Error{ErrorCode::kNotFound, "terminal", "not registered here"}, kRetryAfterFault);
  }
  if (auto refused = JudgeHello(job, terminal.value())) return std::move(*refused);
  if (auto refused = JudgeHead(job, terminal.value())) return std::move(*refused);
  JudgePolicy(job, terminal.value());
  return Welcome(job, terminal.value());
}

// No reason to refuse it: the site's own database may have been put back to an earlier state, and then the terminals
// are right.
void Ledger::JudgePolicy(const HelloJob& job, const store::Terminal& terminal) {
  const std::uint64_t version = job.hello->policy_version();
  if (version == 0) return;
  const std::string named = "version " + std::to_string(version);
  auto text = texts_.find(version);
  if (text == texts_.end()) {
    const Result<store::Policy> policy = reader_->FindPolicy(version);
    if (!policy.ok() && policy.error().code != ErrorCode::kNotFound) return;  // told where the store is next asked
    if (!policy.ok()) {
      return Raise(proto::ALARM_POLICY, terminal.id, 0, named + " is in force there, and none of that number is here",
                   job.peer);
    }
    text = texts_.emplace(version, IssuedText{signing::Sha256(policy.value().toml), policy.value().terminal}).first;
  }
  const std::string& meant = text->second.terminal;
  if (!meant.empty() && meant != terminal.id) {
    return Raise(proto::ALARM_POLICY, terminal.id, 0,
                 named + " is in force there, and was issued to " + meant + " alone", job.peer);
  }
  if (job.hello->policy_sha256() != signing::AsBytes(text->second.sha256)) {
    Raise(proto::ALARM_POLICY, terminal.id, 0, named + " is in force there with another text than here", job.peer);
  }
}

std::optional<Answer> Ledger::JudgeHello(const HelloJob& job, const store::Terminal& terminal) {
  if (job.hello->protocol() != 1) {
    return Refuse(job.session, Error{ErrorCode::kUnsupported, "hello", "this collector speaks protocol 1"},
                  kRetryAfterFault);
  }
  if (!IsInRange(*job.hello)) {
    return Refuse(job.session, Error{ErrorCode::kInvalid, "hello", "a number in it is out of range"}, kRetryAfterFault);
  }
  if (terminal.revoked_us != 0) {
    Raise(proto::ALARM_REVOKED, terminal.id, 0, "a revoked terminal called", job.peer);
    return Refuse(job.session, Error{ErrorCode::kDenied, "terminal", "revoked"}, kRetryAfterFault);
  }
  // A resumed TLS session is not looked at again by TLS, so the certificate's time is checked here, every time.
  const std::chrono::sys_time<std::chrono::microseconds> now{std::chrono::microseconds(wall_clock_())};
  if (now > job.certificate.not_after()) {
    return Refuse(job.session, Error{ErrorCode::kExpired, "terminal", "its certificate has expired"}, kRetryAfterFault);
  }
  const Result<signing::VerifyKey> key = job.certificate.PublicKey();
  const bool registered = job.certificate.fingerprint() == terminal.certificate_sha256 ||
                          (key.ok() && key.value().spki_der() == terminal.key_spki);
  if (!registered) {
    Raise(proto::ALARM_REVOKED, terminal.id, 0, "a certificate that is no longer the terminal's", job.peer);
    return Refuse(job.session, Error{ErrorCode::kDenied, "terminal", "another certificate is registered"},
                  kRetryAfterFault);
  }
  if (job.hello->log_id() != signing::AsBytes(terminal.log_id)) {
    Raise(proto::ALARM_OTHER_LOG, terminal.id, 0, "the terminal's certificate with another log: reinstalled or cloned",
          job.peer);
    return Refuse(job.session, Error{ErrorCode::kConflict, "log", "another log is registered for this terminal"},
                  kRetryAfterFault);
  }
  return std::nullopt;
}

std::optional<Answer> Ledger::JudgeHead(const HelloJob& job, const store::Terminal& terminal) {
  const proto::Hello& hello = *job.hello;
  const chain::Head& stored = terminal.head;
  const auto conflict = [&](proto::AlarmKind kind, const std::string& detail, const std::string& told) {
    Raise(kind, terminal.id, hello.head_sequence(), detail, job.peer);
    return Refuse(job.session, Error{ErrorCode::kConflict, "log", told}, kRetryAfterFault);
  };
  if (hello.head_sequence() < stored.sequence) {
    // The terminal records what it is told, so its log grows by it: told the same each time, it records it once.
    return conflict(proto::ALARM_ROLLBACK,
                    "its log ends at " + std::to_string(hello.head_sequence()) + "; " +
                        std::to_string(stored.sequence) + " are stored",
                    "it ends before record " + std::to_string(stored.sequence) + ", which is stored here");
  }
  if (hello.head_sequence() == stored.sequence && hello.head_hash() != View(stored.hash)) {
    const char* const other = "its log ends with another record than the one stored";
    return conflict(proto::ALARM_FORK, other, other);
  }
  // No reason to refuse it: it sends again what is lacking, as far as it still has it.
  if (hello.acknowledged() > stored.sequence) {
    Raise(proto::ALARM_STORE_CUT, terminal.id, stored.sequence + 1,
          "it was acknowledged records up to " + std::to_string(hello.acknowledged()) + "; " +
              std::to_string(stored.sequence) + " are stored",
          job.peer);
  }
  return std::nullopt;
}

Answer Ledger::Welcome(const HelloJob& job, const store::Terminal& terminal) {
  const proto::Hello& hello = *job.hello;
  Result<signing::VerifyKey> key = signing::VerifyKey::FromSpkiDer(terminal.key_spki);
  if (!key.ok()) return StoreFailed(job.session, key.error());
  const Result<std::vector<store::PolicyDue>> dues = reader_->PoliciesDue(terminal.id);
  if (!dues.ok()) return StoreFailed(job.session, dues.error());
  const store::PolicyDue due = dues.value().empty() ? store::PolicyDue{} : dues.value().front();
  const std::int64_t now_us = wall_clock_();
  const Status noted = writer_->NoteContact(store::Contact{
      terminal.id, now_us, Bounded(hello.hostname()), Bounded(hello.os()), Bounded(hello.agent_version()),
      ModeOf(hello.mode()), hello.policy_version(), hello.first_sequence()});
  if (!noted.ok()) return StoreFailed(job.session, noted.error());
  lags_.Welcomed({terminal.id, job.peer, terminal.head.sequence, hello.head_sequence()}, now_us);

  Answer answer;
  answer.session = job.session;
  proto::Welcome& welcome = *answer.reply.emplace().mutable_welcome();
  welcome.set_terminal_id(terminal.id);
  welcome.set_stored_sequence(terminal.head.sequence);
  welcome.set_stored_hash(std::string(View(terminal.head.hash)));
  welcome.set_time_us(now_us);
  welcome.set_newest_policy(std::max(due.move_version, due.group_version));
  answer.greeting =
      Greeting{terminal.id,           terminal.log_id, terminal.head, std::move(key).value(), hello.first_sequence(),
               hello.policy_version()};
  // Known to the receiving thread before the greeting, so that the offer can follow at once.
  if (Result<Offers> offers = OffersFor(due, hello.policy_version()); offers.ok()) {
    answer.offers = std::move(offers).value();
  } else {
    journal_.Write(Level::kError, "no policy for " + terminal.id + ": " + ToString(offers.error()));
  }
  return answer;
}

// A move the terminal has behind it is not read again: of thousands of terminals few are on their way.
Result<Offers> Ledger::OffersFor(const store::PolicyDue& due, std::uint64_t in_force) {
  Result<std::shared_ptr<const OfferedPolicy>> move = Policy(due.move_version > in_force ? due.move_version : 0);
  if (!move.ok()) return move.error();
  Result<std::shared_ptr<const OfferedPolicy>> group = Policy(due.group_version);
  if (!group.ok()) return group.error();
  return Offers{std::move(move).value(), std::move(group).value()};
}

Result<std::shared_ptr<const OfferedPolicy>> Ledger::Policy(std::uint64_t version) {
  if (version == 0) return std::shared_ptr<const OfferedPolicy>();
  if (const auto kept = policies_.find(version); kept != policies_.end()) return kept->second;
  const Result<store::Policy> policy = reader_->FindPolicy(version);
  if (!policy.ok()) return policy.error();
  proto::FromCollector message;
  if (!message.mutable_policy()->ParseFromString(policy.value().signed_document)) {
    return Error{ErrorCode::kCorrupt, "policy " + std::to_string(version), "stored document unreadable"};
  }
  auto ready = std::make_shared<const OfferedPolicy>(OfferedPolicy{version, message.SerializeAsString()});
  policies_.emplace(version, ready);
  return std::shared_ptr<const OfferedPolicy>(std::move(ready));
}

bool Ledger::OwnLogGrew() {
  const std::uint64_t before = own_sequence_;
  while (reader_->HashAt(store::kOwnLog, own_sequence_ + 1).ok())
    ++own_sequence_;
  return own_sequence_ != before;
}

std::optional<Outcome> Ledger::Look() {
  RaiseWhatIsDue();
  NoteHeads();
  const Result<std::uint64_t> counter = reader_->ChangeCounter();
  if (!counter.ok()) {
    journal_.Write(Level::kError, "the store does not answer: " + ToString(counter.error()));
    return std::nullopt;
  }
  const bool first = !last_counter_;
  if (last_counter_ == counter.value()) return std::nullopt;
  last_counter_ = counter.value();
  // Every change by an operator stands in the own log, so only its growth is worth a look at all terminals; records
  // that terminals send move the counter too, many times a second.
  if (!OwnLogGrew() && !first) return std::nullopt;
  Result<std::shared_ptr<const News>> news = GatherNews();
  if (!news.ok()) {
    journal_.Write(Level::kError, "the store does not answer: " + ToString(news.error()));
    last_counter_.reset();
    return std::nullopt;
  }
  return Outcome(std::move(news).value());
}

Result<std::shared_ptr<const News>> Ledger::GatherNews() {
  auto news = std::make_shared<News>();
  const Result<std::vector<store::PolicyDue>> dues = reader_->PoliciesDue(std::nullopt);
  if (!dues.ok()) return dues.error();
  for (const store::PolicyDue& due : dues.value()) {
    News::TerminalNews& terminal = news->terminals[due.terminal];
    terminal.revoked = due.revoked;
    if (due.revoked) continue;
    Result<Offers> offers = OffersFor(due, due.in_force);
    // One damaged document must not keep the others' news, a revocation perhaps, from them.
    if (!offers.ok() && offers.error().code != ErrorCode::kCorrupt) return offers.error();
    if (offers.ok()) {
      terminal.offers = std::move(offers).value();
    } else {
      journal_.Write(Level::kError, "no policy for " + due.terminal + ": " + ToString(offers.error()));
    }
  }
  // Who is offered nothing of it any more needs it no more.
  std::erase_if(policies_, [](const auto& kept) { return kept.second.use_count() == 1; });
  return std::shared_ptr<const News>(std::move(news));
}

}  // namespace sekimori::intake
