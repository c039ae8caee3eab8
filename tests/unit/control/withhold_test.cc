#include "agent/control/withhold.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "agent/control/answer.h"
#include "agent/policy/match.h"

namespace sekimori::control {
namespace {

constexpr std::uint32_t kSomebody = 1000;

ports::RuleAsked AsHeardBy(std::uint32_t uid, const std::string& condition, const std::string& wanted) {
  const ports::Answer answer = ports::Explanation{{}, {{"stick", false, condition, wanted, "found"}}};
  return std::get<ports::Explanation>(WithholdFrom(uid, answer)).asked.at(0);
}

TEST(Withhold, WhatWouldHelpToCloneAnAdmittedDeviceIsRootsToRead) {
  const std::set<policy::Condition> everyones = {policy::Condition::kSpeed, policy::Condition::kInterfaces,
                                                 policy::Condition::kHub,   policy::Condition::kRootHub,
                                                 policy::Condition::kTime,  policy::Condition::kAtMost};
  for (int i = 0; i <= static_cast<int>(policy::Condition::kAtMost); ++i) {
    const auto condition = static_cast<policy::Condition>(i);
    const std::string name(policy::ConditionName(condition));
    const ports::RuleAsked heard = AsHeardBy(kSomebody, name, "the secret");
    EXPECT_EQ(heard.wanted, everyones.contains(condition) ? "the secret" : "") << name;
    EXPECT_EQ(heard.withheld, !everyones.contains(condition)) << name;
    EXPECT_EQ(heard.found, "found") << name;
    EXPECT_EQ(AsHeardBy(0, name, "the secret").wanted, "the secret") << name;
    EXPECT_FALSE(AsHeardBy(0, name, "the secret").withheld) << name;
  }
}

TEST(Withhold, AConditionNobodyThoughtOfIsKeptToRoot) {
  EXPECT_EQ(AsHeardBy(kSomebody, "smell", "the secret").wanted, "");
}

TEST(Withhold, WhatWantsNothingWithholdsNothing) {
  EXPECT_FALSE(AsHeardBy(kSomebody, "identity", "").withheld);
}

TEST(Withhold, TheAnswerSaysThatSomethingIsLeftOut) {
  const ports::Answer answer = ports::Explanation{{}, {{"stick", false, "serial", "\"A1\"", "\"B2\""}}};
  const proto::ControlAnswer heard = MakeAnswer(WithholdFrom(kSomebody, answer));
  EXPECT_TRUE(heard.explain().trace(0).withheld());
  EXPECT_EQ(heard.explain().trace(0).wanted(), "");
}

TEST(Withhold, EveryOtherAnswerStaysAsItIs) {
  EXPECT_EQ(std::get<ports::Done>(WithholdFrom(kSomebody, ports::Done{"done"})).detail, "done");
}

}  // namespace
}  // namespace sekimori::control
