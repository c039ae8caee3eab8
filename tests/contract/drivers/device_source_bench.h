// What the device source's contract needs of the world around a source.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "agent/ports/device_source.h"

namespace sekimori::contract {

class SourceBench {
 public:
  virtual ~SourceBench() = default;
  [[nodiscard]] virtual ports::DeviceSource& source() = 0;
  // A stick arrives in this port, as this connection, and the source is given notice of it.
  virtual void Plug(const std::string& port_path, std::uint32_t address) = 0;
  virtual void Unplug(const std::string& port_path) = 0;
  // Somebody changes its authorization; the source is given notice.
  virtual void SetAuthorized(const std::string& port_path, bool authorized) = 0;
  // A notice about the device that brings no news.
  virtual void NotifyInVain(const std::string& port_path) = 0;
  // Notices are lost, and meanwhile the stick in `gone` left and one came to `come`.
  virtual void LoseNotices(const std::string& gone, const std::string& come) = 0;
};

struct SourceMaker {
  std::string name;
  std::function<std::unique_ptr<SourceBench>()> make;
};
inline void PrintTo(const SourceMaker& maker, std::ostream* out) {
  *out << maker.name;
}
// By the program that runs the suite.
[[nodiscard]] std::vector<SourceMaker> SourceMakers();

}  // namespace sekimori::contract
