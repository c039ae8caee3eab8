// Appending to chains inside one writing transaction: rows, block summaries, checkpoints, heads.
#pragma once

#include <optional>

#include "server/store/sqlite_connection.h"
#include "server/store/sqlite_rows.h"
#include "server/store/store.h"

namespace sekimori::store {

// Lives inside one transaction of Access::kWrite. Call Finish before the commit.
class Appender {
 public:
  [[nodiscard]] static Result<Appender> Begin(Connection& connection);

  // `about`: number of the terminal the record speaks of. kExists: the sequence is stored already.
  [[nodiscard]] Status Insert(std::int64_t terminal, std::int64_t about, const Record& record);
  // Moves the chain's head to the checkpoint's and keeps the checkpoint; see FORMAT.md for which ones stay.
  [[nodiscard]] Status MoveHead(const ChainRow& chain, const chain::Checkpoint& checkpoint, std::int64_t received_us);
  // Masks, serializes, links and stores `own.events`, and signs the own chain's new head.
  [[nodiscard]] Result<chain::Head> AppendOwn(const Own& own);
  [[nodiscard]] Status Finish();

  // Position to come back to when a savepoint is rolled back.
  struct Position {
    std::int64_t next_id = 1;
    std::int64_t first_id = 0;  // of the open block; 0: none
    std::int64_t min_us = 0;
    std::int64_t max_us = 0;
    bool operator==(const Position&) const = default;
  };
  [[nodiscard]] const Position& position() const { return position_; }
  void Return(const Position& position) { position_ = position; }

 private:
  Appender(Connection& connection, Statement insert, Position position)
      : connection_(connection), insert_(std::move(insert)), position_(position), begun_(position) {}
  [[nodiscard]] Status CloseBlock();

  Connection& connection_;
  Statement insert_;
  Position position_;
  Position begun_;
};

}  // namespace sekimori::store
