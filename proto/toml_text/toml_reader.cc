#include "proto/toml_text/toml_reader.h"

#include <algorithm>
#include <array>

#include "proto/toml_text/text_bounds.h"

namespace sekimori::toml_text {
namespace {

// What a Japanese keyboard leaves where TOML wants ASCII.
constexpr std::array<std::string_view, 10> kFullWidth{"　", "＝", "“", "”", "［", "］", "｛", "｝", "，", "＃"};

std::string_view LineText(std::string_view text, std::uint32_t line) {
  for (; line > 1 && !text.empty(); --line) {
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// A hint only: the line did not parse, so what is a string in it cannot be told.
std::string FullWidthHint(std::string_view line) {
  for (const std::string_view character : kFullWidth)
    if (line.find(character) != std::string_view::npos)
      return "; the line holds a full-width " + Quoted(character) + ", outside of a text the half-width one is needed";
  return {};
}

std::string Where(const std::string& name, std::uint32_t line) {
  return line == 0 ? name : name + ':' + std::to_string(line);
}

std::string TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time without quotation marks";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

std::string Listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words)
    text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

}  // namespace

Result<toml::table> ParseToml(std::string_view text, const std::string& name) {
  if (text.size() > kMaxTomlBytes)
    return Error{ErrorCode::kTooLarge, name,
                 std::to_string(text.size()) + " bytes; want at most " + std::to_string(kMaxTomlBytes)};
  if (const std::optional<std::uint32_t> line = FirstLineNestedTooDeep(text))
    return Error{ErrorCode::kInvalid, Where(name, *line),
                 "tables, lists or dotted keys are nested more than " + std::to_string(kMaxNesting) + " deep"};
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const std::uint32_t line = error.source().begin.line;
    // The parser's own words may quote the text, so they are made safe to show.
    std::string detail = "not valid TOML: " + std::string(error.description());
    if (FirstForbiddenCharacter(detail)) detail = "not valid TOML: a character that may not stand here";
    return Error{ErrorCode::kInvalid, Where(name, line), detail + FullWidthHint(LineText(text, line))};
  }
}

void Faults::Add(std::uint32_t line, std::string detail) {
  if (!first_ || line < first_->line) first_ = Fault{line, std::move(detail)};
}

Error Faults::First() const {
  return {ErrorCode::kInvalid, Where(file_name_, first_->line), first_->detail};
}

TableReader::TableReader(const toml::table& table, std::string title, const std::vector<std::string_view>& known,
                         Faults& faults)
    : table_(table), title_(std::move(title)), faults_(faults) {
  // Only the first is told, so only for the first is a suggestion looked for: a file may hold a hundred thousand.
  const toml::key* first = nullptr;
  for (const auto& [key, node] : table_) {
    const bool is_known = std::ranges::find(known, key.str()) != known.end();
    if (!is_known && (first == nullptr || key.source().begin.line < first->source().begin.line)) first = &key;
  }
  if (first == nullptr) return;
  const std::optional<std::string_view> meant = Nearest(first->str(), known);
  faults_.Add(first->source().begin.line,
              "unknown key " + Quoted(first->str()) + " in " + title_ +
                  (meant ? "; did you mean " + std::string(*meant) + '?' : "; known are " + Listed(known)));
}

std::uint32_t TableReader::LineOf(std::string_view key) const {
  const auto found = table_.find(key);
  return found == table_.end() ? table_.source().begin.line : found->first.source().begin.line;
}

void TableReader::Require(std::string_view key, std::string_view expected) {
  if (!Has(key))
    faults_.Add(table_.source().begin.line, title_ + " lacks " + std::string(key) + "; want " + std::string(expected));
}

std::optional<std::string> TableReader::Text(std::string_view key, TextBound bound, std::string_view expected) {
  const toml::node* node = table_.get(key);
  return node == nullptr ? std::nullopt : CheckedText(key, *node, bound, expected);
}

std::optional<bool> TableReader::Truth(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  if (const toml::value<bool>* value = node->as_boolean()) return value->get();
  Fault(key, std::string(key) + " is " + TypeName(*node) + "; want true or false, without quotation marks");
  return std::nullopt;
}

std::optional<std::int64_t> TableReader::Number(std::string_view key, std::int64_t min, std::int64_t max) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const toml::value<std::int64_t>* value = node->as_integer();
  if (value != nullptr && value->get() >= min && value->get() <= max) return value->get();
  Fault(key, std::string(key) + " is " + (value ? std::to_string(value->get()) : TypeName(*node)) +
                 "; want a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<std::chrono::sys_time<std::chrono::microseconds>> TableReader::Instant(std::string_view key) {
  constexpr std::string_view kWant =
      "; want a date and time with its offset from UTC, without quotation marks, such as "
      "2027-03-31T17:15:00+09:00";
  const toml::node* node = table_.get(key);
  if (node == nullptr) return std::nullopt;
  const toml::value<toml::date_time>* value = node->as_date_time();
  if (value == nullptr || !value->get().offset) {
    Fault(key,
          std::string(key) + (value == nullptr ? " is " + TypeName(*node) : " has no offset") + std::string(kWant));
    return std::nullopt;
  }
  const auto& [date, time, offset] = value->get();
  const std::chrono::sys_days day = std::chrono::year{date.year} / date.month / date.day;
  return day + std::chrono::hours{time.hour} + std::chrono::minutes{time.minute} + std::chrono::seconds{time.second} +
         std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::nanoseconds{time.nanosecond}) -
         std::chrono::minutes{offset->minutes};
}

