// Whatever the bytes, a body that one side takes is the very body its encoder writes, the other side does not take it,
// and of a body that is refused nothing is left.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "proto/login/login.h"

namespace {

void Require(bool good) {
  if (!good) std::abort();
}

template <typename Message>
void RequireEmpty(const Message& message) {
  const auto* octets = reinterpret_cast<const uint8_t*>(&message);
  for (std::size_t i = 0; i < sizeof message; ++i)
    Require(octets[i] == 0);
}

LoginFault Encode(const LoginFromModule& message, LoginFrame& frame) {
  if (message.type == kLoginBegin) return LoginEncodeBegin(&message.begin, &frame);
  if (message.type == kLoginAnswer) return LoginEncodeAnswer(message.answer.text, &frame);
  return LoginEncodeCancel(&frame);
}

LoginFault Encode(const LoginFromAgent& message, LoginFrame& frame) {
  if (message.type == kLoginPrompt) return LoginEncodePrompt(&message.prompt, &frame);
  return LoginEncodeVerdict(&message.verdict, &frame);
}

template <typename Message>
bool Taken(LoginFault fault, const Message& message, const uint8_t* body, size_t size) {
  if (fault != kLoginSound) {
    RequireEmpty(message);
    return false;
  }
  LoginFrame frame;
  Require(Encode(message, frame) == kLoginSound);
  Require(LoginBodySize(frame.bytes) == size && frame.size == kLoginHeaderSize + size);
  Require(std::memcmp(frame.bytes + kLoginHeaderSize, body, size) == 0);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size >= kLoginHeaderSize) {
    const size_t announced = LoginBodySize(data);
    Require(announced == 0 || (announced >= kLoginBodyMin && announced <= kLoginBodyMax));
  }
  LoginFromModule from_module;
  LoginFromAgent from_agent;
  const bool by_agent = Taken(LoginDecodeFromModule(data, size, &from_module), from_module, data, size);
  const bool by_module = Taken(LoginDecodeFromAgent(data, size, &from_agent), from_agent, data, size);
  Require(!by_agent || !by_module);
  return 0;
}
