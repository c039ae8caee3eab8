#include "proto/words/words.h"

#include <cstdlib>
#include <map>

#include <toml++/toml.h>

#include "proto/words/catalogue_text.h"
#include "proto/words/printable.h"

namespace sekimori::words {
namespace {

using Catalogue = std::map<std::string, std::string, std::less<>>;

void Flatten(const toml::table& table, const std::string& prefix, Catalogue& into) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      Flatten(*inner, name + ".", into);
    } else if (const auto text = node.value<std::string>()) {
      into.emplace(name, *text);
    }
  }
}

Catalogue ParseCatalogue(std::string_view text) {
  Catalogue catalogue;
  try {
    Flatten(toml::parse(text), "", catalogue);
  } catch (const toml::parse_error&) {
    // The text is ours and a test parses it at every build; were it ever damaged, keys are shown instead of sentences
    // and the program goes on doing its work.
    catalogue.clear();
  }
  return catalogue;
}

// Only the language asked for is parsed: a program speaks one.
const Catalogue& CatalogueOf(Language language) {
  if (language == Language::kEnglish) {
    static const Catalogue english = ParseCatalogue(CatalogueText_en());
    return english;
  }
  static const Catalogue japanese = ParseCatalogue(CatalogueText_ja());
  return japanese;
}

std::string Fill(std::string_view text, std::span<const Value> values) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    filled += text.substr(0, open);
    if (close == std::string_view::npos) {
      if (open != std::string_view::npos) filled += text.substr(open);
      break;
    }
    const std::string_view name = text.substr(open + 1, close - open - 1);
    std::string replacement(text.substr(open, close - open + 1));
    for (const Value& value : values)
      if (value.first == name) replacement = Printable(value.second);
    filled += replacement;
    text.remove_prefix(close + 1);
  }
  return filled;
}

}  // namespace

Language LanguageOfEnvironment() {
  for (const char* name : {"SEKIMORI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    return LanguageOfLocale(value);
  }
  return Language::kJapanese;
}

Language LanguageOfLocale(std::string_view locale) {
  const std::string_view base = locale.substr(0, locale.find('.'));
  const bool english = base.starts_with("en") || base == "C" || base == "POSIX";
  return english ? Language::kEnglish : Language::kJapanese;
}

std::string Say(Language language, std::string_view key, std::initializer_list<Value> values) {
  return Say(language, key, std::span(values.begin(), values.size()));
}

std::string Say(Language language, std::string_view key, std::span<const Value> values) {
  const Catalogue& catalogue = CatalogueOf(language);
  const auto found = catalogue.find(key);
  return found == catalogue.end() ? std::string(key) : Fill(found->second, values);
}

std::string SayError(Language language, const Error& error) {
  const std::string code(ErrorCodeName(error.code));
  const std::string what = Say(language, "error." + code);
  const std::string next = Say(language, "error_next." + code);
  if (error.where.empty())
    return Say(language, "error_form.without_where", {{"what", what}, {"detail", error.detail}}) + "\n" + next;
  return Say(language, "error_form.with_where", {{"what", what}, {"where", error.where}, {"detail", error.detail}}) +
         "\n" + next;
}

}  // namespace sekimori::words
