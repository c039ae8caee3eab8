// The text of an enrolment token, as an administrator or anybody else may paste it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proto/token/enrolment_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekimori;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<token::EnrolmentToken> parsed = token::Parse(text);
  if (!parsed.ok()) return 0;
  // What was accepted can be printed, and is the same when it is read again.
  const Result<std::string> printed = token::Print(parsed.value());
  if (!printed.ok()) std::abort();
  const Result<token::EnrolmentToken> again = token::Parse(printed.value());
  if (!again.ok() || again.value().host != parsed.value().host || again.value().id != parsed.value().id ||
      again.value().secret.bytes() != parsed.value().secret.bytes()) {
    std::abort();
  }
  return 0;
}
