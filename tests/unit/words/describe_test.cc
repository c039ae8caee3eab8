#include "proto/words/describe.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori::words {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

proto::Interface InterfaceOf(std::uint32_t class_code, std::uint32_t subclass, std::uint32_t protocol) {
  proto::Interface interface;
  interface.mutable_kind()->set_class_code(class_code);
  interface.mutable_kind()->set_subclass(subclass);
  interface.mutable_kind()->set_protocol(protocol);
  return interface;
}

proto::Device Stick() {
  proto::Device device;
  device.set_port_path("1-2");
  device.set_vendor(0x46f4);
  device.set_product(0x0001);
  device.set_manufacturer("QEMU");
  device.set_product_name("USB HARDDRIVE");
  device.set_serial("S1");
  *device.add_interfaces() = InterfaceOf(8, 6, 0x50);
  return device;
}

proto::Event Judged(proto::Verdict verdict, proto::Mode mode) {
  proto::Event event;
  proto::DeviceJudged& judged = *event.mutable_device_judged();
  *judged.mutable_device() = Stick();
  judged.set_mode(mode);
  judged.mutable_decision()->set_verdict(verdict);
  judged.mutable_decision()->set_basis(proto::BASIS_DEFAULT);
  judged.mutable_decision()->set_policy_name("office");
  judged.mutable_decision()->set_policy_version(3);
  judged.add_users("tanaka");
  judged.add_users("sato");
  return event;
}

// An event of every kind the message knows, made by reflection, so that a new kind cannot be forgotten here.
std::vector<proto::Event> OneOfEachKind() {
  std::vector<proto::Event> events;
  const auto* body = proto::Event::descriptor()->FindOneofByName("body");
  for (int i = 0; i < body->field_count(); ++i) {
    proto::Event event;
    event.GetReflection()->MutableMessage(&event, body->field(i));
    events.push_back(event);
  }
  return events;
}

TEST(DescribeEvent, TellsALogSetAsideFromOneTakenAway) {
  proto::Event event;
  event.mutable_log_quarantined()->set_file("/var/lib/sekimori/log.db.quarantined-1");
  event.mutable_log_quarantined()->set_detail("cut");
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("moved to /var/lib/sekimori/log.db.quarantined-1"));
  event.mutable_log_quarantined()->set_file("");
  event.mutable_log_quarantined()->set_detail("/var/lib/sekimori/log.db");
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("/var/lib/sekimori/log.db was taken away"));
}

TEST(DescribeEvent, TellsARefusalWithDeviceReasonAndPolicy) {
  const proto::Event event = Judged(proto::VERDICT_DENY, proto::MODE_ENFORCE);
  EXPECT_EQ(DescribeEvent(Language::kJapanese, event),
            "記憶装置「QEMU USB HARDDRIVE」（46f4:0001、製造番号 S1、ポート 1-2）を拒否しました。"
            "理由：どの規則にも当てはまらないため（既定）。ポリシー「office」第3版。");
  EXPECT_EQ(DescribeEvent(Language::kEnglish, event),
            "Refused storage \"QEMU USB HARDDRIVE\" (46f4:0001, serial S1, port 1-2): no rule matches it (default). "
            "Policy \"office\" version 3.");
}

TEST(DescribeDevice, SaysTheManufacturerOnce) {
  proto::Device device = Stick();
  device.set_product_name("QEMU USB HARDDRIVE");
  EXPECT_THAT(DescribeDevice(Language::kEnglish, device), HasSubstr("\"QEMU USB HARDDRIVE\""));
  device.set_product_name("QEMU");
  EXPECT_THAT(DescribeDevice(Language::kEnglish, device), HasSubstr("\"QEMU\""));
  device.set_product_name("QEMUlator");
  EXPECT_THAT(DescribeDevice(Language::kEnglish, device), HasSubstr("\"QEMU QEMUlator\""));
  device.clear_product_name();
  EXPECT_THAT(DescribeDevice(Language::kEnglish, device), HasSubstr("\"QEMU\""));
  device.clear_manufacturer();
  EXPECT_THAT(DescribeDevice(Language::kEnglish, device), HasSubstr("\"no name\""));
}

