// One line for every happening worth it, for the system's journal. Req: R05
#pragma once

#include <string>

namespace sekimori::intake {

enum class Level { kInformation, kNotice, kWarning, kError };

class Journal {
 public:
  virtual ~Journal() = default;
  // Any thread. `line` may hold text from the network: the implementation makes control characters harmless.
  virtual void Write(Level level, const std::string& line) = 0;
};

}  // namespace sekimori::intake
