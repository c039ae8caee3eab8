// The control socket for real: a server's thread, clients over a Unix socket, and everything a client can do wrong.
#include "agent/control/server.h"

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/control/client.h"
#include "agent/control/request.h"
#include "proto/frame/frame.h"
#include "tests/fakes/fake_authenticator_orders.h"
#include "tests/fakes/fake_link.h"

namespace sekimori::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class CannedAnswers final : public ports::Questions {
 public:
  ports::Answer Ask(ports::Question question, ports::Asker asker, milliseconds) override {
    asked.push_back(std::move(question));
    askers.push_back(std::move(asker));
    return answer;
  }
  ports::Answer answer = ports::Done{"done"};
  std::vector<ports::Question> asked;
  std::vector<ports::Asker> askers;
};

class ControlServer : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sekimori-control-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    // Another user is to reach the socket.
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    socket_ = folder_ / "control.sock";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static proto::ControlRequest Release(const std::string& reason) {
    proto::ControlRequest request;
    request.mutable_release()->set_reason(reason);
    return request;
  }
  static proto::ControlRequest StatusRequest() {
    proto::ControlRequest request;
    request.mutable_status();
    return request;
  }

  std::filesystem::path folder_, socket_;
  CannedAnswers questions_;
  fakes::FakeLink link_;
  fakes::FakeAuthenticatorOrders authenticators_;
};

TEST_F(ControlServer, PassesAnOrderOfRootOnAndTheAnswerBack) {
  Server server(questions_, link_, authenticators_);
  ASSERT_TRUE(server.Start(socket_).ok());
  const Result<proto::ControlAnswer> answer = Ask(socket_, Release("drill"), seconds{30});
  server.Stop();
  ASSERT_TRUE(answer.ok()) << ToString(answer.error());
  EXPECT_EQ(answer.value().done().detail(), "done");
  ASSERT_EQ(questions_.asked.size(), 1U);
  EXPECT_EQ(std::get<ports::OrderRelease>(questions_.asked[0]).reason, "drill");
  EXPECT_EQ(questions_.askers[0].uid, ::getuid());
}

// The peer's uid is the kernel's word, so only a process of another user can show that it counts.
TEST_F(ControlServer, RefusesOrdersOfOthersAndAnswersTheirStatus) {
  ASSERT_EQ(::getuid(), 0U) << "this test needs root, to become somebody else";
  Server server(questions_, link_, authenticators_);
  ASSERT_TRUE(server.Start(socket_).ok());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(3);
    const Result<proto::ControlAnswer> order = Ask(socket_, Release("mine"), seconds{30});
    const Result<proto::ControlAnswer> status = Ask(socket_, StatusRequest(), seconds{30});
    const bool refused = order.ok() && order.value().error().code() == "denied";
    const bool answered = status.ok() && status.value().has_done();
    ::_exit(refused ? (answered ? 0 : 2) : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  server.Stop();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ASSERT_EQ(questions_.asked.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<ports::AskStatus>(questions_.asked[0]));
  EXPECT_EQ(questions_.askers[0].uid, 65534U);
}

// Runs `check` as another user in a process of its own, whose exit status it gives.
int AsAnother(const std::function<int()>& check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::setuid(65534) == 0 ? check() : 99);
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

TEST_F(ControlServer, TellsWhatARuleWantsOfADeviceToRootOnly) {
  ASSERT_EQ(::getuid(), 0U) << "this test needs root, to become somebody else";
  questions_.answer = ports::Explanation{{}, {{"stick", false, "serial", "\"REGISTERED\"", "\"PLUGGED\""}}};
  proto::ControlRequest request;
  request.mutable_explain()->set_device("1-2");
  Server server(questions_, link_, authenticators_);
  ASSERT_TRUE(server.Start(socket_).ok());
  EXPECT_EQ(AsAnother([&] {
              const Result<proto::ControlAnswer> answer = Ask(socket_, request, seconds{30});
              if (!answer.ok() || answer.value().explain().trace_size() != 1) return 1;
              return answer.value().SerializeAsString().find("REGISTERED") == std::string::npos ? 0 : 2;
            }),
            0);
  const Result<proto::ControlAnswer> answer = Ask(socket_, request, seconds{30});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer.value().explain().trace(0).wanted(), "\"REGISTERED\"");
}

TEST_F(ControlServer, EnrolsThroughTheLinkAndTellsTheOutcome) {
  link_.enrolment = Error{ErrorCode::kUntrusted, "collector", "not the one the token pins"};
  Server server(questions_, link_, authenticators_);
  ASSERT_TRUE(server.Start(socket_).ok());
  proto::ControlRequest request;
  request.mutable_enrol()->set_token("SKM1.abc");
  const Result<proto::ControlAnswer> refused = Ask(socket_, request, seconds{30});
  server.Stop();
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused.value().error().code(), "untrusted");
  EXPECT_EQ(link_.tokens(), std::vector<std::string>{"SKM1.abc"});
  EXPECT_TRUE(questions_.asked.empty());
}

