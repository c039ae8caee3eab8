// Every failure of store, authenticators, clocks, chance and log, in every order of proofs: nobody gets in without two
// different classes, unrecorded, or by a check that was not counted first.
#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "tests/unit/login_conversation/terminal.h"

namespace sekimori::login::tests {
namespace {

struct Fault {
  std::string name;
  std::function<void(Terminal&, Person&)> set = {};
};
using Faults = std::vector<Fault>;

// What a login met on its way. A fault at anything else changes nothing in it: only what it met is made to fail.
struct Met {
  int store_calls = 0;
  int events = 0;
  std::set<std::size_t> authenticators = {};  // that were asked to check
};

// A choice that is not offered is asked for again until it ends; those after this one are all alike.
constexpr int kMostEvents = 8;

constexpr std::array<std::size_t, 5> kAll = {0, 1, 2, 3, 4};
constexpr std::array kCredentials = {"password", "phone", "key", "card", "finger"};
std::vector<fakes::FakeAuthenticator*> Authenticators(Terminal& terminal) {
  return {&terminal.password, &terminal.totp, &terminal.fido2, &terminal.card, &terminal.finger};
}

Faults StoreFaults(const Met& met) {
  Faults faults;
  for (int call = 1; call <= met.store_calls; ++call)
    for (const bool written : {false, true})
      faults.push_back({"store call " + std::to_string(call) + (written ? " fails once written" : " fails"),
                        [=](Terminal& terminal, Person&) { terminal.store.FailCall(call, written); }});
  faults.push_back({"the store is gone", [](Terminal& terminal, Person&) { terminal.store.FailAll(true); }});
  for (int event = 1; event <= met.events; ++event)
    faults.push_back({"the store goes at event " + std::to_string(event), [=](Terminal& terminal, Person& person) {
                        person.before = [&terminal, event](int now) {
                          terminal.store.FailAll(now >= event);
                          return false;
                        };
                      }});
  return faults;
}

Faults AuthenticatorFaults(const Met& met) {
  const std::vector<std::pair<const char*, Does>> wrongs = {
      {"refuses", Does::kRefuses},
      {"does not start", Does::kStartFails},
      {"starts nothing", Does::kStartsNothing},
      {"does not begin", Does::kBeginFails},
      {"fails in its check", Does::kContinueFails},
      {"asks without end", Does::kAsksWithoutEnd},
      {"proves nothing", Does::kProvesNothing},
      {"proves weakly", Does::kProvesWeakly},
      {"proves another credential", Does::kProvesAnotherCredential},
      {"proves another method", Does::kProvesAnotherMethod},
  };
  Faults faults;
  for (const std::size_t which : met.authenticators) {
    const std::string name = "authenticator " + std::to_string(which + 1) + " ";
    for (const auto& [what, does] : wrongs)
      faults.push_back({name + what, [which, does = does](Terminal& terminal, Person&) {
                          Authenticators(terminal)[which]->Do(does);
                        }});
    for (const FactorClass one : {kKnow, kHave, kAm})
      faults.push_back({name + "proves only class " + std::to_string(static_cast<int>(one)),
                        [which, one](Terminal& terminal, Person&) { Authenticators(terminal)[which]->Give({one}); }});
    faults.push_back({name + "tells first",
                      [which](Terminal& terminal, Person&) { Authenticators(terminal)[which]->TellFirst(true); }});
  }
  return faults;
}

Faults ClockFaults(const Met& met) {
  Faults faults;
  const std::vector<std::pair<const char*, std::chrono::microseconds>> jumps = {
      {"goes back", -std::chrono::seconds{30}}, {"goes beyond the end", Conversation::kLongest}};
  for (const auto& [what, jump] : jumps)
    for (int event = 1; event <= met.events; ++event)
      faults.push_back({"the boot clock " + std::string(what) + " at event " + std::to_string(event),
                        [jump = jump, event](Terminal& terminal, Person& person) {
                          person.before = [&terminal, jump, event](int now) {
                            if (now == event) terminal.clock.Advance(jump);
                            return false;
                          };
                        }});
  faults.push_back({"the wall clock stands in 1970", [](Terminal& terminal, Person&) { terminal.clock.SetWall({}); }});
  faults.push_back({"the time floor is unknown", [](Terminal& terminal, Person&) {
                      terminal.floor.Fail(Error{ErrorCode::kIo, "floor", "unreadable"});
                    }});
  return faults;
}

Faults OtherFaults(const Met& met) {
  Faults faults = {
      {"no chance",
       [](Terminal& terminal, Person&) {
         terminal.random.Fail(Error{ErrorCode::kUnavailable, "random", "none"});
       }},
      {"not recorded",
       [](Terminal&, Person& person) {
         person.record = Error{ErrorCode::kFull, "log", "full"};
       }},
  };
  for (const std::size_t which : met.authenticators)
    for (const bool hold : {false, true})
      for (const bool locked : {false, true})
        faults.push_back({"authenticator " + std::to_string(which + 1) +
                              (locked ? " is locked" : " is answered wrong") + (hold ? ", and every decoy holds" : ""),
                          [=](Terminal& terminal, Person& person) {
                            for (fakes::FakeAuthenticator* const each : Authenticators(terminal))
                              each->DecoysHold(hold);
                            if (locked)
                              terminal.store.SetTries({kSato, kCredentials[which]}, 3);
                            else
                              person.answers[AskKey(Authenticators(terminal)[which]->method())] = "wrong";
                          }});
  for (int event = 1; event <= met.events; ++event)
    faults.push_back({"given up at event " + std::to_string(event), [event](Terminal&, Person& person) {
                        person.before = [event](int now) { return now == event; };
                      }});
  return faults;
}

struct Enrolment {
  const char* name;
  std::vector<std::size_t> authenticators;  // on this terminal; with all of them something is enrolled
};

const std::vector<Enrolment>& Enrolments() {
  static const std::vector<Enrolment> enrolments = {
      {"code", {0, 1}},
      {"code, key", {0, 1, 2}},
      {"card", {0, 3}},
      {"code, card", {0, 1, 3}},
      {"code, key, finger, no password", {1, 2, 4}},
      {"everything", {0, 1, 2, 3, 4}},
  };
  return enrolments;
}

// Each "check X" has its "count X" before it, after the last "clear X".
bool CountedBeforeChecked(const std::vector<std::string>& journal) {
  std::map<std::string, bool> counted;
  for (const std::string& line : journal) {
    if (line.starts_with("count ")) counted[line.substr(6)] = true;
    if (line.starts_with("clear ")) counted[line.substr(6)] = false;
    if (line.starts_with("check ") && !counted[line.substr(6)]) return false;
  }
  return true;
}

class Table {
 public:
  // One login with these faults; what must hold, holds.
  Met Run(const Enrolment& enrolment, const std::vector<std::size_t>& order, const char* choice,
          const std::vector<const Fault*>& faults) {
    Terminal terminal;
    terminal.order.clear();
    for (const std::size_t each : order) {
      terminal.order.push_back(Authenticators(terminal)[each]);
      if (each != 0) terminal.Enrol(terminal.order.back()->method(), kCredentials[each]);
    }
    Person person{.answers = {}, .choice = choice};
    for (const Fault* const each : faults)
      each->set(terminal, person);
    const Ended ended = terminal.Run(Sato(), person);
    const std::string wrong = WhatIsWrong(terminal, ended);
    EXPECT_EQ(wrong, "") << Name(enrolment, order, choice, faults);
    ++(ended.granted() ? granted_ : refused_);
    return MetBy(terminal, ended);
  }
  [[nodiscard]] int granted() const { return granted_; }
  [[nodiscard]] int refused() const { return refused_; }

