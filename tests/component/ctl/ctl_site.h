// A site made by the real sekimorictl, terminals that enrolled and sent records, and a way to run the program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/authority/authority.h"
#include "server/store/store.h"
#include "tests/contract/store/collector.h"

namespace sekimori::ctl {

struct Ran {
  int status = -1;  // exit status; -1 when it was killed
  std::string out, err;
  // Of stdout; discarded() when that is none.
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
};

// Runs a program with these arguments and this environment added; waits for its end.
[[nodiscard]] Ran RunProgram(const std::string& program, const std::vector<std::string>& arguments,
                             const std::vector<std::string>& environment = {});

class CtlSite {
 public:
  CtlSite();
  ~CtlSite();
  CtlSite(const CtlSite&) = delete;
  CtlSite& operator=(const CtlSite&) = delete;

  // sekimorictl --data … with these, in English.
  [[nodiscard]] Ran Run(const std::vector<std::string>& arguments) const;
  [[nodiscard]] nlohmann::json Json(std::vector<std::string> arguments) const;

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] std::filesystem::path data() const { return root_ / "data"; }
  // A file of this content beside the data directory.
  [[nodiscard]] std::string File(const std::string& name, const std::string& content) const;

  // As the collector would: with a token of its own, and the record of it.
  void Enrol(const store::FakeTerminal& terminal, const std::string& group = "default");
  // As when it greets with this version in force.
  void Report(const store::FakeTerminal& terminal, std::uint64_t policy_version);
  void Store(store::FakeTerminal& terminal, const std::vector<proto::Event>& events);
  // Changes rows behind everybody's back.
  void Alter(const std::string& sql) const;

 private:
  std::filesystem::path root_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<authority::Authority> authority_;
};

}  // namespace sekimori::ctl
