// Notices about the machine that the test gives. Delivers on the calling thread.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "agent/ports/system_notices.h"

namespace sekimori::fakes {

class FakeSystemNotices final : public ports::SystemNotices {
 public:
  void Give(const ports::SystemNotice& notice) {
    if (deliver_) deliver_(notice);
  }
  void FailStart(Error error) { start_error_ = std::move(error); }

  [[nodiscard]] Status Start(std::function<void(ports::SystemNotice)> deliver) override {
    if (start_error_) return *start_error_;
    deliver_ = std::move(deliver);
    return Status::Ok();
  }
  void Stop() override { deliver_ = nullptr; }

 private:
  std::function<void(ports::SystemNotice)> deliver_;
  std::optional<Error> start_error_;
};

}  // namespace sekimori::fakes
