// Every entry × every failure of the agent, and of the conversation: none succeeds. Each script would end in a grant if
// the module let it go on, so that the one guard it is about decides.
#include <chrono>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/component/pam/login.h"
#include "tests/component/pam/scripted_agent.h"

namespace sekimori::tests {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;

using Script = void (*)(AgentSide&, LoginPhase);

// The module's deadlines in these tests are far below, and what counts as hung up far above.
constexpr milliseconds kTooLate{4'000};
constexpr milliseconds kInTime{3'000};

struct Fault {
  const char* name;
  Script script;  // null: nobody listens
  const char* service = service::kOrdinary;
  int authenticate = PAM_AUTHINFO_UNAVAIL;
  milliseconds taken_after{};
  bool while_authenticating = true;  // false: there it is as it should be
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

// After BEGIN, a body that is a grant but for what `spoil` does to it.
std::string Spoilt(LoginPhase phase, void (*spoil)(std::string&)) {
  std::string body = Grant(phase).substr(kLoginHeaderSize);
  spoil(body);
  return Framed(body);
}

// Nothing more until the module has left; then, too late, the rest.
void HangAndThen(AgentSide& agent, const std::string& rest) {
  if (!agent.HungUpWithin(kTooLate)) agent.Send(rest);
}

const Fault kFaults[] = {
    {"no_socket", nullptr},
    {"socket_of_another_user",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Grant(phase));
     },
     service::kStranger},
    {"takes_no_connection",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Grant(phase));
     },
     service::kHasty, PAM_AUTHINFO_UNAVAIL, kTooLate},
    {"accepts_and_hangs", [](AgentSide& agent, LoginPhase phase) { HangAndThen(agent, Grant(phase)); },
     service::kHasty},
    {"hangs_in_the_header",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Grant(phase).substr(0, 2));
       HangAndThen(agent, Grant(phase).substr(2));
     },
     service::kHasty},
    {"hangs_in_mid_frame",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Grant(phase).substr(0, 8));
       HangAndThen(agent, Grant(phase).substr(8));
     },
     service::kHasty},
    {"one_byte_at_a_time",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       const std::string ticket = phase == kLoginAuthenticate ? kTicket : "";
       for (const char byte : Verdict(kLoginGranted, "a long welcome", ticket)) {
         if (agent.HungUpWithin(milliseconds(100))) return;
         agent.Send({&byte, 1});
       }
     },
     service::kHasty},
    {"talks_for_ever",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       for (int i = 0; i < kTooLate / milliseconds(100); ++i) {
         if (agent.HungUpWithin(milliseconds(100))) return;
         agent.Send(i < 30 ? Prompt(kLoginInformation, "soon") : "");
       }
       agent.Send(Grant(phase));
     },
     service::kBrief},
    {"closes_at_once", [](AgentSide& agent, LoginPhase) { agent.Close(); }},
    {"closes_after_begin",
     [](AgentSide& agent, LoginPhase) {
       agent.Read();
       agent.Close();
     }},
    {"closes_in_mid_frame",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Grant(phase).substr(0, 9));
     }},
    {"closes_before_the_last_byte",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       const std::string grant = Grant(phase);
       agent.Send(std::string_view(grant).substr(0, grant.size() - 1));
     }},
    {"stays_after_the_verdict",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Grant(phase));
       agent.HungUpWithin(kTooLate);
     },
     service::kHasty},
    {"verdict_before_begin",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Send(Grant(phase));
       agent.Close();
     }},
    {"verdict_twice",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Grant(phase) + Grant(phase));
     }},
    {"denied_then_granted",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Verdict(kLoginDenied) + Grant(phase));
     },
     service::kOrdinary, PAM_AUTH_ERR},
    {"granted_then_denied",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Grant(phase) + Verdict(kLoginDenied));
     }},
    {"granted_then_one_byte",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Grant(phase) + "\0"s);
     }},
    {"prompts_without_end",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       for (int i = 0; i < 65; ++i)
         agent.Send(Prompt(kLoginInformation, "again"));
       agent.Send(Grant(phase));
     }},
    {"ticket_only_where_none_belongs",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Verdict(kLoginGranted, "", phase == kLoginAuthenticate ? "" : kTicket));
     }},
    {"grants_before_the_answer",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Prompt(kLoginAskHidden, "PIN: ") + Grant(phase));
       agent.HungUpWithin(milliseconds(200));
     }},
    {"asks_again_before_the_answer",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Prompt(kLoginAskHidden, "PIN: ") + Prompt(kLoginAskHidden, "PIN: "));
       agent.Read();
       agent.Send(Grant(phase));
     }},
    {"asks_outside_authentication",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Prompt(kLoginAskShown, "name: "));
       agent.Read();
       agent.Send(Grant(phase));
     },
     service::kOrdinary,
     PAM_SUCCESS,
     {},
     false},
    {"garbage",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send("HTTP/1.1 200 OK\r\n\r\n" + Grant(phase));
     }},
    {"garbage_in_a_frame",
     [](AgentSide& agent, LoginPhase) {
       agent.Read();
       agent.Send(Framed("\x9c\x03\xff\x00\x01\x01\x01granted"s));
     }},
    {"empty_frame_first",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Framed("") + Grant(phase));
     }},
    {"frame_over_the_bound",
     [](AgentSide& agent, LoginPhase) {
       agent.Read();
       agent.Send(Framed(std::string(4097, '\1')));
     }},
    {"frame_of_four_gigabytes",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send("\xff\xff\xff\xff"s + Grant(phase));
     }},
    {"version_0",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Spoilt(phase, [](std::string& body) { body[0] = 0; }));
     }},
    {"version_2",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Spoilt(phase, [](std::string& body) { body[0] = 2; }));
     }},
    {"unknown_type",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Spoilt(phase, [](std::string& body) { body[1] = 18; }));
     }},
    {"result_0",
     [](AgentSide& agent, LoginPhase) {
       agent.Read();
       agent.Send(Verdict(static_cast<LoginResult>(0)));
     }},
    {"result_6",
     [](AgentSide& agent, LoginPhase) {
       agent.Read();
       agent.Send(Verdict(static_cast<LoginResult>(6)));
     }},
    {"style_0_then_granted",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Prompt(static_cast<LoginStyle>(0), "hm") + Grant(phase));
     }},
    {"denied_with_a_ticket",
     [](AgentSide& agent, LoginPhase) {
       agent.Read();
       agent.Send(Verdict(kLoginDenied, "", kTicket));
     }},
    {"ticket_too_long",
     [](AgentSide& agent, LoginPhase) {
       agent.Read();
       agent.Send(Verdict(kLoginGranted, "", std::string(65, 'x')));
     }},
    {"ticket_that_sets_another_variable",
     [](AgentSide& agent, LoginPhase) {
       agent.Read();
       agent.Send(Verdict(kLoginGranted, "", "x\nLD_PRELOAD=x"));
     }},
    {"message_over_its_bound",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Verdict(kLoginGranted, std::string(1025, 'x'), phase == kLoginAuthenticate ? kTicket : ""));
     }},
    {"message_not_utf8",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Verdict(kLoginGranted, "\xe3\x81", phase == kLoginAuthenticate ? kTicket : ""));
     }},
    {"message_with_an_escape_sequence",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Verdict(kLoginGranted, "\x1b]0;x\x07", phase == kLoginAuthenticate ? kTicket : ""));
     }},
    {"text_longer_than_its_frame",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Spoilt(phase, [](std::string& body) { body[4] = 100; }));
     }},
    {"trailing_bytes_in_the_frame",
     [](AgentSide& agent, LoginPhase phase) {
       agent.Read();
       agent.Send(Spoilt(phase, [](std::string& body) { body += '\0'; }));
     }},
};

