// Whatever the bytes and however they are cut, the reader gives the frames that a plain reading of the whole gives.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "proto/frame/frame.h"

namespace {

constexpr std::size_t kBound = 300;

struct Plain {
  std::vector<std::string> payloads;
  bool too_large = false;
};

Plain ReadPlainly(std::string_view wire) {
  Plain plain;
  while (wire.size() >= 4) {
    const auto octet = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(wire[i])); };
    const std::size_t length = octet(0) << 24U | octet(1) << 16U | octet(2) << 8U | octet(3);
    plain.too_large = length > kBound;
    if (plain.too_large || wire.size() - 4 < length) return plain;
    plain.payloads.emplace_back(wire.substr(4, length));
    wire.remove_prefix(4 + length);
  }
  return plain;
}

void Require(bool good) {
  if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::size_t step = data[0] + 1U;
  const std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Plain plain = ReadPlainly(wire);

  sekimori::frame::FrameReader reader(kBound);
  std::vector<std::string> payloads;
  bool too_large = false;
  for (std::size_t at = 0; at < wire.size(); at += step) {
    const std::string_view part = wire.substr(at, step);
    const bool fed = reader.Feed(std::as_bytes(std::span(part))).ok();
    Require(!too_large || !fed);
    too_large = too_large || !fed;
    while (std::optional<std::string> payload = reader.Next())
      payloads.push_back(std::move(*payload));
    Require(reader.pending() <= 4 + kBound);
  }
  Require(too_large == plain.too_large);
  Require(payloads == plain.payloads);

  std::string again;
  for (const std::string& payload : payloads)
    Require(sekimori::frame::AppendFrame(again, payload).ok());
  Require(wire.starts_with(again));
  return 0;
}
