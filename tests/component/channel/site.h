// A whole site for tests: authority, database, collector on loopback, in a directory that goes away with it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/authority/authority.h"
#include "server/authority/tokens.h"
#include "server/intake/collector.h"
#include "server/store/sqlite_database.h"

namespace sekimori::testing {

inline constexpr std::chrono::seconds kPatience{20};

// Asks until it is true or the patience is used up. Between two questions it gives the processor away.
[[nodiscard]] bool Eventually(const std::function<bool()>& question, std::chrono::milliseconds patience = kPatience);

class RememberingJournal final : public intake::Journal {
 public:
  void Write(intake::Level level, const std::string& line) override;
  [[nodiscard]] bool Has(const std::string& part) const;
  [[nodiscard]] std::string All() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class Site {
 public:
  // Any free port unless the terms name one.
  explicit Site(intake::CollectorTerms terms = AnyPort(), authority::SiteTerms site_terms = {});
  [[nodiscard]] static intake::CollectorTerms AnyPort();
  ~Site();

  // The collector's port stays the same over a restart.
  void StartCollector();
  void StopCollector() { collector_.reset(); }

  void RenewServerCertificate();
  // Uses this site's collector unless told another port.
  [[nodiscard]] authority::MadeToken MakeToken(std::uint32_t uses = 1, const std::string& group = "office",
                                               std::chrono::seconds ttl = std::chrono::hours(1));
  // As another process would.
  [[nodiscard]] Status Revoke(const std::string& terminal);
  [[nodiscard]] Status RevokeToken(const std::string& id);
  [[nodiscard]] std::uint64_t ApplyPolicy(const std::string& group, const std::string& toml);

  [[nodiscard]] store::Reader& reader() { return *reader_; }
  [[nodiscard]] store::Writer& writer() { return *writer_; }
  [[nodiscard]] store::Database& database() { return *database_; }
  [[nodiscard]] const authority::Authority& authority() const { return *authority_; }
  [[nodiscard]] intake::Collector& collector() { return *collector_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  [[nodiscard]] std::uint16_t port() const { return terms_.port; }
  [[nodiscard]] RememberingJournal& journal() { return journal_; }
  // Alarms in the collector's own chain of this kind.
  [[nodiscard]] std::vector<proto::CollectorAlarm> Alarms(proto::AlarmKind kind);
  [[nodiscard]] std::uint64_t Stored(const std::string& terminal);
  // Records stored of this terminal, counted one by one and verified.
  [[nodiscard]] std::uint64_t EventCount(const std::string& terminal);
  [[nodiscard]] std::vector<store::Gap> Gaps(const std::string& terminal);

 private:
  [[nodiscard]] proto::Event OperatorEvent(const std::string& action, const std::string& target) const;
  Directory directory_;
  intake::CollectorTerms terms_;
  RememberingJournal journal_;
  std::unique_ptr<authority::Authority> authority_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<intake::Collector> collector_;
};

[[nodiscard]] std::int64_t NowUs();

}  // namespace sekimori::testing
