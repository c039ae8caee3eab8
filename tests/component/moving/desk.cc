#include "tests/component/moving/desk.h"

#include <future>
#include <utility>

#include <gtest/gtest.h>

namespace sekimori::testing {

Desk::Desk(std::uint8_t seed) : sent_log_(seed) {
  Start();
}

Desk::~Desk() {
  Stop();
}

void Desk::Start() {
  channel::UplinkTerms terms;
  terms.state_directory = directory_.path();
  terms.facts = {"desk-" + std::to_string(sent_log_.log_id()[0]), "Debian 12", "0.1.0", "abc"};
  terms.backoff = {std::chrono::milliseconds(10), std::chrono::milliseconds(100)};
  queue_ = std::make_unique<core::NoticeQueue>();
  link_ = channel::Uplink::Make(terms, key_, sent_log_.NewOutbox(), site_store_, wall_clock_).value();
  decider_ = std::make_unique<core::Decider>(core::Collaborators{records_,
                                                                 records_,
                                                                 gate_,
                                                                 source_,
                                                                 policies_,
                                                                 sessions_,
                                                                 *link_,
                                                                 clock_,
                                                                 [](model::WallTime) { return core::LocalTime{}; },
                                                                 {},
                                                                 {}},
                                             core::Settings{});
  decider_->Begin();
  EXPECT_TRUE(link_->Start(*queue_).ok());
}

void Desk::Stop() {
  if (link_) link_->Stop();
  decider_.reset();
  link_.reset();
}

void Desk::Enrol(const std::string& token) {
  std::promise<sekimori::Status> promise;
  std::future<sekimori::Status> outcome = promise.get_future();
  link_->Enrol(token, [&promise](sekimori::Status status) { promise.set_value(std::move(status)); });
  ASSERT_EQ(std::future_status::ready, outcome.wait_for(kPatience));
  const sekimori::Status enrolled = outcome.get();
  ASSERT_TRUE(enrolled.ok()) << ToString(enrolled.error());
}

bool Desk::Eventually(const std::function<bool()>& question) {
  return testing::Eventually([&] {
    Turn();
    return question();
  });
}

void Desk::Pass(std::chrono::microseconds time) {
  clock_.Advance(time);
  decider_->Tick();
}

void Desk::Show(const std::string& signed_document) {
  queue_->OnPolicy(signed_document);
  Turn();
}

ports::StatusReport Desk::Status() {
  auto ticket = std::make_shared<core::Ticket>(ports::AskStatus{}, ports::Asker{0, "root"});
  core::NoticeGroup group;
  group.questions.push_back(ticket);
  (void)decider_->Take(std::move(group));
  return std::get<ports::StatusReport>(ticket->Wait(std::chrono::milliseconds{0}));
}

std::uint64_t Desk::PolicyVersion() const {
  return decider_->standing().policy.version;
}

void Desk::Turn() {
  (void)decider_->Take(queue_->Take(std::chrono::microseconds{0}));
}

}  // namespace sekimori::testing
