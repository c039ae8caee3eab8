#include "proto/policy_text/policy_words.h"

#include <algorithm>
#include <charconv>

#include "proto/toml_text/text_bounds.h"

namespace sekimori::policy_text {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

// The whole text, digits only: no sign, no blank, no "0x".
std::optional<std::uint16_t> ParseDigits(std::string_view text, std::string_view digits, int base) {
  if (text.empty() || text.find_first_not_of(digits) != std::string_view::npos) return std::nullopt;
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint8_t> ParseByte(std::string_view text) {
  if (text.size() != 2) return std::nullopt;
  const std::optional<std::uint16_t> value = ParseDigits(text, kHexDigits, 16);
  return value ? std::optional(static_cast<std::uint8_t>(*value)) : std::nullopt;
}

template <typename T>
struct Entry {
  std::string_view word;
  T value;
};

template <typename T, std::size_t N>
std::optional<T> LookUp(const std::array<Entry<T>, N>& entries, std::string_view text) {
  const auto found = std::ranges::find(entries, text, &Entry<T>::word);
  return found == entries.end() ? std::nullopt : std::optional(found->value);
}

}  // namespace

std::optional<std::uint16_t> ParseId(std::string_view text) {
  return text.size() == 4 ? ParseDigits(text, kHexDigits, 16) : std::nullopt;
}

std::optional<ClassPattern> ParseClassPattern(std::string_view text) {
  ClassPattern pattern;
  const std::optional<std::uint8_t> class_code = ParseByte(text.substr(0, 2));
  if (!class_code) return std::nullopt;
  pattern.class_code = *class_code;
  text.remove_prefix(2);
  for (std::optional<std::uint8_t>* part : {&pattern.subclass, &pattern.protocol}) {
    if (!text.starts_with(':')) return std::nullopt;
    text.remove_prefix(1);
    if (text.starts_with('*')) {
      text.remove_prefix(1);
      continue;
    }
    *part = ParseByte(text.substr(0, 2));
    if (!*part) return std::nullopt;
    text.remove_prefix(2);
  }
  return text.empty() ? std::optional(pattern) : std::nullopt;
}

std::optional<InterfaceClass> ParseClass(std::string_view text) {
  const std::optional<ClassPattern> pattern = ParseClassPattern(text);
  if (!pattern || !pattern->subclass || !pattern->protocol) return std::nullopt;
  return InterfaceClass{pattern->class_code, *pattern->subclass, *pattern->protocol};
}

std::optional<std::string> ParseBytes(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (; !text.empty(); text.remove_prefix(2)) {
    const std::optional<std::uint8_t> byte = ParseByte(text.substr(0, 2));
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<char>(*byte));
  }
  return bytes;
}

std::optional<std::array<std::uint8_t, 32>> ParseHash(std::string_view text) {
  std::array<std::uint8_t, 32> hash{};
  const std::optional<std::string> bytes = ParseBytes(text);
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::ranges::transform(*bytes, hash.begin(), [](char byte) { return static_cast<std::uint8_t>(byte); });
  return hash;
}

std::optional<Speed> ParseSpeed(std::string_view text) {
  constexpr std::array<Entry<Speed>, 5> kSpeeds{{{"low", Speed::kLow},
                                                 {"full", Speed::kFull},
                                                 {"high", Speed::kHigh},
                                                 {"super", Speed::kSuper},
                                                 {"super-plus", Speed::kSuperPlus}}};
  return LookUp(kSpeeds, text);
}