TEST(DescribeEvent, TellsAnEnrolmentFromBothSides) {
  proto::Event event;
  event.mutable_enrolled()->set_terminal_id("terminal-1");
  event.mutable_enrolled()->set_collector("collector.example.jp:7443");
  event.mutable_enrolled()->set_group("jumin");
  EXPECT_EQ(DescribeEvent(Language::kEnglish, event),
            "Enrolled at collector collector.example.jp:7443 (terminal terminal-1, group jumin).");
  event.mutable_enrolled()->set_collector("192.0.2.7:40000");
  event.mutable_enrolled()->set_key_sha256("k");
  EXPECT_EQ(DescribeEvent(Language::kEnglish, event),
            "Enrolled terminal terminal-1 (called from 192.0.2.7:40000, group jumin).");
  EXPECT_EQ(DescribeEvent(Language::kJapanese, event),
            "端末 terminal-1 を登録しました（接続元 192.0.2.7:40000、グループ jumin）。");
}

TEST(DescribeEvent, NamesNoDeviceWhereAFailureHadNone) {
  proto::Event event;
  event.mutable_enforcement_failed()->set_error("closing the barrier: io");
  EXPECT_EQ(DescribeEvent(Language::kEnglish, event), "Sekimori could not do its work: closing the barrier: io");
}

TEST(DescribeEvent, SaysOfACollectorsPolicyWhichGroupTheTerminalIsIn) {
  proto::Event event;
  proto::PolicyInForce& policy = *event.mutable_policy_in_force();
  policy.set_source(proto::POLICY_SOURCE_COLLECTOR);
  policy.set_version(12);
  policy.set_name("窓口用");
  policy.set_mode(proto::MODE_ENFORCE);
  policy.set_rules(3);
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), testing::Not(HasSubstr("group")));
  policy.set_group("窓口");
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("version 12"));
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("This terminal is in group 窓口."));
  EXPECT_THAT(DescribeEvent(Language::kJapanese, event), HasSubstr("この端末のグループは 窓口 です。"));
}

TEST(DescribeEvent, SaysThatObserveModeRefusedNothing) {
  const std::string text = DescribeEvent(Language::kEnglish, Judged(proto::VERDICT_DENY, proto::MODE_OBSERVE));
  EXPECT_THAT(text, HasSubstr("would have refused"));
  EXPECT_THAT(text, HasSubstr("let it in"));
}

TEST(DescribeEvent, HasWordsForEveryKindInBothLanguages) {
  std::set<std::string> sentences;
  for (const proto::Event& event : OneOfEachKind()) {
    for (const Language language : {Language::kJapanese, Language::kEnglish}) {
      const std::string text = DescribeEvent(language, event);
      EXPECT_NE(text, Say(language, "event.unknown")) << EventType(event);
      EXPECT_THAT(text, Not(HasSubstr("event."))) << EventType(event);
      EXPECT_THAT(text, Not(HasSubstr("{"))) << EventType(event);
      sentences.insert(text);
    }
  }
  EXPECT_EQ(sentences.size(), 2 * OneOfEachKind().size());
}

TEST(DescribeEvent, TellsARemovalFromARelease) {
  proto::Event event;
  event.mutable_barrier_released()->set_user("tanaka");
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("opened the barrier"));
  event.mutable_barrier_released()->set_removal(true);
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("removes Sekimori"));
  EXPECT_THAT(DescribeEvent(Language::kJapanese, event), HasSubstr("関守を削除"));
}

TEST(DescribeEvent, HasWordsForEveryAlarm) {
  std::set<std::string> sentences;
  for (int kind = proto::AlarmKind_MIN + 1; kind <= proto::AlarmKind_MAX; ++kind) {
    proto::Event event;
    event.mutable_collector_alarm()->set_kind(static_cast<proto::AlarmKind>(kind));
    EXPECT_THAT(DescribeEvent(Language::kEnglish, event), Not(HasSubstr(Say(Language::kEnglish, "alarm.unknown"))));
    sentences.insert(DescribeEvent(Language::kJapanese, event));
  }
  EXPECT_EQ(sentences.size(), static_cast<std::size_t>(proto::AlarmKind_MAX));
}

