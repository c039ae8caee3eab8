// Functions of libraries that the module meets in this program instead: they do what they always do, unless a test
// wants them to fail, and remember what was wiped.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace sekimori::tests {

struct StandIns {
  bool putenv_fails = false;
  bool set_data_fails = false;
  std::function<void()> at_peer_check;  // after connecting, before the first message
  bool remember_wiped = false;
  std::vector<std::string> wiped;  // what stood in memory before
};

// As new at the beginning of a test that uses them.
StandIns& TheStandIns();

}  // namespace sekimori::tests
