// How long to wait before the next attempt: doubling up to a cap, each time a random part of it ("full jitter"), so
// that a thousand terminals do not come back in one second. Pure; randomness is given.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace sekimori::channel {

struct BackoffTerms {
  std::chrono::milliseconds first{1'000};
  std::chrono::milliseconds cap{300'000};
};

class Backoff {
 public:
  using Random = std::function<std::uint64_t()>;  // uniform over all 64 bits
  Backoff(const BackoffTerms& terms, Random random)
      : terms_(terms), random_(std::move(random)), ceiling_(terms.first) {}

  // At least a twentieth of the ceiling, at most all of it.
  [[nodiscard]] std::chrono::milliseconds Next();
  // The collector named a time: that, and up to a quarter more. Bounded to between a second and an hour.
  [[nodiscard]] std::chrono::milliseconds After(std::chrono::seconds named);
  void Reset() { ceiling_ = terms_.first; }

 private:
  [[nodiscard]] std::chrono::milliseconds UpTo(std::chrono::milliseconds bound);
  BackoffTerms terms_;
  Random random_;
  std::chrono::milliseconds ceiling_;
};

}  // namespace sekimori::channel
