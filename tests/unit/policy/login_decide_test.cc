// Which rule, what is enough, what to ask next.
#include "agent/policy/login_decide.h"

#include <gtest/gtest.h>

namespace sekimori::policy {
namespace {

using model::Evidence;
using model::FactorClass;
using model::FactorClasses;
using model::LoginRequest;
using model::Method;

constexpr FactorClass kKnow = FactorClass::kKnowledge;
constexpr FactorClass kHave = FactorClass::kPossession;
constexpr FactorClass kAm = FactorClass::kInherence;

LoginRequest Sato() {
  LoginRequest request;
  request.service = "login";
  request.typed_name = "SATO";
  request.user = model::LoginUser{1000, "sato", {"madoguchi", "users"}};
  request.tty = "tty1";
  return request;
}

LoginRule RuleOf(const char* id, LoginConditions match) {
  LoginRule rule;
  rule.id = id;
  rule.match = std::move(match);
  return rule;
}

Evidence Proof(Method method, FactorClasses classes, bool weak = false) {
  return {method, "c", std::move(classes), weak, std::nullopt};
}

TEST(DecideDemand, AsksForTwoClassesWhenNoRuleMatches) {
  const LoginDemand demand = DecideDemand({}, Sato());
  EXPECT_FALSE(demand.deny);
  EXPECT_EQ(demand.required, Requirement{});
  EXPECT_EQ(demand.rule, "");
}

TEST(DecideDemand, TakesTheFirstRuleWhoseConditionsAllHold) {
  LoginRequest remote = Sato();
  remote.remote_host = "localhost";
  LoginRequest stranger = Sato();
  stranger.user.reset();
  LoginRequest by_root = Sato();
  by_root.by_root = true;
  struct Case {
    const char* name;
    LoginConditions match;
    LoginRequest request;
    bool matches;
  };
  const std::vector<Case> cases = {
      {"nothing asked", {}, Sato(), true},
      {"nothing asked, nobody", {}, stranger, true},
      {"user", {.users = {"ito", "sato"}}, Sato(), true},
      {"another user", {.users = {"ito"}}, Sato(), false},
      {"as typed is not the name", {.users = {"SATO"}}, Sato(), false},
      {"user of nobody", {.users = {"sato", "SATO", ""}}, stranger, false},
      {"group", {.groups = {"madoguchi"}}, Sato(), true},
      {"another group", {.groups = {"kikaku"}}, Sato(), false},
      {"group of nobody", {.groups = {"madoguchi"}}, stranger, false},
      {"user and another group", {.users = {"sato"}, .groups = {"kikaku"}}, Sato(), false},
      {"service", {.services = {"sudo", "login"}}, Sato(), true},
      {"another service", {.services = {"sshd"}}, Sato(), false},
      {"local", {.origin = Origin::kLocal}, Sato(), true},
      {"remote", {.origin = Origin::kRemote}, Sato(), false},
      {"local of a remote one", {.origin = Origin::kLocal}, remote, false},
      {"remote of a remote one", {.origin = Origin::kRemote}, remote, true},
      {"by root", {.by_root = true}, Sato(), false},
      {"by root, of root", {.by_root = true}, by_root, true},
      {"not by root", {.by_root = false}, Sato(), true},
      {"not by root, of root", {.by_root = false}, by_root, false},
  };
  for (const Case& each : cases) {
    LoginPolicy policy;
    policy.rules = {RuleOf("first", each.match), RuleOf("second", {})};
    EXPECT_EQ(DecideDemand(policy, each.request).rule, each.matches ? "first" : "second") << each.name;
    policy.sessions = {{"s", WithoutTicket::kReport, each.match}};
    EXPECT_EQ(DecideWithoutTicket(policy, each.request).action,
              each.matches ? WithoutTicket::kReport : WithoutTicket::kDeny)
        << each.name;
  }
}

TEST(DecideDemand, CarriesWhatTheRuleSays) {
  LoginPolicy policy;
  LoginRule rule = RuleOf("cards", {});
  rule.deny = true;
  rule.required = {{kAm}, 3};
  rule.methods = {Method::kCard};
  policy.rules = {rule};
  const LoginDemand demand = DecideDemand(policy, Sato());
  EXPECT_TRUE(demand.deny);
  EXPECT_EQ(demand.required, rule.required);
  EXPECT_EQ(demand.methods, rule.methods);
}

TEST(ProvenClasses, TakesTheVerifiersWord) {
  struct Case {
    const char* name;
    std::vector<Evidence> evidence;
    bool weak_counts;
    FactorClasses classes;
  };
  const std::vector<Case> cases = {
      {"nothing", {}, false, {}},
      {"password", {Proof(Method::kPassword, {kKnow})}, false, {kKnow}},
      {"key and code are one factor", {Proof(Method::kFido2, {kHave}), Proof(Method::kTotp, {kHave})}, false, {kHave}},
      {"key with PIN", {Proof(Method::kFido2, {kHave, kKnow})}, false, {kHave, kKnow}},
      {"password and key's PIN are one",
       {Proof(Method::kPassword, {kKnow}), Proof(Method::kFido2, {kKnow})},
       false,
       {kKnow}},
      {"a card only read", {Proof(Method::kCard, {})}, false, {}},
      {"a number read over the air", {Proof(Method::kCard, {kHave}, true)}, false, {}},
      {"the same where policy counts it", {Proof(Method::kCard, {kHave}, true)}, true, {kHave}},
      {"the method says nothing", {Proof(Method::kFingerprint, {kKnow})}, false, {kKnow}},
  };
  for (const Case& each : cases) {
    LoginPolicy policy;
    policy.weak_possession = each.weak_counts;
    EXPECT_EQ(ProvenClasses(policy, each.evidence), each.classes) << each.name;
  }
}

TEST(IsEnough, IsNeverFewerThanTwoClasses) {
  for (const std::uint32_t at_least : {0U, 1U, 2U}) {
    const Requirement any{{}, at_least};
    EXPECT_FALSE(IsEnough(any, {}));
    for (const FactorClass one : {kKnow, kHave, kAm}) {
      EXPECT_FALSE(IsEnough(any, {one}));
      EXPECT_FALSE(IsEnough({{one}, at_least}, {one}));
    }
    EXPECT_TRUE(IsEnough(any, {kKnow, kHave}));
    EXPECT_TRUE(IsEnough(any, {kHave, kAm}));
  }
}

TEST(IsEnough, NeedsTheNamedClassesAndTheNumber) {
  EXPECT_FALSE(IsEnough({{kAm}, 2}, {kKnow, kHave}));
  EXPECT_TRUE(IsEnough({{kAm}, 2}, {kKnow, kAm}));
  EXPECT_FALSE(IsEnough({{}, 3}, {kKnow, kHave}));
  EXPECT_TRUE(IsEnough({{}, 3}, {kKnow, kHave, kAm}));
  EXPECT_FALSE(IsEnough({{}, 4}, {kKnow, kHave, kAm}));
}

TEST(Grace, EndsAtItsDateAndWantsThePassword) {
  LoginPolicy policy;
  const model::WallTime end{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}};
  EXPECT_FALSE(InGrace(policy, end - std::chrono::hours{1}));
  policy.grace_until = end;
  EXPECT_TRUE(InGrace(policy, end - std::chrono::microseconds{1}));
  EXPECT_FALSE(InGrace(policy, end));
  EXPECT_TRUE(IsEnoughInGrace({kKnow}));
  EXPECT_FALSE(IsEnoughInGrace({}));
  EXPECT_FALSE(IsEnoughInGrace({kHave}));
}

Candidate CandidateOf(Method method, FactorClasses classes) {
  return {{.id = "c" + std::to_string(static_cast<int>(method)), .method = method}, std::move(classes)};
}

TEST(NextToAsk, OffersAChoiceOnlyWhereThereIsOne) {
  const Candidate password = CandidateOf(Method::kPassword, {kKnow});
  const Candidate code = CandidateOf(Method::kTotp, {kHave});
  const Candidate key = CandidateOf(Method::kFido2, {kHave});
  const Candidate card = CandidateOf(Method::kCard, {kHave, kKnow});
  const Candidate finger = CandidateOf(Method::kFingerprint, {kAm});
  struct Case {
    const char* name;
    Requirement required;
    FactorClasses proven;
    std::vector<Candidate> candidates;
    std::vector<std::size_t> asked;
  };
  const std::vector<Case> cases = {
      {"both are needed", {}, {}, {password, code}, {0}},
      {"then the other", {}, {kKnow}, {code}, {0}},
      {"the password is needed", {}, {}, {password, code, key}, {0}},
      {"then code or key", {}, {kKnow}, {code, key}, {0, 1}},
      {"the card alone would do", {}, {}, {password, card}, {1}},
      {"password and code, or the card", {}, {}, {password, code, card}, {0, 1, 2}},
      {"what adds nothing is not asked", {}, {kHave}, {code, key, password}, {2}},
      {"a named class is needed", {{kAm}, 2}, {}, {password, code, finger}, {2}},
      {"nothing left", {}, {kKnow}, {}, {}},
      {"nothing that helps", {}, {kKnow}, {password}, {}},
  };
  for (const Case& each : cases)
    EXPECT_EQ(NextToAsk(each.required, each.proven, each.candidates), each.asked) << each.name;
}

TEST(CouldBeEnough, LooksAtAllTogether) {
  const Candidate password = CandidateOf(Method::kPassword, {kKnow});
  const Candidate code = CandidateOf(Method::kTotp, {kHave});
  EXPECT_TRUE(CouldBeEnough({}, {}, std::vector{password, code}));
  EXPECT_FALSE(CouldBeEnough({}, {}, std::vector{password}));
  EXPECT_FALSE(CouldBeEnough({}, {kHave}, std::vector{code}));
  EXPECT_TRUE(CouldBeEnough({}, {kKnow}, std::vector{code}));
  EXPECT_FALSE(CouldBeEnough({{kAm}, 2}, {}, std::vector{password, code}));
}

TEST(LoginPolicyOf, BearsNameVersionAndModeOfTheWholePolicy) {
  model::Policy policy;
  policy.name = "窓口";
  policy.version = 7;
  policy.mode = model::Mode::kObserve;
  policy.login.tries = 5;
  const LoginPolicy login = LoginPolicyOf(policy);
  EXPECT_EQ(login.name, "窓口");
  EXPECT_EQ(login.version, 7U);
  EXPECT_EQ(login.mode, model::Mode::kObserve);
  EXPECT_EQ(login.tries, 5U);
  policy.mode = model::Mode::kEnforce;
  EXPECT_EQ(LoginPolicyOf(policy).mode, model::Mode::kEnforce);
}

TEST(BuiltInLogin, ReportsWhatTheSystemStartsByItselfAndDeniesTheRest) {
  const LoginPolicy login = LoginPolicyOf({});
  model::LoginRequest request;
  for (const char* service : {"cron", "atd", "systemd-user"}) {
    request.service = service;
    EXPECT_EQ(DecideWithoutTicket(login, request).action, WithoutTicket::kReport) << service;
    EXPECT_EQ(DecideWithoutTicket(login, request).rule, "built-in") << service;
  }
  for (const char* service : {"login", "sshd", "su", "sudo", "", "cron2"}) {
    request.service = service;
    EXPECT_EQ(DecideWithoutTicket(login, request).action, WithoutTicket::kDeny) << service;
  }
}

TEST(BuiltInLogin, ReportsRootThatBecomesAnotherAndDeniesAUserWhoDoes) {
  const LoginPolicy login = LoginPolicyOf({});
  model::LoginRequest request;
  for (const char* service : {"su", "su-l", "runuser", "sudo", "login", "sshd"}) {
    request.service = service;
    const bool becomes = std::string_view(service).starts_with("su") && std::string_view(service) != "sudo";
    request.by_root = true;
    EXPECT_EQ(DecideWithoutTicket(login, request).action == WithoutTicket::kReport,
              becomes || request.service == "runuser")
        << service;
    request.by_root = false;
    EXPECT_EQ(DecideWithoutTicket(login, request).action, WithoutTicket::kDeny) << service;
  }
}

// Or adduser, which names the new account with chfn, fails, and GDM has no login screen.
TEST(BuiltInLogin, ReportsWhatRootsOwnProgramsNeedPamFor) {
  const LoginPolicy login = LoginPolicyOf({});
  model::LoginRequest request;
  for (const char* service : {"chfn", "chsh", "gdm-launch-environment"}) {
    request.service = service;
    request.by_root = true;
    EXPECT_EQ(DecideWithoutTicket(login, request).action, WithoutTicket::kReport) << service;
    EXPECT_EQ(DecideWithoutTicket(login, request).rule, "built-in") << service;
    request.by_root = false;
    EXPECT_EQ(DecideWithoutTicket(login, request).action, WithoutTicket::kDeny) << service;
  }
  request.by_root = true;
  for (const char* service : {"gdm-autologin", "gdm-password", "passwd"}) {
    request.service = service;
    EXPECT_EQ(DecideWithoutTicket(login, request).action, WithoutTicket::kDeny) << service;
  }
}

}  // namespace
}  // namespace sekimori::policy
