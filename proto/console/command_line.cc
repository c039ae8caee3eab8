#include "proto/console/command_line.h"

#include <cstdio>
#include <string>

namespace sekimori::console {

namespace {

// Only when help was asked for: nothing else is worth the memory to a program that goes on.
void Translate(CLI::App& app, words::Language language) {
  const auto say = [language](std::string_view key) { return words::Say(language, key); };
  app.get_formatter()->label("Usage", say("command_line.usage"));
  app.get_formatter()->label("OPTIONS", say("command_line.any_options"));
  app.get_formatter()->label("SUBCOMMAND", say("command_line.command"));
  app.get_formatter()->label("SUBCOMMANDS", say("command_line.command"));
  app.get_formatter()->label("Positionals", say("command_line.arguments"));
  app.get_formatter()->label("REQUIRED", say("command_line.required"));
  for (CLI::Option* option : app.get_options())
    if (option->get_group() == "Options") option->group(say("command_line.options"));
  for (CLI::App* command : app.get_subcommands({})) {
    command->group(say("command_line.commands"));
    Translate(*command, language);
  }
}

}  // namespace

std::optional<int> Parse(CLI::App& app, int argc, const char* const* argv, words::Language language) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    Translate(app, language);
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    const std::string sentence =
        words::Say(language, "command_line.wrong", {{"detail", error.what()}, {"program", app.get_name()}});
    std::fprintf(stderr, "%s\n", sentence.c_str());
    return kWrongCommandLine;
  }
  return std::nullopt;
}

}  // namespace sekimori::console
