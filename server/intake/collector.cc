// The loop: accepting, waiting, deadlines, stopping. What is said on a connection: collector_connections.cc.
#include "server/intake/collector.h"

#include <algorithm>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/SocketDefs.h>

namespace sekimori::intake {
namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptsPerTurn = 64;
constexpr std::chrono::milliseconds kSweepInterval{250};
constexpr std::chrono::milliseconds kAcceptPause{1000};
constexpr std::chrono::seconds kFarewellLimit{5};
// Before it is known who speaks, a message may be no larger than a greeting.
constexpr std::size_t kStrangerFrame = std::size_t{16} << 10;

}  // namespace

Collector::Collector(const CollectorTerms& terms, tls::ServerContext context, Journal& journal, tls::Waker waker)
    : terms_(terms),
      context_(std::move(context)),
      journal_(journal),
      waker_(std::move(waker)),
      gate_(terms.enrolments, terms.enrolments_per_address) {
  terms_.tls.max_frame = std::min(terms_.tls.max_frame, frame::kMaxFrame);
}

Collector::~Collector() {
  Stop();
}

Result<std::unique_ptr<Collector>> Collector::Start(const CollectorTerms& terms, std::unique_ptr<Ledger> ledger,
                                                    const authority::Authority& authority, Journal& journal) {
  tls::IgnoreBrokenPipes();
  Result<tls::ServerContext> context =
      tls::ServerContext::Make(authority.server(), authority.server_key(), authority.ca());
  if (!context.ok()) return context.error();
  Result<tls::Waker> waker = tls::Waker::Make();
  if (!waker.ok()) return waker.error();
  std::unique_ptr<Collector> collector(
      new Collector(terms, std::move(context).value(), journal, std::move(waker).value()));
  if (Status status = collector->Listen(); !status.ok()) return status.error();
  Collector* raw = collector.get();
  collector->store_thread_ = std::make_unique<StoreThread>(std::move(ledger), [raw](std::vector<Outcome> outcomes) {
    {
      const std::lock_guard lock(raw->mutex_);
      std::move(outcomes.begin(), outcomes.end(), std::back_inserter(raw->outcomes_));
    }
    raw->waker_.Wake();
  });
  collector->store_thread_->Start();
  collector->running_ = true;
  collector->thread_ = std::thread([raw] { raw->Run(); });
  return collector;
}

Status Collector::Listen() {
  const std::string where = terms_.address + ":" + std::to_string(terms_.port);
  try {
    const Poco::Net::SocketAddress address(terms_.address, terms_.port);
    // Never SO_REUSEPORT: with it, another process of this user could take connections away.
    if (address.family() == Poco::Net::AddressFamily::IPv6) {
      listener_.bind6(address, true, false, false);
    } else {
      listener_.bind(address, true, false);
    }
    listener_.listen(kBacklog);
    listener_.setBlocking(false);
    port_ = listener_.address().port();
    poll_.add(waker_.socket(), Poco::Net::PollSet::POLL_READ);
    poll_.add(listener_, Poco::Net::PollSet::POLL_READ);
    return Status::Ok();
  } catch (const Poco::Exception& error) {
    return Error{ErrorCode::kUnavailable, where, "cannot listen: " + error.displayText()};
  }
}

Status Collector::UseCertificate(const authority::Authority& authority) {
  Result<tls::ServerContext> context =
      tls::ServerContext::Make(authority.server(), authority.server_key(), authority.ca());
  if (!context.ok()) return context.error();
  const std::lock_guard lock(mutex_);
  next_context_ = std::move(context).value();
  return Status::Ok();
}

void Collector::TakeContext() {
  const std::lock_guard lock(mutex_);
  if (!next_context_) return;
  context_ = std::move(*next_context_);  // connections hold what they need of the old one
  next_context_.reset();
}

void Collector::Stop() {
  stopping_ = true;
  waker_.Wake();
  if (thread_.joinable()) thread_.join();
}

void Collector::Run() {
  try {
    while (!stopping_)
      Turn();
    Farewell();
  } catch (const Poco::Exception& error) {
    journal_.Write(Level::kError, "the network thread ends: " + error.displayText());
  }
  store_thread_->Stop();
  connections_.clear();
  running_ = false;
}

std::chrono::milliseconds Collector::Patience(tls::Time now) const {
  const tls::Time next = connections_.empty() ? next_look_ : std::min(next_look_, next_sweep_);
  return std::max(std::chrono::milliseconds(0), std::chrono::ceil<std::chrono::milliseconds>(next - now));
}

void Collector::Turn() {
  const auto patience = Patience(tls::Clock::now());
  const auto ready = poll_.poll(Poco::Timespan(std::chrono::microseconds(patience).count()));
  const tls::Time now = tls::Clock::now();
  ++turns_;
  for (const auto& [socket, events] : ready) {
    if (socket == waker_.socket()) {
      waker_.Clear();
    } else if (socket == listener_) {
      TakeContext();
      AcceptSome(now);
    } else if (const auto known = by_socket_.find(socket.impl()); known != by_socket_.end()) {
      Service(*connections_.at(known->second), now);
    }
  }
  TakeOutcomes(now);
  if (!offers_due_.empty()) OfferPolicies(now);
  if (now >= next_look_) {
    jobs_.emplace_back(LookJob{});
    next_look_ = now + terms_.look_interval;
  }
  if (now >= next_sweep_) Sweep(now);
  if (!jobs_.empty()) store_thread_->Submit(std::exchange(jobs_, {}));
}

