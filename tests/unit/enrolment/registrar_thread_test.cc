// Orders from other threads: each is answered once, whatever the registrar is doing.
#include "agent/enrolment/registrar_thread.h"

#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "tests/unit/enrolment/registry.h"

namespace sekimori::enrolment {
namespace {

std::future<ports::AuthenticatorAnswer> Give(RegistrarThread& thread, ports::AuthenticatorOrder order) {
  auto promise = std::make_shared<std::promise<ports::AuthenticatorAnswer>>();
  std::future<ports::AuthenticatorAnswer> answer = promise->get_future();
  thread.Take(std::move(order), {0, "root"},
              [promise](ports::AuthenticatorAnswer given) { promise->set_value(std::move(given)); });
  return answer;
}

// Names that are not told until the test lets them.
class SlowUsers final : public ports::Users {
 public:
  Result<std::optional<model::LoginUser>> Find(const std::string& name) const override {
    if (!asked_) {
      asked_ = true;
      asked.set_value();
      told.get_future().wait();
    }
    return std::optional(model::LoginUser{kSato, name, {}});
  }
  mutable std::promise<void> asked, told;

 private:
  mutable bool asked_ = false;
};

Outside With(Registry& registry, const ports::Users& users, const ports::Clock& clock) {
  return {registry.store,    users,    registry.random, clock, [](const auto&) { return Status::Ok(); },
          [] { return 3U; }, "mado-03"};
}

TEST(RegistrarThread, AnswersOnItsOwnThread) {
  Registry registry;
  RegistrarThread thread(registry.Around());
  const auto begun =
      Registry::As<ports::TotpBegun>(Give(thread, ports::OrderTotp{"sato", "", "Sekimori", "why", ""}).get());
  const auto confirmed = Registry::As<ports::TotpConfirmed>(
      Give(thread, ports::OrderConfirmation{begun.pending, model::Secret(registry.Code(begun))}).get());
  thread.Stop();
  EXPECT_EQ(registry.store.enrolments().at(0).credential.id, confirmed.id);
}

TEST(RegistrarThread, RefusesMoreThanItHolds) {
  Registry registry;
  SlowUsers users;
  RegistrarThread thread(With(registry, users, registry.clock));
  std::vector<std::future<ports::AuthenticatorAnswer>> answers;
  answers.push_back(Give(thread, ports::AskAuthenticators{"sato"}));
  users.asked.get_future().wait();
  for (std::size_t i = 0; i < RegistrarThread::kMostWaiting; ++i)
    answers.push_back(Give(thread, ports::AskAuthenticators{"sato"}));
  EXPECT_EQ(Registry::CodeOf(Give(thread, ports::AskAuthenticators{"sato"}).get()), ErrorCode::kFull);
  users.told.set_value();
  for (auto& answer : answers)
    (void)Registry::As<ports::AuthenticatorList>(answer.get());
}

TEST(RegistrarThread, StoppingAnswersWhoeverWaits) {
  Registry registry;
  SlowUsers users;
  RegistrarThread thread(With(registry, users, registry.clock));
  auto first = Give(thread, ports::AskAuthenticators{"sato"});
  users.asked.get_future().wait();
  auto second = Give(thread, ports::AskAuthenticators{"sato"});
  std::thread stopping([&] { thread.Stop(); });
  // Refused at once as soon as it stops; until then it waits, or there is no room.
  for (ErrorCode code = ErrorCode::kFull; code != ErrorCode::kUnavailable;) {
    auto probe = Give(thread, ports::OrderCancelling{"none"});
    if (probe.wait_for(std::chrono::seconds{0}) == std::future_status::ready) code = Registry::CodeOf(probe.get());
  }
  users.told.set_value();
  stopping.join();
  (void)Registry::As<ports::AuthenticatorList>(first.get());
  EXPECT_EQ(Registry::CodeOf(second.get()), ErrorCode::kUnavailable);
  EXPECT_EQ(Registry::CodeOf(Give(thread, ports::AskAuthenticators{"sato"}).get()), ErrorCode::kUnavailable);
}

// Five minutes pass from one look to the next, so that ten are over soon.
class HurryingClock final : public ports::Clock {
 public:
  [[nodiscard]] model::WallTime Now() const override { return {}; }
  [[nodiscard]] model::BootTime SinceBoot() const override {
    if (++looks_ == kLooks) over.set_value();
    return looks_ * std::chrono::minutes{5};
  }
  // By the thread before it sleeps one; by the order two; by the thread again one, one to see how long it may sleep,
  // and one when that is over.
  static constexpr int kLooks = 6;
  mutable std::promise<void> over;

 private:
  mutable int looks_ = 0;
};

TEST(RegistrarThread, WipesWhatNobodyConfirmedThoughNobodyAsks) {
  Registry registry;
  const HurryingClock clock;
  std::future<void> over = clock.over.get_future();
  RegistrarThread thread(With(registry, registry.users, clock));
  (void)Registry::As<ports::TotpBegun>(Give(thread, ports::OrderTotp{"sato", "", "Sekimori", "why", ""}).get());
  EXPECT_EQ(over.wait_for(std::chrono::seconds{60}), std::future_status::ready);
}

}  // namespace
}  // namespace sekimori::enrolment
