#include "agent/door/speech.h"

#include <cstddef>

#include "proto/login/login.h"
#include "proto/words/time_text.h"

namespace sekimori::door {
namespace {

struct ValueText {
  std::string operator()(const std::string& text) const { return text.empty() ? "-" : text; }
  std::string operator()(std::uint64_t number) const { return std::to_string(number); }
  std::string operator()(model::WallTime time) const { return words::LocalTimeText(time); }
};

std::string TextOf(words::Language language, const model::Words& said) {
  std::vector<words::Value> values;
  values.reserve(said.values.size());
  for (const auto& [name, value] : said.values)
    values.emplace_back(name, std::visit(ValueText(), value));
  return words::Say(language, said.key, values);
}

// Never in the middle of a character.
std::string Cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U)
    --most;
  text.resize(most);
  return text;
}

// A display manager has a console's name too, but draws its own characters.
bool IsKernelConsole(std::string_view service, std::string_view tty) {
  constexpr std::string_view kFolder = "/dev/", kName = "tty";
  if (tty.starts_with(kFolder)) tty.remove_prefix(kFolder.size());
  if (service != "login" || !tty.starts_with(kName)) return false;
  tty.remove_prefix(kName.size());
  return !tty.empty() && tty.find_first_not_of("0123456789") == std::string_view::npos;
}

void AddLine(std::string& text, const std::string& line) {
  if (!text.empty()) text += '\n';
  text += line;
}

}  // namespace

Speech::Speech(std::string_view locale, std::string_view service, std::string_view tty) {
  languages_ = {locale.empty() ? words::Language::kJapanese : words::LanguageOfLocale(locale)};
  const bool japanese = languages_.front() == words::Language::kJapanese;
  if (japanese && (locale.empty() || IsKernelConsole(service, tty))) languages_.push_back(words::Language::kEnglish);
}

std::string Speech::PromptText(const model::Prompt& prompt) const {
  std::string text;
  for (const words::Language language : languages_) {
    std::size_t number = 0;
    for (const model::Words& choice : prompt.choices)
      AddLine(text, std::to_string(++number) + "  " + TextOf(language, choice));
    AddLine(text, TextOf(language, prompt.words));
  }
  return Cut(std::move(text), kLoginPromptMax);
}

std::string Speech::MessageText(std::span<const model::Words> lines) const {
  std::string text;
  for (const words::Language language : languages_)
    for (const model::Words& line : lines)
      AddLine(text, TextOf(language, line));
  return Cut(std::move(text), kLoginMessageMax);
}

}  // namespace sekimori::door
