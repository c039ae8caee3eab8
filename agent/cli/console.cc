#include "agent/cli/console.h"

#include <cstdio>

namespace sekimori::cli {

namespace {

std::string Dump(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void Console::Out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) out_good_ = false;
}

void Console::OutJson(const Json& document) {
  OutLine(Dump(document));
}

void Console::Tell(const std::string& sentence) const {
  if (json_) return;
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", sentence.c_str());
}

ExitCode Console::Fail(const Error& error) const {
  std::fflush(stdout);
  const std::string sentence = words::SayError(language_, error);
  if (json_) {
    const Json document = {{"error",
                            {{"code", ErrorCodeName(error.code)},
                             {"where", error.where},
                             {"detail", error.detail},
                             {"message", sentence}}}};
    std::fprintf(stderr, "%s\n", Dump(document).c_str());
  } else {
    std::fprintf(stderr, "%s\n", sentence.c_str());
  }
  return ExitCodeFor(error.code);
}

bool Console::Flush() {
  if (std::fflush(stdout) != 0) out_good_ = false;
  return out_good_;
}

ExitCode Console::Finish(ExitCode code) {
  if (Flush()) return code;
  return Fail({ErrorCode::kIo, "stdout", "the output could not be written whole"});
}

}  // namespace sekimori::cli