TEST(DescribeEvent, HasWordsForEveryBasis) {
  for (int basis = proto::Basis_MIN + 1; basis <= proto::Basis_MAX; ++basis) {
    proto::Decision decision;
    decision.set_basis(static_cast<proto::Basis>(basis));
    EXPECT_NE(DescribeBasis(Language::kJapanese, decision), Say(Language::kJapanese, "basis.unknown")) << basis;
  }
}

TEST(DescribeEvent, SaysInTheReadersLanguageWhatWasTamperedWith) {
  proto::Event event;
  event.mutable_barrier_tampered()->mutable_device()->set_port_path("1-2");
  for (const char* what : {"let_in", "shut"}) {
    event.mutable_barrier_tampered()->set_what(what);
    EXPECT_THAT(DescribeEvent(Language::kJapanese, event), Not(HasSubstr(what)));
    EXPECT_THAT(DescribeEvent(Language::kJapanese, event),
                HasSubstr(Say(Language::kJapanese, std::string("tampering.") + what)));
  }
  event.mutable_barrier_tampered()->set_what("usb2.authorized_default=1");
  EXPECT_THAT(DescribeEvent(Language::kJapanese, event), HasSubstr("usb2.authorized_default=1"));
}

TEST(DescribeEvent, SaysWhyAPolicyOrACollectorWasRefused) {
  proto::Event event;
  event.mutable_policy_refused()->set_error_code("conflict");
  EXPECT_THAT(DescribeEvent(Language::kJapanese, event), HasSubstr(Say(Language::kJapanese, "error.conflict")));
  event.mutable_collector_refused()->set_error_code("untrusted");
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr(Say(Language::kEnglish, "error.untrusted")));
  event.mutable_collector_refused()->set_error_code("of_a_later_version");
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), HasSubstr("(of_a_later_version)"));
}

TEST(DescribeEvent, NamesEveryActOfAnOperator) {
  for (const char* act :
       {"init", "certificate.renew", "certificate.keep", "policy.apply", "policy.rollback", "terminal.certificate",
        "terminal.group", "terminal.revoke", "token.create", "token.revoke"}) {
    proto::Event event;
    event.mutable_operator_action()->set_action(act);
    event.mutable_operator_action()->set_succeeded(true);
    EXPECT_THAT(DescribeEvent(Language::kJapanese, event), Not(HasSubstr(act))) << act;
  }
}

TEST(DescribeEvent, NeverLetsADeviceNameForgeALine) {
  proto::Event event = Judged(proto::VERDICT_DENY, proto::MODE_ENFORCE);
  event.mutable_device_judged()->mutable_device()->set_product_name("x\n2026 allowed\x1b[2K");
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), Not(HasSubstr("\n")));
  EXPECT_THAT(DescribeEvent(Language::kEnglish, event), Not(HasSubstr("\x1b")));
  EXPECT_THAT(EventDeviceText(Language::kEnglish, event), HasSubstr("x\\u{a}2026"));
}

TEST(DescribeKind, NamesEverythingACompositeDeviceCouldBecome) {
  proto::Device device;
  *device.add_interfaces() = InterfaceOf(3, 1, 1);
  *device.add_interfaces() = InterfaceOf(8, 6, 0x62);
  *device.add_interfaces() = InterfaceOf(8, 6, 0x50);
  EXPECT_EQ(DescribeKind(Language::kJapanese, device), "キーボード＋記憶装置");
}