const toml::table* TableReader::Table(std::string_view key) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) Fault(key, std::string(key) + " is " + TypeName(*node) + "; want a table");
  return node->as_table();
}

std::vector<const toml::table*> TableReader::Tables(std::string_view key, std::size_t max) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return {};
  const std::string wanted = "[[" + std::string(key) + "]] tables";
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    Fault(key, std::string(key) + " is " + TypeName(*node) + "; want " + wanted + " (two brackets)");
    return {};
  }
  if (list->size() > max) {
    Fault(key, std::to_string(list->size()) + ' ' + wanted + "; want at most " + std::to_string(max));
    return {};
  }
  std::vector<const toml::table*> tables;
  for (const toml::node& entry : *list) {
    if (entry.is_table())
      tables.push_back(entry.as_table());
    else
      faults_.Add(entry.source().begin.line, std::string(key) + " holds " + TypeName(entry) + "; want " + wanted);
  }
  return tables;
}

void TableReader::EachText(std::string_view key, std::string_view expected, const TextSink& sink) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    if (const std::optional<std::string> text = CheckedText(key, *node, {}, expected)) sink(LineOf(key), *text);
    return;
  }
  // An empty list would ask nothing, and so match everything: surely not what was meant.
  if (list->empty()) Fault(key, std::string(key) + " is an empty list; leave the key out or name at least one");
  if (list->size() > kMaxListEntries) {
    Fault(key, std::string(key) + " lists " + std::to_string(list->size()) + " entries; want at most " +
                   std::to_string(kMaxListEntries));
    return;
  }
  for (const toml::node& entry : *list)
    if (const std::optional<std::string> text = CheckedText(key, entry, {}, expected))
      sink(entry.source().begin.line, *text);
}

std::optional<std::string> TableReader::CheckedText(std::string_view key, const toml::node& node, TextBound bound,
                                                    std::string_view expected) {
  const std::uint32_t line = node.source().begin.line;
  const toml::value<std::string>* value = node.as_string();
  if (value == nullptr) {
    faults_.Add(line, std::string(key) + " is " + TypeName(node) + "; want " + std::string(expected));
    return std::nullopt;
  }
  const std::string& text = value->get();
  if (text.empty()) {
    faults_.Add(line, std::string(key) + " is empty; want " + std::string(expected));
    return std::nullopt;
  }
  if (CharacterCount(text) > bound.max_characters) {
    faults_.Add(line, std::string(key) + " has " + std::to_string(CharacterCount(text)) + " characters; want at most " +
                          std::to_string(bound.max_characters));
    return std::nullopt;
  }
  if (const std::optional<std::string> character = FirstForbiddenCharacter(text)) {
    faults_.Add(line, std::string(key) + " holds the control character " + *character + "; want printable text");
    return std::nullopt;
  }
  return text;
}

std::string TableReader::NotThis(std::string_view key, std::string_view found, std::string_view expected) {
  return std::string(key) + " is " + Quoted(found) + "; want " + std::string(expected);
}

}  // namespace sekimori::toml_text