void Collector::AcceptSome(tls::Time now) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    auto connection = std::make_unique<Connection>();
    try {
      connection->socket = listener_.acceptConnection();
      const Poco::Net::SocketAddress peer = connection->socket.peerAddress();
      connection->address = peer.toString();
      connection->origin = OriginOf(peer);
    } catch (const Poco::Net::NetException&) {
      continue;  // gone again before we looked
    } catch (const Poco::IOException& error) {
      if (error.code() == POCO_EWOULDBLOCK || error.code() == POCO_EAGAIN) return;  // nobody else waits
      // Out of descriptors: the listener would be ready for ever. Those who wait are served when others have gone.
      journal_.Write(Level::kError, "cannot accept connections: " + error.displayText());
      poll_.remove(listener_);
      accept_again_ = now + kAcceptPause;
      return;
    }
    connection->id = next_id_++;
    if (!FindPlace(*connection, now)) continue;
    tls::Limits limits = terms_.tls;
    limits.max_frame = std::min(limits.max_frame, kStrangerFrame);
    Result<std::unique_ptr<tls::FramedTls>> made = tls::FramedTls::Accept(context_, connection->socket, limits, now);
    if (!made.ok()) {
      strangers_.Leave(connection->id, connection->origin);
      continue;
    }
    connection->tls = std::move(made).value();
    connection->until = now + terms_.tls.handshake + terms_.introduction;
    by_socket_[connection->socket.impl()] = connection->id;
    SetInterest(*connection, Poco::Net::PollSet::POLL_READ);
    connections_.emplace(connection->id, std::move(connection));
    connection_count_ = connections_.size();
  }
}

// Nobody who has said who he is gives way to a stranger.
bool Collector::FindPlace(const Connection& connection, tls::Time now) {
  const std::size_t known = connections_.size() - strangers_.size();
  const std::size_t most = std::min(terms_.max_strangers, terms_.max_connections - known);
  const Strangers::Place place = strangers_.Enter(connection.id, connection.origin, most);
  if (place.given && !place.evicted) return true;
  if (now >= next_full_notice_) {
    const std::string who = place.given ? connections_.at(*place.evicted)->address : connection.address;
    journal_.Write(Level::kWarning, "too many connections; refused " + who);
    next_full_notice_ = now + std::chrono::minutes(1);
  }
  if (place.evicted) Drop(*place.evicted, Level::kInformation, "");
  return place.given;
}

void Collector::Sweep(tls::Time now) {
  next_sweep_ = now + kSweepInterval;
  if (accept_again_ && now >= *accept_again_) {
    accept_again_.reset();
    poll_.add(listener_, Poco::Net::PollSet::POLL_READ);
  }
  std::vector<SessionId> due;
  for (const auto& [id, connection] : connections_) {
    const auto deadline = connection->tls->deadline();
    if ((deadline && now >= *deadline) || (connection->has_until && now >= connection->until)) due.push_back(id);
  }
  for (const SessionId id : due) {
    Connection& connection = *connections_.at(id);
    if (connection.has_until && now >= connection.until) {
      Drop(id, Level::kInformation, connection.displaced ? "" : "did not say in time who it is");
    } else {
      Service(connection, now);
    }
  }
}

void Collector::SetInterest(Connection& connection, int interest) {
  if (interest == connection.interest) return;
  // Out of the set, not "for nothing": a peer that hung up makes every wait end at once, whatever is asked for.
  if (interest == 0) {
    poll_.remove(connection.socket);
  } else if (connection.interest == 0) {
    poll_.add(connection.socket, interest);
  } else {
    poll_.update(connection.socket, interest);
  }
  connection.interest = interest;
}

void Collector::Drop(SessionId id, Level level, const std::string& why) {
  const auto known = connections_.find(id);
  if (known == connections_.end()) return;
  Connection& connection = *known->second;
  const bool named = connection.session && !connection.session->terminal().empty();
  if (!why.empty()) {
    journal_.Write(level,
                   connection.address + (named ? " terminal=" + connection.session->terminal() : "") + ": " + why);
  }
  strangers_.Leave(id, connection.origin);
  in_flight_ -= connection.in_flight;
  queued_ -= connection.queued;
  if (named) {
    const auto live = by_terminal_.find(connection.session->terminal());
    if (live != by_terminal_.end() && live->second == id) {
      by_terminal_.erase(live);
      jobs_.emplace_back(GoneJob{connection.session->terminal()});
    }
  }
  SetInterest(connection, 0);
  by_socket_.erase(connection.socket.impl());
  connections_.erase(known);
  connection_count_ = connections_.size();
}

void Collector::Farewell() {
  poll_.remove(listener_);
  listener_.close();
  if (!jobs_.empty()) store_thread_->Submit(std::exchange(jobs_, {}));
  store_thread_->Stop();  // everything handed on is stored, and its answers are here
  const tls::Time limit = tls::Clock::now() + kFarewellLimit;
  TakeOutcomes(tls::Clock::now());
  std::size_t waiting = connections_.size();
  while (waiting > 0 && tls::Clock::now() < limit) {
    waiting = 0;
    const tls::Time now = tls::Clock::now();
    for (const auto& [id, connection] : connections_) {
      const bool sent = !connection->tls->Pump(now, false).ok() || !connection->tls->wants_write();
      if (sent) {
        connection->tls->Close(now);
        SetInterest(*connection, 0);
      } else {
        SetInterest(*connection, Poco::Net::PollSet::POLL_WRITE);
        ++waiting;
      }
    }
    if (waiting > 0) (void)poll_.poll(Poco::Timespan(0, 50'000));
  }
}

}  // namespace sekimori::intake
