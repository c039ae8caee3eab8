// Appending to chains inside one writing transaction: rows, block summaries, checkpoints, heads.
#pragma once

#include <algorithm>
#include <optional>

#include "server/store/registry_rows.h"
#include "server/store/sqlite_connection.h"
#include "server/store/sqlite_rows.h"
#include "server/store/store.h"

namespace sekimori::store {

// Lives inside one transaction of Access::kWrite. Call Finish before the commit.
class Appender {
 public:
  [[nodiscard]] static Result<Appender> Begin(Connection& connection);

  // Whose chain it goes to, and by which terminal it is found: numbers.
  struct Place {
    std::int64_t terminal = 0, about = 0;
    std::int64_t received_us = 0;  // by the collector's clock
  };
  // kExists: the sequence is stored already.
  [[nodiscard]] Status Insert(const Place& place, const Record& record);
  // Moves the chain's head to the checkpoint's and keeps the checkpoint; see FORMAT.md for which ones stay.
  [[nodiscard]] Status MoveHead(const ChainRow& chain, const chain::Checkpoint& checkpoint, std::int64_t received_us);
  // Masks, serializes, links and stores `own.events`, and signs the own chain's new head.
  // The first one tells how `rows` stand now; the very first of the chain, how the site does.
  [[nodiscard]] Result<chain::Head> AppendOwn(const Own& own, std::vector<RowKey> rows = {});
  [[nodiscard]] Status Finish();

  struct Range {
    std::int64_t min_us = 0, max_us = 0;
    void Begin(std::int64_t us) { min_us = max_us = us; }
    void Take(std::int64_t us) {
      min_us = std::min(min_us, us);
      max_us = std::max(max_us, us);
    }
    bool operator==(const Range&) const = default;
  };
  // Position to come back to when a savepoint is rolled back.
  struct Position {
    std::int64_t next_id = 1;
    std::int64_t first_id = 0;  // of the open block; 0: none
    Range times, received;      // of its rows
    bool operator==(const Position&) const = default;
  };
  [[nodiscard]] const Position& position() const { return position_; }
  void Return(const Position& position) { position_ = position; }

 private:
  Appender(Connection& connection, Statement insert, Position position)
      : connection_(connection), insert_(std::move(insert)), position_(position), begun_(position) {}
  [[nodiscard]] Status CloseBlock();
  [[nodiscard]] Status Attest(const std::vector<RowKey>& rows, proto::Event& event);
  [[nodiscard]] Status NameTerminal(proto::Event& event);

  Connection& connection_;
  Statement insert_;
  Position position_;
  Position begun_;
};

}  // namespace sekimori::store
