// A progress bar on the terminal behind stderr, for work that has lasted two seconds. Elsewhere nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sekimori::ctl {

class Progress {
 public:
  Progress(std::string what, bool wanted);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(std::uint64_t done, std::uint64_t total);
  // Takes the bar away.
  void Clear();

  // "What [#####.....] 52 %  1200000/2300000  about 3 s"
  [[nodiscard]] static std::string Line(const std::string& what, std::uint64_t done, std::uint64_t total,
                                        std::chrono::milliseconds since);

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  bool wanted_;
  bool shown_ = false;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point last_ = begun_;
};

}  // namespace sekimori::ctl
