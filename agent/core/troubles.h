// Troubles: what the agent cannot do at this moment, one entry for each concern, for `status`. A plain value.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports/questions.h"
#include "proto/result.h"

namespace sekimori::core {

class Troubles {
 public:
  void Set(const std::string& what, Error error) { standing_.insert_or_assign(what, std::move(error)); }
  void Clear(const std::string& what) { standing_.erase(what); }
  void Follow(const std::string& what, const Status& status) {
    if (status.ok()) {
      Clear(what);
    } else {
      Set(what, status.error());
    }
  }
  [[nodiscard]] bool Has(const std::string& what) const { return standing_.contains(what); }
  [[nodiscard]] std::vector<ports::Trouble> All() const {
    std::vector<ports::Trouble> all;
    for (const auto& [what, error] : standing_)
      all.push_back({what, error});
    return all;
  }

 private:
  std::map<std::string, Error> standing_;
};

}  // namespace sekimori::core