// A link that keeps its answer until it is asked for.
class SlowLink final : public ports::Link {
 public:
  Status Start(ports::LinkSink&) override { return Status::Ok(); }
  void Stop() override {}
  void Wake() override {}
  void ReportPolicy(ports::PolicyReport) override {}
  [[nodiscard]] ports::LinkState State() const override { return {}; }
  void Enrol(std::string, std::function<void(Status)> done) override { asked.set_value(std::move(done)); }
  std::promise<std::function<void(Status)>> asked;
};

TEST_F(ControlServer, AnswersOthersWhileAnEnrolmentTakesItsTime) {
  SlowLink link;
  Server server(questions_, link, authenticators_);
  ASSERT_TRUE(server.Start(socket_).ok());
  proto::ControlRequest request;
  request.mutable_enrol()->set_token("SKM1.abc");
  auto enrolling = std::async(std::launch::async, [&] { return Ask(socket_, request, seconds{60}); });
  const std::function<void(Status)> done = link.asked.get_future().get();
  EXPECT_TRUE(Ask(socket_, StatusRequest(), seconds{30}).ok());
  done(Status::Ok());
  const Result<proto::ControlAnswer> answer = enrolling.get();
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer.value().has_done());
  server.Stop();
  // The link may be slower than the server.
  done(Status::Ok());
}

TEST_F(ControlServer, TellsWhenTheCollectorDoesNotAnswerInTime) {
  SlowLink link;
  Server server(questions_, link, authenticators_, {.enrolment = milliseconds{1}});
  ASSERT_TRUE(server.Start(socket_).ok());
  proto::ControlRequest request;
  request.mutable_enrol()->set_token("SKM1.abc");
  const Result<proto::ControlAnswer> answer = Ask(socket_, request, seconds{60});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer.value().error().code(), "timeout");
}

// --- authenticators -------------------------------------------------------------------------------------------------

proto::ControlRequest BeginRequest() {
  proto::ControlRequest request;
  proto::TotpBegin& begin = *request.mutable_totp_begin();
  begin.set_user("sato");
  begin.set_label("phone");
  begin.set_issuer("Sekimori");
  begin.set_reason("new colleague");
  begin.set_operator_name("tanaka");
  return request;
}

TEST_F(ControlServer, PassesOrdersAboutAuthenticatorsOnAndTheirAnswersBack) {
  authenticators_.answer = [](const ports::AuthenticatorOrder& order) -> ports::AuthenticatorAnswer {
    if (std::holds_alternative<ports::OrderConfirmation>(order)) return ports::WrongCode{4};
    return ports::TotpBegun{"p1", {1000, "sato"}, model::Secret("otpauth://totp/x"), std::chrono::minutes{10}};
  };
  Server server(questions_, link_, authenticators_);
  ASSERT_TRUE(server.Start(socket_).ok());
  const Result<proto::ControlAnswer> begun = Ask(socket_, BeginRequest(), seconds{30});
  proto::ControlRequest confirm;
  confirm.mutable_totp_confirm()->set_pending("p1");
  confirm.mutable_totp_confirm()->set_code("123 456");
  const Result<proto::ControlAnswer> checked = Ask(socket_, confirm, seconds{30});
  server.Stop();
  ASSERT_TRUE(begun.ok() && checked.ok());
  EXPECT_EQ(begun.value().totp_begun().uri(), "otpauth://totp/x");
  EXPECT_EQ(begun.value().totp_begun().within_s(), 600U);
  EXPECT_FALSE(checked.value().totp_checked().right());
  EXPECT_EQ(checked.value().totp_checked().left(), 4U);
  ASSERT_EQ(authenticators_.taken.size(), 2U);
  EXPECT_EQ(std::get<ports::OrderTotp>(authenticators_.taken[0]).operator_name, "tanaka");
  EXPECT_EQ(std::get<ports::OrderConfirmation>(authenticators_.taken[1]).code.bytes(), "123 456");
  EXPECT_EQ(authenticators_.askers[0].uid, ::getuid());
  EXPECT_TRUE(questions_.asked.empty());
}

TEST_F(ControlServer, TakesNoOrderAboutAuthenticatorsFromOthersThanRoot) {
  ASSERT_EQ(::getuid(), 0U) << "this test needs root, to become somebody else";
  Server server(questions_, link_, authenticators_);
  ASSERT_TRUE(server.Start(socket_).ok());
  EXPECT_EQ(AsAnother([&] {
              proto::ControlRequest list;
              list.mutable_authenticators();
              for (const proto::ControlRequest& request : {BeginRequest(), list}) {
                const Result<proto::ControlAnswer> answer = Ask(socket_, request, seconds{30});
                if (!answer.ok() || answer.value().error().code() != "denied") return 1;
              }
              return 0;
            }),
            0);
  server.Stop();
  EXPECT_TRUE(authenticators_.taken.empty());
}