 private:
  static Met MetBy(Terminal& terminal, const Ended& ended) {
    const auto events = static_cast<int>(ended.prompts.size()) + (ended.granted() ? 1 : 0);
    EXPECT_TRUE(!ended.granted() || events <= kMostEvents);
    Met met{.store_calls = terminal.store.calls(), .events = std::min(events, kMostEvents)};
    for (const std::size_t each : kAll)
      if (Authenticators(terminal)[each]->checks() > 0) met.authenticators.insert(each);
    return met;
  }
  static std::string Name(const Enrolment& enrolment, const std::vector<std::size_t>& order, const char* choice,
                          const std::vector<const Fault*>& faults) {
    std::string name = std::string(enrolment.name) + "; order";
    for (const std::size_t each : order)
      name += " " + std::to_string(each + 1);
    name += std::string("; choice ") + choice;
    for (const Fault* const each : faults)
      name += "; " + each->name;
    return name;
  }

  // By what the authenticators themselves saw, not by what the conversation says of them.
  static model::FactorClasses Truth(Terminal& terminal) {
    model::FactorClasses classes;
    for (const fakes::FakeAuthenticator* const each : Authenticators(terminal))
      for (const auto& held : each->held())
        if (held.uid == kSato && !held.evidence.weak && held.evidence.credential != "another" &&
            held.evidence.method == each->method())
          classes.insert(held.evidence.classes.begin(), held.evidence.classes.end());
    return classes;
  }

