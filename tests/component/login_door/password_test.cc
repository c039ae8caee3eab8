// The password, asked of PAM by the real program with a stack of the tests'; and a program that does not behave.
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/authenticators/totp.h"
#include "agent/authenticators/totp_seed.h"
#include "drivers/linux/password_authenticator.h"
#include "drivers/linux/password_program.h"
#include "tests/component/login_door/standing_agent.h"
#include "tests/component/pam/login.h"

namespace sekimori::tests {
namespace {

using drivers::PasswordAuthenticator;
using drivers::PasswordProgram;
using model::Refusal;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

const model::Credential kCredential{.id = login::kPasswordCredential, .method = model::Method::kPassword};

model::LoginRequest Request(const char* user = "yamada") {
  model::LoginRequest request;
  request.user = model::LoginUser{kYamada, user, {}};
  return request;
}

class Password : public testing::Test {
 protected:
  Password() {
    char name[] = "/tmp/sekimori-password-XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    folder_ = name;
    std::filesystem::create_directory(folder_ / "pam.d");
    Write("passdb", "yamada:himitsu:sekimori-password\nsuzuki:himitsu:another-service\n");
    Stack("auth required " SEKIMORI_PAM_MATRIX " passdb=" + (folder_ / "passdb").string() + "\n");
    program_.file = SEKIMORI_PASSWORD_PROGRAM;
    program_.environment = {"PATH=/usr/bin:/bin", "PAM_WRAPPER=1", "UID_WRAPPER_DISABLE_DEEPBIND=1",
                            "PAM_WRAPPER_SERVICE_DIR=" + (folder_ / "pam.d").string(), "ASAN_OPTIONS=detect_leaks=0"};
    program_.refusal_after = milliseconds(1);
  }
  ~Password() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text, bool program = false) {
    std::ofstream(folder_ / name) << text;
    std::filesystem::permissions(folder_ / name, std::filesystem::perms(program ? 0755 : 0644));
  }
  void Stack(const std::string& text) { Write("pam.d/sekimori-password", text); }
  // A program that stands in for ours; $0.out is its to write.
  void StandIn(const std::string& script) {
    Write("stand-in", "#!/bin/sh\n" + script + "\n", true);
    program_.file = folder_ / "stand-in";
  }
  [[nodiscard]] std::string Read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

  [[nodiscard]] Result<ports::ProofStep> Try(const char* password, const char* user = "yamada", bool decoy = false) {
    PasswordAuthenticator authenticator(program_, clock_);
    auto proof = decoy ? authenticator.StartDecoy(Request(user)) : authenticator.Start(Request(user), kCredential);
    if (!proof.ok()) return proof.error();
    if (const auto prompt = proof.value()->Begin(); !prompt.ok()) return prompt.error();
    return proof.value()->Continue(model::Secret(password), clock_.SinceBoot() + std::chrono::minutes(5));
  }
  void ExpectRight(const Result<ports::ProofStep>& step) {
    ASSERT_TRUE(step.ok()) << ToString(step.error());
    ASSERT_TRUE(std::holds_alternative<model::Evidence>(step.value()));
    const auto& evidence = std::get<model::Evidence>(step.value());
    EXPECT_EQ(evidence.classes, model::FactorClasses{model::FactorClass::kKnowledge});
    EXPECT_EQ(evidence.method, model::Method::kPassword);
    EXPECT_EQ(evidence.credential, login::kPasswordCredential);
  }
  void ExpectWrong(const Result<ports::ProofStep>& step) {
    ASSERT_TRUE(step.ok()) << ToString(step.error());
    ASSERT_TRUE(std::holds_alternative<Refusal>(step.value()));
    EXPECT_EQ(std::get<Refusal>(step.value()), Refusal::kWrong);
  }
  void ExpectError(const Result<ports::ProofStep>& step, ErrorCode code) {
    ASSERT_FALSE(step.ok());
    EXPECT_EQ(step.error().code, code) << ToString(step.error());
  }

