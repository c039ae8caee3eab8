#include "server/ctl/progress.h"

#include <algorithm>
#include <cstdio>

#include "server/ctl/console.h"

namespace sekimori::ctl {

namespace {
constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::milliseconds kBetween{100};
constexpr std::size_t kWidth = 30;
}  // namespace

Progress::Progress(std::string what, bool wanted)
    : what_(std::move(what)), wanted_(wanted && Console::StderrIsTerminal()) {}

void Progress::Show(std::uint64_t done, std::uint64_t total) {
  if (!wanted_) return;
  const Clock::time_point now = Clock::now();
  if (now - begun_ < kPatience || now - last_ < kBetween) return;
  last_ = now;
  shown_ = true;
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - begun_);
  std::fprintf(stderr, "\r\x1b[K%s", Line(what_, done, total, since).c_str());
  std::fflush(stderr);
}

void Progress::Clear() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

std::string Progress::Line(const std::string& what, std::uint64_t done, std::uint64_t total,
                           std::chrono::milliseconds since) {
  const double part = total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(kWidth));
  std::string line = what + " [" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] " +
                     std::to_string(static_cast<int>(part * 100)) + " %  " + std::to_string(done) + "/" +
                     std::to_string(total);
  if (part > 0) {
    const double left = static_cast<double>(since.count()) / 1000 * (1 - part) / part;
    line += "  ~" + std::to_string(static_cast<int>(left + 0.5)) + " s";
  }
  return line;
}

}  // namespace sekimori::ctl
