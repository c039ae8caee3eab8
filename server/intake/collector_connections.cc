// What happens on one connection: handshake, conversation, back-pressure, displacement, farewell.
#include <algorithm>
#include <utility>

#include "server/intake/collector.h"

namespace sekimori::intake {
namespace {

constexpr int kRead = Poco::Net::PollSet::POLL_READ;
constexpr int kWrite = Poco::Net::PollSet::POLL_WRITE;
constexpr std::size_t kOffersPerTurn = 200;

}  // namespace

bool Collector::MayRead(const Connection& connection) const {
  if (connection.closing) return false;
  if (connection.displaced) return true;
  if (!connection.session) return true;
  const bool roomy = !crowded_ || !connection.session->open();
  return connection.session->reading() && connection.waiting.empty() && roomy;
}

void Collector::Service(Connection& connection, tls::Time now) {
  if (connection.displaced) {
    ServiceDisplaced(connection, now);
    return;
  }
  const SessionId id = connection.id;
  Result<tls::Received> pumped = connection.tls->Pump(now, MayRead(connection));
  if (!pumped.ok()) {
    const bool quiet = connection.closing || pumped.error().code == ErrorCode::kUnavailable;
    Drop(id, quiet ? Level::kInformation : Level::kWarning, quiet ? "" : pumped.error().detail);
    return;
  }
  if (connection.tls->established() && !connection.session) Introduce(connection, now);
  tls::Received received = std::move(pumped).value();
  std::move(received.frames.begin(), received.frames.end(), std::back_inserter(connection.waiting));
  TakeWaiting(connection, now);
  if (received.closed) {
    Drop(id, Level::kInformation, "");
    return;
  }
  Settle(connection, now);
}

void Collector::Introduce(Connection& connection, tls::Time now) {
  connection.until = now + terms_.introduction;
  connection.session = std::make_unique<Session>(
      connection.id, Peer{connection.address, connection.tls->peer_certificate()}, terms_.session);
}

void Collector::TakeWaiting(Connection& connection, tls::Time now) {
  if (!connection.session) return;
  std::size_t taken = 0;
  while (taken < connection.waiting.size() && connection.session->reading() && !connection.closing) {
    const std::string frame = std::move(connection.waiting[taken++]);
    const bool was_introduced = connection.session->introduced();
    const bool stranger = !connection.session->peer().certificate;
    const bool allowed = !stranger || was_introduced || gate_.Admit(connection.origin, now);
    Step step = connection.session->Take(
        frame, allowed,
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
    CountInFlight(connection);
    if (!was_introduced && connection.session->introduced()) {
      strangers_.Leave(connection.id, connection.origin);
      connection.has_until = false;
    }
    Apply(connection, std::move(step), now);
  }
  connection.waiting.erase(connection.waiting.begin(), connection.waiting.begin() + static_cast<std::ptrdiff_t>(taken));
  if (connection.waiting.empty()) connection.waiting.shrink_to_fit();
  if (in_flight_ > terms_.max_in_flight) crowded_ = true;
}

// The total follows what each connection was last counted with, so nothing is taken off twice.
void Collector::CountInFlight(Connection& connection) {
  in_flight_ += connection.session->in_flight() - connection.in_flight;
  connection.in_flight = connection.session->in_flight();
}

void Collector::Apply(Connection& connection, Step step, tls::Time now) {
  for (Job& job : step.jobs)
    jobs_.push_back(std::move(job));
  for (const std::string& reply : step.replies) {
    if (Status sent = connection.tls->Send(reply, now); !sent.ok()) {
      step.close = true;
      break;
    }
  }
  if (step.close && !connection.closing) {
    connection.closing = true;
    connection.has_until = true;
    connection.until = now + terms_.farewell;
  }
}

// After anything happened on a connection: write what is there, end it if it is done, ask for what is needed next.
void Collector::Settle(Connection& connection, tls::Time now) {
  const SessionId id = connection.id;
  if (connection.tls->established() && connection.tls->wants_write()) {
    if (Result<tls::Received> flushed = connection.tls->Pump(now, false); !flushed.ok()) {
      Drop(id, Level::kInformation, "");
      return;
    }
  }
  queued_ += connection.tls->queued() - connection.queued;
  connection.queued = connection.tls->queued();
  if (connection.closing && !connection.tls->wants_write()) {
    connection.tls->Close(now);
    Drop(id, Level::kInformation, "");
    return;
  }
  int interest = 0;
  if (!connection.tls->established()) {
    interest = connection.tls->wants_write() ? kWrite : kRead;
  } else {
    if (MayRead(connection)) interest |= kRead;
    if (connection.tls->wants_write()) interest |= kWrite;
  }
  SetInterest(connection, interest);
}

void Collector::TakeOutcomes(tls::Time now) {
  std::vector<Outcome> outcomes;
  {
    const std::lock_guard lock(mutex_);
    outcomes.swap(outcomes_);
  }
  for (Outcome& outcome : outcomes) {
    if (auto* answer = std::get_if<Answer>(&outcome)) {
      TakeAnswer(std::move(*answer), now);
    } else {
      TakeNews(std::move(std::get<std::shared_ptr<const News>>(outcome)), now);
    }
  }
  if (crowded_ && in_flight_ <= terms_.max_in_flight / 2) {
    crowded_ = false;
    std::vector<SessionId> ids;
    for (const auto& [id, connection] : connections_) {
      if (connection->interest == 0) ids.push_back(id);
    }
    for (const SessionId id : ids)
      Settle(*connections_.at(id), now);
  }
}

void Collector::TakeAnswer(Answer answer, tls::Time now) {
  const auto known = connections_.find(answer.session);
  if (known == connections_.end()) return;
  Connection& connection = *known->second;
  const bool greeted = answer.greeting.has_value();
  Step step = connection.session->TakeAnswer(std::move(answer));
  CountInFlight(connection);
  if (connection.displaced) return;  // it has heard its last word
  // A session opens again after a replay or a renewal too; what it has begun to send by then is none of the greeting's.
  if (greeted && connection.session->open()) Welcome(connection, step, now);
  Apply(connection, std::move(step), now);
  TakeWaiting(connection, now);
  Settle(connection, now);
}

void Collector::Welcome(Connection& connection, Step& step, tls::Time now) {
  const auto [live, first] = by_terminal_.try_emplace(connection.session->terminal(), connection.id);
  if (!first && live->second != connection.id) {
    if (const auto older = connections_.find(live->second); older != connections_.end()) {
      Displace(*older->second, connection, now);
    }
    by_terminal_[connection.session->terminal()] = connection.id;
  }
  if (Status grown = connection.tls->SetMaxFrame(terms_.tls.max_frame); !grown.ok()) {
    step = connection.session->End(Error{ErrorCode::kInvalid, "protocol", "spoke before the answer came"}, 0);
  }
}

// The newest connection wins: after a cut line or a suspend the older one is usually dead and only we do not know yet,
// and refusing the terminal would keep its log and its policy waiting. But if the older one still answers, there are
// two.
void Collector::Displace(Connection& older, const Connection& newer, tls::Time now) {
  older.stale = older.tls->bytes_arrived();
  Step step = older.session->End(Error{ErrorCode::kConflict, "terminal", "connected from another place"}, 30);
  older.waiting.clear();
  Apply(older, std::move(step), now);
  (void)older.tls->Pump(now, false);
  older.tls->Close(now);
  older.displaced = true;
  older.displaced_by = newer.address;
  older.closing = false;
  older.has_until = true;
  older.until = now + terms_.farewell;
  queued_ -= older.queued;
  older.queued = 0;
  SetInterest(older, kRead);
}

void Collector::ServiceDisplaced(Connection& connection, tls::Time now) {
  const Result<tls::Received> received = connection.tls->Pump(now, true);
  const bool lives = connection.tls->bytes_read() > connection.stale;
  if (lives) {
    AlarmJob job;
    job.alarm.set_kind(proto::ALARM_TWO_PLACES);
    job.alarm.set_terminal_id(connection.session->terminal());
    job.alarm.set_peer(connection.displaced_by);
    job.alarm.set_detail("connected from " + connection.address + " and from " + connection.displaced_by +
                         " at the same time");
    jobs_.emplace_back(std::move(job));
  }
  if (lives || !received.ok() || received.value().closed) Drop(connection.id, Level::kInformation, "");
}

void Collector::TakeNews(std::shared_ptr<const News> news, tls::Time now) {
  news_ = std::move(news);
  std::vector<SessionId> gone;
  for (const auto& [terminal, id] : by_terminal_) {
    const auto known = news_->terminals.find(terminal);
    if (known == news_->terminals.end() || known->second.revoked) {
      gone.push_back(id);
      continue;
    }
    offers_due_.push_back(id);
  }
  for (const SessionId id : gone) {
    Connection& connection = *connections_.at(id);
    journal_.Write(Level::kNotice,
                   connection.address + " terminal=" + connection.session->terminal() + ": revoked, connection cut");
    Apply(connection, connection.session->End(Error{ErrorCode::kDenied, "terminal", "revoked"}, 300), now);
    Settle(connection, now);
  }
}

// A few terminals each turn, and only while earlier offers are being taken: ten thousand copies at once would not fit.
void Collector::OfferPolicies(tls::Time now) {
  for (std::size_t i = 0; i < kOffersPerTurn && !offers_due_.empty() && queued_ < terms_.max_queued; ++i) {
    const SessionId id = offers_due_.back();
    offers_due_.pop_back();
    const auto known = connections_.find(id);
    if (known == connections_.end() || known->second->displaced) continue;
    Connection& connection = *known->second;
    const auto news = news_->terminals.find(connection.session->terminal());
    if (news == news_->terminals.end()) continue;
    Step step = connection.session->Offer(news->second.offers);
    if (step.replies.empty()) continue;
    Apply(connection, std::move(step), now);
    Settle(connection, now);
  }
  // While there is no room, terminals taking their policy make the next turn; else nobody would.
  if (!offers_due_.empty() && queued_ < terms_.max_queued) waker_.Wake();
}

}  // namespace sekimori::intake
