#include "tests/component/pam/login.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <dlfcn.h>
#include <unistd.h>

namespace sekimori::tests {
namespace {

class Stacks {
 public:
  Stacks() {
    char name[] = "/tmp/sekimori-pam-XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    folder_ = name;
    const std::string self = std::to_string(::geteuid());
    const std::string other = std::to_string(::geteuid() + 1);
    Write(service::kOrdinary, SEKIMORI_TEST_MODULE, " patience=5000 whole=10000 uid=" + self);
    Write(service::kHasty, SEKIMORI_TEST_MODULE, " patience=300 whole=10000 uid=" + self);
    Write(service::kBrief, SEKIMORI_TEST_MODULE, " patience=5000 whole=600 uid=" + self);
    Write(service::kStranger, SEKIMORI_TEST_MODULE, " patience=5000 whole=10000 uid=" + other);
    Write(service::kProduct, SEKIMORI_PRODUCT_MODULE, " patience=5000 whole=10000 uid=" + self);
    Dl_info found{};
    const bool wrapped = ::dladdr(reinterpret_cast<void*>(&::pam_start), &found) != 0 &&
                         std::strstr(found.dli_fname, "libpam_wrapper") != nullptr;
    if (!wrapped) std::abort();  // never the stacks of this machine
    ::setenv("PAM_WRAPPER", "1", 1);
    ::setenv("UID_WRAPPER_DISABLE_DEEPBIND", "1", 1);  // address sanitizers do not bear RTLD_DEEPBIND
    ::setenv("PAM_WRAPPER_SERVICE_DIR", (folder_ / "pam.d").c_str(), 1);
  }
  ~Stacks() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  void Write(const char* service, const char* module, const std::string& arguments) {
    std::filesystem::create_directory(folder_ / "pam.d");
    std::ofstream file(folder_ / "pam.d" / service);
    for (const char* kind : {"auth", "account", "session", "password"})
      file << kind << " required " << module << " socket=" << (folder_ / "agent.sock").string() << arguments << "\n"
           << kind << " required pam_permit.so\n";
  }

  std::filesystem::path folder_;
};

// libpam_wrapper reads folder and environment once, at the first call of the process.
const Stacks& TheStacks() {
  static const Stacks stacks;
  return stacks;
}

}  // namespace

std::string AgentSocket() {
  return TheStacks().folder() / "agent.sock";
}

Login::Login(const char* service, const char* user, std::deque<std::optional<std::string>> answers)
    : conversation_{&Converse, this}, answers_(std::move(answers)) {
  (void)TheStacks();
  if (::pam_start(service, user, &conversation_, &handle_) != PAM_SUCCESS) std::abort();
}

Login::~Login() {
  ::pam_end(handle_, PAM_SUCCESS);
}

int Login::Authenticate(int flags) {
  return ::pam_authenticate(handle_, flags);
}

int Login::Account(int flags) {
  return ::pam_acct_mgmt(handle_, flags);
}

int Login::OpenSession(int flags) {
  return ::pam_open_session(handle_, flags);
}

int Login::CloseSession(int flags) {
  return ::pam_close_session(handle_, flags);
}

int Login::SetCredentials(int flags) {
  return ::pam_setcred(handle_, flags | PAM_ESTABLISH_CRED);
}

int Login::ChangePassword(int flags) {
  return ::pam_chauthtok(handle_, flags);
}

int Login::Enter(LoginPhase phase, int flags) {
  switch (phase) {
    case kLoginAuthenticate:
      return Authenticate(flags);
    case kLoginAccount:
      return Account(flags);
    case kLoginOpenSession:
      return OpenSession(flags);
    case kLoginCloseSession:
      return CloseSession(flags);
  }
  std::abort();
}

std::optional<std::string> Login::Ticket() const {
  const char* ticket = ::pam_getenv(handle_, "SEKIMORI_TICKET");
  if (ticket == nullptr) return std::nullopt;
  return ticket;
}

int Login::Converse(int count, const pam_message** messages, pam_response** responses, void* self) {
  auto& login = *static_cast<Login*>(self);
  auto* given = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  *responses = given;
  int code = PAM_SUCCESS;
  for (int i = 0; i < count; ++i) {
    login.shown_.push_back({messages[i]->msg_style, messages[i]->msg});
    if (const int failed = login.at_message(); failed != PAM_SUCCESS) code = failed;
    const bool asks = messages[i]->msg_style == PAM_PROMPT_ECHO_OFF || messages[i]->msg_style == PAM_PROMPT_ECHO_ON;
    if (!asks || login.answers_.empty()) continue;
    if (login.answers_.front()) given[i].resp = ::strdup(login.answers_.front()->c_str());
    login.answers_.pop_front();
  }
  return code;
}

}  // namespace sekimori::tests
