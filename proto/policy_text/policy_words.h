// The small words of a policy file: identifiers, classes, speeds, days, times. Each answers nothing for any other text.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/policy_values/policy.h"

namespace sekimori::policy_text {

// What a policy is made of: proto/policy_values.
using namespace policy_values;

inline constexpr std::string_view kWantId = "four hexadecimal digits, such as \"0951\"";
[[nodiscard]] std::optional<std::uint16_t> ParseId(std::string_view text);

inline constexpr std::string_view kWantClass =
    "class:subclass:protocol, two hexadecimal digits or * each and a class that is no *, such as \"08:06:50\" or "
    "\"03:*:*\"";
[[nodiscard]] std::optional<ClassPattern> ParseClassPattern(std::string_view text);
// Without stars.
inline constexpr std::string_view kWantPlainClass =
    "class:subclass:protocol, two hexadecimal digits each, such as \"08:06:50\"";
[[nodiscard]] std::optional<InterfaceClass> ParseClass(std::string_view text);

inline constexpr std::string_view kWantBytes = "bytes, two hexadecimal digits each";
[[nodiscard]] std::optional<std::string> ParseBytes(std::string_view text);

inline constexpr std::string_view kWantHash = "64 hexadecimal digits (SHA-256)";
[[nodiscard]] std::optional<std::array<std::uint8_t, 32>> ParseHash(std::string_view text);

inline constexpr std::string_view kWantSpeed = "\"low\", \"full\", \"high\", \"super\" or \"super-plus\"";
[[nodiscard]] std::optional<Speed> ParseSpeed(std::string_view text);

inline constexpr std::string_view kWantPort =
    "a port path, such as \"1-2\", \"1-2.4\" or \"1-2.*\" (digits, '-', '.', letters and at most 4 stars)";
[[nodiscard]] std::optional<std::string> ParsePort(std::string_view text);

inline constexpr std::string_view kWantSerial = "a serial number of at most 126 characters";
[[nodiscard]] std::optional<std::string> ParseSerial(std::string_view text);

inline constexpr std::string_view kWantName = "the name of a user or group";
[[nodiscard]] std::optional<std::string> ParseName(std::string_view text);

inline constexpr std::string_view kWantRuleId =
    "1 to 64 of a-z, 0-9 and '-', and none of adopted, default, released, root-hub, unreadable";
[[nodiscard]] std::optional<std::string> ParseRuleId(std::string_view text);

inline constexpr std::string_view kWantVerdict = "\"allow\", \"deny\" or \"allow-interfaces\"";
[[nodiscard]] std::optional<Verdict> ParseVerdict(std::string_view text);

inline constexpr std::string_view kWantMode = "\"observe\" or \"enforce\"";
[[nodiscard]] std::optional<Mode> ParseMode(std::string_view text);

inline constexpr std::string_view kWantAdopted = "\"honour\" or \"ignore\"";
[[nodiscard]] std::optional<bool> ParseAdopted(std::string_view text);

inline constexpr std::string_view kWantDay = "\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\" or \"sun\"";
[[nodiscard]] std::optional<std::uint8_t> ParseDay(std::string_view text);

inline constexpr std::string_view kWantFactorClass = "\"knowledge\", \"possession\" or \"inherence\"";
[[nodiscard]] std::optional<FactorClass> ParseFactorClass(std::string_view text);

inline constexpr std::string_view kWantMethod =
    "\"password\", \"totp\", \"fido2\", \"card\", \"fingerprint\" or \"emergency-code\"";
[[nodiscard]] std::optional<Method> ParseMethod(std::string_view text);

inline constexpr std::string_view kWantOrigin = "\"local\" or \"remote\"";
[[nodiscard]] std::optional<Origin> ParseOrigin(std::string_view text);

inline constexpr std::string_view kWantSessionAction = "\"deny\" or \"report\"";
[[nodiscard]] std::optional<WithoutTicket> ParseSessionAction(std::string_view text);

// PAM turns the names of services into small letters (pam_start(3)).
inline constexpr std::string_view kWantService =
    "the name of a PAM service, such as \"login\" or \"sshd\": 1 to 64 of a-z, 0-9, '-', '_', '.', '+' and '@'";
[[nodiscard]] std::optional<std::string> ParseService(std::string_view text);

// "00:00" to "24:00".
inline constexpr std::string_view kWantTime = "a time of day as \"HH:MM\", from \"00:00\" to \"24:00\"";
[[nodiscard]] std::optional<std::chrono::minutes> ParseTime(std::string_view text);

}  // namespace sekimori::policy_text
