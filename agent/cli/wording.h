// Values of the messages in words and in JSON, shared by the commands. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "agent/cli/console.h"
#include "proto/control.pb.h"
#include "proto/words/words.h"

namespace sekimori::cli {

[[nodiscard]] std::string ModeText(words::Language language, proto::Mode mode);
[[nodiscard]] std::string PolicySourceText(words::Language language, proto::PolicySource source);
[[nodiscard]] std::string PolicyText(words::Language language, const std::string& name, std::uint64_t version);
// Local time, "-" for never.
[[nodiscard]] std::string TimeText(std::int64_t time_us);

// Stable words: "observe", "deny", "default", "arrived", ...; the enumerator's own name in small letters.
[[nodiscard]] std::string Word(proto::Mode mode);
[[nodiscard]] std::string Word(proto::Verdict verdict);
[[nodiscard]] std::string Word(proto::Basis basis);
[[nodiscard]] std::string Word(proto::PolicySource source);
[[nodiscard]] std::string Word(proto::Trigger trigger);
[[nodiscard]] std::string Word(proto::LoginMethod method);

// UTC, null for never.
[[nodiscard]] Json TimeJson(std::int64_t time_us);
[[nodiscard]] Json DeviceJson(const proto::Device& device);
[[nodiscard]] Json DecisionJson(const proto::Decision& decision);
[[nodiscard]] Json DeviceStateJson(const proto::DeviceState& state);

}  // namespace sekimori::cli
