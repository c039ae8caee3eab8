#include "agent/audit_log/encode.h"

#include <functional>
#include <set>

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "agent/audit_log/schema.h"
#include "proto/event.pb.h"

namespace sekimori::audit_log {
namespace {

constexpr const char* kBootId = "0d6f1c2e-8a8b-4b7e-9a3f-5f2b0c9d7e61";

proto::Event Encoded(model::EventBody body) {
  EventEncoder encoder;
  std::string payload;
  const model::Event event{model::WallTime(std::chrono::microseconds(1'790'000'000'000'001)), model::BootTime(77),
                           std::move(body)};
  EXPECT_TRUE(encoder.Encode(event, kBootId, payload));
  proto::Event stored;
  EXPECT_TRUE(stored.ParseFromString(payload));
  return stored;
}

proto::Event FromText(const std::string& text) {
  proto::Event event;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "time_us: 1790000000000001 boottime_us: 77 boot_id: '" + std::string(kBootId) + "' " + text, &event))
      << text;
  return event;
}

model::Device Stick() {
  model::Device device;
  device.port_path = "3-1.2";
  device.parent = "3-1";
  device.address = 9;
  device.vendor = 0x0781;
  device.product = 0x5567;
  device.release = 0x0126;
  device.manufacturer = "SanDisk";
  device.product_name = "Cruzer Blade";
  device.serial = "4C53";
  device.kind = {9, 1, 2};
  device.speed = model::Speed::kHigh;
  device.active_configuration = 1;
  device.interfaces = {{1, 0, 0, {8, 6, 0x50}, "disk"}, {1, 1, 2, {3, 1, 1}, ""}};
  device.descriptor_hash.fill('h');
  device.root_hub = true;
  device.complete = true;
  return device;
}

const std::string kStick =
    "port_path: '3-1.2' parent: '3-1' address: 9 vendor: 0x0781 product: 0x5567 release: 0x0126 manufacturer: 'SanDisk'"
    " product_name: 'Cruzer Blade' serial: '4C53' kind { class_code: 9 subclass: 1 protocol: 2 } speed: SPEED_HIGH"
    " active_configuration: 1"
    " interfaces { configuration: 1 kind { class_code: 8 subclass: 6 protocol: 0x50 } name: 'disk' }"
    " interfaces { configuration: 1 number: 1 alternate: 2 kind { class_code: 3 subclass: 1 protocol: 1 } }"
    " descriptor_hash: 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh' hub: true root_hub: true complete: true";

const std::string kGoneStick = [] {
  std::string text = kStick;
  const std::string name = " name: 'disk'";
  return text.erase(text.find(name), name.size());
}();

model::Decision SomeInterfaces() {
  return {model::Verdict::kAllowInterfaces, {0, 2}, model::Basis::kRule, "readers", "窓口の読取り機", 7, "site",
          model::PolicySource::kCollector};
}

const std::string kSomeInterfaces =
    "verdict: VERDICT_ALLOW_INTERFACES interfaces: [0, 2] basis: BASIS_RULE rule: 'readers' reason: '窓口の読取り機'"
    " policy_version: 7 policy_name: 'site' policy_source: POLICY_SOURCE_COLLECTOR";

// SHA-256 of "abc": FIPS 180-4, its first example.
const std::string kHashOfAbc =
    R"(\272\170\026\277\217\001\317\352\101\101\100\336\135\256\042\043\260\003\141\243\226\027\172\234\264\020\377\141\362\000\025\255)";

model::LoginJudged SatosLogin() {
  model::LoginJudged login;
  login.place = {model::Account{1000, "sato"}, "sshd", "ssh", "192.0.2.7", "suzuki"};
  login.result = model::LoginResult::kDenied;
  login.reason = model::LoginReason::kProofRefused;
  login.classes = {model::FactorClass::kKnowledge, model::FactorClass::kPossession};
  login.proofs = {
      {{1000, "abc"},
       model::Method::kTotp,
       model::Evidence{model::Method::kTotp, "abc", {model::FactorClass::kPossession}, true, 0},
       std::nullopt},
      {{1000, "abc"}, model::Method::kCard, std::nullopt, model::Refusal::kLastTry},
      {{1000, ""}, model::Method::kFido2, std::nullopt, std::nullopt},
  };
  login.rule = "counter";
  login.policy_name = "窓口";
  login.policy_version = 3;
  login.grace_until = model::WallTime(std::chrono::microseconds(5));
  login.detail = "why";
  return login;
}

const std::string kSatosLogin =
    "login_judged { place { user { uid: 1000 name: 'sato' } service: 'sshd' tty: 'ssh' remote_address: '192.0.2.7'"
    " remote_user: 'suzuki' } result: LOGIN_DENIED reason: LOGIN_REASON_PROOF_REFUSED"
    " classes: [FACTOR_KNOWLEDGE, FACTOR_POSSESSION]"
    " proofs { method: METHOD_TOTP held: true classes: FACTOR_POSSESSION weak: true counter: 0 credential_sha256: '" +
    kHashOfAbc + "' } proofs { method: METHOD_CARD refusal: PROOF_LAST_TRY credential_sha256: '" + kHashOfAbc +
    "' } proofs { method: METHOD_FIDO2 } rule: 'counter' policy_name: '窓口' policy_version: 3 grace_until_us: 5"
    " detail: 'why' }";

struct Case {
  model::EventBody body;
  std::string want;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {model::AgentStarted{"0.1.0", "boot", "6.1.0", model::Mode::kEnforce, true},
       "agent_started { agent_version: '0.1.0' boot_id: 'boot' kernel: '6.1.0' mode: MODE_ENFORCE"
       " unclean_stop_before: true }"},
      {model::AgentStopping{"upgrade"}, "agent_stopping { reason: 'upgrade' }"},
      {model::DeviceJudged{
           Stick(), SomeInterfaces(), model::Mode::kObserve, model::Trigger::kChanged, {"sato", "kato"}},
       "device_judged { device { " + kStick + " } decision { " + kSomeInterfaces +
           " } mode: MODE_OBSERVE trigger: TRIGGER_CHANGED users: ['sato', 'kato'] }"},
      {model::DeviceGone{Stick(), true}, "device_gone { device { " + kGoneStick + " } was_admitted: true }"},
      {model::EnforcementFailed{Stick(), SomeInterfaces(), "EIO"},
       "enforcement_failed { device { " + kStick + " } decision { " + kSomeInterfaces + " } error: 'EIO' }"},
      {model::BarrierTampered{Stick(), "authorized_default=1", true},
       "barrier_tampered { device { " + kStick + " } what: 'authorized_default=1' restored: true }"},
      {model::PolicyInForce{model::PolicySource::kLocal, "minimal", 3, model::Mode::kEnforce, {0x61}, 12, "desk"},
       "policy_in_force { source: POLICY_SOURCE_LOCAL name: 'minimal' version: 3 mode: MODE_ENFORCE rules: 12 group: "
       "'desk' sha256: "
       "'a\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' }"},
      {model::PolicyRefused{model::PolicySource::kBuiltIn, 4, "conflict", "policy", "older"},
       "policy_refused { source: POLICY_SOURCE_BUILT_IN offered_version: 4 error_code: 'conflict' where: 'policy'"
       " detail: 'older' }"},
      {model::DeviceAdopted{Stick()}, "device_adopted { device { " + kStick + " } }"},
      {model::BarrierReleased{1000, "root", "repair"}, "barrier_released { uid: 1000 user: 'root' reason: 'repair' }"},
      {model::BarrierReleased{0, "root", "removed", true},
       "barrier_released { user: 'root' reason: 'removed' removal: true }"},
      {model::BarrierClosed{1001, "root", "done"}, "barrier_closed { uid: 1001 user: 'root' reason: 'done' }"},
      {model::NoticesLost{"uevent", "ENOBUFS"}, "notices_lost { source: 'uevent' detail: 'ENOBUFS' }"},
      {model::ClockStepped{model::WallTime(std::chrono::microseconds(-5)),
                           model::WallTime(std::chrono::microseconds(6))},
       "clock_stepped { before_us: -5 after_us: 6 }"},
      {model::Resumed{std::chrono::microseconds(8)}, "resumed { slept_us: 8 }"},
      {model::Enrolled{"site", "terminal", "host:1", "desk", {0x62}},
       "enrolled { site_id: 'site' terminal_id: 'terminal' collector: 'host:1' group: 'desk' certificate_sha256: "
       "'b\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' }"},
      {model::CollectorRefused{"host:1", "expired", "certificate"},
       "collector_refused { collector: 'host:1' error_code: 'expired' detail: 'certificate' }"},
      {model::RecordsPruned{11}, "records_pruned { first_kept: 11 }"},
      {model::LogQuarantined{"/var/log.db.quarantined", "cut"},
       "log_quarantined { file: '/var/log.db.quarantined' detail: 'cut' }"},
      {model::PortRestless{"1-2", 120, 90}, "port_restless { port_path: '1-2' arrivals: 120 held_back: 90 }"},
      {model::LogDamaged{12, "missing"}, "log_damaged { sequence: 12 detail: 'missing' }"},
      {model::LogSetAside{"/var/retired-1/log.db", "sato"},
       "log_set_aside { file: '/var/retired-1/log.db' user: 'sato' }"},
      {model::CollectorBehind{"host:1", 9, 5}, "collector_behind { collector: 'host:1' acknowledged: 9 stored: 5 }"},
      {SatosLogin(), kSatosLogin},
      {model::SessionJudged{{{}, "cron", "", "", ""},
                            model::SessionPhase::kAccount,
                            true,
                            model::SessionGround::kReported,
                            {model::FactorClass::kInherence},
                            "built-in",
                            "窓口",
                            3,
                            "why"},
       "session_judged { place { service: 'cron' } phase: SESSION_ACCOUNT allowed: true ground: SESSION_REPORTED"
       " classes: FACTOR_INHERENCE rule: 'built-in' policy_name: '窓口' policy_version: 3 detail: 'why' }"},
      {model::AuthenticatorChanged{model::AuthenticatorChange::kRevoked,
                                   {1000, "sato"},
                                   model::Method::kTotp,
                                   "abc",
                                   {0, "tanaka"},
                                   "機種変更"},
       "authenticator_changed { change: AUTHENTICATOR_REVOKED user { uid: 1000 name: 'sato' } method: METHOD_TOTP"
       " credential_sha256: '" +
           kHashOfAbc + "' by { name: 'tanaka' } reason: '機種変更' }"},
  };
  return cases;
}

TEST(EncodeEvent, StoresEveryFieldOfEveryEvent) {
  std::set<std::size_t> seen;
  for (const Case& one : Cases()) {
    seen.insert(one.body.index());
    std::string difference;
    google::protobuf::util::MessageDifferencer differencer;
    differencer.ReportDifferencesToString(&difference);
    EXPECT_TRUE(differencer.Compare(FromText(one.want), Encoded(one.body))) << difference;
  }
  EXPECT_EQ(seen.size(), std::variant_size_v<model::EventBody>) << "an event has no case here";
}

template <typename Model>
void ExpectNamed(std::initializer_list<std::pair<Model, const char*>> names,
                 const std::function<std::string(Model)>& stored) {
  for (const auto& [value, name] : names)
    EXPECT_EQ(stored(value), name);
}

TEST(EncodeEvent, NamesEveryValueOfEveryEnumeration) {
  const auto judged = [](const model::DeviceJudged& body) { return Encoded(body).device_judged(); };
  ExpectNamed<model::Speed>({{model::Speed::kUnknown, "SPEED_UNKNOWN"},
                             {model::Speed::kLow, "SPEED_LOW"},
                             {model::Speed::kFull, "SPEED_FULL"},
                             {model::Speed::kHigh, "SPEED_HIGH"},
                             {model::Speed::kSuper, "SPEED_SUPER"},
                             {model::Speed::kSuperPlus, "SPEED_SUPER_PLUS"}},
                            [&](model::Speed speed) {
                              model::DeviceJudged body;
                              body.device.speed = speed;
                              return proto::Speed_Name(judged(body).device().speed());
                            });
  ExpectNamed<model::Verdict>({{model::Verdict::kDeny, "VERDICT_DENY"},
                               {model::Verdict::kAllow, "VERDICT_ALLOW"},
                               {model::Verdict::kAllowInterfaces, "VERDICT_ALLOW_INTERFACES"}},
                              [&](model::Verdict verdict) {
                                model::DeviceJudged body;
                                body.decision.verdict = verdict;
                                return proto::Verdict_Name(judged(body).decision().verdict());
                              });
  ExpectNamed<model::Basis>({{model::Basis::kRule, "BASIS_RULE"},
                             {model::Basis::kDefault, "BASIS_DEFAULT"},
                             {model::Basis::kAdopted, "BASIS_ADOPTED"},
                             {model::Basis::kRootHub, "BASIS_ROOT_HUB"},
                             {model::Basis::kUnreadable, "BASIS_UNREADABLE"},
                             {model::Basis::kReleased, "BASIS_RELEASED"}},
                            [&](model::Basis basis) {
                              model::DeviceJudged body;
                              body.decision.basis = basis;
                              return proto::Basis_Name(judged(body).decision().basis());
                            });
  ExpectNamed<model::Trigger>({{model::Trigger::kPresentAtStart, "TRIGGER_PRESENT_AT_START"},
                               {model::Trigger::kArrived, "TRIGGER_ARRIVED"},
                               {model::Trigger::kChanged, "TRIGGER_CHANGED"},
                               {model::Trigger::kPolicyChanged, "TRIGGER_POLICY_CHANGED"},
                               {model::Trigger::kUsersChanged, "TRIGGER_USERS_CHANGED"},
                               {model::Trigger::kTimeWindow, "TRIGGER_TIME_WINDOW"},
                               {model::Trigger::kResumed, "TRIGGER_RESUMED"},
                               {model::Trigger::kRescan, "TRIGGER_RESCAN"}},
                              [&](model::Trigger trigger) {
                                model::DeviceJudged body;
                                body.trigger = trigger;
                                return proto::Trigger_Name(judged(body).trigger());
                              });
}

TEST(EncodeEvent, KeepsTheLargestDeviceWithinOneRecord) {
  model::DeviceJudged body;
  body.device = Stick();
  const std::string endless(1'000'000, 'x');
  body.device.manufacturer = body.device.product_name = body.device.serial = endless;
  body.device.interfaces.assign(5000, {1, 0, 0, {8, 6, 0x50}, endless.substr(0, 5000)});
  body.users.assign(1000, endless.substr(0, 5000));
  body.decision.reason = endless;
  EventEncoder encoder;
  std::string payload;
  ASSERT_TRUE(encoder.Encode({{}, {}, body}, kBootId, payload));
  EXPECT_LT(payload.size(), kMaxPayload);
  proto::Event stored;
  ASSERT_TRUE(stored.ParseFromString(payload));
  const proto::Device& device = stored.device_judged().device();
  EXPECT_EQ(device.interfaces_size(), 64);
  EXPECT_EQ(device.interfaces_left_out(), 5000U - 64U);
  EXPECT_EQ(device.serial().size(), kMaxText);
  EXPECT_TRUE(device.serial().ends_with("…"));
  EXPECT_EQ(device.interfaces(0).name().size(), kMaxInterfaceName);
  EXPECT_EQ(stored.device_judged().users_size(), 64);
  EXPECT_EQ(stored.device_judged().users(0).size(), kMaxUserName);
}

// The most a device can send: 512 interfaces, names of 126 characters. It may do so twice a second, for weeks.
TEST(EncodeEvent, KeepsWhatOnePlugCostsSmall) {
  model::Device device = Stick();
  const std::string name = [] {
    std::string text;
    for (int i = 0; i < 126; ++i)
      text += "関";
    return text;
  }();
  device.manufacturer = device.product_name = device.serial = name;
  device.interfaces.assign(512, {1, 0, 0, {8, 6, 0x50}, name});
  EventEncoder encoder;
  std::string payload;
  ASSERT_TRUE(encoder.Encode({{}, {}, model::DeviceJudged{device, SomeInterfaces(), {}, {}, {}}}, kBootId, payload));
  EXPECT_LT(payload.size(), 8U << 10);
  ASSERT_TRUE(encoder.Encode({{}, {}, model::DeviceGone{device, false}}, kBootId, payload));
  EXPECT_LT(payload.size(), 2U << 10);
}

TEST(EncodeEvent, LetsNoClassHideBehindManyInterfaces) {
  model::Device device = Stick();
  device.interfaces.assign(300, {1, 0, 0, {3, 1, 1}, "keys"});
  device.interfaces.push_back({1, 1, 0, {8, 6, 0x50}, "disk"});
  const proto::Device judged = Encoded(model::DeviceJudged{device, {}, {}, {}, {}}).device_judged().device();
  ASSERT_EQ(judged.interfaces_size(), 64);
  EXPECT_EQ(judged.interfaces(0).name(), "keys");
  EXPECT_EQ(judged.interfaces(1).name(), "disk");
  EXPECT_EQ(judged.interfaces_left_out(), 301U - 64U);
  const proto::Device gone = Encoded(model::DeviceGone{device, true}).device_gone().device();
  ASSERT_EQ(gone.interfaces_size(), 2);
  EXPECT_EQ(gone.interfaces(1).kind().class_code(), 8U);
  EXPECT_EQ(gone.interfaces(1).name(), "");
  EXPECT_EQ(gone.interfaces_left_out(), 301U - 2U);
}

TEST(EncodeEvent, MasksBeforeItCuts) {
  model::DeviceJudged body;
  // The cut goes through the middle of the number: what is left of it must not be digits.
  const std::string filler(kMaxInterfaceName - 9, 'x');
  const std::string user_filler(kMaxUserName - 9, 'x');
  body.device.interfaces = {{1, 0, 0, {}, filler + "123456789018"}};
  body.users = {user_filler + "123456789018"};
  body.device.serial = std::string(kMaxText - 9, 'x') + "123456789018";
  const proto::Event stored = Encoded(body);
  EXPECT_EQ(stored.device_judged().device().interfaces(0).name(), filler + "******…");
  EXPECT_EQ(stored.device_judged().users(0), user_filler + "******…");
  EXPECT_EQ(stored.device_judged().device().serial(), std::string(kMaxText - 9, 'x') + "******…");
}

TEST(EncodeEvent, CarriesNothingOverFromTheEventBefore) {
  EventEncoder encoder;
  std::string first, second;
  const model::Event judged{{}, {}, model::DeviceJudged{Stick(), SomeInterfaces(), {}, {}, {"sato"}}};
  const model::Event stopping{{}, {}, model::AgentStopping{"x"}};
  ASSERT_TRUE(encoder.Encode(judged, kBootId, first));
  ASSERT_TRUE(encoder.Encode(stopping, kBootId, second));
  proto::Event stored;
  ASSERT_TRUE(stored.ParseFromString(second));
  EXPECT_EQ(stored.body_case(), proto::Event::kAgentStopping);
}

}  // namespace
}  // namespace sekimori::audit_log
