// Events in one clear sentence, for the clerk and the auditor: what happened, to what, and why. Shared by the agent's
// and the collector's command lines, so that both tell the same story. Any thread. Req: R05, R07
#pragma once

#include <cstdint>
#include <string>

#include "proto/event.pb.h"
#include "proto/words/words.h"

namespace sekimori::words {

// One sentence or two, no newline. Strings from the device are made safe (Printable).
[[nodiscard]] std::string DescribeEvent(Language language, const proto::Event& event);

// Stable name of the kind ("device_judged"), as used in filters, JSON and CSV; "unknown" for an event this version
// does not know.
[[nodiscard]] std::string EventType(const proto::Event& event);

// "allowed", "refused", "would_refuse" (observe mode: enforcing would have refused), "alarm" (somebody must look) or
// "info". Stable, for filters and colours.
[[nodiscard]] std::string EventOutcome(const proto::Event& event);
// The outcome in words, for a table ("拒否", "refused").
[[nodiscard]] std::string OutcomeText(Language language, const proto::Event& event);

// The device an event is about, in words; empty if it is about none.
[[nodiscard]] std::string EventDeviceText(Language language, const proto::Event& event);
// The users an event names, joined with ", "; empty if it names none.
[[nodiscard]] std::string EventUsers(const proto::Event& event);

// "記憶装置「USB Stick」(0781:5581、製造番号 4C53、ポート 1-2)"
[[nodiscard]] std::string DescribeDevice(Language language, const proto::Device& device);
// What the device could become, from its interface classes: "キーボード＋記憶装置".
[[nodiscard]] std::string DescribeKind(Language language, const proto::Device& device);
// Why it was decided so: "規則「office-sticks」（庁内貸出品）" or "どの規則にも当てはまらないため（既定）".
[[nodiscard]] std::string DescribeBasis(Language language, const proto::Decision& decision);
// "拒否", "許可", "一部許可（インターフェース 0, 1）".
[[nodiscard]] std::string DescribeVerdict(Language language, const proto::Decision& decision);
// "「窓口用」第3版"; of version 0 only the name.
[[nodiscard]] std::string DescribePolicy(Language language, const std::string& name, std::uint64_t version);
// The interface numbers a decision admits: "0, 1".
[[nodiscard]] std::string InterfaceNumbers(const proto::Decision& decision);

// How somebody proves who he is: "ワンタイムコード".
[[nodiscard]] std::string MethodText(Language language, proto::LoginMethod method);

}  // namespace sekimori::words
