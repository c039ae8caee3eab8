#include "agent/logins.h"

#include <utility>

namespace sekimori::agent {

namespace {

template <typename Store>
void Use(Store& store, ports::LoginStore*& logins, ports::LoginEnrolment*& enrolment, ports::TimeFloor*& floor) {
  logins = &store;
  enrolment = &store;
  floor = &store;
}

}  // namespace

Logins::Logins(const std::filesystem::path& state_directory, std::string host, ports::Questions& questions,
               const ports::Clock& clock)
    : records_(questions) {
  Open(state_directory);
  administration_ = std::make_unique<enrolment::RegistrarThread>(
      enrolment::Outside{.store = *enrolment_,
                         .users = users_,
                         .random = random_,
                         .clock = clock,
                         .record = [this](model::AuthenticatorChanged change) { return records_.Record(change); },
                         .tries = [this] { return policy_.Current().tries; },
                         .host = std::move(host)});
}

void Logins::Open(const std::filesystem::path& state_directory) {
  Result<std::unique_ptr<login_store::SqliteLoginStore>> store =
      login_store::SqliteLoginStore::Open(state_directory, random_);
  if (store.ok()) {
    open_ = std::move(store).value();
    return Use(*open_, store_, enrolment_, floor_);
  }
  opened_ = store.error();
  closed_ = std::make_unique<ClosedLoginStore>(store.error());
  Use(*closed_, store_, enrolment_, floor_);
}

}  // namespace sekimori::agent
