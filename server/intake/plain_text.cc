#include "server/intake/plain_text.h"

#include <algorithm>

#include "proto/masking/text.h"

namespace sekimori::intake {

std::string PlainText(std::string text, std::size_t max_bytes) {
  std::replace(text.begin(), text.end(), '\0', ' ');
  masking::MakeUtf8(text);
  masking::CutUtf8(text, max_bytes);
  return text;
}

}  // namespace sekimori::intake
