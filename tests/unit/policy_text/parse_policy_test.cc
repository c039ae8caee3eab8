// The policy file: what it says becomes what is decided, and each mistake is told by line, finding and expectation.
#include "proto/policy_text/parse_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/signing/sha256.h"
#include "proto/toml_text/toml_reader.h"

namespace sekimori::policy_text {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

Policy Parsed(std::string_view toml) {
  Result<Policy> policy = ParsePolicy(toml, "policy.toml");
  EXPECT_TRUE(policy.ok()) << (policy.ok() ? "" : ToString(policy.error()));
  return policy.ok() ? std::move(policy).value() : Policy{};
}

// A policy of one rule with these lines under [rule.match].
Conditions Match(const std::string& lines) {
  const Policy policy = Parsed("[[rule]]\nid = \"r\"\nverdict = \"allow\"\n[rule.match]\n" + lines);
  return policy.rules.empty() ? Conditions{} : policy.rules[0].match;
}

TEST(ParsePolicy, ReadsEveryKey) {
  constexpr std::string_view kText = R"(
mode = "enforce"
name = "住民課 窓口端末"
adopted = "ignore"

[[rule]]
id = "issued-sticks"
verdict = "allow"
reason = "情報主管課が貸与した媒体"
[rule.match]
vendor = "0951"
product = ["1666", "16aF"]
serial = ["60A44C413FAE", "日本語 1"]
port = ["1-2*", "3-1.4"]
speed = ["low", "full", "high", "super", "super-plus"]
interfaces = { equals = ["08:06:50", "08:06:*"] }
hub = false
root-hub = false
descriptor-hash = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
at-most = 2
user = "tanaka"
group = ["jumin", "zeimu"]
time = { days = ["mon", "sun"], from = "08:30", until = "17:15" }

[[rule]]
id = "keys-only"
verdict = "allow-interfaces"
admit = "03:*:*"
match = { interfaces = { any = "03:01:01" } }

[[rule]]
id = "rest"
verdict = "deny"
match = "everything"
)";
  const Policy policy = Parsed(kText);
  EXPECT_EQ(policy.mode, Mode::kEnforce);
  EXPECT_EQ(policy.name, "住民課 窓口端末");
  EXPECT_EQ(policy.source, PolicySource::kLocal);
  EXPECT_EQ(policy.version, 0U);
  EXPECT_FALSE(policy.honour_adopted);
  EXPECT_EQ(policy.sha256, signing::Sha256(kText));
  ASSERT_EQ(policy.rules.size(), 3U);

  const Rule& issued = policy.rules[0];
  EXPECT_EQ(issued.id, "issued-sticks");
  EXPECT_EQ(issued.verdict, Verdict::kAllow);
  EXPECT_EQ(issued.reason, "情報主管課が貸与した媒体");
  Conditions expected;
  expected.vendors = {0x0951};
  expected.products = {0x1666, 0x16af};
  expected.serials = {"60A44C413FAE", "日本語 1"};
  expected.ports = {"1-2*", "3-1.4"};
  expected.speeds = {Speed::kLow, Speed::kFull, Speed::kHigh, Speed::kSuper, Speed::kSuperPlus};
  expected.interfaces = {.relation = SetRelation::kEquals,
                         .patterns = {{.class_code = 8, .subclass = 6, .protocol = 0x50},
                                      {.class_code = 8, .subclass = 6, .protocol = std::nullopt}}};
  expected.hub = false;
  expected.root_hub = false;
  expected.descriptor_hashes.emplace_back();
  for (std::size_t i = 0; i < 32; ++i)
    expected.descriptor_hashes[0][i] = static_cast<std::uint8_t>(i % 16 * 0x11);
  expected.at_most = 2;
  expected.users = {"tanaka"};
  expected.groups = {"jumin", "zeimu"};
  expected.time = TimeWindow{{1, 7}, hours{8} + minutes{30}, hours{17} + minutes{15}};
  EXPECT_EQ(issued.match, expected);

  const Rule& keys = policy.rules[1];
  EXPECT_EQ(keys.verdict, Verdict::kAllowInterfaces);
  const ClassPattern any_hid{.class_code = 3, .subclass = std::nullopt, .protocol = std::nullopt};
  EXPECT_EQ(keys.admit, std::vector{any_hid});
  ASSERT_TRUE(keys.match.interfaces.has_value());
  EXPECT_EQ(keys.match.interfaces->relation, SetRelation::kAny);

