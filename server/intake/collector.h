// The collector at work: one listening port, one thread for TLS and verification, one for the store. Req: R05, R06, R12
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <Poco/Net/PollSet.h>
#include <Poco/Net/ServerSocket.h>

#include "proto/result.h"
#include "proto/tls/framed_tls.h"
#include "proto/tls/sockets.h"
#include "server/authority/authority.h"
#include "server/intake/enrolment_gate.h"
#include "server/intake/journal.h"
#include "server/intake/session.h"
#include "server/intake/store_thread.h"
#include "server/intake/strangers.h"

namespace sekimori::intake {

struct CollectorTerms {
  std::string address = "0.0.0.0";
  std::uint16_t port = 7443;  // 0: any free one
  std::size_t max_connections = 12'000;
  std::size_t max_strangers = 2'000;                  // connections that have not said who they are; shared by origin
  std::size_t max_in_flight = std::size_t{64} << 20;  // payload bytes received and not durable, all terminals
  std::size_t max_queued = std::size_t{64} << 20;     // bytes of policies waiting to be taken, all terminals
  std::chrono::milliseconds introduction{10'000};     // from the handshake's end to Hello or Enrol
  std::chrono::milliseconds look_interval{500};       // how soon changes of other processes are seen
  std::chrono::milliseconds farewell{10'000};         // how long a displaced connection may prove it lives
  tls::Limits tls;
  SessionLimits session;
  EnrolmentGate::Rate enrolments{200, 20};
  EnrolmentGate::Rate enrolments_per_address{100, 5};
};

class Collector {
 public:
  // Listens when it returns. `authority` and `journal` outlive the collector. kUnavailable: the address is taken or not
  // ours.
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Start(const CollectorTerms& terms,
                                                                std::unique_ptr<Ledger> ledger,
                                                                const authority::Authority& authority,
                                                                Journal& journal);
  ~Collector();
  // New connections get this certificate; those that are there stay as they are. Any thread. kUntrusted.
  [[nodiscard]] Status UseCertificate(const authority::Authority& authority);
  // No new connections or records; what is on its way is stored and acknowledged; then all is closed. Joins.
  void Stop();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Both grow at least once a second while all is well.
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(); }
  [[nodiscard]] std::uint64_t groups() const { return store_thread_->groups_done(); }
  // False when the network thread ended by itself, which it does only when polling fails.
  [[nodiscard]] bool running() const { return running_.load(); }
  [[nodiscard]] std::size_t connections() const { return connection_count_.load(); }

 private:
  struct Connection {
    SessionId id = 0;
    Poco::Net::StreamSocket socket;
    std::unique_ptr<tls::FramedTls> tls;
    std::unique_ptr<Session> session;  // from the handshake's end on
    std::string address, origin;
    std::vector<std::string> waiting;  // frames received and not yet taken
    std::size_t in_flight = 0;         // as last counted in in_flight_
    std::size_t queued = 0;            // as last counted in queued_
    int interest = 0;
    tls::Time until;  // introduction or farewell must be over
    bool has_until = true;
    bool displaced = false;
    std::uint64_t stale = 0;  // bytes a displaced one had sent by then: they prove nothing about its life since
    bool closing = false;     // goodbye said; gone once everything is written
    std::string displaced_by;
  };
  using Connections = std::unordered_map<SessionId, std::unique_ptr<Connection>>;

  Collector(const CollectorTerms& terms, tls::ServerContext context, Journal& journal, tls::Waker waker);
  [[nodiscard]] Status Listen();
  void Run();
  void Turn();
  [[nodiscard]] std::chrono::milliseconds Patience(tls::Time now) const;

  void TakeContext();
  void AcceptSome(tls::Time now);
  [[nodiscard]] bool FindPlace(const Connection& connection, tls::Time now);
  void Service(Connection& connection, tls::Time now);
  void ServiceDisplaced(Connection& connection, tls::Time now);
  void Introduce(Connection& connection, tls::Time now);
  void TakeWaiting(Connection& connection, tls::Time now);
  void Apply(Connection& connection, Step step, tls::Time now);
  void TakeOutcomes(tls::Time now);
  void TakeAnswer(Answer answer, tls::Time now);
  void Welcome(Connection& connection, Step& step, tls::Time now);
  void TakeNews(std::shared_ptr<const News> news, tls::Time now);
  void OfferPolicies(tls::Time now);
  void Settle(Connection& connection, tls::Time now);
  void CountInFlight(Connection& connection);
  void Displace(Connection& older, const Connection& newer, tls::Time now);
  void SetInterest(Connection& connection, int interest);
  [[nodiscard]] bool MayRead(const Connection& connection) const;
  void Sweep(tls::Time now);
  void Drop(SessionId id, Level level, const std::string& why);
  void Farewell();

  CollectorTerms terms_;
  tls::ServerContext context_;
  Journal& journal_;
  tls::Waker waker_;
  EnrolmentGate gate_;
  std::unique_ptr<StoreThread> store_thread_;

  Poco::Net::ServerSocket listener_;
  std::uint16_t port_ = 0;
  Poco::Net::PollSet poll_;
  Connections connections_;
  std::unordered_map<const Poco::Net::SocketImpl*, SessionId> by_socket_;
  std::unordered_map<std::string, SessionId> by_terminal_;
  std::vector<SessionId> offers_due_;
  std::shared_ptr<const News> news_;
  std::vector<Job> jobs_;  // of this turn
  SessionId next_id_ = 1;
  Strangers strangers_;
  std::size_t in_flight_ = 0;
  std::size_t queued_ = 0;
  bool crowded_ = false;  // in_flight_ was over its bound: nobody with records is read
  tls::Time next_look_, next_sweep_, next_full_notice_;
  std::optional<tls::Time> accept_again_;  // set while out of descriptors

  std::mutex mutex_;  // guards the two below
  std::vector<Outcome> outcomes_;
  std::optional<tls::ServerContext> next_context_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> running_{false};
  std::atomic<std::uint64_t> turns_{0};
  std::atomic<std::size_t> connection_count_{0};
  std::thread thread_;
};

}  // namespace sekimori::intake
