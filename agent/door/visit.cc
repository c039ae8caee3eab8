#include "agent/door/visit.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "agent/door/heard.h"
#include "agent/login/recording.h"
#include "agent/login/wording.h"

namespace sekimori::door {
namespace {

using model::LoginReason;
using model::SessionGround;

LoginStyle StyleOf(model::PromptStyle style) {
  switch (style) {
    case model::PromptStyle::kAskHidden:
      return kLoginAskHidden;
    case model::PromptStyle::kAskShown:
      return kLoginAskShown;
    case model::PromptStyle::kTellError:
      return kLoginError;
    case model::PromptStyle::kTell:
      break;
  }
  return kLoginInformation;
}

::LoginResult ResultOf(model::LoginResult result) {
  switch (result) {
    case model::LoginResult::kGranted:
      return kLoginGranted;
    case model::LoginResult::kDenied:
      return kLoginDenied;
    case model::LoginResult::kTooManyTries:
      return kLoginTooManyTries;
    case model::LoginResult::kNotNow:
      return kLoginNotNow;
    case model::LoginResult::kUnavailable:
      break;
  }
  return kLoginUnavailable;
}

model::LoginRequest RequestOf(const LoginBegin& begin, const ports::LoginPeer& peer) {
  return {.service = begin.service,
          .typed_name = begin.user,
          .user = std::nullopt,
          .tty = begin.tty,
          .remote_host = begin.rhost,
          .remote_user = begin.ruser,
          .process = peer.process,
          .parent = peer.parent,
          .by_root = peer.uid == 0 && peer.started_by == 0};
}

std::string_view BytesOf(const LoginFrame& frame) {
  return {reinterpret_cast<const char*>(frame.bytes), frame.size};
}

model::SessionPhase PhaseOf(LoginPhase phase) {
  if (phase == kLoginAccount) return model::SessionPhase::kAccount;
  return phase == kLoginOpenSession ? model::SessionPhase::kOpen : model::SessionPhase::kClose;
}

}  // namespace

Visit::Visit(const Outside& outside, OpenSessions& sessions, ports::LoginLine& line, const ports::LoginPeer& peer,
             const LoginBegin& begin)
    : outside_(outside),
      sessions_(sessions),
      line_(line),
      peer_(peer),
      begin_(begin),
      speech_(begin.language, begin.service, begin.tty),
      policy_(outside.policies.Current()),
      request_(RequestOf(begin, peer)) {}

void Visit::Run() {
  Result<std::optional<model::LoginUser>> user = outside_.users.Find(request_.typed_name);
  if (!user.ok()) return RefuseAtOnce(model::LoginResult::kUnavailable, LoginReason::kStoreFailed, user.error());
  request_.user = std::move(user).value();
  if (const std::optional<Error> objection = Objection())
    return RefuseAtOnce(model::LoginResult::kDenied, LoginReason::kRule, *objection);
  switch (begin_.phase) {
    case kLoginAuthenticate:
      return Authenticate();
    case kLoginAccount:
      return UseAccount();
    case kLoginOpenSession:
      return OpenSession();
    case kLoginCloseSession:
      return CloseSession();
  }
}

std::optional<Error> Visit::Objection() const {
  // Its stack would have to name the login module: a question without an end.
  if (request_.service == kOwnService)
    return Error{ErrorCode::kDenied, kOwnService, "the agent's own password service does not log anybody in"};
  const std::uint32_t asked = request_.user ? request_.user->uid : model::kNobody;
  if (peer_.uid != 0 && peer_.uid != asked)
    return Error{ErrorCode::kDenied, "uid " + std::to_string(peer_.uid), "it may ask about itself only"};
  return std::nullopt;
}

void Visit::RefuseAtOnce(model::LoginResult result, LoginReason reason, const Error& why) {
  DeliverRefusal(result);
  // Refused in any case, recorded or not.
  if (begin_.phase != kLoginAuthenticate) {
    (void)outside_.journal.Record(login::Undecided(request_, PhaseOf(begin_.phase), policy_, why));
    return;
  }
  model::Receipt receipt{.request = request_, .result = result, .reason = reason};
  receipt.policy_name = policy_.name;
  receipt.policy_version = policy_.version;
  receipt.detail = ToString(why);
  (void)outside_.journal.Record(login::EventOf(receipt));
}

// --- authenticate ---------------------------------------------------------------------------------------------------

void Visit::Authenticate() {
  until_ = outside_.desk.clock.SinceBoot() + login::Conversation::kLongest;
  login::Conversation conversation(outside_.desk, policy_, request_);
  login::Output output = conversation.Start();
  for (;;) {
    if (const auto* const say = std::get_if<login::Say>(&output)) {
      // Made whole before it takes the place of what it was made from.
      login::Output next = Put(conversation, say->prompt);
      output = std::move(next);
    } else if (const auto* const record = std::get_if<login::Record>(&output)) {
      login::Output next = WriteDown(conversation, record->receipt);
      output = std::move(next);
    } else {
      break;
    }
  }
  const auto& finish = std::get<login::Finish>(output);
  const bool delivered = Deliver(finish.verdict);
  if (finish.receipt) (void)outside_.journal.Record(login::EventOf(*finish.receipt));  // of a refusal
  if (!delivered) (void)conversation.Cancelled();                                      // its ticket is nobody's now
}

login::Output Visit::Put(login::Conversation& conversation, const model::Prompt& prompt) {
  LoginPrompt said{};
  said.style = StyleOf(prompt.style);
  LoginFrame frame;
  const bool fit = LoginCopyText(said.text, sizeof said.text, speech_.PromptText(prompt).c_str()) &&
                   LoginEncodePrompt(&said, &frame) == kLoginSound;
  if (!fit || !line_.Send(BytesOf(frame)).ok()) return conversation.Cancelled();
  return model::Asks(prompt) ? Hear(conversation) : conversation.Shown();
}

login::Output Visit::Hear(login::Conversation& conversation) {
  const model::BootTime left = std::max(until_ - outside_.desk.clock.SinceBoot(), model::BootTime{});
  const Result<model::Secret> body = line_.Receive(std::chrono::ceil<std::chrono::milliseconds>(left));
  if (!body.ok() && body.error().code == ErrorCode::kTimeout) return conversation.TimeOver();
  if (!body.ok()) return conversation.Cancelled();
  const Heard heard(body.value());
  if (heard.message().type != kLoginAnswer) return conversation.Cancelled();
  return conversation.Answered(model::Secret(heard.message().answer.text));
}

login::Output Visit::WriteDown(login::Conversation& conversation, const model::Receipt& receipt) {
  // The log is not told of a login that nobody waits for any more.
  if (line_.Disturbed()) return conversation.Cancelled();
  return conversation.Recorded(outside_.journal.Record(login::EventOf(receipt)));
}

// --- account and session --------------------------------------------------------------------------------------------

void Visit::UseAccount() {
  const login::SessionAnswer answer = login::JudgeAccount(outside_.desk.tickets, policy_, request_, begin_.ticket);
  // With a ticket there is nothing to tell that the login's own record does not.
  if (answer.allowed && answer.ground == SessionGround::kTicket) {
    (void)Deliver({model::LoginResult::kGranted, {}, {}});
    return;
  }
  Answer(login::EventOf(request_, model::SessionPhase::kAccount, policy_, answer));
}

void Visit::OpenSession() {
  const login::SessionAnswer answer = login::JudgeSession(outside_.desk.tickets, policy_, request_, begin_.ticket);
  Answer(login::EventOf(request_, model::SessionPhase::kOpen, policy_, answer));
}

void Visit::CloseSession() {
  if (sessions_.Close(request_)) return Answer(login::Closed(request_, policy_));
  // Ours from before a restart, or nobody's: programs go on with the logout.
  (void)Deliver({model::LoginResult::kDenied, {{"login.close_unknown"}}, {}});
}

void Visit::Answer(const model::SessionJudged& judged) {
  if (!judged.allowed) {
    DeliverRefusal(model::LoginResult::kDenied);
    (void)outside_.journal.Record(judged);
    return;
  }
  if (!outside_.journal.Record(judged).ok()) return DeliverRefusal(model::LoginResult::kUnavailable);
  if (judged.phase == model::SessionPhase::kOpen) sessions_.Opened(request_);
  (void)Deliver({model::LoginResult::kGranted, {}, {}});
}

// --- verdict --------------------------------------------------------------------------------------------------------

void Visit::DeliverRefusal(model::LoginResult result) {
  (void)Deliver({result, login::RefusalWords(result), {}});
}

bool Visit::Deliver(const model::LoginVerdict& verdict) {
  if (verdict.result == model::LoginResult::kGranted && line_.Disturbed()) return false;
  ::LoginVerdict said{};
  said.result = ResultOf(verdict.result);
  LoginFrame frame;
  bool sent = LoginCopyText(said.message, sizeof said.message, speech_.MessageText(verdict.message).c_str()) &&
              LoginCopyText(said.ticket, sizeof said.ticket, verdict.ticket.c_str()) &&
              LoginEncodeVerdict(&said, &frame) == kLoginSound;
  sent = sent && line_.Send(BytesOf(frame)).ok();
  line_.End();
  model::WipeBytes(reinterpret_cast<char*>(&said), sizeof said);
  model::WipeBytes(reinterpret_cast<char*>(&frame), sizeof frame);
  return sent;
}

}  // namespace sekimori::door