TEST_F(ControlServer, AnswersOthersWhileAnOrderTakesItsTimeAndTellsWhenItTakesTooLong) {
  authenticators_.at_once = false;
  Server server(questions_, link_, authenticators_, {.orders = milliseconds{500}});
  ASSERT_TRUE(server.Start(socket_).ok());
  auto asking = std::async(std::launch::async, [&] { return Ask(socket_, BeginRequest(), seconds{60}); });
  const fakes::FakeAuthenticatorOrders::Done done = authenticators_.waiting.get_future().get();
  EXPECT_TRUE(Ask(socket_, StatusRequest(), seconds{30}).ok());
  const Result<proto::ControlAnswer> answer = asking.get();
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer.value().error().code(), "timeout");
  server.Stop();
  // It may be slower than the server.
  done(ports::Done{});
}

// What comes back on a raw connection until the server hangs up.
std::string Converse(const std::filesystem::path& path, const std::string& bytes) {
  const Result<ScopedFd> socket = Connect(path);
  EXPECT_TRUE(socket.ok());
  (void)!::send(socket.value().get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  std::string back;
  char buffer[4096];
  for (ssize_t count = 1; count > 0;) {
    count = ::recv(socket.value().get(), buffer, sizeof buffer, 0);
    if (count > 0) back.append(buffer, static_cast<std::size_t>(count));
  }
  return back;
}

TEST_F(ControlServer, RefusesWhatIsTooLargeOrNoRequest) {
  Server server(questions_, link_, authenticators_);
  ASSERT_TRUE(server.Start(socket_).ok());
  for (const std::string& bytes : {std::string("\xff\xff\xff\xff", 4), std::string("\0\0\0\3\xff\xff\xff", 7)}) {
    const std::string back = Converse(socket_, bytes);
    ASSERT_GT(back.size(), frame::kHeaderSize);
    proto::ControlAnswer answer;
    ASSERT_TRUE(answer.ParseFromString(back.substr(frame::kHeaderSize)));
    EXPECT_TRUE(answer.has_error());
  }
  EXPECT_TRUE(questions_.asked.empty());
}

TEST_F(ControlServer, HoldsLittleForOthersThanRoot) {
  ASSERT_EQ(::getuid(), 0U) << "this test needs root, to become somebody else";
  Server server(questions_, link_, authenticators_);
  ASSERT_TRUE(server.Start(socket_).ok());
  proto::ControlRequest request;
  request.mutable_explain()->set_device(std::string(kMaxOthersRequest, '1'));
  const auto code = [&] {
    const Result<proto::ControlAnswer> answer = Ask(socket_, request, seconds{30});
    return answer.ok() && answer.value().error().code() == "too_large" ? 0 : 1;
  };
  EXPECT_EQ(AsAnother(code), 0);
  EXPECT_TRUE(questions_.asked.empty());
  EXPECT_EQ(code(), 1) << "root may ask that much";
}

TEST_F(ControlServer, HangsUpOnWhoSaysNothing) {
  Server server(questions_, link_, authenticators_, {.patience = milliseconds{1}});
  ASSERT_TRUE(server.Start(socket_).ok());
  EXPECT_EQ(Converse(socket_, std::string("\0\0", 2)), "");
}

TEST_F(ControlServer, IdleClientsCannotKeepRootOut) {
  Server server(questions_, link_, authenticators_, {.clients = 4, .unprivileged = 2, .patience = seconds{60}});
  ASSERT_TRUE(server.Start(socket_).ok());
  ASSERT_EQ(::getuid(), 0U) << "this test needs root, to become somebody else";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(3);
    std::vector<Result<ScopedFd>> held;
    for (int i = 0; i < 8; ++i)
      held.push_back(Connect(socket_));
    (void)!::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_TRUE(Ask(socket_, StatusRequest(), seconds{30}).ok());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(ControlServer, ReplacesASocketLeftBehindAndStopsCleanly) {
  {
    Server dead(questions_, link_, authenticators_);
    ASSERT_TRUE(dead.Start(socket_).ok());
  }
  ASSERT_TRUE(std::filesystem::exists(socket_));
  Server server(questions_, link_, authenticators_);
  ASSERT_TRUE(server.Start(socket_).ok());
  EXPECT_TRUE(Ask(socket_, StatusRequest(), seconds{30}).ok());
  server.Stop();
  server.Stop();
  EXPECT_FALSE(Ask(socket_, StatusRequest(), seconds{30}).ok());
}

TEST_F(ControlServer, NobodyListeningIsUnavailable) {
  const Result<proto::ControlAnswer> answer = Ask(socket_, StatusRequest(), seconds{1});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
}

TEST_F(ControlServer, APathTooLongForASocketIsSaidSo) {
  Server server(questions_, link_, authenticators_);
  const Status started = server.Start(folder_ / std::string(120, 'x'));
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace sekimori::control