std::optional<std::string> ParsePort(std::string_view text) {
  constexpr std::string_view kAllowed = "0123456789abcdefghijklmnopqrstuvwxyz-.*";
  if (text.size() > 64 || text.find_first_not_of(kAllowed) != std::string_view::npos) return std::nullopt;
  // Stars multiply the work of matching.
  return std::ranges::count(text, '*') <= 4 ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<std::string> ParseSerial(std::string_view text) {
  return toml_text::CharacterCount(text) <= 126 ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<std::string> ParseName(std::string_view text) {
  return std::string(text);
}

std::optional<std::string> ParseRuleId(std::string_view text) {
  constexpr std::string_view kAllowed = "0123456789abcdefghijklmnopqrstuvwxyz-";
  // Explanations use these for what is not a rule.
  constexpr std::array<std::string_view, 5> kTaken{"adopted", "default", "released", "root-hub", "unreadable"};
  if (text.empty() || text.size() > 64 || text.find_first_not_of(kAllowed) != std::string_view::npos)
    return std::nullopt;
  return std::ranges::find(kTaken, text) == kTaken.end() ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<Verdict> ParseVerdict(std::string_view text) {
  constexpr std::array<Entry<Verdict>, 3> kVerdicts{
      {{"allow", Verdict::kAllow}, {"deny", Verdict::kDeny}, {"allow-interfaces", Verdict::kAllowInterfaces}}};
  return LookUp(kVerdicts, text);
}

std::optional<Mode> ParseMode(std::string_view text) {
  constexpr std::array<Entry<Mode>, 2> kModes{{{"observe", Mode::kObserve}, {"enforce", Mode::kEnforce}}};
  return LookUp(kModes, text);
}

std::optional<bool> ParseAdopted(std::string_view text) {
  constexpr std::array<Entry<bool>, 2> kWords{{{"honour", true}, {"ignore", false}}};
  return LookUp(kWords, text);
}

std::optional<FactorClass> ParseFactorClass(std::string_view text) {
  constexpr std::array<Entry<FactorClass>, 3> kClasses{{{"knowledge", FactorClass::kKnowledge},
                                                        {"possession", FactorClass::kPossession},
                                                        {"inherence", FactorClass::kInherence}}};
  return LookUp(kClasses, text);
}

std::optional<Method> ParseMethod(std::string_view text) {
  constexpr std::array<Entry<Method>, 6> kMethods{{{"password", Method::kPassword},
                                                   {"totp", Method::kTotp},
                                                   {"fido2", Method::kFido2},
                                                   {"card", Method::kCard},
                                                   {"fingerprint", Method::kFingerprint},
                                                   {"emergency-code", Method::kEmergencyCode}}};
  return LookUp(kMethods, text);
}

std::optional<Origin> ParseOrigin(std::string_view text) {
  constexpr std::array<Entry<Origin>, 2> kOrigins{{{"local", Origin::kLocal}, {"remote", Origin::kRemote}}};
  return LookUp(kOrigins, text);
}

std::optional<WithoutTicket> ParseSessionAction(std::string_view text) {
  constexpr std::array<Entry<WithoutTicket>, 2> kActions{
      {{"deny", WithoutTicket::kDeny}, {"report", WithoutTicket::kReport}}};
  return LookUp(kActions, text);
}

std::optional<std::string> ParseService(std::string_view text) {
  constexpr std::string_view kAllowed = "0123456789abcdefghijklmnopqrstuvwxyz-_.+@";
  if (text.empty() || text.size() > 64 || text.find_first_not_of(kAllowed) != std::string_view::npos)
    return std::nullopt;
  return std::string(text);
}

std::optional<std::uint8_t> ParseDay(std::string_view text) {
  constexpr std::array<Entry<std::uint8_t>, 7> kDays{
      {{"mon", 1}, {"tue", 2}, {"wed", 3}, {"thu", 4}, {"fri", 5}, {"sat", 6}, {"sun", 7}}};
  return LookUp(kDays, text);
}

std::optional<std::chrono::minutes> ParseTime(std::string_view text) {
  constexpr std::string_view kDecimal = "0123456789";
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const std::optional<std::uint16_t> hour = ParseDigits(text.substr(0, 2), kDecimal, 10);
  const std::optional<std::uint16_t> minute = ParseDigits(text.substr(3), kDecimal, 10);
  if (!hour || !minute || *minute > 59) return std::nullopt;
  const std::chrono::minutes time = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
  return time <= std::chrono::hours{24} ? std::optional(time) : std::nullopt;
}

}  // namespace sekimori::policy_text
