// A terminal at which one logs in: every fake that a conversation needs, and a person who answers.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/login/conversation.h"
#include "tests/fakes/fake_authenticator.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_login_store.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/fake_time_floor.h"

namespace sekimori::login::tests {

using model::FactorClass;
using model::LoginReason;
using model::LoginRequest;
using model::LoginResult;
using model::Method;
using Does = fakes::FakeAuthenticator::Does;

inline constexpr FactorClass kKnow = FactorClass::kKnowledge;
inline constexpr FactorClass kHave = FactorClass::kPossession;
inline constexpr FactorClass kAm = FactorClass::kInherence;
inline constexpr std::uint32_t kSato = 1000;

inline std::string AskKey(Method method) {
  return "ask " + std::to_string(static_cast<int>(method));
}

inline LoginRequest RequestOf(std::string typed, std::optional<model::LoginUser> user) {
  LoginRequest request;
  request.service = "login";
  request.typed_name = std::move(typed);
  request.user = std::move(user);
  request.tty = "tty1";
  request.process = {4711, 90000};
  request.parent = {4000, 80000};
  return request;
}
inline LoginRequest Sato() {
  return RequestOf("sato", model::LoginUser{kSato, "sato", {"madoguchi"}});
}
inline LoginRequest NobodyAtAll() {
  return RequestOf("satoo", std::nullopt);
}

// Gives "right" to everything, unless told otherwise for a prompt's key.
struct Person {
  std::map<std::string, std::string> answers = {};
  std::string choice = "1";
  Status record = Status::Ok();
  // Called with the number of the event, from 1, before it; true: the person gives up instead.
  std::function<bool(int)> before = {};
};

struct Ended {
  model::LoginVerdict verdict;
  std::vector<model::Receipt> receipts;  // recorded before a grant, and after a refusal
  std::vector<model::Prompt> prompts;
  [[nodiscard]] bool granted() const { return verdict.result == LoginResult::kGranted; }
  [[nodiscard]] std::vector<std::string> keys() const {
    std::vector<std::string> keys;
    for (const model::Prompt& each : prompts)
      keys.push_back(each.words.key);
    return keys;
  }
  [[nodiscard]] LoginReason reason() const { return receipts.back().reason; }
};

struct Terminal {
  Terminal() {
    for (fakes::FakeAuthenticator* each : {&password, &totp, &fido2, &card, &finger})
      each->KeepJournal(&journal);
    store.KeepJournal(&journal);
  }

  fakes::FakeClock clock;
  fakes::FakeTimeFloor floor;
  fakes::FakeRandom random;
  fakes::FakeLoginStore store;
  TicketRegistry tickets{clock, random};
  fakes::FakeAuthenticator password{Method::kPassword, {kKnow}};
  fakes::FakeAuthenticator totp{Method::kTotp, {kHave}};
  fakes::FakeAuthenticator fido2{Method::kFido2, {kHave}};
  fakes::FakeAuthenticator card{Method::kCard, {kHave, kKnow}};
  fakes::FakeAuthenticator finger{Method::kFingerprint, {kAm}};
  std::vector<ports::Authenticator*> order{&password, &totp, &fido2, &card, &finger};
  policy::LoginPolicy policy;
  std::vector<std::string> journal;

  void Enrol(Method method, std::string id) { store.Enrol(kSato, {.id = std::move(id), .method = method}); }
  [[nodiscard]] Desk desk() { return {order, store, clock, floor, tickets}; }

  // From the first word to the verdict.
  Ended Run(const LoginRequest& request, const Person& person = {}) {
    Conversation conversation(desk(), policy, request);
    Ended ended;
    Output next = conversation.Start();
    for (int step = 1; step < 200; ++step) {
      const bool over = std::holds_alternative<Finish>(next);
      if (!over && person.before && person.before(step)) {
        next = conversation.Cancelled();
      } else if (const auto* const say = std::get_if<Say>(&next)) {
        ended.prompts.push_back(say->prompt);
        const std::string& key = say->prompt.words.key;
        const auto known = person.answers.find(key);
        const std::string text = known != person.answers.end() ? known->second
                                 : key == "login.choose"       ? person.choice
                                                               : "right";
        next = model::Asks(say->prompt) ? conversation.Answered(model::Secret(text)) : conversation.Shown();
      } else if (const auto* const record = std::get_if<Record>(&next)) {
        if (person.record.ok()) ended.receipts.push_back(record->receipt);
        if (person.record.ok()) journal.push_back("record");
        next = conversation.Recorded(person.record);
      } else {
        const Finish& finish = std::get<Finish>(next);
        ended.verdict = finish.verdict;
        if (finish.receipt) ended.receipts.push_back(*finish.receipt);
        return ended;
      }
    }
    ended.verdict.message = {{"it never ended"}};
    return ended;
  }
};

// Password and code: what most have.
struct OfficeTerminal : Terminal {
  OfficeTerminal() { Enrol(Method::kTotp, "phone"); }
};

}  // namespace sekimori::login::tests
