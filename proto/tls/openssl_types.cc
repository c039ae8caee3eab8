#include "proto/tls/openssl_types.h"

#include <openssl/err.h>

namespace sekimori::tls {

std::string DrainErrors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!text.empty()) text += "; ";
    text += reason != nullptr ? reason : "error " + std::to_string(code);
  }
  return text.empty() ? "no reason given" : text;
}

}  // namespace sekimori::tls
