#include "server/ctl/times.h"

#include <chrono>

#include "proto/words/time_text.h"

namespace sekimori::ctl {

std::int64_t NowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string TimeText(std::int64_t time_us) {
  return time_us == 0 ? "-" : words::LocalTimeText(words::TimeOfMessage(time_us));
}

std::string TimeJson(std::int64_t time_us) {
  return time_us == 0 ? "" : words::UtcTimeText(words::TimeOfMessage(time_us));
}

}  // namespace sekimori::ctl