TEST(DescribeKind, SeesEveryWayOut) {
  struct Case {
    std::uint32_t class_code, subclass, protocol;
    const char* expected;
  };
  const Case cases[] = {{2, 6, 0, "network device"},
                        {2, 2, 1, "serial device"},
                        {3, 0, 0, "input device"},
                        {3, 1, 2, "mouse"},
                        {6, 1, 1, "phone or camera"},
                        {0xe0, 1, 3, "network device"},
                        {0xe0, 1, 1, "wireless device"},
                        {0xef, 4, 1, "network device"},
                        {0xff, 0, 0, "vendor-specific device"},
                        {0x0b, 0, 0, "smart card reader"},
                        {0x77, 0, 0, "other device"}};
  for (const Case& c : cases) {
    proto::Device device;
    *device.add_interfaces() = InterfaceOf(c.class_code, c.subclass, c.protocol);
    EXPECT_EQ(DescribeKind(Language::kEnglish, device), c.expected);
  }
  EXPECT_EQ(DescribeKind(Language::kEnglish, proto::Device{}), "device of unknown kind");
}

TEST(EventType, IsTheStableNameOfTheKind) {
  EXPECT_EQ(EventType(Judged(proto::VERDICT_DENY, proto::MODE_ENFORCE)), "device_judged");
  EXPECT_EQ(EventType(proto::Event{}), "unknown");
}

TEST(EventOutcome, TellsWhatBecameOfADevice) {
  EXPECT_EQ(EventOutcome(Judged(proto::VERDICT_DENY, proto::MODE_ENFORCE)), "refused");
  EXPECT_EQ(EventOutcome(Judged(proto::VERDICT_DENY, proto::MODE_OBSERVE)), "would_refuse");
  EXPECT_EQ(EventOutcome(Judged(proto::VERDICT_ALLOW, proto::MODE_ENFORCE)), "allowed");
  EXPECT_EQ(EventOutcome(Judged(proto::VERDICT_ALLOW_INTERFACES, proto::MODE_ENFORCE)), "allowed");
  // A verdict nobody wrote is never shown as an admission.
  EXPECT_EQ(EventOutcome(Judged(proto::VERDICT_UNSPECIFIED, proto::MODE_ENFORCE)), "refused");
}

TEST(EventOutcome, RaisesAnAlarmForAClockSetBackButNotForASmallCorrection) {
  proto::Event event;
  event.mutable_clock_stepped()->set_before_us(3'600'000'000);
  event.mutable_clock_stepped()->set_after_us(3'599'000'000);
  EXPECT_EQ(EventOutcome(event), "info");
  event.mutable_clock_stepped()->set_after_us(0);
  EXPECT_EQ(EventOutcome(event), "alarm");
}

TEST(EventOutcome, SeesAClockSetBackHoweverFar) {
  struct Case {
    std::int64_t before_us, after_us;
    const char* outcome;
  };
  const Case cases[] = {
      {INT64_MAX, INT64_MIN, "alarm"}, {INT64_MAX, 0, "alarm"}, {1, INT64_MIN, "alarm"},
      {INT64_MIN, INT64_MAX, "info"},  {-2, INT64_MAX, "info"}, {INT64_MIN, INT64_MIN, "info"},
  };
  for (const Case& c : cases) {
    proto::Event event;
    event.mutable_clock_stepped()->set_before_us(c.before_us);
    event.mutable_clock_stepped()->set_after_us(c.after_us);
    EXPECT_EQ(EventOutcome(event), c.outcome) << c.before_us << " to " << c.after_us;
    EXPECT_THAT(DescribeEvent(Language::kEnglish, event), Not(IsEmpty()));
  }
}

TEST(EventOutcome, HasWordsForEveryOutcome) {
  for (const proto::Event& event : OneOfEachKind())
    EXPECT_THAT(OutcomeText(Language::kJapanese, event), Not(HasSubstr("outcome."))) << EventType(event);
}

TEST(EventUsers, ListsThoseLoggedInOrTheOneWhoActed) {
  EXPECT_EQ(EventUsers(Judged(proto::VERDICT_DENY, proto::MODE_ENFORCE)), "tanaka, sato");
  proto::Event released;
  released.mutable_barrier_released()->set_user("root");
  EXPECT_EQ(EventUsers(released), "root");
}

}  // namespace
}  // namespace sekimori::words
