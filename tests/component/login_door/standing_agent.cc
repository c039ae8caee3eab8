#include "tests/component/login_door/standing_agent.h"

#include <chrono>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/component/pam/login.h"

namespace sekimori::tests {

void Porter::Serve(ports::LoginLine& line, const ports::LoginPeer& peer) {
  {
    const std::lock_guard lock(mutex_);
    ++came_;
  }
  ports::LoginPeer as = peer;
  as.uid = uid_;
  door_.Serve(line, as);
  const std::lock_guard lock(mutex_);
  ++left_;
  news_.notify_all();
}

bool Porter::EverybodyLeft(int came) {
  std::unique_lock lock(mutex_);
  return news_.wait_for(lock, std::chrono::seconds(10), [&] { return came_ >= came && left_ == came_; });
}

StandingAgent::StandingAgent(const Ways& ways) : porter(door, ways.peer), socket(porter, ways.bounds) {
  users.Add({kYamada, "yamada", {"madoguchi"}});
  users.Add({kSuzuki, "suzuki", {}});
  store.Enrol(kYamada, {.id = "app", .method = model::Method::kTotp, .label = "phone"});
  policy.mode = model::Mode::kEnforce;
  policies.Set(policy);
  ::setenv("LC_ALL", "ja_JP.UTF-8", 1);  // of the program in which the module is
  if (!socket.Start(AgentSocket()).ok()) std::abort();
}

StandingAgent::~StandingAgent() {
  socket.Stop();
  ::unlink(AgentSocket().c_str());
}

std::set<model::FactorClass> StandingAgent::ClassesHeld(std::uint32_t uid) const {
  std::set<model::FactorClass> classes;
  for (const fakes::FakeAuthenticator* each : {&password, &totp})
    for (const auto& held : each->held())
      if (held.uid == uid) classes.insert(held.evidence.classes.begin(), held.evidence.classes.end());
  return classes;
}

int CallAgent() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  AgentSocket().copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
  return fd;
}

}  // namespace sekimori::tests
