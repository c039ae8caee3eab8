// The commands of sekimorictl. Each Add… declares its options and sets what is to run when it is the one chosen.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

#include "server/ctl/exit_code.h"
#include "server/ctl/session.h"

namespace sekimori::ctl {

struct Invocation {
  Common common;
  std::function<ExitCode()> run;

  [[nodiscard]] std::string Help(std::string_view key) const { return common.console->Say(key); }
};

void AddInit(CLI::App& app, Invocation& invocation);
void AddToken(CLI::App& app, Invocation& invocation);
void AddTerminal(CLI::App& app, Invocation& invocation);
void AddEvents(CLI::App& app, Invocation& invocation);
void AddVerify(CLI::App& app, Invocation& invocation);
void AddPolicy(CLI::App& app, Invocation& invocation);
void AddCertificate(CLI::App& app, Invocation& invocation);

// Letters, digits and what municipalities put in names of sections; 1–64 characters, nothing invisible. kInvalid.
[[nodiscard]] Status CheckGroup(const std::string& group);
inline constexpr const char* kDefaultGroup = "default";

// A terminal by its id, the beginning of it (four characters or more), or its host name. kNotFound; kConflict when
// several answer to it.
[[nodiscard]] Result<store::Terminal> FindOneTerminal(store::Reader& reader, const std::string& text);

}  // namespace sekimori::ctl