  EXPECT_EQ(policy.rules[2].verdict, Verdict::kDeny);
  EXPECT_EQ(policy.rules[2].match, Conditions{});
}

TEST(ParsePolicy, AnEmptyFileObservesAndDeniesByDefault) {
  const Policy policy = Parsed("");
  EXPECT_EQ(policy.mode, Mode::kObserve);
  EXPECT_TRUE(policy.honour_adopted);
  EXPECT_EQ(policy.name, "policy.toml");
  EXPECT_TRUE(policy.rules.empty());
}

TEST(ParsePolicy, KeepsTheOrderOfRules) {
  std::string text;
  for (int i = 0; i < 50; ++i)
    text += "[[rule]]\nid = \"r" + std::to_string(i) + "\"\nverdict = \"deny\"\nmatch = { hub = true }\n";
  const Policy policy = Parsed(text);
  ASSERT_EQ(policy.rules.size(), 50U);
  for (std::size_t i = 0; i < 50; ++i)
    EXPECT_EQ(policy.rules[i].id, "r" + std::to_string(i));
}

TEST(ParsePolicy, TimeWindowHasDefaults) {
  EXPECT_EQ(Match("time = { days = \"sat\" }").time, (TimeWindow{{6}, minutes{0}, hours{24}}));
  EXPECT_EQ(Match("time = { from = \"22:00\" }").time, (TimeWindow{{}, hours{22}, hours{24}}));
  EXPECT_EQ(Match("time = { from = \"22:00\", until = \"05:00\" }").time, (TimeWindow{{}, hours{22}, hours{5}}));
  EXPECT_EQ(Match("time = { until = \"24:00\" }").time, (TimeWindow{{}, hours{0}, hours{24}}));
}

TEST(ParsePolicy, ReadsInterfacesAsATableOfItsOwn) {
  EXPECT_EQ(Match("[rule.match.interfaces]\nsubset = [\"0b:*:*\"]").interfaces->relation, SetRelation::kSubset);
}

struct Mistake {
  std::string name;
  std::string text;
  std::string where;
  std::string found;
  std::string wanted;
};

void ExpectTold(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    const Result<Policy> policy = ParsePolicy(mistake.text, "policy.toml");
    ASSERT_FALSE(policy.ok()) << mistake.name;
    EXPECT_EQ(policy.error().code, ErrorCode::kInvalid) << mistake.name;
    EXPECT_EQ(policy.error().where, mistake.where) << mistake.name << ": " << policy.error().detail;
    EXPECT_THAT(policy.error().detail, HasSubstr(mistake.found)) << mistake.name;
    EXPECT_THAT(policy.error().detail, HasSubstr(mistake.wanted)) << mistake.name;
  }
}

