// Arrivals: counts what comes in at each of the machine's own ports, so that a loose plug, or a device made for it,
// fills neither the log nor the day by coming and going without end. What is too much waits for the end of its minute,
// and one look then stands for all of it. A plain value; deciding thread only. Req: R02, R05
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/event.h"

namespace sekimori::core {

class Arrivals {
 public:
  // At one port in one minute, with everything that hangs on it: a desk's worth of devices replugged some times.
  static constexpr std::uint32_t kFree = 30;
  static constexpr std::chrono::minutes kMinute{1};

  struct Restless {
    std::string port;
    std::uint32_t arrivals = 0;   // in a minute
    std::uint32_t held_back = 0;  // of them
  };

  // One more arrival. False: it is to wait until Due(). After a minute with too many, the first of the next is too.
  [[nodiscard]] bool Admit(const std::string& port_path, model::BootTime now);
  // When the next minute in which something was held back is over.
  [[nodiscard]] std::optional<model::BootTime> Due() const;
  // The ports where it is.
  [[nodiscard]] std::vector<Restless> TakeDue(model::BootTime now);

  // The machine's own port that a device hangs on: "1-2" for "1-2.3.4".
  [[nodiscard]] static std::string PortOf(const std::string& port_path);

 private:
  struct Minute {
    model::BootTime begun{};
    std::uint32_t arrivals = 0;
    std::uint32_t held_back = 0;
    bool restless_before = false;
  };
  std::map<std::string, Minute> by_port_;
};

}  // namespace sekimori::core
