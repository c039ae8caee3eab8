// Chance as the test says: counts up, repeats itself or fails when told to. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "agent/ports/random.h"

namespace sekimori::fakes {

class FakeRandom final : public ports::Random {
 public:
  // Until told otherwise with nullopt.
  void Fail(std::optional<Error> error) { error_ = std::move(error); }
  void Repeat(bool repeat) { repeat_ = repeat; }
  [[nodiscard]] Result<std::array<std::uint8_t, 32>> Bytes() override {
    if (error_) return *error_;
    if (!repeat_) ++next_;
    std::array<std::uint8_t, 32> bytes{};
    bytes[0] = static_cast<std::uint8_t>(next_ >> 8);
    bytes[1] = static_cast<std::uint8_t>(next_ & 255);
    return bytes;
  }

 private:
  std::optional<Error> error_;
  bool repeat_ = false;
  std::uint32_t next_ = 0;
};

}  // namespace sekimori::fakes