TEST(ParsePolicy, TellsMistakesAtTheTop) {
  ExpectTold({
      {"not TOML", "mode = \"observe\"\nname = \n", "policy.toml:2", "not valid TOML", ""},
      {"mode", "\nmode = \"enforced\"", "policy.toml:2", "mode is \"enforced\"", "\"observe\" or \"enforce\""},
      {"mode of another type", "mode = true", "policy.toml:1", "mode is true or false", "\"observe\" or \"enforce\""},
      {"mode empty", "mode = \"\"", "policy.toml:1", "mode is empty", "want"},
      {"adopted", "adopted = \"honor\"", "policy.toml:1", "\"honor\"", "\"honour\" or \"ignore\""},
      {"adopted by truth", "adopted = true", "policy.toml:1", "adopted is true or false", "\"honour\""},
      {"misspelt key", "# a comment\nmoed = \"enforce\"", "policy.toml:2", "unknown key \"moed\"",
       "did you mean mode?"},
      {"misspelt rule", "[[rules]]\nid = \"a\"", "policy.toml:1", "unknown key \"rules\"", "did you mean rule?"},
      {"key from nowhere", "whitelist = 1", "policy.toml:1", "unknown key \"whitelist\"",
       "known are mode, name, adopted, rule"},
      {"one bracket", "[rule]\nid = \"a\"", "policy.toml:1", "rule is a table", "[[rule]] tables (two brackets)"},
      {"rules as words", "rule = [\"a\"]", "policy.toml:1", "rule holds a text", "[[rule]]"},
      {"key twice", "mode = \"observe\"\nmode = \"enforce\"", "policy.toml:2", "not valid TOML", "mode"},
      {"full-width blank", "mode　= \"observe\"", "policy.toml:1", "full-width", "half-width"},
      {"full-width quotes", "\nmode = ”observe”", "policy.toml:2", "full-width", "half-width"},
      {"escape sequence for a terminal", R"(name = "a\u001b[31m")", "policy.toml:1", "U+001B", "printable"},
      {"text that runs backwards", R"(name = "a\u202eb")", "policy.toml:1", "U+202E", "printable"},
      {"two lines in a name", "name = \"a\\nb\"", "policy.toml:1", "U+000A", "printable"},
      {"long name", "name = \"" + std::string(101, 'a') + "\"", "policy.toml:1", "101 characters", "at most 100"},
  });
}

TEST(ParsePolicy, TellsMistakesInRules) {
  const std::string rule = "[[rule]]\nid = \"a\"\nverdict = \"allow\"\n";
  const std::string other = "[[rule]]\nid = \"b\"\nverdict = \"deny\"\nmatch = { hub = true }\n";
  ExpectTold({
      {"no id", "[[rule]]\nverdict = \"deny\"\nmatch = \"everything\"", "policy.toml:1", "rule 1 lacks id", "a name"},
      {"no verdict", "[[rule]]\nid = \"a\"\nmatch = \"everything\"", "policy.toml:1", "rule 1 lacks verdict",
       "\"allow\", \"deny\" or \"allow-interfaces\""},
      {"verdict", "[[rule]]\nid = \"a\"\nverdict = \"block\"\nmatch = \"everything\"", "policy.toml:3",
       "verdict is \"block\"", "\"allow\", \"deny\" or \"allow-interfaces\""},
      {"id with blanks", "[[rule]]\nid = \"A b\"\nverdict = \"deny\"\nmatch = \"everything\"", "policy.toml:2",
       "id is \"A b\"", "a-z, 0-9"},
      {"id too long", "[[rule]]\nid = \"" + std::string(65, 'a') + "\"\nverdict = \"deny\"\nmatch = \"everything\"",
       "policy.toml:2", "id is", "1 to 64"},
      {"id that means something else", "[[rule]]\nid = \"default\"\nverdict = \"deny\"\nmatch = \"everything\"",
       "policy.toml:2", "id is \"default\"", "none of adopted, default"},
      {"id twice", other + other, "policy.toml:5", "rule id \"b\" is taken by the rule at line 1", "another"},
      {"no match", rule, "policy.toml:1", "rule \"a\" has no conditions", "match = \"everything\""},
      {"empty match", rule + "match = {}", "policy.toml:4", "rule \"a\" has no conditions", "match = \"everything\""},
      {"empty match table", rule + "[rule.match]\n" + other, "policy.toml:4", "rule \"a\" has no conditions",
       "match = \"everything\""},
      {"match by another word", rule + "match = \"all\"", "policy.toml:4", "another word", "\"everything\""},
      {"match of another type", rule + "match = true", "policy.toml:4", "match is true or false", "want a table"},
      {"rule behind everything", "[[rule]]\nid = \"a\"\nverdict = \"deny\"\nmatch = \"everything\"\n" + other,
       "policy.toml:5", "never asked", "\"a\" before it matches everything"},
      {"admit without interfaces", rule + "admit = \"03:*:*\"\nmatch = { hub = false }", "policy.toml:4",
       "admit goes only with", "allow-interfaces"},
      {"interfaces without admit", "[[rule]]\nid = \"a\"\nverdict = \"allow-interfaces\"\nmatch = { hub = false }",
       "policy.toml:1", "rule 1 lacks admit", "03:*:*"},
      {"long reason", rule + "reason = \"" + std::string(301, 'r') + "\"\nmatch = { hub = false }", "policy.toml:4",
       "301 characters", "at most 300"},
      {"unknown key", rule + "mach = { hub = true }\nmatch = { hub = true }", "policy.toml:4", "unknown key \"mach\"",
       "did you mean match?"},
      {"at-most that counts nothing", "[[rule]]\nid = \"a\"\nverdict = \"deny\"\nmatch = { at-most = 1 }",
       "policy.toml:4", "at-most counts devices let in", "lets in"},
      {"the first of two mistakes", other + "[[rule]]\nid = \"a\"\nverdict = 1\nmatch = { hub = 2 }", "policy.toml:7",
       "verdict is a whole number", "want"},
  });
}

TEST(ParsePolicy, TellsMistakesInConditions) {
  const auto in_match = [](const std::string& lines) {
    return "[[rule]]\nid = \"a\"\nverdict = \"allow\"\n[rule.match]\n" + lines;
  };
  const std::string at = "policy.toml:5";
  ExpectTold({
      {"vendor", in_match("vendor = \"951\""), at, "vendor is \"951\"", "four hexadecimal digits"},
      {"vendor with prefix", in_match("vendor = \"0x0951\""), at, "\"0x0951\"", "four hexadecimal digits"},
      {"vendor with sign", in_match("vendor = \"-951\""), at, "\"-951\"", "four hexadecimal digits"},
      {"vendor as number", in_match("vendor = 0951"), at, "not valid TOML", ""},
      {"vendor as good number", in_match("vendor = 951"), at, "vendor is a whole number", "four hexadecimal digits"},
      {"empty list", in_match("vendor = []"), at, "vendor is an empty list", "leave the key out"},
      {"second line of a list", in_match("vendor = [\n\"0951\",\n\"zzzz\"]"), "policy.toml:7", "\"zzzz\"", "four"},
      {"number in a list", in_match("serial = [\"a\",\n12]"), "policy.toml:6", "serial is a whole number",
       "serial number"},
      {"product alone", in_match("product = \"1666\""), at, "product without vendor", "beside their vendor's"},
      {"serial too long", in_match("serial = \"" + std::string(127, 's') + "\""), at, "serial is", "126"},
      {"empty serial", in_match("serial = \"\""), at, "serial is empty", "serial number"},
      {"port", in_match("port = \"1-2?\""), at, "port is \"1-2?\"", "port path"},
      {"port of stars", in_match("port = \"*1*2*3*4*\""), at, "port is", "at most 4 stars"},
      {"speed", in_match("speed = \"fast\""), at, "speed is \"fast\"", "\"super-plus\""},
      {"two relations", in_match("interfaces = { equals = \"03:*:*\", any = \"03:*:*\" }"), at, "2 keys",
       "exactly one of equals, subset and any"},
      {"no relation", in_match("interfaces = {}"), at, "0 keys", "exactly one"},
      {"relation", in_match("interfaces = { equal = \"03:*:*\" }"), at, "unknown key \"equal\"", "mean equals?"},
      {"interfaces as list", in_match("interfaces = [\"03:*:*\"]"), at, "interfaces is a list", "want a table"},
      {"no patterns", in_match("interfaces = { any = [] }"), at, "any is an empty list", "at least one"},
      {"any class", in_match("interfaces = { any = \"*:*:*\" }"), at, "any is \"*:*:*\"", "a class that is no *"},
      {"class alone", in_match("interfaces = { any = \"03\" }"), at, "any is \"03\"", "class:subclass:protocol"},
      {"class with more", in_match("interfaces = { any = \"03:01:01:01\" }"), at, "\"03:01:01:01\"", "class:subclass"},
      {"hub as text", in_match("hub = \"true\""), at, "hub is a text", "true or false"},
      {"root hub as number", in_match("root-hub = 1"), at, "root-hub is a whole number", "true or false"},
      {"hash", in_match("descriptor-hash = \"abcd\""), at, "descriptor-hash is \"abcd\"", "64 hexadecimal digits"},
      {"at most none", in_match("at-most = 0"), at, "at-most is 0", "from 1 to 255"},
      {"at most many", in_match("at-most = 256"), at, "at-most is 256", "from 1 to 255"},
      {"at most as text", in_match("at-most = \"2\""), at, "at-most is a text", "whole number"},
      {"day", in_match("time = { days = \"monday\" }"), at, "days is \"monday\"", "\"mon\""},
      {"time", in_match("time = { from = \"8:30\" }"), at, "from is \"8:30\"", "HH:MM"},
      {"time beyond the day", in_match("time = { until = \"24:01\" }"), at, "\"24:01\"", "\"24:00\""},
      {"minutes", in_match("time = { until = \"12:60\" }"), at, "\"12:60\"", "HH:MM"},
      {"time without quotes", in_match("time = { from = 08:30:00 }"), at, "a date or time without quotation", "HH:MM"},
      {"window of no length", in_match("time = { from = \"09:00\", until = \"09:00\" }"), at, "never opens", "24:00"},
      {"from at the very end", in_match("time = { from = \"24:00\", until = \"05:00\" }"), at, "from is \"24:00\"",
       "next day"},
      {"empty time", in_match("time = {}"), at, "time is empty", "days, from and until"},
      {"unknown key", in_match("vender = \"0951\""), at, "unknown key \"vender\" in match", "did you mean vendor?"},
      {"underscore", in_match("root_hub = true"), at, "unknown key \"root_hub\"", "did you mean root-hub?"},
      {"user with a line break", in_match("user = \"a\\nb\""), at, "U+000A", "printable"},
  });
}

TEST(ParsePolicy, HoldsItsBounds) {
  const Result<Policy> large = ParsePolicy(std::string(toml_text::kMaxTomlBytes + 1, '#'), "policy.toml");
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(ParsePolicy(std::string(toml_text::kMaxTomlBytes, '#'), "policy.toml").ok());

  std::string rules;
  for (std::size_t i = 0; i < kMaxRules; ++i)
    rules += "[[rule]]\nid = \"r" + std::to_string(i) + "\"\nverdict = \"deny\"\nmatch = { hub = true }\n";
  EXPECT_EQ(Parsed(rules).rules.size(), kMaxRules);
  rules += "[[rule]]\nid = \"more\"\nverdict = \"deny\"\nmatch = { hub = true }\n";
  const Result<Policy> more = ParsePolicy(rules, "policy.toml");
  ASSERT_FALSE(more.ok());
  EXPECT_THAT(more.error().detail, HasSubstr("5001 [[rule]] tables; want at most 5000"));

  std::string serials = "[[rule]]\nid = \"a\"\nverdict = \"allow\"\n[rule.match]\nserial = [";
  for (std::size_t i = 0; i < toml_text::kMaxListEntries; ++i)
    serials += "\"" + std::to_string(i) + "\",";
  EXPECT_EQ(Parsed(serials + "]").rules[0].match.serials.size(), toml_text::kMaxListEntries);
  const Result<Policy> longer = ParsePolicy(serials + "\"x\"]", "policy.toml");
  ASSERT_FALSE(longer.ok());
  EXPECT_THAT(longer.error().detail, HasSubstr("serial lists 1001 entries; want at most 1000"));
}

// The parser follows dotted keys of any length into recursion, and a deep enough one would end the agent.
TEST(ParsePolicy, RefusesDeepNestingBeforeParsing) {
  std::string dotted = "a";
  for (int i = 0; i < 200000; ++i)
    dotted += ".a";
  std::string quoted = "\"=\"";
  for (int i = 0; i < 100000; ++i)
    quoted += ".\"=\"";
  std::string header = "[a";
  for (int i = 0; i < 200000; ++i)
    header += ". a";
  ExpectTold({
      {"dotted key", "\n" + dotted + " = 1", "policy.toml:2", "nested more than 16 deep", ""},
      {"quoted dotted key", "x = '''\n\n'''\n" + quoted + " = 1", "policy.toml:4", "nested more than 16 deep", ""},
      {"table header", header + "]", "policy.toml:1", "nested more than 16 deep", ""},
      {"brackets", "x = " + std::string(200000, '['), "policy.toml:1", "nested more than 16 deep", ""},
      {"inline tables", "x = " + std::string(17, '{'), "policy.toml:1", "nested more than 16 deep", ""},
  });
}

TEST(ParsePolicy, DotsAndBracketsInTextsAndCommentsAreNoNesting) {
  const std::string many = "[[[[[[[[[[[[[[[[[[[[ .................... {{{{{{{{{{{{{{{{{{{{ \\\" ";
  EXPECT_EQ(Parsed("# " + many + "\nname = \"" + many + "\"").name.substr(0, 20), std::string(20, '['));
  EXPECT_TRUE(ParsePolicy("name = '[[[[[[[[[[[[[[[[[[[[ .................... {{{{{{{{{{'", "p").ok());
}

}  // namespace
}  // namespace sekimori::policy_text
