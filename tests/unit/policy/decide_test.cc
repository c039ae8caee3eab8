// Order of the questions, verdicts per interface, and what every decision carries.
#include "agent/policy/decide.h"

#include <map>

#include <gtest/gtest.h>

#include "tests/unit/policy/samples.h"

namespace sekimori::policy {
namespace {

using namespace samples;  // NOLINT: the vocabulary of these tests
using model::Basis;
using model::Decision;
using model::Device;
using model::Policy;
using model::Rule;
using model::Verdict;
using Numbers = std::set<std::uint8_t>;

Decision Decide(const Policy& policy, const Device& device, const model::Baseline& baseline = {}) {
  return DecideDevice(policy, baseline, device, TuesdayMorning());
}

Rule AllowEverything() {
  return RuleOf("everything", Verdict::kAllow);
}

Rule AllowHid() {
  Rule rule = RuleOf("hid", Verdict::kAllow);
  rule.match.interfaces = {.relation = model::SetRelation::kEquals, .patterns = {AnyOfClass(0x03)}};
  return rule;
}

Rule AdmitHid() {
  Rule rule = RuleOf("only-hid", Verdict::kAllowInterfaces);
  rule.admit = {AnyOfClass(0x03)};
  rule.reason = "キーボード部分だけ";
  return rule;
}

TEST(DecideDevice, DeniesStorageWhenNoRuleMatches) {
  const Decision decision = Decide(PolicyOf({AllowHid()}), Stick());
  EXPECT_EQ(decision.verdict, Verdict::kDeny);
  EXPECT_EQ(decision.basis, Basis::kDefault);
  EXPECT_EQ(decision.rule, "");
  EXPECT_EQ(decision.reason, "");
}

TEST(DecideDevice, DeniesWithoutAnyPolicy) {
  for (const Device& device : {Stick(), Keyboard(), Hub(), DeviceOf({})})
    EXPECT_EQ(Decide(Policy{}, device).verdict, Verdict::kDeny);
}

TEST(DecideDevice, RefusesAKeyboardThatIsAlsoADisk) {
  EXPECT_EQ(Decide(PolicyOf({AllowHid()}), Keyboard()).verdict, Verdict::kAllow);
  EXPECT_EQ(Decide(PolicyOf({AllowHid()}), KeyboardWithDisk()).verdict, Verdict::kDeny);
}

TEST(DecideDevice, CarriesRuleReasonAndPolicy) {
  Rule rule = AllowEverything();
  rule.reason = "情報主管課が貸与した媒体";
  const Decision decision = Decide(PolicyOf({rule}), Stick());
  EXPECT_EQ(decision.basis, Basis::kRule);
  EXPECT_EQ(decision.rule, "everything");
  EXPECT_EQ(decision.reason, "情報主管課が貸与した媒体");
  EXPECT_EQ(decision.policy_version, 12U);
  EXPECT_EQ(decision.policy_name, "窓口端末");
  EXPECT_EQ(decision.policy_source, model::PolicySource::kCollector);
}

TEST(DecideDevice, EveryBasisCarriesThePolicy) {
  Device unreadable = Stick();
  unreadable.complete = false;
  Device root = Hub();
  root.root_hub = true;
  const std::vector<std::pair<Device, Basis>> cases{{unreadable, Basis::kUnreadable},
                                                    {root, Basis::kRootHub},
                                                    {Keyboard(), Basis::kAdopted},
                                                    {Stick(), Basis::kDefault}};
  for (const auto& [device, basis] : cases) {
    const Decision decision = Decide(PolicyOf({}), device, {Adopt(Keyboard())});
    EXPECT_EQ(decision.basis, basis);
    EXPECT_EQ(decision.policy_version, 12U);
    EXPECT_EQ(decision.policy_name, "窓口端末");
    EXPECT_EQ(decision.policy_source, model::PolicySource::kCollector);
  }
}

TEST(DecideDevice, FirstMatchWinsBothWays) {
  const Rule deny = RuleOf("no-sticks", Verdict::kDeny);
  EXPECT_EQ(Decide(PolicyOf({deny, AllowEverything()}), Stick()).rule, "no-sticks");
  EXPECT_EQ(Decide(PolicyOf({deny, AllowEverything()}), Stick()).verdict, Verdict::kDeny);
  EXPECT_EQ(Decide(PolicyOf({AllowEverything(), deny}), Stick()).verdict, Verdict::kAllow);
}

TEST(DecideDevice, RuleThatDoesNotMatchIsPassedOver) {
  Rule other = RuleOf("other", Verdict::kDeny);
  other.match.vendors = {0x1234};
  EXPECT_EQ(Decide(PolicyOf({other, AllowEverything()}), Stick()).rule, "everything");
}

TEST(DecideDevice, UnreadableComesBeforeEverything) {
  Device device = Keyboard();
  const model::Baseline baseline{Adopt(device)};
  device.complete = false;
  EXPECT_EQ(Decide(PolicyOf({AllowEverything()}), device, baseline).basis, Basis::kUnreadable);
  device.root_hub = true;
  EXPECT_EQ(Decide(PolicyOf({AllowEverything()}), device, baseline).verdict, Verdict::kDeny);
}

TEST(DecideDevice, RootHubComesBeforeRules) {
  Device root = Hub();
  root.root_hub = true;
  const Decision decision = Decide(PolicyOf({RuleOf("none", Verdict::kDeny)}), root);
  EXPECT_EQ(decision.verdict, Verdict::kAllow);
  EXPECT_EQ(decision.basis, Basis::kRootHub);
}

TEST(DecideDevice, AdoptedComesBeforeRulesWhenHonoured) {
  const model::Baseline baseline{Adopt(Keyboard())};
  Policy policy = PolicyOf({RuleOf("none", Verdict::kDeny)});
  EXPECT_EQ(Decide(policy, Keyboard(), baseline).basis, Basis::kAdopted);
  EXPECT_EQ(Decide(policy, Keyboard(), baseline).verdict, Verdict::kAllow);
  policy.honour_adopted = false;
  EXPECT_EQ(Decide(policy, Keyboard(), baseline).rule, "none");
}

TEST(DecideDevice, AdoptedMeansTheSameIdentityAndInterfaces) {
  const model::Baseline baseline{Adopt(Keyboard())};
  Device same = Keyboard();
  same.port_path = "4-1.3";
  same.address = 99;
  same.release = 0x0200;
  EXPECT_EQ(Decide(PolicyOf({}), same, baseline).basis, Basis::kAdopted);

  std::map<std::string, Device> others;
  (others["vendor"] = Keyboard()).vendor = 1;
  (others["product"] = Keyboard()).product = 1;
  (others["serial"] = Keyboard()).serial = "x";
  (others["no serial"] = Keyboard()).serial.clear();
  (others["device class"] = Keyboard()).kind = kComposite;
  others["with a disk"] = DeviceOf({kKeyboard, kConsumerControl, kDisk});
  others["one interface less"] = DeviceOf({kKeyboard});
  others["a mouse more"] = DeviceOf({kKeyboard, kConsumerControl, kMouse});
  for (const auto& [name, device] : others)
    EXPECT_EQ(Decide(PolicyOf({}), device, baseline).basis, Basis::kDefault) << name;
}

TEST(DecideDevice, BaselineNeverAdmitsADisk) {
  for (const Device& device : {Stick(), KeyboardWithDisk(), DeviceOf({kVendorSpecific})})
    EXPECT_EQ(Decide(PolicyOf({}), device, {Adopt(device)}).verdict, Verdict::kDeny);
}

TEST(DecideDevice, AdmitsOnlyTheInterfacesNamed) {
  const Decision decision = Decide(PolicyOf({AdmitHid()}), DeviceOf({kKeyboard, kDisk, kConsumerControl}));
  EXPECT_EQ(decision.verdict, Verdict::kAllowInterfaces);
  EXPECT_EQ(decision.interfaces, (Numbers{0, 2}));
  EXPECT_EQ(decision.rule, "only-hid");
}

TEST(DecideDevice, DeniesByTheRuleWhenNoInterfaceIsAdmitted) {
  const Decision decision = Decide(PolicyOf({AdmitHid(), AllowEverything()}), Stick());
  EXPECT_EQ(decision.verdict, Verdict::kDeny);
  EXPECT_EQ(decision.basis, Basis::kRule);
  EXPECT_EQ(decision.rule, "only-hid");
  EXPECT_EQ(decision.reason, "キーボード部分だけ");
  EXPECT_TRUE(decision.interfaces.empty());
}

TEST(DecideDevice, AnInterfaceThatCouldBecomeADiskIsNotAdmitted) {
  Device alternate = KeyboardWithDisk();
  alternate.interfaces.push_back({.configuration = 1, .number = 0, .alternate = 1, .kind = kDisk, .name = {}});
  EXPECT_EQ(Decide(PolicyOf({AdmitHid()}), alternate).verdict, Verdict::kDeny);

  Device other_configuration = DeviceOf({kKeyboard, kMouse});
  other_configuration.interfaces.push_back(
      {.configuration = 2, .number = 1, .alternate = 0, .kind = kDisk, .name = {}});
  EXPECT_EQ(Decide(PolicyOf({AdmitHid()}), other_configuration).interfaces, (Numbers{0}));
}

TEST(DecideDevice, NoInterfaceIsAdmittedOfADeviceOfAnotherClass) {
  Device bluetooth = Keyboard();
  bluetooth.kind = kBluetooth;
  EXPECT_EQ(Decide(PolicyOf({AdmitHid()}), bluetooth).verdict, Verdict::kDeny);
  Rule both = AdmitHid();
  both.admit.push_back(Exactly(kBluetooth));
  EXPECT_EQ(Decide(PolicyOf({both}), bluetooth).verdict, Verdict::kAllowInterfaces);
}

TEST(DecideDevice, AtMostLetsTheNextRuleAnswer) {
  Rule first_only = RuleOf("one-stick", Verdict::kAllow);
  first_only.match.at_most = 1;
  const Policy policy = PolicyOf({first_only});
  Situation situation = TuesdayMorning();
  const Decision first = DecideDevice(policy, {}, Stick(), situation);
  EXPECT_EQ(first.verdict, Verdict::kAllow);
  situation.earlier.push_back(first);
  const Decision second = DecideDevice(policy, {}, Stick(), situation);
  EXPECT_EQ(second.verdict, Verdict::kDeny);
  EXPECT_EQ(second.basis, Basis::kDefault);
}

TEST(DecideDevice, AnswersTheSameEveryTime) {
  const Policy policy = PolicyOf({AdmitHid()});
  const Decision first = Decide(policy, KeyboardWithDisk());
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(Decide(policy, KeyboardWithDisk()), first);
}

TEST(IsAdoptable, KeyboardsMiceHubsAndCardReadersOnly) {
  Device incomplete = Keyboard();
  incomplete.complete = false;
  Device root = Hub();
  root.root_hub = true;
  Device bluetooth = Keyboard();
  bluetooth.kind = kBluetooth;
  Device crowd = Keyboard();
  for (std::uint8_t subclass = 0; subclass < 32; ++subclass)
    crowd.interfaces.push_back(
        {.configuration = 1, .number = 2, .alternate = subclass, .kind = {0x03, subclass, 0x77}, .name = {}});
  const std::vector<std::tuple<std::string, Device, bool>> cases{
      {"more classes than any keyboard", crowd, false},
      {"keyboard with media keys", Keyboard(), true},
      {"mouse", DeviceOf({kMouse}), true},
      {"hub", Hub(), true},
      {"card reader", DeviceOf({kCardReader}), true},
      {"keyboard with card slot", DeviceOf({kKeyboard, kCardReader}), true},
      {"stick", Stick(), false},
      {"keyboard with disk", KeyboardWithDisk(), false},
      {"vendor-specific reader", DeviceOf({kVendorSpecific}), false},
      {"keyboard with vendor-specific part", DeviceOf({kKeyboard, kVendorSpecific}), false},
      {"no interfaces", DeviceOf({}), false},
      {"not read whole", incomplete, false},
      {"root hub", root, false},
      {"Bluetooth by its own class", bluetooth, false},
  };
  for (const auto& [name, device, adoptable] : cases)
    EXPECT_EQ(IsAdoptable(device), adoptable) << name;
}

TEST(Adopt, KeepsIdentityAndEveryClass) {
  Device device = Keyboard();
  device.kind = kComposite;
  const model::AdoptedDevice adopted = Adopt(device);
  EXPECT_EQ(adopted.vendor, 0x0951);
  EXPECT_EQ(adopted.product, 0x1666);
  EXPECT_EQ(adopted.serial, "60A44C413FAE");
  EXPECT_EQ(adopted.interfaces, (std::set{kKeyboard, kConsumerControl}));
  EXPECT_EQ(adopted.kind, kComposite);
  EXPECT_EQ(adopted.product_name, "Sample");
}

}  // namespace
}  // namespace sekimori::policy
