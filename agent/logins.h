// What logins stand on, as the composition root builds it: the store of what they leave behind, whoever changes that
// for root, the way into the log, and the policy in force. Req: R04, R16
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "agent/closed_login_store.h"
#include "agent/core/login_records.h"
#include "agent/core/standing_login.h"
#include "agent/enrolment/registrar_thread.h"
#include "agent/login_store/sqlite_login_store.h"
#include "agent/ports/clock.h"
#include "agent/ports/questions.h"
#include "drivers/linux/system_random.h"
#include "drivers/linux/users.h"

namespace sekimori::agent {

class Logins {
 public:
  // Opens the store in `state_directory`, or makes it. `questions` lead to the deciding thread; they and the clock
  // outlive this. `host`: the terminal's name.
  Logins(const std::filesystem::path& state_directory, std::string host, ports::Questions& questions,
         const ports::Clock& clock);
  Logins(const Logins&) = delete;
  Logins& operator=(const Logins&) = delete;

  // Why every login is refused; ok where the store is open.
  [[nodiscard]] Status opened() const { return opened_; }
  [[nodiscard]] ports::LoginStore& store() { return *store_; }
  [[nodiscard]] ports::TimeFloor& floor() { return *floor_; }
  [[nodiscard]] ports::Random& random() { return random_; }
  [[nodiscard]] ports::Users& users() { return users_; }
  [[nodiscard]] core::LoginRecords& records() { return records_; }
  [[nodiscard]] core::StandingLogin& policy() { return policy_; }
  // What root orders about authenticators, on a thread of its own.
  [[nodiscard]] ports::AuthenticatorOrders& administration() { return *administration_; }

  // Ends that thread. Before the deciding thread does, so that what is being done is recorded.
  void Stop() { administration_->Stop(); }

 private:
  void Open(const std::filesystem::path& state_directory);

  drivers::SystemRandom random_;
  drivers::SystemUsers users_;
  core::StandingLogin policy_;
  core::LoginRecords records_;
  Status opened_;
  std::unique_ptr<login_store::SqliteLoginStore> open_;
  std::unique_ptr<ClosedLoginStore> closed_;
  // One of these two.
  ports::LoginStore* store_ = nullptr;
  ports::LoginEnrolment* enrolment_ = nullptr;
  ports::TimeFloor* floor_ = nullptr;
  std::unique_ptr<enrolment::RegistrarThread> administration_;
};

}  // namespace sekimori::agent
