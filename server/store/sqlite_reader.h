// The storage port's Reader on SQLite. See store.h for what each promises.
#pragma once

#include <memory>

#include "server/store/sqlite_connection.h"
#include "server/store/store.h"

namespace sekimori::store {

class SqliteReader final : public Reader {
 public:
  explicit SqliteReader(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  [[nodiscard]] Result<Site> GetSite() override;
  [[nodiscard]] Result<Terminal> FindTerminal(std::string_view id) override;
  [[nodiscard]] Result<Terminal> FindTerminalByCertificate(const signing::Sha256Hash& certificate) override;
  [[nodiscard]] Result<Terminal> FindTerminalByKey(const signing::Sha256Hash& key_id) override;
  [[nodiscard]] Result<std::vector<Terminal>> ListTerminals(std::optional<std::string_view> group) override;
  [[nodiscard]] Result<chain::Hash> HashAt(std::string_view terminal, std::uint64_t sequence) override;
  [[nodiscard]] Result<std::vector<DisputedRecord>> ListDisputed(std::string_view terminal) override;
  [[nodiscard]] Result<Token> CheckToken(const TokenClaim& claim) override;
  [[nodiscard]] Result<std::vector<Token>> ListTokens() override;
  [[nodiscard]] Result<Policy> FindPolicy(std::uint64_t version) override;
  [[nodiscard]] Result<Policy> NewestPolicy(std::string_view group) override;
  [[nodiscard]] Result<std::uint64_t> NewestVersion(std::optional<std::string_view> group) override;
  [[nodiscard]] Result<std::vector<Policy>> ListPolicies(const PolicyFilter& filter) override;
  [[nodiscard]] Result<std::vector<PolicyDue>> PoliciesDue(std::optional<std::string_view> terminal) override;
  [[nodiscard]] Result<std::vector<std::string>> CheckStorage() override;
  [[nodiscard]] Result<std::uint64_t> ChangeCounter() override;
  [[nodiscard]] Result<Cursor> NewestCursor() override;
  [[nodiscard]] Result<EventPage> Events(const EventFilter& filter, const PageRequest& page) override;
  [[nodiscard]] Status VisitEvents(const EventFilter& filter,
                                   const std::function<bool(const StoredEvent&)>& take) override;
  [[nodiscard]] Status VisitChains(const VisitTerms& terms,
                                   const std::function<ChainVisitor*(std::span<const ChainFacts>)>& begin) override;

 private:
  std::unique_ptr<Connection> connection_;
};

}  // namespace sekimori::store
