// The [login] table: what it says becomes what is asked of a login, and each mistake is told by line, finding and
// expectation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/policy_text/parse_policy.h"

namespace sekimori::policy_text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

LoginPolicy Parsed(const std::string& toml) {
  Result<Policy> policy = ParsePolicy(toml, "policy.toml");
  EXPECT_TRUE(policy.ok()) << (policy.ok() ? "" : ToString(policy.error()));
  return policy.ok() ? std::move(policy).value().login : LoginPolicy{};
}

TEST(ParseLogin, ReadsEveryKey) {
  const LoginPolicy login = Parsed(R"(
name = "窓口"
[login]
tries = 5
grace-until = 2027-03-31T17:15:00.5+09:00
weak-possession = true

[[login.rule]]
id = "no-guests"
deny = true
reason = "来客用"
[login.rule.match]
user = "guest"
group = ["visitors", "parts"]
service = ["login", "gdm-password"]
origin = "local"

[[login.rule]]
id = "from-outside"
require = ["possession", "inherence"]
at-least = 3
methods = ["password", "totp", "fido2", "card", "fingerprint", "emergency-code"]
match = { origin = "remote" }

[[login.rule]]
id = "rest"
match = "everything"

[[login.session]]
id = "no-cron"
action = "deny"
match = { service = "cron", user = "guest" }

[[login.session]]
id = "keys"
action = "report"
[login.session.match]
service = "sshd"
by-root = false
)");
  EXPECT_EQ(login.tries, 5U);
  const std::chrono::sys_days march{std::chrono::year{2027} / 3 / 31};
  EXPECT_EQ(login.grace_until,
            march + std::chrono::hours{8} + std::chrono::minutes{15} + std::chrono::milliseconds{500});
  EXPECT_TRUE(login.weak_possession);
  ASSERT_EQ(login.rules.size(), 3U);
  LoginRule guests;
  guests.id = "no-guests";
  guests.deny = true;
  guests.reason = "来客用";
  guests.match = {{"guest"}, {"visitors", "parts"}, {"login", "gdm-password"}, Origin::kLocal};
  EXPECT_EQ(login.rules[0], guests);
  LoginRule outside;
  outside.id = "from-outside";
  outside.required = {{FactorClass::kPossession, FactorClass::kInherence}, 3};
  outside.methods = {Method::kPassword, Method::kTotp,        Method::kFido2,
                     Method::kCard,     Method::kFingerprint, Method::kEmergencyCode};
  outside.match.origin = Origin::kRemote;
  EXPECT_EQ(login.rules[1], outside);
  LoginRule rest;
  rest.id = "rest";
  EXPECT_EQ(login.rules[2], rest);
  ASSERT_EQ(login.sessions.size(), 5U);
  EXPECT_EQ(login.sessions[0], (SessionRule{"no-cron", WithoutTicket::kDeny, {{"guest"}, {}, {"cron"}, std::nullopt}}));
  EXPECT_EQ(login.sessions[1], (SessionRule{"keys", WithoutTicket::kReport, {{}, {}, {"sshd"}, std::nullopt, false}}));
  EXPECT_EQ(login.sessions[2].id, "built-in");
  EXPECT_EQ(login.sessions[3].id, "built-in");
  EXPECT_EQ(login.sessions[4].id, "built-in");
}

TEST(ParseLogin, WithoutItTwoClassesAreAskedForAndTheSystemsOwnSessionsAreReported) {
  for (const char* toml : {"", "mode = \"enforce\"", "[login]"}) {
    const LoginPolicy login = Parsed(toml);
    EXPECT_EQ(login, BuiltInLogin()) << toml;
    EXPECT_EQ(login.tries, 3U);
    EXPECT_TRUE(login.rules.empty());
    EXPECT_FALSE(login.grace_until.has_value());
    EXPECT_FALSE(login.weak_possession);
    ASSERT_EQ(login.sessions.size(), 3U);
    EXPECT_EQ(login.sessions[2].match.by_root, true);
    EXPECT_EQ(login.sessions[0].action, WithoutTicket::kReport);
    EXPECT_THAT(login.sessions[0].match.services, ElementsAre("cron", "atd", "systemd-user"));
    EXPECT_EQ(login.sessions[1].action, WithoutTicket::kReport);
    EXPECT_THAT(login.sessions[1].match.services, ElementsAre("su", "su-l", "runuser", "runuser-l"));
    EXPECT_EQ(login.sessions[1].match.by_root, true);
  }
}

