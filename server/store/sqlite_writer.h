// The storage port's Writer on SQLite. See store.h for what each promises.
#pragma once

#include <functional>
#include <memory>

#include "server/store/registry_rows.h"
#include "server/store/sqlite_append.h"
#include "server/store/store.h"

namespace sekimori::store {

class SqliteWriter final : public Writer {
 public:
  // Both to the same file. `notes` syncs nothing by itself (PRAGMA synchronous=NORMAL) and carries nothing that is
  // acknowledged; `connection` is never relaxed, not even for a moment.
  SqliteWriter(std::unique_ptr<Connection> connection, std::unique_ptr<Connection> notes)
      : connection_(std::move(connection)), notes_(std::move(notes)) {}

  [[nodiscard]] Result<std::vector<Status>> StoreBatches(std::span<const Batch> batches,
                                                         const signing::SigningKey& own_key) override;
  [[nodiscard]] Result<std::size_t> StoreDisputed(std::span<const DisputedRecord> records) override;
  [[nodiscard]] Result<chain::Head> AppendOwn(const Own& own) override;
  [[nodiscard]] Result<Terminal> Enrol(const TokenClaim& claim, const Terminal& terminal, const Own& own) override;
  [[nodiscard]] Status SetCertificate(std::string_view terminal, const TerminalKey& key, const Own& own) override;
  [[nodiscard]] Status NoteContact(const Contact& contact) override;
  [[nodiscard]] Status NotePolicyReport(std::string_view terminal, const PolicyReport& report) override;
  [[nodiscard]] Status SetDisputed(std::string_view terminal, bool disputed, const Own& own) override;
  [[nodiscard]] Status RevokeTerminal(std::string_view terminal, std::int64_t now_us, std::string_view reason,
                                      const Own& own) override;
  [[nodiscard]] Status MoveTerminal(const Policy& policy, const Own& own) override;
  [[nodiscard]] Status AddToken(const Token& token, const Own& own) override;
  [[nodiscard]] Status RevokeToken(std::string_view id, std::int64_t now_us, const Own& own) override;
  [[nodiscard]] Status SetHosts(std::span<const std::string> hosts, const Own& own) override;
  [[nodiscard]] Status AddPolicy(const Policy& policy, const Own& own) override;

 private:
  // One transaction: the change and the record of it, both or neither. The record tells how the change left `rows`.
  [[nodiscard]] Status Change(const Own& own, const std::vector<RowKey>& rows, const std::function<Status()>& change);
  // One transaction without a sync of its own, on `notes_`.
  [[nodiscard]] Status Note(const std::function<Status()>& change);
  [[nodiscard]] Status StoreOne(Appender& appender, const Batch& batch, const signing::SigningKey& own_key);
  // Runs a prepared UPDATE that must hit one terminal: kNotFound otherwise.
  [[nodiscard]] static Status RunOnOne(Statement& update, std::string_view terminal);

  std::unique_ptr<Connection> connection_, notes_;
};

}  // namespace sekimori::store
