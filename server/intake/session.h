// One connection's conversation, without its transport: what may be said in which state, and how much may be on its
// way. Frames and answers go in; replies and jobs come out. Pure but for the clock given to it. Req: R06, R12
//
//   new --Hello--> greeting --welcome--> open --Batch|PolicyStatus|Renew--> open
//   open --LogDamaged--> refused and closed
//   new --Enrol (only without certificate)--> enrolling --answer--> closed
//   anything else --> refused and closed
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/intake/jobs.h"

namespace sekimori::intake {

// Who is at the other end, as the transport knows it.
struct Peer {
  std::string address;                          // "192.0.2.7:51234"
  std::optional<tls::Certificate> certificate;  // proven and issued by the CA
};

struct SessionLimits {
  std::size_t in_flight = std::size_t{4} << 20;  // payload bytes received and not yet durable
  std::uint32_t reports = 8;                     // policy reports not yet noted
};

// What one step brought about.
struct Step {
  std::vector<Job> jobs;
  std::vector<std::string> replies;  // serialized FromCollector, in order
  bool close = false;                // after the replies
};

class Session {
 public:
  Session(SessionId id, Peer peer, const SessionLimits& limits);

  // A frame from the peer. `enrolment_allowed`: whether a stranger may be served just now.
  [[nodiscard]] Step Take(const std::string& frame, bool enrolment_allowed, std::int64_t now_us);
  [[nodiscard]] Step TakeAnswer(Answer answer);
  // What the terminal is to have by now, at any time. Sent when it has something older, once per version; what is for
  // its group not before it has answered to the move that takes it there.
  [[nodiscard]] Step Offer(Offers offers);
  // No more from this peer; the reply says why.
  [[nodiscard]] Step End(const Error& error, std::uint32_t retry_after_s);

  // False while no more frames may be taken: an answer is awaited first, or too much is on its way.
  [[nodiscard]] bool reading() const;
  [[nodiscard]] bool open() const { return state_ == State::kOpen; }
  // Has said what it wants; strangers that have not are cut sooner.
  [[nodiscard]] bool introduced() const { return state_ != State::kNew; }
  [[nodiscard]] const std::string& terminal() const { return terminal_; }  // empty before Welcome
  [[nodiscard]] const Peer& peer() const { return peer_; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

 private:
  enum class State { kNew, kGreeting, kEnrolling, kOpen, kReplaying, kRenewing, kClosed };
  [[nodiscard]] Step TakeNew(proto::FromTerminal& message, bool enrolment_allowed);
  [[nodiscard]] Step TakeOpen(proto::FromTerminal& message, std::int64_t now_us);
  [[nodiscard]] Step TakeBatch(std::unique_ptr<proto::Batch> batch, std::int64_t now_us);
  [[nodiscard]] Step Dispute(const BatchFault& fault, std::unique_ptr<proto::Batch> evidence);
  [[nodiscard]] Step Protocol(const std::string& detail);

  SessionId id_;
  Peer peer_;
  SessionLimits limits_;
  State state_ = State::kNew;
  std::string terminal_;
  chain::LogId log_id_{};
  std::optional<signing::VerifyKey> key_;
  chain::Head head_;             // of everything checked and handed on
  std::uint64_t gap_until_ = 0;  // a first record here may follow a gap; 0: none announced
  Offers offers_;
  std::uint64_t offered_ = 0;   // newest policy in force at the terminal or sent to it
  std::uint64_t answered_ = 0;  // newest one in force there or refused
  std::size_t in_flight_ = 0;
  std::uint32_t reports_ = 0;
};

}  // namespace sekimori::intake
