// The newest time known, as the test says; unknown when told to. One thread.
#pragma once

#include <optional>
#include <utility>

#include "agent/ports/time_floor.h"

namespace sekimori::fakes {

class FakeTimeFloor final : public ports::TimeFloor {
 public:
  void Set(model::WallTime newest) { newest_ = newest; }
  // Until told otherwise with nullopt.
  void Fail(std::optional<Error> error) { error_ = std::move(error); }
  [[nodiscard]] Result<model::WallTime> Newest() const override {
    if (error_) return *error_;
    return newest_;
  }

 private:
  model::WallTime newest_{};
  std::optional<Error> error_;
};

}  // namespace sekimori::fakes
