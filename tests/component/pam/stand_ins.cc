#include "tests/component/pam/stand_ins.h"

#include <cstring>

#include <dlfcn.h>
#include <security/pam_modules.h>
#include <sys/socket.h>

namespace sekimori::tests {

StandIns& TheStandIns() {
  static StandIns stand_ins;
  return stand_ins;
}

namespace {

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace
}  // namespace sekimori::tests

using sekimori::tests::Next;
using sekimori::tests::TheStandIns;

extern "C" int pam_putenv(pam_handle_t* pamh, const char* name_value) {
  if (TheStandIns().putenv_fails) return PAM_BUF_ERR;
  return Next<int(pam_handle_t*, const char*)>("pam_putenv")(pamh, name_value);
}

using Cleanup = void (*)(pam_handle_t*, void*, int);

extern "C" int pam_set_data(pam_handle_t* pamh, const char* name, void* data, Cleanup cleanup) {
  if (TheStandIns().set_data_fails) return PAM_BUF_ERR;
  return Next<int(pam_handle_t*, const char*, void*, Cleanup)>("pam_set_data")(pamh, name, data, cleanup);
}

extern "C" int getsockopt(int fd, int level, int option, void* value, socklen_t* size) noexcept {
  if (option == SO_PEERCRED && TheStandIns().at_peer_check) TheStandIns().at_peer_check();
  return Next<int(int, int, int, void*, socklen_t*)>("getsockopt")(fd, level, option, value, size);
}

extern "C" void explicit_bzero(void* bytes, std::size_t size) noexcept {
  if (TheStandIns().remember_wiped) TheStandIns().wiped.emplace_back(static_cast<const char*>(bytes), size);
  auto* at = static_cast<volatile char*>(bytes);
  for (std::size_t i = 0; i < size; ++i)
    at[i] = 0;
}
