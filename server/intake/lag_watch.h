// Notices terminals that say they have records and do not send them: a log that can be read no further, or somebody who
// holds them back. Pure but for the time given to it; one thread. Req: R06
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace sekimori::intake {

class LagWatch {
 public:
  static constexpr std::chrono::minutes kPatience{10};  // connected without a record, all told
  static constexpr std::uint32_t kCalls = 12;           // connections in a row without one, however short

  struct Lag {
    std::string terminal, peer;
    std::uint64_t stored = 0, claimed = 0;  // sequences: what is here, what the terminal says it has
  };

  // The terminal was welcomed; its log ends with `lag.claimed`.
  void Welcomed(const Lag& lag, std::int64_t now_us);
  // Records up to `sequence` are stored.
  void Stored(const std::string& terminal, std::uint64_t sequence, std::int64_t now_us);
  // Its connection has ended.
  void Gone(const std::string& terminal, std::int64_t now_us);
  // Those whose time is over. They are given again when it is over once more.
  [[nodiscard]] std::vector<Lag> Due(std::int64_t now_us);

 private:
  struct Waiting {
    Lag lag;
    bool connected = true;
    std::int64_t since_us = 0;   // of this connection, or of the last record
    std::int64_t waited_us = 0;  // on connections before
    std::uint32_t calls = 0;
  };
  [[nodiscard]] static std::int64_t Waited(const Waiting& waiting, std::int64_t now_us);
  static void BeginAnew(Waiting& waiting, std::int64_t now_us);
  std::unordered_map<std::string, Waiting> waiting_;
};

}  // namespace sekimori::intake
