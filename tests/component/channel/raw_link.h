// A terminal's end moved by hand, to say what an honest agent would not.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/channel/wire.h"
#include "proto/channel.pb.h"
#include "tests/component/channel/terminal.h"

namespace sekimori::testing {

class RawLink {
 public:
  // With this terminal's certificate; the terminal itself should have been stopped.
  RawLink(const Site& site, const Terminal& terminal);
  // With any context: a stranger's, another CA's.
  RawLink(std::uint16_t port, std::unique_ptr<tls::ClientContext> context);
  ~RawLink();

  // What opening the connection came to.
  [[nodiscard]] const Status& opened() const { return opened_; }
  void Say(const proto::FromTerminal& message);
  void SayBytes(const std::string& frame);
  // Straight into TLS, without a frame around it.
  void SayUnframed(const std::string& bytes);
  // The same as one record, when there is room for it: false otherwise, and once the connection is over.
  [[nodiscard]] bool TrySayUnframed(const std::string& bytes);
  // The next message, or nothing when the collector ended the connection. Fails the test when neither comes.
  [[nodiscard]] std::optional<proto::FromCollector> Hear();
  // As Hear, but skips acknowledgements.
  [[nodiscard]] std::optional<proto::FromCollector> HearAnswer();
  // Hello with the log's own facts; the answer.
  [[nodiscard]] std::optional<proto::FromCollector> Greet(const MemoryLog& log);
  [[nodiscard]] std::string ServerSerial() const { return wire_->tls().peer_certificate()->SerialHex(); }
  void Close() { wire_->Close(); }
  // A second connection that resumes the first one's TLS session; the word of its refusal, or "welcomed".
  [[nodiscard]] std::string Again(const MemoryLog& log);

 private:
  void Open();
  std::uint16_t port_;
  tls::Waker waker_;
  std::unique_ptr<tls::ClientContext> context_;
  std::unique_ptr<channel::Wire> wire_;
  Status opened_;
  std::vector<std::string> heard_;
};

[[nodiscard]] proto::FromTerminal HelloOf(const MemoryLog& log);
// Records first..last of the log, with a good checkpoint by `key` at the time given.
[[nodiscard]] proto::FromTerminal BatchOf(MemoryLog& log, std::uint64_t first, std::uint64_t last,
                                          const signing::SigningKey& key, std::int64_t time_us = NowUs());
[[nodiscard]] std::unique_ptr<tls::ClientContext> ContextOf(const Terminal& terminal);

}  // namespace sekimori::testing