  std::filesystem::path folder_;
  PasswordProgram program_;
  fakes::FakeClock clock_;
};

TEST_F(Password, ThatIsRightIsKnowledge) {
  ExpectRight(Try("himitsu"));
}

TEST_F(Password, ThatIsWrongIsRefused) {
  for (const char* const wrong : {"Himitsu", "himitsu ", "himits", "x"})
    ExpectWrong(Try(wrong));
}

TEST_F(Password, OfNobodyIsRefusedLikeAWrongOne) {
  ExpectWrong(Try("himitsu", "nobody-has-this-name"));
  ExpectWrong(Try("himitsu", "sekimori:nobody"));
}

TEST_F(Password, ThatIsEmptyIsNone) {
  // A stack that asks and takes whatever comes.
  Stack("auth optional " SEKIMORI_PAM_MATRIX " passdb=" + (folder_ / "passdb").string() +
        "\nauth required pam_permit.so\n");
  ExpectRight(Try("x"));
  ExpectWrong(Try(""));
}

TEST_F(Password, OfADecoyIsNeverRight) {
  ExpectWrong(Try("himitsu", "yamada", true));
}

TEST_F(Password, OfADecoyOrAnEmptyOneIsAskedOfANameThatNobodyHas) {
  StandIn("tr '\\000' '|' >$0.in; exit 81");
  ExpectWrong(Try("himitsu", "yamada", true));
  EXPECT_EQ(Read("stand-in.in"), "sekimori:nobody|himitsu|");
  ExpectWrong(Try(""));
  EXPECT_EQ(Read("stand-in.in"), "sekimori:nobody||");
}

TEST_F(Password, TooLongForAnyIsWrongAndNotCut) {
  const std::string longest(512, 'x');
  Write("passdb", "yamada:" + longest + ":sekimori-password\n");
  ExpectWrong(Try((longest + "x").c_str()));
  ExpectWrong(Try("himitsu", std::string(257, 'y').c_str()));
}

TEST_F(Password, WithoutItsStackCannotBeChecked) {
  // "other" would let everybody in.
  Write("pam.d/other", "auth optional " SEKIMORI_PAM_MATRIX " passdb=" + (folder_ / "passdb").string() +
                           "\nauth required pam_permit.so\n");
  std::filesystem::remove(folder_ / "pam.d/sekimori-password");
  ExpectError(Try("himitsu"), ErrorCode::kUnavailable);
}

TEST_F(Password, WithAStackThatAnybodyMayWriteCannotBeChecked) {
  std::filesystem::permissions(folder_ / "pam.d/sekimori-password", std::filesystem::perms(0666));
  ExpectError(Try("himitsu"), ErrorCode::kUnavailable);
}

TEST_F(Password, IsNotRightForAStackThatAsksNothing) {
  Stack("auth required pam_permit.so\n");
  ExpectError(Try("himitsu"), ErrorCode::kUnavailable);
}

TEST_F(Password, WithAStackThatFailsCannotBeChecked) {
  Stack("auth required pam_no_such_module.so\n");
  ExpectError(Try("himitsu"), ErrorCode::kUnavailable);
}

TEST_F(Password, IsWrongOrUncheckedByPamsOwnWord) {
  for (const char* const word :
       {"auth_err", "user_unknown", "maxtries", "perm_denied", "acct_expired", "cred_insufficient"}) {
    Stack("auth required pam_debug.so auth=" + std::string(word) + "\n");
    ExpectWrong(Try("himitsu"));
  }
  for (const char* const word : {"authinfo_unavail", "system_err", "abort", "service_err", "success"}) {
    Stack("auth required pam_debug.so auth=" + std::string(word) + "\n");
    ExpectError(Try("himitsu"), ErrorCode::kUnavailable);
  }
}

TEST_F(Password, IsTheSameTimeInComingForAllThatIsRefused) {
  program_.refusal_after = milliseconds(700);
  for (const bool decoy : {false, true}) {
    const auto began = std::chrono::steady_clock::now();
    ExpectWrong(Try("x", decoy ? "nobody-has-this-name" : "yamada", decoy));
    EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(700));
  }
}

TEST_F(Password, IsAskedWithoutRightsThatAPasswordDoesNotNeed) {
  Write("look", "#!/bin/sh\n{ ulimit -c; grep NoNewPrivs: /proc/self/status; } >" + (folder_ / "seen").string() + "\n",
        true);
  Stack("auth required " SEKIMORI_PAM_MATRIX " passdb=" + (folder_ / "passdb").string() +
        "\nauth required pam_exec.so " + (folder_ / "look").string() + "\n");
  ExpectRight(Try("himitsu"));
  EXPECT_EQ(Read("seen"), "0\nNoNewPrivs:\t1\n");
}

// --- a program that does not behave ---------------------------------------------------------------------------------

TEST_F(Password, IsNotRightForAnyOtherAnswer) {
  for (const int status : {0, 1, 2, 80, 83, 84, 127, 255}) {
    StandIn("exit " + std::to_string(status));
    ExpectError(Try("himitsu"), ErrorCode::kUnavailable);
  }
  StandIn("kill -9 $$");
  ExpectError(Try("himitsu"), ErrorCode::kUnavailable);
  program_.file = folder_ / "not-there";
  ExpectError(Try("himitsu"), ErrorCode::kUnavailable);
  StandIn("exit 81");
  ExpectRight(Try("himitsu"));
}

