// Takes orders about authenticators as the test says: answers at once, or keeps who asks waiting. Any thread.
#pragma once

#include <functional>
#include <future>
#include <utility>
#include <vector>

#include "agent/ports/authenticator_orders.h"

namespace sekimori::fakes {

class FakeAuthenticatorOrders final : public ports::AuthenticatorOrders {
 public:
  using Done = std::function<void(ports::AuthenticatorAnswer)>;

  // --- The test's side. Before anybody asks.
  std::function<ports::AuthenticatorAnswer(const ports::AuthenticatorOrder&)> answer = [](const auto&) {
    return ports::AuthenticatorAnswer(ports::Done{});
  };
  bool at_once = true;  // false: the first order waits for who has `waiting`
  std::promise<Done> waiting;
  // After everybody asked.
  std::vector<ports::AuthenticatorOrder> taken;
  std::vector<ports::Asker> askers;

  // --- The agent's side.
  void Take(ports::AuthenticatorOrder order, ports::Asker asker, Done done) override {
    taken.push_back(std::move(order));
    askers.push_back(std::move(asker));
    if (!at_once) return waiting.set_value(std::move(done));
    done(answer(taken.back()));
  }
};

}  // namespace sekimori::fakes
