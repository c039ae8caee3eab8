// Every condition of a rule, both ways: a device, a situation, the condition, whether it holds.
#include <gtest/gtest.h>

#include "agent/policy/match.h"
#include "tests/unit/policy/samples.h"

namespace sekimori::policy {
namespace {

using namespace samples;  // NOLINT: the vocabulary of these tests
using model::Conditions;
using model::Device;
using model::SetRelation;
using std::chrono::hours;
using std::chrono::minutes;

struct Case {
  std::string name;
  Conditions match;
  Device device = Stick();
  Situation situation = TuesdayMorning();
  std::optional<Condition> unmet;  // nullopt: matches
};

Case Holds(std::string name, Conditions match, Device device = Stick(), Situation situation = TuesdayMorning()) {
  return {std::move(name), std::move(match), std::move(device), std::move(situation), std::nullopt};
}
Case Fails(std::string name, Condition unmet, Conditions match, Device device = Stick(),
           Situation situation = TuesdayMorning()) {
  return {std::move(name), std::move(match), std::move(device), std::move(situation), unmet};
}

void CheckAll(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const model::Rule rule = RuleOf("rule", model::Verdict::kAllow, c.match);
    EXPECT_EQ(FirstUnmet(rule, Subject(c.device), c.situation), c.unmet) << c.name;
  }
}

Conditions Interfaces(SetRelation relation, std::vector<model::ClassPattern> patterns) {
  Conditions match;
  match.interfaces = {.relation = relation, .patterns = std::move(patterns)};
  return match;
}

template <typename Value>
Conditions With(Value Conditions::*member, Value value) {
  Conditions match;
  match.*member = std::move(value);
  return match;
}

Device At(std::string port_path) {
  Device device = Stick();
  device.port_path = std::move(port_path);
  return device;
}

Device OfKind(Device device, model::InterfaceClass kind) {
  device.kind = kind;
  return device;
}

Situation At(std::uint8_t weekday, minutes time_of_day) {
  Situation situation;
  situation.weekday = weekday;
  situation.time_of_day = time_of_day;
  return situation;
}

TEST(Conditions, NoneAskedMatchesAnything) {
  CheckAll({Holds("stick", {}), Holds("keyboard", {}, Keyboard()), Holds("hub", {}, Hub())});
}

TEST(Conditions, IdentityIsExact) {
  CheckAll({
      Holds("vendor", With(&Conditions::vendors, {0x0951})),
      Holds("one of vendors", With(&Conditions::vendors, {0x1234, 0x0951})),
      Fails("other vendor", Condition::kVendor, With(&Conditions::vendors, {0x0952})),
      Holds("product", With(&Conditions::products, {0x1666})),
      Fails("other product", Condition::kProduct, With(&Conditions::products, {0x1667, 0x0951})),
      Holds("serial", With(&Conditions::serials, {std::string("60A44C413FAE")})),
      Fails("serial in other case", Condition::kSerial, With(&Conditions::serials, {std::string("60a44c413fae")})),
      Fails("serial cut short", Condition::kSerial, With(&Conditions::serials, {std::string("60A44C413FA")})),
  });
}

TEST(Conditions, DeviceWithoutSerialMatchesNoSerial) {
  Device anonymous = Stick();
  anonymous.serial.clear();
  CheckAll({Fails("none", Condition::kSerial, With(&Conditions::serials, {std::string("60A44C413FAE")}), anonymous)});
}

TEST(Conditions, PortPathsMayHoldStars) {
  const auto ports = [](std::vector<std::string> patterns) { return With(&Conditions::ports, std::move(patterns)); };
  CheckAll({
      Holds("exact", ports({"1-2"})),
      Fails("longer path", Condition::kPort, ports({"1-2"}), At("1-2.1")),
      Fails("prefix is not enough", Condition::kPort, ports({"1-2"}), At("1-20")),
      Holds("star at end takes nothing", ports({"1-2*"})),
      Holds("star at end takes children", ports({"1-2.*"}), At("1-2.4.1")),
      Fails("star after a dot wants the dot", Condition::kPort, ports({"1-2.*"}), At("1-20.1")),
      Holds("star in front", ports({"*.4"}), At("3-1.4")),
      Holds("two stars, with retreat", ports({"1-*.1*.3"}), At("1-1.1.13.3")),
      Fails("two stars, no end", Condition::kPort, ports({"1-*.1*.3"}), At("1-1.1.13.4")),
      Holds("only a star", ports({"*"})),
      Holds("second of two", ports({"9-9", "1-2"})),
      Fails("a question mark is itself", Condition::kPort, ports({"1-?"})),
  });
}

TEST(Conditions, SpeedIsOneOfTheList) {
  Device unknown = Stick();
  unknown.speed = model::Speed::kUnknown;
  CheckAll({
      Holds("high", With(&Conditions::speeds, {model::Speed::kHigh, model::Speed::kSuper})),
      Fails("other", Condition::kSpeed, With(&Conditions::speeds, {model::Speed::kSuper})),
      Fails("unknown", Condition::kSpeed, With(&Conditions::speeds, {model::Speed::kHigh}), unknown),
  });
}

TEST(Conditions, InterfacesEqual) {
  const auto equals = [](std::vector<model::ClassPattern> p) { return Interfaces(SetRelation::kEquals, std::move(p)); };
  CheckAll({
      Holds("the only one", equals({Exactly(kDisk)})),
      Holds("any HID", equals({AnyOfClass(0x03)}), Keyboard()),
      Holds("class and subclass", equals({{.class_code = 0x08, .subclass = 0x06, .protocol = std::nullopt}})),
      Fails("one more on the device", Condition::kInterfaces, equals({AnyOfClass(0x03)}), KeyboardWithDisk()),
      Fails("one more in the rule", Condition::kInterfaces, equals({AnyOfClass(0x03), AnyOfClass(0x08)}), Keyboard()),
      Holds("both", equals({AnyOfClass(0x08), AnyOfClass(0x03)}), KeyboardWithDisk()),
      Fails("other subclass", Condition::kInterfaces, equals({{.class_code = 0x08, .subclass = 0x01, .protocol = {}}})),
      Fails("other protocol", Condition::kInterfaces, equals({Exactly(kDisk)}), DeviceOf({kUasDisk})),
      Fails("no interfaces", Condition::kInterfaces, equals({AnyOfClass(0x03)}), DeviceOf({})),
      Holds("the same class twice is one", equals({Exactly(kKeyboard)}), DeviceOf({kKeyboard, kKeyboard})),
  });
}

TEST(Conditions, InterfacesSubset) {
  const auto subset = [](std::vector<model::ClassPattern> p) { return Interfaces(SetRelation::kSubset, std::move(p)); };
  CheckAll({
      Holds("fewer than allowed", subset({AnyOfClass(0x03), AnyOfClass(0x0b)}), Keyboard()),
      Fails("one outside", Condition::kInterfaces, subset({AnyOfClass(0x03)}), KeyboardWithDisk()),
      Fails("no interfaces", Condition::kInterfaces, subset({AnyOfClass(0x03)}), DeviceOf({})),
  });
}

TEST(Conditions, InterfacesAny) {
  const auto any = [](std::vector<model::ClassPattern> p) { return Interfaces(SetRelation::kAny, std::move(p)); };
  CheckAll({
      Holds("one of two", any({AnyOfClass(0x08)}), KeyboardWithDisk()),
      Fails("none", Condition::kInterfaces, any({AnyOfClass(0x08)}), Keyboard()),
      Fails("no interfaces", Condition::kInterfaces, any({AnyOfClass(0x08)}), DeviceOf({})),
  });
}

// The search among ordered classes against the plain definition, over every pattern and pair of a small world.
TEST(Conditions, AnyMeansThatSomePatternCoversSomeClass) {
  std::vector<model::InterfaceClass> kinds;
  std::vector<model::ClassPattern> patterns;
  using Codes = std::initializer_list<std::uint8_t>;
  for (const std::uint8_t class_code : Codes{0x02, 0x03, 0x09})
    for (const std::uint8_t subclass : Codes{0x00, 0x01, 0xff})
      for (const std::uint8_t protocol : Codes{0x00, 0x02, 0xff}) {
        const model::InterfaceClass kind{class_code, subclass, protocol};
        kinds.push_back(kind);
        patterns.push_back(Exactly(kind));
        patterns.push_back({.class_code = class_code, .subclass = subclass, .protocol = std::nullopt});
        patterns.push_back({.class_code = class_code, .subclass = std::nullopt, .protocol = protocol});
        patterns.push_back(AnyOfClass(class_code));
      }
  int holds = 0;
  for (const model::InterfaceClass& one : kinds)
    for (const model::InterfaceClass& other : kinds)
      for (const model::ClassPattern& pattern : patterns) {
        const model::Rule rule = RuleOf("rule", model::Verdict::kAllow, Interfaces(SetRelation::kAny, {pattern}));
        const bool expected = Covers(pattern, one) || Covers(pattern, other);
        ASSERT_EQ(!FirstUnmet(rule, Subject(DeviceOf({one, other})), Situation{}), expected);
        holds += expected ? 1 : 0;
      }
  EXPECT_GT(holds, 1000);
}

// What the device could become after the decision counts, not only what it shows at first.
TEST(Conditions, InterfacesOfEveryConfigurationAndAlternateCount) {
  Device second_configuration = Keyboard();
  second_configuration.interfaces.push_back(
      {.configuration = 2, .number = 0, .alternate = 0, .kind = kDisk, .name = {}});
  Device alternate = Keyboard();
  alternate.interfaces.push_back({.configuration = 1, .number = 0, .alternate = 1, .kind = kDisk, .name = {}});
  const Conditions only_hid = Interfaces(SetRelation::kEquals, {AnyOfClass(0x03)});
  const Conditions any_disk = Interfaces(SetRelation::kAny, {AnyOfClass(0x08)});
  CheckAll({
      Fails("second configuration", Condition::kInterfaces, only_hid, second_configuration),
      Fails("alternate setting", Condition::kInterfaces, only_hid, alternate),
      Holds("seen in second configuration", any_disk, second_configuration),
      Holds("seen in alternate setting", any_disk, alternate),
  });
}

// The kernel offers a device to drivers by its own class as well.
TEST(Conditions, TheDevicesOwnClassCounts) {
  const Conditions only_hid = Interfaces(SetRelation::kEquals, {AnyOfClass(0x03)});
  CheckAll({
      Holds("00 points to interfaces", only_hid, OfKind(Keyboard(), {})),
      Holds("composite points to interfaces", only_hid, OfKind(Keyboard(), kComposite)),
      Holds("own class is covered", only_hid, OfKind(Keyboard(), {0x03, 0x00, 0x00})),
      Fails("Bluetooth behind a keyboard's interfaces", Condition::kInterfaces, only_hid,
            OfKind(Keyboard(), kBluetooth)),
      Fails("vendor-specific", Condition::kInterfaces, only_hid, OfKind(Keyboard(), kVendorSpecific)),
      Fails("other miscellaneous", Condition::kInterfaces, only_hid, OfKind(Keyboard(), {0xef, 0x01, 0x01})),
      Fails("subset too", Condition::kInterfaces, Interfaces(SetRelation::kSubset, {AnyOfClass(0x03)}),
            OfKind(Keyboard(), kBluetooth)),
      Holds("any sees it", Interfaces(SetRelation::kAny, {AnyOfClass(0xe0)}), OfKind(Keyboard(), kBluetooth)),
      Holds("named, it matches", Interfaces(SetRelation::kEquals, {AnyOfClass(0x03), Exactly(kBluetooth)}),
            OfKind(Keyboard(), kBluetooth)),
      Holds("hub", Interfaces(SetRelation::kEquals, {AnyOfClass(0x09)}), Hub()),
  });
}

TEST(Conditions, HubMeansNothingButAHub) {
  const Conditions hub = With(&Conditions::hub, std::optional<bool>(true));
  const Conditions no_hub = With(&Conditions::hub, std::optional<bool>(false));
  Device hub_with_disk = Hub();
  hub_with_disk.interfaces.push_back({.configuration = 1, .number = 1, .alternate = 0, .kind = kDisk, .name = {}});
  const Device hub_interface_only = DeviceOf({kHub});
  CheckAll({
      Holds("hub is hub", hub, Hub()),
      Fails("stick is no hub", Condition::kHub, hub),
      Holds("stick is not a hub", no_hub),
      Fails("hub is a hub", Condition::kHub, no_hub, Hub()),
      Fails("hub with a disk is no plain hub", Condition::kHub, hub, hub_with_disk),
      Fails("nor plainly none", Condition::kHub, no_hub, hub_with_disk),
      Fails("hub interface in a device of class 00", Condition::kHub, hub, hub_interface_only),
      Fails("nor plainly none (interface)", Condition::kHub, no_hub, hub_interface_only),
  });
}

TEST(Conditions, RootHub) {
  Device root = Hub();
  root.root_hub = true;
  CheckAll({
      Holds("root", With(&Conditions::root_hub, std::optional<bool>(true)), root),
      Fails("not root", Condition::kRootHub, With(&Conditions::root_hub, std::optional<bool>(true)), Hub()),
      Holds("asked for others", With(&Conditions::root_hub, std::optional<bool>(false)), Hub()),
      Fails("root though asked for others", Condition::kRootHub,
            With(&Conditions::root_hub, std::optional<bool>(false)), root),
  });
}

TEST(Conditions, DescriptorHash) {
  std::array<std::uint8_t, 32> same{}, other{};
  same.fill(0xab);
  other.fill(0xab);
  other[31] = 0xac;
  using Hashes = std::vector<std::array<std::uint8_t, 32>>;
  CheckAll({
      Holds("one of two", With(&Conditions::descriptor_hashes, Hashes{other, same})),
      Fails("last byte differs", Condition::kDescriptorHash, With(&Conditions::descriptor_hashes, Hashes{other})),
  });
}

TEST(Conditions, UsersAndGroupsNeedOneWhoIsLoggedIn) {
  using Names = std::vector<std::string>;
  Situation nobody = TuesdayMorning();
  nobody.users.clear();
  Situation two = TuesdayMorning();
  two.users.push_back({.name = "sato", .groups = {"joho"}});
  CheckAll({
      Holds("user", With(&Conditions::users, Names{"suzuki", "tanaka"})),
      Fails("other user", Condition::kUser, With(&Conditions::users, Names{"suzuki"})),
      Fails("group is no user", Condition::kUser, With(&Conditions::users, Names{"jumin"})),
      Fails("nobody", Condition::kUser, With(&Conditions::users, Names{"tanaka"}), Stick(), nobody),
      Holds("second user", With(&Conditions::users, Names{"sato"}), Stick(), two),
      Holds("group", With(&Conditions::groups, Names{"jumin"})),
      Holds("group of the second user", With(&Conditions::groups, Names{"joho"}), Stick(), two),
      Fails("other group", Condition::kGroup, With(&Conditions::groups, Names{"zeimu"})),
      Fails("user is no group", Condition::kGroup, With(&Conditions::groups, Names{"tanaka"})),
      Fails("no group with nobody", Condition::kGroup, With(&Conditions::groups, Names{"jumin"}), Stick(), nobody),
  });
}

TEST(Conditions, TimeWindow) {
  const auto window = [](std::set<std::uint8_t> days, minutes from, minutes until) {
    return With(&Conditions::time, std::optional(model::TimeWindow{std::move(days), from, until}));
  };
  const Conditions office = window({1, 2, 3, 4, 5}, hours{8} + minutes{30}, hours{17} + minutes{15});
  const Conditions night = window({5}, hours{22}, hours{5});
  const Device stick = Stick();
  CheckAll({
      Holds("inside", office, stick, At(1, hours{12})),
      Holds("first minute", office, stick, At(5, hours{8} + minutes{30})),
      Fails("a minute before", Condition::kTime, office, stick, At(5, hours{8} + minutes{29})),
      Holds("last minute", office, stick, At(5, hours{17} + minutes{14})),
      Fails("until is exclusive", Condition::kTime, office, stick, At(5, hours{17} + minutes{15})),
      Fails("Saturday", Condition::kTime, office, stick, At(6, hours{12})),
      Holds("Friday night", night, stick, At(5, hours{23})),
      Holds("runs into Saturday", night, stick, At(6, hours{4} + minutes{59})),
      Fails("ends on Saturday morning", Condition::kTime, night, stick, At(6, hours{5})),
      Fails("Friday morning belongs to Thursday", Condition::kTime, night, stick, At(5, hours{4})),
      Fails("Saturday night", Condition::kTime, night, stick, At(6, hours{23})),
      Holds("Sunday night into Monday", window({7}, hours{22}, hours{5}), stick, At(1, hours{1})),
      Holds("every day, the default window", window({}, hours{0}, hours{24}), stick, At(7, hours{23} + minutes{59})),
      Fails("from equal to until never opens", Condition::kTime, window({}, hours{9}, hours{9}), stick,
            At(2, hours{9})),
  });
}

model::Decision Held(std::string rule, model::Verdict verdict = model::Verdict::kAllow) {
  model::Decision decision;
  decision.verdict = verdict;
  decision.basis = model::Basis::kRule;
  decision.rule = std::move(rule);
  return decision;
}

TEST(Conditions, AtMostCountsThoseLetInByTheSameRule) {
  Situation one = TuesdayMorning(), two = TuesdayMorning(), others = TuesdayMorning();
  one.earlier = {Held("rule")};
  two.earlier = {Held("rule"), Held("rule", model::Verdict::kAllowInterfaces)};
  others.earlier = {Held("another"), Held("another"), Held("rule", model::Verdict::kDeny),
                    Held("rule", model::Verdict::kDeny), model::Decision{}};
  const Conditions at_most_two = With(&Conditions::at_most, std::optional<std::uint32_t>(2));
  CheckAll({
      Holds("none yet", at_most_two),
      Holds("one", at_most_two, Stick(), one),
      Fails("two", Condition::kAtMost, at_most_two, Stick(), two),
      Holds("other rules and refused ones do not count", at_most_two, Stick(), others),
      Fails("zero never matches", Condition::kAtMost, With(&Conditions::at_most, std::optional<std::uint32_t>(0))),
  });
}

TEST(Conditions, AllMustHoldAndTheFirstUnmetIsNamed) {
  Conditions match = With(&Conditions::vendors, {0x0951});
  match.serials = {"another"};
  match.users = {"nobody"};
  CheckAll({Fails("serial before user", Condition::kSerial, match)});
  match.serials = {"60A44C413FAE"};
  CheckAll({Fails("then user", Condition::kUser, match)});
  match.users = {"tanaka"};
  CheckAll({Holds("then all hold", match)});
}

}  // namespace
}  // namespace sekimori::policy
