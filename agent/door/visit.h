// One phase of one login while it lasts: what Door::Serve does for one connection. One thread.
#pragma once

#include <optional>

#include "agent/door/door.h"
#include "agent/door/speech.h"
#include "proto/login/login.h"

namespace sekimori::door {

class Visit {
 public:
  Visit(const Outside& outside, OpenSessions& sessions, ports::LoginLine& line, const ports::LoginPeer& peer,
        const LoginBegin& begin);
  void Run();

 private:
  void Authenticate();
  [[nodiscard]] login::Output Put(login::Conversation& conversation, const model::Prompt& prompt);
  [[nodiscard]] login::Output Hear(login::Conversation& conversation);
  [[nodiscard]] login::Output WriteDown(login::Conversation& conversation, const model::Receipt& receipt);
  void UseAccount();
  void OpenSession();
  void CloseSession();

  // Why this is refused whatever else there is; nullopt: it is not.
  [[nodiscard]] std::optional<Error> Objection() const;
  void RefuseAtOnce(model::LoginResult result, model::LoginReason reason, const Error& why);
  void Answer(const model::SessionJudged& judged);
  // True: it was sent. A grant is not sent to a module that has said what nobody asked, or left.
  bool Deliver(const model::LoginVerdict& verdict);
  void DeliverRefusal(model::LoginResult result);

  const Outside& outside_;
  OpenSessions& sessions_;
  ports::LoginLine& line_;
  const ports::LoginPeer& peer_;
  const LoginBegin& begin_;
  const Speech speech_;
  const policy::LoginPolicy policy_;
  model::LoginRequest request_;
  model::BootTime until_{};  // the person may answer
};

}  // namespace sekimori::door
