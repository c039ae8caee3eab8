// What a person types at a running command, line by line, with an end to the waiting. While it lives, Ctrl-C, a
// terminal that goes away and a request to end do not kill the program: they are told, so that it can tidy up.
// One thread. Source: signalfd(2).
#pragma once

#include <chrono>
#include <csignal>
#include <string>

namespace sekimori::cli {

struct Typed {
  enum class Kind {
    kLine,     // without its end
    kEnd,      // nothing more will come
    kStopped,  // Ctrl-C, or whoever ended the program
    kTimedOut,
  };
  Kind kind = Kind::kEnd;
  std::string line;
};

class TypedLines {
 public:
  static constexpr std::size_t kLongest = 256;  // bytes of a line; the rest is dropped

  // Reads `fd`, which stays the caller's.
  explicit TypedLines(int fd);
  ~TypedLines();
  TypedLines(const TypedLines&) = delete;
  TypedLines& operator=(const TypedLines&) = delete;

  [[nodiscard]] Typed Next(std::chrono::steady_clock::time_point until);

 private:
  [[nodiscard]] bool Fill();

  const int fd_;
  int signals_ = -1;
  sigset_t before_{};
  std::string read_;  // and not given yet
  bool ended_ = false;
};

}  // namespace sekimori::cli
