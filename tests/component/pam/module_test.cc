// What the module does to the program it is a guest of: nothing that program could notice.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <future>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/component/pam/login.h"
#include "tests/component/pam/scripted_agent.h"
#include "tests/component/pam/stand_ins.h"

extern "C" {
#include "drivers/linux/pam/place.h"
}

namespace sekimori::tests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void AskThenGrant(AgentSide& side) {
  side.Read();
  side.Send(Prompt(kLoginAskHidden, "PIN: "));
  side.Read();
  side.Send(Grant(kLoginAuthenticate));
}

// The descriptors of this process that are connected to the agent's socket by its path: the module's end.
std::vector<int> ModuleSockets() {
  std::vector<int> found;
  for (int fd = 0; fd < 256; ++fd) {
    sockaddr_un peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && size > sizeof(sa_family_t) &&
        AgentSocket() == peer.sun_path)
      found.push_back(fd);
  }
  return found;
}

TEST(Module, KeepsItsSocketOutOfChildrenAndClosesIt) {
  ScriptedAgent agent(AgentSocket(), AskThenGrant);
  Login login(service::kOrdinary, "yamada", {"1234"});
  std::vector<int> flags;
  login.at_message = [&] {
    for (const int fd : ModuleSockets())
      flags.push_back(::fcntl(fd, F_GETFD));
    return PAM_SUCCESS;
  };
  EXPECT_EQ(login.Authenticate(), PAM_SUCCESS);
  EXPECT_THAT(flags, ElementsAre(FD_CLOEXEC));
  EXPECT_THAT(ModuleSockets(), IsEmpty());
}

TEST(Module, NeverTakesAStandardStreamForItsSocket) {
  ScriptedAgent agent(AgentSocket(), AskThenGrant);
  Login login(service::kOrdinary, "yamada", {"1234"});
  std::vector<int> sockets;
  login.at_message = [&] {
    sockets = ModuleSockets();
    return PAM_SUCCESS;
  };
  const int kept = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
  ASSERT_EQ(::close(STDIN_FILENO), 0);
  const int code = login.Authenticate();
  if (kept >= 0) {
    ::dup2(kept, STDIN_FILENO);
    ::close(kept);
  }
  EXPECT_EQ(code, PAM_SUCCESS);
  ASSERT_EQ(sockets.size(), 1U);
  EXPECT_GT(sockets[0], STDERR_FILENO);
}

TEST(Module, RaisesNoSignalWhenTheAgentHasLeft) {
  std::promise<void> left;
  ScriptedAgent agent(AgentSocket(), [&](AgentSide& side) {
    side.Close();
    left.set_value();
  });
  std::future<void> gone = left.get_future();
  TheStandIns() = {};
  TheStandIns().at_peer_check = [&] { gone.wait_for(std::chrono::seconds(5)); };
  ASSERT_NE(::signal(SIGPIPE, SIG_DFL), SIG_ERR);
  EXPECT_EQ(Login(service::kOrdinary).Authenticate(), PAM_AUTHINFO_UNAVAIL);
  TheStandIns() = {};
}

TEST(Module, WipesEveryCopyOfAnAnswerAndOfATicket) {
  const std::string secret = "correct horse battery";
  ScriptedAgent agent(AgentSocket(), AskThenGrant);
  Login login(service::kOrdinary, "yamada", {secret});
  StandIns& stand_ins = TheStandIns() = {};
  stand_ins.remember_wiped = true;
  EXPECT_EQ(login.Authenticate(), PAM_SUCCESS);
  stand_ins.remember_wiped = false;
  const auto wiped = [&](const std::string& text) {
    return std::count_if(stand_ins.wiped.begin(), stand_ins.wiped.end(),
                         [&](const std::string& bytes) { return bytes.find(text) != std::string::npos; });
  };
  EXPECT_EQ(wiped(secret), 2) << "the answer and its frame";
  EXPECT_EQ(wiped(kTicket), 4) << "frame, message, copy and variable";
  TheStandIns() = {};
}

TEST(Module, WipesAnAnswerThatIsNotSent) {
  const std::string secret = "correct horse battery";
  for (const int failure : {PAM_SUCCESS, PAM_CONV_ERR}) {
    ScriptedAgent agent(AgentSocket(), AskThenGrant);
    Login login(service::kOrdinary, "yamada", {failure == PAM_SUCCESS ? secret + "\xff" : secret});
    login.at_message = [failure] { return failure; };
    StandIns& stand_ins = TheStandIns() = {};
    stand_ins.remember_wiped = true;
    EXPECT_EQ(login.Authenticate(), PAM_AUTH_ERR);
    stand_ins.remember_wiped = false;
    EXPECT_THAT(stand_ins.wiped, testing::Contains(testing::HasSubstr(secret)));
    TheStandIns() = {};
  }
}

TEST(Module, RefusesWhatItCannotRemember) {
  ScriptedAgent agent(AgentSocket(), AskThenGrant);
  for (bool StandIns::*failing : {&StandIns::putenv_fails, &StandIns::set_data_fails}) {
    Login login(service::kOrdinary, "yamada", {"1234"});
    TheStandIns().*failing = true;
    EXPECT_EQ(login.Authenticate(), PAM_AUTHINFO_UNAVAIL);
    TheStandIns() = {};
    EXPECT_EQ(login.Ticket(), std::nullopt);
    EXPECT_NE(login.SetCredentials(), PAM_SUCCESS);
  }
}

TEST(Product, TakesNoArguments) {
  ScriptedAgent agent(AgentSocket(), [](AgentSide& side) {
    if (const std::optional<LoginFromModule> begin = side.Read()) side.Send(Grant(begin->begin.phase));
  });
  for (const LoginPhase phase : {kLoginAuthenticate, kLoginAccount, kLoginOpenSession, kLoginCloseSession})
    EXPECT_NE(Login(service::kProduct).Enter(phase), PAM_SUCCESS);
  EXPECT_EQ(agent.connections(), 0);
}

TEST(Product, KnowsOnePlaceThatIsRoots) {
  const char* arguments[] = {"socket=/tmp/x", "uid=1000", "patience=1"};
  const AgentPlace place = FindAgentPlace(3, arguments);
  EXPECT_STREQ(place.socket_path, "/run/sekimori/login.sock");
  EXPECT_EQ(place.uid, 0U);
  EXPECT_EQ(place.message_ms, 90'000);
  EXPECT_EQ(place.conversation_ms, 600'000);
  EXPECT_LE(std::max({place.connect_ms, place.send_ms, place.farewell_ms}), 5'000);
}

}  // namespace
}  // namespace sekimori::tests
