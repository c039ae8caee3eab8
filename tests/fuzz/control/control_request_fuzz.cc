// Whatever a local process writes into the control socket: no crash, nothing beyond the bounds, no order for a user.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "agent/control/request.h"
#include "proto/frame/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekimori;
  frame::FrameReader reader(control::kMaxRequest);
  if (!reader.Feed(std::as_bytes(std::span(data, size))).ok()) return 0;
  while (const auto payload = reader.Next()) {
    const Result<control::Request> request = control::ParseRequest(*payload);
    if (!request.ok() || !control::MayAsk(1000, request.value())) continue;
    const auto* question = std::get_if<ports::Question>(&request.value());
    if (question == nullptr || std::holds_alternative<ports::OrderRelease>(*question) ||
        std::holds_alternative<ports::OrderClose>(*question) || std::holds_alternative<ports::OrderReload>(*question))
      std::abort();
    if (const auto* explain = std::get_if<ports::AskExplanation>(question);
        explain != nullptr && (explain->device.empty() || explain->device.size() > control::kMaxName))
      std::abort();
  }
  return 0;
}