TEST(ParseLogin, KnowsTheOffsetOfADate) {
  const std::chrono::sys_days day{std::chrono::year{2027} / 1 / 1};
  EXPECT_EQ(Parsed("[login]\ngrace-until = 2027-01-01T00:00:00Z").grace_until, day);
  EXPECT_EQ(Parsed("[login]\ngrace-until = 2027-01-01T00:00:00-02:30").grace_until, day + std::chrono::minutes{150});
  EXPECT_EQ(Parsed("[login]\ngrace-until = 9999-12-31T23:59:59Z").grace_until,
            std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + std::chrono::seconds{86399});
}

struct Mistake {
  std::string name;
  std::string text;
  std::string where;
  std::string found;
  std::string wanted;
};

TEST(ParseLogin, TellsMistakes) {
  const std::string rule = "[[login.rule]]\nid = \"a\"\n";
  const std::string session = "[[login.session]]\nid = \"a\"\naction = \"deny\"\n";
  const std::string all = "match = \"everything\"\n";
  const std::vector<Mistake> mistakes = {
      {"no table", "login = 3", "policy.toml:1", "login is a whole number", "want a table"},
      {"misspelt key", "[login]\ntry = 3", "policy.toml:2", "unknown key \"try\" in login", ""},
      {"misspelt rule", "[[login.rules]]\nid = \"a\"", "policy.toml:1", "unknown key \"rules\"", "did you mean rule?"},
      {"no tries", "[login]\ntries = 0", "policy.toml:2", "tries is 0", "from 1 to 20"},
      {"tries without end", "[login]\ntries = 21", "policy.toml:2", "tries is 21", "from 1 to 20"},
      {"grace in words", "[login]\ngrace-until = \"2027-03-31\"", "policy.toml:2", "grace-until is a text",
       "without quotation marks"},
      {"grace by day", "[login]\ngrace-until = 2027-03-31", "policy.toml:2", "grace-until is a date", "+09:00"},
      {"grace by nobody's clock", "[login]\ngrace-until = 2027-03-31T17:15:00", "policy.toml:2", "has no offset",
       "+09:00"},
      {"grace on no day", "[login]\ngrace-until = 2027-02-30T17:15:00Z", "policy.toml:2", "not valid TOML", ""},
      {"weak in words", "[login]\nweak-possession = \"no\"", "policy.toml:2", "weak-possession is a text",
       "true or false"},
      {"one bracket", "[login.rule]\nid = \"a\"", "policy.toml:1", "rule is a table", "two brackets"},
      {"no id", "[[login.rule]]\n" + all, "policy.toml:1", "login rule 1 lacks id", ""},
      {"an id that means something else", "[[login.rule]]\nid = \"default\"\n" + all, "policy.toml:2", "\"default\"",
       "none of adopted"},
      {"unknown key", rule + "verdict = \"allow\"\n" + all, "policy.toml:3", "unknown key \"verdict\"", ""},
      {"unknown class", rule + "require = \"knowing\"\n" + all, "policy.toml:3", "require is \"knowing\"",
       "\"knowledge\""},
      {"no class", rule + "require = []\n" + all, "policy.toml:3", "empty list", "leave the key out"},
      {"one factor", rule + "at-least = 1\n" + all, "policy.toml:3", "at-least is 1", "from 2 to 3"},
      {"four factors", rule + "at-least = 4\n" + all, "policy.toml:3", "at-least is 4", "from 2 to 3"},
      {"unknown method", rule + "methods = [\"password\", \"sms\"]\n" + all, "policy.toml:3", "\"sms\"", "\"totp\""},
      {"methods of one class", rule + "methods = [\"password\"]\n" + all, "policy.toml:3", "nobody could prove",
       "want more"},
      {"methods that lack a class",
       rule + "require = \"inherence\"\nmethods = [\"password\", \"totp\", \"card\"]\n" + all, "policy.toml:4",
       "nobody could prove", "want more"},
      {"methods of two classes for three", rule + "at-least = 3\nmethods = [\"card\"]\n" + all, "policy.toml:4",
       "nobody could prove", "want more"},
      {"deny and require", rule + "deny = true\nrequire = \"possession\"\n" + all, "policy.toml:4",
       "require does not go", "deny"},
      {"deny and at-least", rule + "deny = true\nat-least = 2\n" + all, "policy.toml:4", "at-least does not go",
       "deny"},
      {"deny and methods", rule + "deny = true\nmethods = \"fido2\"\n" + all, "policy.toml:4", "methods does not go",
       "deny"},
      {"deny in words", rule + "deny = \"yes\"\n" + all, "policy.toml:3", "deny is a text", "true or false"},
      {"no conditions", rule, "policy.toml:1", "login rule \"a\" has no conditions", "for every login says so"},
      {"empty conditions", rule + "match = {}", "policy.toml:3", "has no conditions", "for every login"},
      {"another word", rule + "match = \"all\"", "policy.toml:3", "another word", "\"everything\""},
      {"unknown condition", rule + "match = { vendor = \"0951\" }", "policy.toml:3", "unknown key \"vendor\" in match",
       "known are user, group, service, origin, by-root"},
      {"no user", rule + "match = { user = [] }", "policy.toml:3", "empty list", ""},
      {"capital service", rule + "match = { service = \"SSHD\" }", "policy.toml:3", "service is \"SSHD\"", "a-z"},
      {"a path for a service", rule + "match = { service = \"/etc/pam.d/login\" }", "policy.toml:3", "service is",
       "a-z"},
      {"long service", rule + "match = { service = \"" + std::string(65, 'a') + "\" }", "policy.toml:3", "service is",
       "1 to 64"},
      {"unknown origin", rule + "match = { origin = \"here\" }", "policy.toml:3", "origin is \"here\"",
       "\"local\" or \"remote\""},
      {"by root in words", rule + "match = { by-root = \"yes\" }", "policy.toml:3", "by-root is a text",
       "true or false"},
      {"id twice", rule + "match = { origin = \"local\" }\n" + rule + all, "policy.toml:4", "\"a\" is taken", "line 1"},
      {"behind everything", rule + all + "[[login.rule]]\nid = \"b\"\n" + all, "policy.toml:4", "never asked", "\"a\""},
      {"session without action", "[[login.session]]\nid = \"a\"\n" + all, "policy.toml:1",
       "session rule 1 lacks action", "\"deny\" or \"report\""},
      {"session let in unseen", "[[login.session]]\nid = \"a\"\naction = \"allow\"\n" + all, "policy.toml:3",
       "action is \"allow\"", "\"deny\" or \"report\""},
      {"session with factors", session + "require = \"possession\"\n" + all, "policy.toml:4", "unknown key \"require\"",
       ""},
      {"session by the built-in name", "[[login.session]]\nid = \"built-in\"\naction = \"deny\"\n" + all,
       "policy.toml:2", "id is \"built-in\"", ""},
      {"session without conditions", session, "policy.toml:1", "session rule \"a\" has no conditions",
       "for every session"},
      {"session id twice", session + "match = { service = \"cron\" }\n" + session + all, "policy.toml:5",
       "\"a\" is taken", "line 1"},
      {"session behind everything", session + all + "[[login.session]]\nid = \"b\"\naction = \"deny\"\n" + all,
       "policy.toml:5", "never asked", "\"a\""},
  };
  for (const Mistake& mistake : mistakes) {
    const Result<Policy> policy = ParsePolicy(mistake.text, "policy.toml");
    ASSERT_FALSE(policy.ok()) << mistake.name;
    EXPECT_EQ(policy.error().code, ErrorCode::kInvalid) << mistake.name;
    EXPECT_EQ(policy.error().where, mistake.where) << mistake.name << ": " << policy.error().detail;
    EXPECT_THAT(policy.error().detail, HasSubstr(mistake.found)) << mistake.name;
    EXPECT_THAT(policy.error().detail, HasSubstr(mistake.wanted)) << mistake.name;
  }
}

