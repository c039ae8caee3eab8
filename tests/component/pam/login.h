// A program that logs somebody in through PAM, with the stacks of the tests and a person who answers as told.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <security/pam_appl.h>

#include "proto/login/login.h"

namespace sekimori::tests {

// The stacks: each has the module first, then pam_permit, which turns a PAM_IGNORE into a success.
namespace service {
inline constexpr const char* kOrdinary = "ordinary";  // waits 5 s for a message, 10 s in all
inline constexpr const char* kHasty = "hasty";        // waits 300 ms for a message, 10 s in all
inline constexpr const char* kBrief = "brief";        // waits 5 s for a message, 600 ms in all
inline constexpr const char* kStranger = "stranger";  // expects another user to be listening
inline constexpr const char* kProduct = "product";    // the product's own module, with the tests' arguments
}  // namespace service

// Where the scripted agent listens; in a folder that lives as long as the process.
[[nodiscard]] std::string AgentSocket();

struct Shown {
  int style;
  std::string text;
  friend bool operator==(const Shown&, const Shown&) = default;
};

class Login {
 public:
  // Each question takes the next of `answers`; one that is not there, or none left, is given back as nothing.
  explicit Login(const char* service, const char* user = "yamada", std::deque<std::optional<std::string>> answers = {});
  ~Login();
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  int Authenticate(int flags = 0);
  int Account(int flags = 0);
  int OpenSession(int flags = 0);
  int CloseSession(int flags = 0);
  int SetCredentials(int flags = 0);
  int ChangePassword(int flags = 0);
  int Enter(LoginPhase phase, int flags = 0);

  [[nodiscard]] pam_handle_t* handle() const { return handle_; }
  [[nodiscard]] std::optional<std::string> Ticket() const;
  [[nodiscard]] const std::vector<Shown>& shown() const { return shown_; }
  // Called at every message of the conversation; what it returns instead of PAM_SUCCESS fails the conversation.
  std::function<int()> at_message = [] { return PAM_SUCCESS; };

 private:
  static int Converse(int count, const pam_message** messages, pam_response** responses, void* self);

  pam_handle_t* handle_ = nullptr;
  pam_conv conversation_;
  std::deque<std::optional<std::string>> answers_;
  std::vector<Shown> shown_;
};

}  // namespace sekimori::tests
