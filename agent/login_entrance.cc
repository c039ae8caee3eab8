#include "agent/login_entrance.h"

#include <utility>

namespace sekimori::agent {

LoginEntrance::LoginEntrance(Logins& logins, const ports::Clock& clock, drivers::PasswordProgram password)
    : records_(logins.records()),
      in_force_(logins.policy()),
      tickets_(clock, logins.random()),
      password_(std::move(password), clock),
      totp_(logins.store(), clock, logins.floor()),
      door_({.desk = {.authenticators = offered_,
                      .store = logins.store(),
                      .clock = clock,
                      .floor = logins.floor(),
                      .tickets = tickets_},
             .users = logins.users(),
             .policies = in_force_,
             .journal = records_}),
      socket_(door_) {}

}  // namespace sekimori::agent