TEST(ParseLogin, TakesMethodsThatCanBeEnough) {
  const std::string rule = "[[login.rule]]\nid = \"a\"\nmatch = \"everything\"\n";
  for (const char* methods :
       {"methods = [\"password\", \"totp\"]", "methods = \"fido2\"", "methods = \"card\"",
        "methods = [\"password\", \"emergency-code\"]", "at-least = 3\nmethods = [\"card\", \"fingerprint\"]",
        "require = \"inherence\"\nmethods = [\"password\", \"fingerprint\"]"})
    EXPECT_EQ(Parsed(rule + methods).rules.size(), 1U) << methods;
}

TEST(ParseLogin, HoldsItsBounds) {
  for (const char* kind : {"rule", "session"}) {
    std::string rules;
    for (std::size_t i = 0; i < kMaxLoginRules; ++i)
      rules += "[[login." + std::string(kind) + "]]\nid = \"r" + std::to_string(i) + "\"\n" +
               (std::string(kind) == "session" ? "action = \"deny\"\n" : "") + "match = { user = \"x\" }\n";
    EXPECT_TRUE(ParsePolicy(rules, "policy.toml").ok()) << kind;
    const Result<Policy> more = ParsePolicy(rules + "[[login." + kind + "]]\nid = \"more\"\n", "policy.toml");
    ASSERT_FALSE(more.ok()) << kind;
    EXPECT_THAT(more.error().detail, HasSubstr("1001 [[" + std::string(kind) + "]] tables; want at most 1000"));
  }
}

}  // namespace
}  // namespace sekimori::policy_text
