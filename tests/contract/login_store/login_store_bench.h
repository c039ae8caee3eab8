// A store of logins under test, whichever it is: the real one takes its place beside the fake here.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "agent/ports/login_store.h"

namespace sekimori::contract {

class LoginStoreBench {
 public:
  virtual ~LoginStoreBench() = default;
  [[nodiscard]] virtual ports::LoginStore& store() = 0;
  // As after a restart: what is on the disk is all that is known.
  virtual void Reopen() = 0;
  virtual void Enrol(std::uint32_t uid, const model::Credential& credential, std::string_view secret) = 0;
  virtual void Revoke(std::uint32_t uid, const std::string& credential) = 0;
};

struct LoginStoreMaker {
  std::string name;
  std::unique_ptr<LoginStoreBench> (*make)();
};
inline void PrintTo(const LoginStoreMaker& maker, std::ostream* out) {
  *out << maker.name;
}

}  // namespace sekimori::contract
