#include "tests/component/channel/raw_link.h"

#include <iterator>
#include <utility>

#include <gtest/gtest.h>

namespace sekimori::testing {
namespace {

template <std::size_t N>
std::string Bytes(const std::array<std::uint8_t, N>& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

std::unique_ptr<tls::ClientContext> ContextOf(const Terminal& terminal) {
  const channel::Credentials credentials = channel::LoadCredentials(terminal.directory(), terminal.key()).value();
  return tls::ClientContext::ForTerminal(credentials.certificate, terminal.key(), credentials.ca).value();
}

RawLink::RawLink(const Site& site, const Terminal& terminal) : RawLink(site.port(), ContextOf(terminal)) {}

RawLink::RawLink(std::uint16_t port, std::unique_ptr<tls::ClientContext> context)
    : port_(port), waker_(tls::Waker::Make().value()), context_(std::move(context)) {
  tls::IgnoreBrokenPipes();
  Open();
}

void RawLink::Open() {
  heard_.clear();
  wire_ = std::make_unique<channel::Wire>(waker_, [] { return false; });
  opened_ = wire_->Open(*context_, {"127.0.0.1", port_, "127.0.0.1"}, tls::Limits{});
}

std::string RawLink::Again(const MemoryLog& log) {
  Open();
  EXPECT_TRUE(opened_.ok());
  EXPECT_TRUE(wire_->tls().resumed());
  const auto answer = Greet(log);
  if (!answer) return "cut";
  return answer->has_refused() ? answer->refused().error_code() : "welcomed";
}

void RawLink::SayUnframed(const std::string& bytes) {
  std::size_t written = 0;
  EXPECT_EQ(1, SSL_write_ex(wire_->tls().native(), bytes.data(), bytes.size(), &written));
}

bool RawLink::TrySayUnframed(const std::string& bytes) {
  std::size_t written = 0;
  return SSL_write_ex(wire_->tls().native(), bytes.data(), bytes.size(), &written) == 1;
}

RawLink::~RawLink() = default;

void RawLink::Say(const proto::FromTerminal& message) {
  SayBytes(message.SerializeAsString());
}

void RawLink::SayBytes(const std::string& frame) {
  const Status sent = wire_->Send(frame);
  EXPECT_TRUE(sent.ok()) << ToString(sent.error());
  Result<std::vector<std::string>> frames = wire_->Wait(tls::Clock::now());
  if (!frames.ok()) return;  // the end shows when it is listened for
  std::move(frames.value().begin(), frames.value().end(), std::back_inserter(heard_));
}

std::optional<proto::FromCollector> RawLink::Hear() {
  const tls::Time limit = tls::Clock::now() + kPatience;
  while (heard_.empty() && tls::Clock::now() < limit) {
    Result<std::vector<std::string>> frames = wire_->Wait(limit);
    if (!frames.ok()) return std::nullopt;
    heard_ = std::move(frames).value();
  }
  if (heard_.empty()) {
    ADD_FAILURE() << "the collector neither answered nor ended the connection";
    return std::nullopt;
  }
  proto::FromCollector message;
  EXPECT_TRUE(message.ParseFromString(heard_.front()));
  heard_.erase(heard_.begin());
  return message;
}

std::optional<proto::FromCollector> RawLink::HearAnswer() {
  std::optional<proto::FromCollector> message = Hear();
  while (message && message->has_ack())
    message = Hear();
  return message;
}

std::optional<proto::FromCollector> RawLink::Greet(const MemoryLog& log) {
  Say(HelloOf(log));
  return Hear();
}

proto::FromTerminal HelloOf(const MemoryLog& log) {
  const auto outbox = const_cast<MemoryLog&>(log).NewOutbox();
  proto::FromTerminal message;
  proto::Hello& hello = *message.mutable_hello();
  hello.set_protocol(1);
  hello.set_log_id(Bytes(log.log_id()));
  hello.set_first_sequence(outbox->Base().value().sequence + 1);
  hello.set_head_sequence(outbox->Head().value().sequence);
  hello.set_head_hash(Bytes(outbox->Head().value().hash));
  hello.set_hostname("raw");
  hello.set_mode("observe");
  return message;
}

proto::FromTerminal BatchOf(MemoryLog& log, std::uint64_t first, std::uint64_t last, const signing::SigningKey& key,
                            std::int64_t time_us) {
  const auto outbox = log.NewOutbox();
  proto::FromTerminal message;
  proto::Batch& batch = *message.mutable_batch();
  batch.set_first_sequence(first);
  batch.set_previous_hash(Bytes(outbox->HashAt(first - 1).value()));
  chain::Head head;
  const auto records = outbox->Read(first - 1, last - first + 1, SIZE_MAX).value();
  for (const ports::OutboxRecord& record : records) {
    batch.add_payloads(record.payload);
    head = {record.sequence, record.hash};
  }
  const chain::Checkpoint checkpoint = chain::SignCheckpoint(key, log.log_id(), head, time_us).value();
  batch.mutable_checkpoint()->set_log_id(Bytes(log.log_id()));
  batch.mutable_checkpoint()->set_sequence(head.sequence);
  batch.mutable_checkpoint()->set_hash(Bytes(head.hash));
  batch.mutable_checkpoint()->set_time_us(checkpoint.time_us);
  batch.mutable_checkpoint()->set_signature(checkpoint.signature);
  return message;
}

}  // namespace sekimori::testing