TEST_F(Password, WaitsForNoProgramThatHangs) {
  program_.patience = milliseconds(200);
  StandIn("sleep 1000 & wait");
  const auto began = std::chrono::steady_clock::now();
  ExpectError(Try("himitsu"), ErrorCode::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD) << "no child is left";
}

TEST_F(Password, IsToldToTheProgramOnItsPipeAndNowhereElse) {
  StandIn(
      "{ echo \"arguments $#\"; env; for fd in /proc/$$/fd/*; do echo \"fd ${fd##*/}\"; done; } >$0.out; "
      "tr '\\000' '|' >$0.in; exit 81");
  ExpectRight(Try("himitsu"));
  EXPECT_EQ(Read("stand-in.in"), "yamada|himitsu|");
  const std::string seen = Read("stand-in.out");
  EXPECT_THAT(seen, HasSubstr("arguments 0\n"));
  EXPECT_THAT(seen, Not(HasSubstr("himitsu")));
  EXPECT_THAT(seen, Not(HasSubstr("yamada")));
  EXPECT_THAT(seen, Not(HasSubstr("HOME="))) << "nothing of this program's environment";
}

TEST_F(Password, LeavesNoDescriptorOfOursToTheProgram) {
  const int kept = ::dup(STDERR_FILENO);  // not closed on exec
  ASSERT_GE(kept, 0);
  StandIn("if [ -e /proc/$$/fd/" + std::to_string(kept) + " ]; then echo inherited >$0.out; fi; exit 81");
  ExpectRight(Try("himitsu"));
  ::close(kept);
  EXPECT_EQ(Read("stand-in.out"), "");
}

TEST_F(Password, IsNotAskedForWhenTheLoginIsOver) {
  program_.file = folder_ / "not-there";  // would be another error, were it started
  PasswordAuthenticator authenticator(program_, clock_);
  auto proof = authenticator.Start(Request(), kCredential);
  ASSERT_TRUE(proof.ok());
  const auto step = proof.value()->Continue(model::Secret("himitsu"), clock_.SinceBoot() - std::chrono::seconds(1));
  ExpectError(step, ErrorCode::kTimeout);
}

TEST_F(Password, OfARequestWithoutAUserIsNotAsked) {
  PasswordAuthenticator authenticator(program_, clock_);
  EXPECT_FALSE(authenticator.Start(model::LoginRequest{}, kCredential).ok());
  EXPECT_TRUE(authenticator.StartDecoy(model::LoginRequest{}).ok());
}

// --- the whole road -------------------------------------------------------------------------------------------------

// Module, socket, door, conversation, password program and codes, all of them real.
TEST_F(Password, AndCodeOpenTheDoorOnce) {
  StandingAgent agent;
  const char seed[] = "12345678901234567890";
  const authenticators::TotpSeed totp_seed{authenticators::TotpAlgorithm::kSha1, 6, 30, model::Secret(seed)};
  agent.store.Enrol(kSuzuki, {.id = "app", .method = model::Method::kTotp},
                    authenticators::EncodeTotpSeed(totp_seed).value().bytes());
  Write("passdb", "suzuki:himitsu:sekimori-password\n");
  PasswordAuthenticator password(program_, agent.clock);
  authenticators::Totp totp(agent.store, agent.clock, agent.floor);
  agent.authenticators[0] = &password;
  agent.authenticators[1] = &totp;
  const auto step = std::chrono::floor<std::chrono::seconds>(agent.clock.Now()).time_since_epoch().count() / 30;
  const std::string code(authenticators::TotpCode(totp_seed, static_cast<std::uint64_t>(step)).value().bytes());
  {
    Login login(service::kOrdinary, "suzuki", {"himitsu", code});
    EXPECT_EQ(login.Authenticate(), PAM_SUCCESS);
    EXPECT_EQ(login.Account(), PAM_SUCCESS);
    EXPECT_EQ(login.OpenSession(), PAM_SUCCESS);
  }
  Login again(service::kOrdinary, "suzuki", {"himitsu", code});
  EXPECT_EQ(again.Authenticate(), PAM_AUTH_ERR) << "a code is right once";
  Login wrong(service::kOrdinary, "suzuki", {"x", code});
  EXPECT_EQ(wrong.Authenticate(), PAM_AUTH_ERR);
  EXPECT_EQ(wrong.shown(), again.shown());
}

}  // namespace
}  // namespace sekimori::tests
