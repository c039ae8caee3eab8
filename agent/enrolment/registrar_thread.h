// The registrar on a thread of its own: names, log and disk may take their time, and nobody else waits for them. Req:
// R04
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "agent/enrolment/registrar.h"
#include "agent/ports/authenticator_orders.h"

namespace sekimori::enrolment {

class RegistrarThread final : public ports::AuthenticatorOrders {
 public:
  static constexpr std::size_t kMostWaiting = 16;

  // The thread runs from here on.
  explicit RegistrarThread(Outside outside);
  ~RegistrarThread() override { Stop(); }
  RegistrarThread(const RegistrarThread&) = delete;
  RegistrarThread& operator=(const RegistrarThread&) = delete;

  // `done` comes on the thread, or at once where the order is not taken.
  void Take(ports::AuthenticatorOrder order, ports::Asker asker,
            std::function<void(ports::AuthenticatorAnswer)> done) override;
  // Joins the thread, after what it is doing; what waits is answered kUnavailable. Nothing that waited for its first
  // code is kept. Safe to repeat.
  void Stop();

 private:
  struct Task {
    ports::AuthenticatorOrder order;
    ports::Asker asker;
    std::function<void(ports::AuthenticatorAnswer)> done;
  };

  void Run();
  // nullopt: stopping. Sweeps meanwhile.
  [[nodiscard]] std::optional<Task> Next();

  const ports::Clock& clock_;
  Registrar registrar_;  // the thread's alone
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Task> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sekimori::enrolment
