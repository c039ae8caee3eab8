// A frame of the module's, decoded; wiped when it goes. Without a type if it was none.
#pragma once

#include "agent/model/secret.h"
#include "proto/login/login.h"

namespace sekimori::door {

class Heard {
 public:
  explicit Heard(const model::Secret& body) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(body.bytes().data());
    (void)LoginDecodeFromModule(bytes, body.bytes().size(), &message_);  // on a fault all zeros
  }
  ~Heard() { model::WipeBytes(reinterpret_cast<char*>(&message_), sizeof message_); }
  Heard(const Heard&) = delete;
  Heard& operator=(const Heard&) = delete;

  [[nodiscard]] const LoginFromModule& message() const { return message_; }

 private:
  LoginFromModule message_;
};

}  // namespace sekimori::door
