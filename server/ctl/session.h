// What a command works with once root is given up: the database, and for changes the keys and the operator's name.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/authority/authority.h"
#include "server/ctl/console.h"
#include "server/store/store.h"

namespace sekimori::ctl {

// Where the collector keeps its keys, inside the data directory.
inline constexpr std::string_view kAuthorityDirectory = "authority";
inline constexpr const char* kDefaultDataDirectory = "/var/lib/sekimori-collector";

// What every command is told.
struct Common {
  Console* console = nullptr;
  std::filesystem::path data = kDefaultDataDirectory;
  std::string operator_name;
};

// An operator's act, as the own chain tells it. No secrets, no personal data.
struct Act {
  std::string action;  // "token.create"
  std::string target;  // id of a terminal or token, a group, a policy version
  std::string detail;
};

class Session {
 public:
  // Becomes the data directory's owner if root. kNotFound: `sekimorictl init` has not run there.
  [[nodiscard]] static Result<Session> Open(const Common& common);

  [[nodiscard]] store::Reader& reader() { return *reader_; }
  [[nodiscard]] Console& console() { return *console_; }
  [[nodiscard]] const std::string& operator_name() const { return operator_name_; }
  // Opened when first asked for.
  [[nodiscard]] Result<authority::Authority*> Authority();
  [[nodiscard]] Result<store::Writer*> Writer();

  // Carries out `change` together with its record in the own chain. When it is refused, the attempt is recorded.
  [[nodiscard]] Status Perform(const Act& act, const std::function<Status(store::Writer&, const store::Own&)>& change);

 private:
  Session(const Common& common, std::unique_ptr<store::Database> database, std::unique_ptr<store::Reader> reader);
  [[nodiscard]] proto::Event Record(const Act& act, bool succeeded) const;

  Console* console_;
  std::filesystem::path data_;
  std::string operator_name_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<authority::Authority> authority_;
};

}  // namespace sekimori::ctl
