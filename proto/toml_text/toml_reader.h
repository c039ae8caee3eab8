// Strict reading of TOML: every key must be known, every value has a stated form, and an error names the line, what was
// found and what was expected. All configuration files go through here.
// Source: TOML 1.0; toml++ 3.3, whose exceptions end in ParseToml.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "proto/result.h"

namespace sekimori::toml_text {

inline constexpr std::size_t kMaxTomlBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxListEntries = 1000;

// kTooLarge; kInvalid with `where` "name:LINE". Nesting is bounded before the parser sees the text, because toml++ 3.3
// follows dotted keys of any length into recursion.
[[nodiscard]] Result<toml::table> ParseToml(std::string_view text, const std::string& name);

// Where errors of one file are gathered. The one nearest to the top of the file is told.
class Faults {
 public:
  explicit Faults(std::string file_name) : file_name_(std::move(file_name)) {}
  // line 0: unknown.
  void Add(std::uint32_t line, std::string detail);
  [[nodiscard]] bool any() const { return first_.has_value(); }
  // Only when any().
  [[nodiscard]] Error First() const;

 private:
  struct Fault {
    std::uint32_t line;
    std::string detail;
  };
  std::string file_name_;
  std::optional<Fault> first_;
};

// Characters that may stand in a text, and how many. Never control characters, line separators or the marks that turn
// the direction of writing: these texts are shown in logs, terminals and tables.
struct TextBound {
  std::size_t max_characters = 256;
};

// One table, read key by key. Keys that are not among `known` are faults, with the nearest known one named. The table
// and the faults outlive the reader. Getters of an absent key answer nothing and are no fault; of a wrong value answer
// nothing and add a fault.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string title, const std::vector<std::string_view>& known, Faults& faults);

  [[nodiscard]] bool Has(std::string_view key) const { return table_.contains(key); }
  [[nodiscard]] std::uint32_t LineOf(std::string_view key) const;  // of the table if there is no such key
  void Fault(std::string_view key, std::string detail) { faults_.Add(LineOf(key), std::move(detail)); }
  void Require(std::string_view key, std::string_view expected);

  [[nodiscard]] std::optional<std::string> Text(std::string_view key, TextBound bound = {},
                                                std::string_view expected = "a text in quotation marks");
  [[nodiscard]] std::optional<bool> Truth(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> Number(std::string_view key, std::int64_t min, std::int64_t max);
  // A date and time with its offset from UTC, without quotation marks. Fractions below a microsecond are cut off.
  [[nodiscard]] std::optional<std::chrono::sys_time<std::chrono::microseconds>> Instant(std::string_view key);
  // A table by this name; a fault if something else bears it.
  [[nodiscard]] const toml::table* Table(std::string_view key);
  // [[key]] entries.
  [[nodiscard]] std::vector<const toml::table*> Tables(std::string_view key, std::size_t max);

  // One text in the form that `parse` takes; `expected` describes it in errors.
  template <typename T>
  [[nodiscard]] std::optional<T> Word(std::string_view key, std::optional<T> (*parse)(std::string_view),
                                      std::string_view expected, TextBound bound = {}) {
    const std::optional<std::string> text = Text(key, bound, expected);
    if (!text) return std::nullopt;
    std::optional<T> value = parse(*text);
    if (!value) Fault(key, NotThis(key, *text, expected));
    return value;
  }
  // One such text or a list of 1–1,000 of them.
  template <typename T>
  [[nodiscard]] std::vector<T> Words(std::string_view key, std::optional<T> (*parse)(std::string_view),
                                     std::string_view expected) {
    std::vector<T> values;
    EachText(key, expected, [&](std::uint32_t line, const std::string& text) {
      if (std::optional<T> value = parse(text))
        values.push_back(std::move(*value));
      else
        faults_.Add(line, NotThis(key, text, expected));
    });
    return values;
  }

 private:
  using TextSink = std::function<void(std::uint32_t line, const std::string& text)>;
  void EachText(std::string_view key, std::string_view expected, const TextSink& sink);
  [[nodiscard]] std::optional<std::string> CheckedText(std::string_view key, const toml::node& node, TextBound bound,
                                                       std::string_view expected);
  [[nodiscard]] static std::string NotThis(std::string_view key, std::string_view found, std::string_view expected);

  const toml::table& table_;
  std::string title_;
  Faults& faults_;
};

}  // namespace sekimori::toml_text