  static std::string WhatIsWrong(Terminal& terminal, const Ended& ended) {
    if (!CountedBeforeChecked(terminal.journal)) return "checked before it was counted";
    if (ended.verdict.message.empty()) return "nothing is said";
    if (ended.verdict.message[0].key == "it never ended") return "it never ended";
    if (ended.receipts.empty()) return "no receipt";
    if (!ended.granted()) {
      if (!ended.verdict.ticket.empty() || terminal.tickets.open() != 0) return "refused, with a ticket";
      if (ended.receipts.back().result != ended.verdict.result) return "the receipt tells another result";
      return "";
    }
    if (Truth(terminal).size() < 2) return "granted without two classes";
    if (ended.receipts.size() != 1 || ended.receipts[0].result != LoginResult::kGranted) return "granted, not recorded";
    if (std::ranges::find(terminal.journal, "record") == terminal.journal.end()) return "granted before the record";
    if (ended.receipts[0].classes != Truth(terminal)) return "the receipt tells other classes";
    if (terminal.tickets.open() != 1 || ended.verdict.ticket.empty()) return "granted without a ticket";
    return "";
  }

  int granted_ = 0;
  int refused_ = 0;
};

// Code and key prove the same class: where there is everything, one before the other makes the logins of the other
// before the one, under other names. With fewer things both orders are run.
bool IsAlike(const std::vector<std::size_t>& order) {
  return order.size() == kAll.size() && std::ranges::find(order, 2U) < std::ranges::find(order, 1U);
}

template <typename Act>
void ForEachOrder(const Enrolment& enrolment, const Act& act) {
  std::vector<std::size_t> order = enrolment.authenticators;
  std::ranges::sort(order);
  do {
    if (IsAlike(order)) continue;
    for (const char* const choice : {"1", "2", "3"})
      act(order, choice);
  } while (std::ranges::next_permutation(order).found);
}

TEST(EveryOrder, OfProofsIsGrantedWhenNothingFails) {
  Table table;
  for (const Enrolment& enrolment : Enrolments())
    ForEachOrder(enrolment, [&](const auto& order, const char* choice) {
      if (enrolment.authenticators.size() > 2 || std::string(choice) == "1") table.Run(enrolment, order, choice, {});
    });
  EXPECT_GT(table.granted(), 200);
  // A choice that is not offered ("3" of two) is asked for again and never granted.
  EXPECT_GT(table.granted(), 10 * table.refused());
}

void EveryFault(Faults (*faults)(const Met&)) {
  Table table;
  for (const Enrolment& enrolment : Enrolments())
    ForEachOrder(enrolment, [&](const auto& order, const char* choice) {
      for (const Fault& fault : faults(table.Run(enrolment, order, choice, {})))
        table.Run(enrolment, order, choice, {&fault});
    });
  EXPECT_GT(table.granted(), 0);
  EXPECT_GT(table.refused(), 0);
}

TEST(EveryOrder, WithEveryFailureOfTheStore) {
  EveryFault(StoreFaults);
}
TEST(EveryOrder, WithEveryFailureOfAnAuthenticator) {
  EveryFault(AuthenticatorFaults);
}
TEST(EveryOrder, WithEveryFailureOfAClock) {
  EveryFault(ClockFaults);
}
TEST(EveryOrder, WithEveryOtherFailure) {
  EveryFault(OtherFaults);
}

// The second is what the login meets after the first.
TEST(TwoFailures, OfAuthenticatorAndStoreTogether) {
  Table table;
  for (const Enrolment& enrolment : Enrolments()) {
    const auto run = [&](const std::vector<const Fault*>& faults) {
      return table.Run(enrolment, enrolment.authenticators, "1", faults);
    };
    for (const Fault& first : AuthenticatorFaults(run({})))
      for (const Fault& second : StoreFaults(run({&first})))
        run({&first, &second});
  }
  EXPECT_GT(table.granted(), 0);
  EXPECT_GT(table.refused(), 0);
}

// The store fails at each of its calls in turn: while it does, no login gets in that used that call.
TEST(TheStore, LetsNobodyInWhenACallOfTheLoginFails) {
  OfficeTerminal sound;
  ASSERT_TRUE(sound.Run(Sato()).granted());
  const int calls = sound.store.calls();
  ASSERT_GT(calls, 6);
  for (int call = 1; call <= calls; ++call)
    for (const bool written : {false, true}) {
      OfficeTerminal terminal;
      terminal.store.FailCall(call, written);
      const Ended ended = terminal.Run(Sato());
      EXPECT_EQ(ended.verdict.result, LoginResult::kUnavailable) << call;
      EXPECT_EQ(ended.reason(), LoginReason::kStoreFailed) << call;
    }
}

TEST(TheStore, FailsForNobodyAsItDoesForAUser) {
  for (const LoginRequest& request : {Sato(), NobodyAtAll()}) {
    OfficeTerminal terminal;
    terminal.store.FailAll(true);
    EXPECT_EQ(terminal.Run(request).verdict.result, LoginResult::kUnavailable);
  }
}

}  // namespace
}  // namespace sekimori::login::tests
