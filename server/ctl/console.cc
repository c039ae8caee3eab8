#include "server/ctl/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace sekimori::ctl {

void Console::Out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) out_good_ = false;
}

void Console::OutJson(const Json& document) {
  Out(document.dump(-1, ' ', false, Json::error_handler_t::replace));
  Out("\n");
}

void Console::Flush() {
  // The stream forgets what it could not write: a failure must be noted when it happens.
  if (std::fflush(stdout) != 0) out_good_ = false;
}

void Console::Tell(const std::string& sentence) {
  if (json_) return;
  Flush();
  std::fprintf(stderr, "%s\n", sentence.c_str());
}

ExitCode Console::Fail(const Error& error) {
  Flush();
  if (json_) {
    const Json document = {{"error",
                            {{"code", ErrorCodeName(error.code)},
                             {"where", error.where},
                             {"detail", error.detail},
                             {"message", words::SayError(language_, error)}}}};
    std::fprintf(stderr, "%s\n", document.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    std::fprintf(stderr, "%s\n", words::SayError(language_, error).c_str());
  }
  return ExitCodeFor(error.code);
}

ExitCode Console::Finish(ExitCode code) {
  Flush();
  if (out_good_) return code;
  return Fail({ErrorCode::kIo, "stdout", "the output could not be written whole"});
}

std::size_t Console::Width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool Console::StderrIsTerminal() {
  return ::isatty(STDERR_FILENO) != 0;
}

}  // namespace sekimori::ctl
