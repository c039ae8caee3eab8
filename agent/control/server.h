// The control socket's server: one thread, a bounded number of clients, a deadline for each. It parses, checks who may
// ask, and passes the question on; it decides nothing. Req: R05, R11
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <thread>

#include "agent/control/socket.h"
#include "agent/ports/authenticator_orders.h"
#include "agent/ports/link.h"
#include "agent/ports/questions.h"
#include "proto/result.h"

namespace sekimori::control {

struct ServerBounds {
  std::size_t clients = 16;
  std::size_t unprivileged = 8;                  // of them; the rest is kept for root
  std::chrono::milliseconds patience{5'000};     // for a client to ask and to take its answer
  std::chrono::milliseconds decision{5'000};     // for the deciding thread to take a question up
  std::chrono::milliseconds enrolment{120'000};  // for the collector
  std::chrono::milliseconds orders{30'000};      // about authenticators: for names, log and disk
};

class Server {
 public:
  // Everything referred to outlives the server.
  Server(ports::Questions& questions, ports::Link& link, ports::AuthenticatorOrders& authenticators,
         const ServerBounds& bounds = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens at `path` and starts the thread. Errors as Listen.
  [[nodiscard]] Status Start(const std::filesystem::path& path);
  // Joins the thread; clients are cut off. Safe to repeat.
  void Stop();

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace sekimori::control
