#include "server/ctl/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace sekimori::ctl {

std::size_t Console::Width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool Console::StderrIsTerminal() {
  return ::isatty(STDERR_FILENO) != 0;
}

}  // namespace sekimori::ctl