using Row = std::tuple<LoginPhase, Fault>;

std::string PhaseName(LoginPhase phase) {
  switch (phase) {
    case kLoginAuthenticate:
      return "authenticate";
    case kLoginAccount:
      return "account";
    case kLoginOpenSession:
      return "open_session";
    case kLoginCloseSession:
      return "close_session";
  }
  return "";
}

int CodeOf(LoginPhase phase, int authenticate) {
  if (phase == kLoginAuthenticate) return authenticate;
  return phase == kLoginAccount ? PAM_PERM_DENIED : PAM_SESSION_ERR;
}

class AgentFault : public testing::TestWithParam<Row> {};

TEST_P(AgentFault, NeverOpensTheDoor) {
  const auto& [phase, fault] = GetParam();
  std::optional<ScriptedAgent> agent;
  if (fault.script != nullptr) {
    const auto script = [phase = phase, run = fault.script](AgentSide& side) { run(side, phase); };
    agent.emplace(AgentSocket(), script, fault.taken_after);
  }
  Login login(fault.service, "yamada", {"1234", "1234"});
  const auto began = std::chrono::steady_clock::now();
  const int code = login.Enter(phase);
  EXPECT_LT(std::chrono::steady_clock::now() - began, kInTime);
  if (phase == kLoginAuthenticate && !fault.while_authenticating) {
    EXPECT_EQ(code, PAM_SUCCESS);
    return;
  }
  EXPECT_EQ(code, CodeOf(phase, fault.authenticate)) << ::pam_strerror(login.handle(), code);
  EXPECT_EQ(login.Ticket(), std::nullopt);
  EXPECT_EQ(Login(fault.service).SetCredentials(), PAM_CRED_ERR);
  EXPECT_NE(login.SetCredentials(), PAM_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(
    Table, AgentFault,
    testing::Combine(testing::Values(kLoginAuthenticate, kLoginAccount, kLoginOpenSession, kLoginCloseSession),
                     testing::ValuesIn(kFaults)),
    [](const auto& row) { return PhaseName(std::get<0>(row.param)) + "_" + std::get<1>(row.param).name; });

// The same stacks with an agent that does nothing wrong: what the table shows is not that nothing ever works.
class SoundAgent : public testing::TestWithParam<std::tuple<LoginPhase, const char*>> {};

TEST_P(SoundAgent, OpensTheDoor) {
  const auto& [phase, service] = GetParam();
  ScriptedAgent agent(AgentSocket(), [phase = phase](AgentSide& side) {
    side.Read();
    side.Send(Grant(phase));
  });
  Login login(service);
  EXPECT_EQ(login.Enter(phase), PAM_SUCCESS);
  EXPECT_EQ(login.SetCredentials(), PAM_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SoundAgent,
    testing::Combine(testing::Values(kLoginAuthenticate, kLoginAccount, kLoginOpenSession, kLoginCloseSession),
                     testing::Values(service::kOrdinary, service::kHasty, service::kBrief)),
    [](const auto& row) { return PhaseName(std::get<0>(row.param)) + "_" + std::get<1>(row.param); });

TEST(StaleSocket, NeverOpensTheDoor) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  AgentSocket().copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  for (const LoginPhase phase : {kLoginAuthenticate, kLoginAccount, kLoginOpenSession, kLoginCloseSession})
    EXPECT_EQ(Login(service::kOrdinary).Enter(phase), CodeOf(phase, PAM_AUTHINFO_UNAVAIL));
  ::unlink(address.sun_path);
}

}  // namespace
}  // namespace sekimori::tests
