// Verifies everything that is stored, from the stored bytes alone: every link of every chain, every signature, heads,
// gaps, keys, and the columns that searches use. What it can and cannot find: FORMAT.md, "Verification". Req: R06
#pragma once

#include <functional>

#include "server/store/store.h"

namespace sekimori::store {

enum class FindingKind {
  kBrokenLink,       // payload or hash was changed, or records changed places
  kMissing,          // a record is not there
  kTwice,            // a sequence comes again or out of order
  kNotedHead,        // the chain does not reach, or contradicts, a head that the own chain noted
  kHead,             // the stored head is not the last record: cut off, or continued without its signature
  kCheckpoint,       // a checkpoint disagrees with the record it covers, or covers none
  kSignature,        // a checkpoint is not signed by its key
  kKey,              // a key that the own chain does not know for this terminal
  kGap,              // a gap that the own chain never raised an alarm for
  kSearchColumns,    // the record is found by other words than its own
  kRegistry,         // a terminal, token or policy is not as the own chain last told of it
  kStorage,          // the database is damaged, or what searches go by leads past records
  kStray,            // records of no terminal
  kTerminalMissing,  // the own chain knows a terminal that is not there any more
  kOwnKey,           // the own chain's registered key is not the collector's
};
// Stable name ("broken_link"), for JSON and the message catalogues.
[[nodiscard]] std::string_view FindingName(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::kBrokenLink;
  std::uint64_t sequence = 0;  // first record concerned; 0: the chain as a whole
  std::string detail;          // English, technical
};

struct ChainReport {
  std::string terminal;
  std::string hostname;
  chain::Head head;  // as stored
  std::uint64_t records = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t known_gaps = 0;   // each with its alarm in the own chain
  std::uint64_t found = 0;        // all findings
  std::vector<Finding> findings;  // the first kMaxFindings
};
inline constexpr std::size_t kMaxFindings = 20;  // listed for one chain

struct VerifyTerms {
  std::optional<std::string> terminal;  // this one and the own chain; none: all
  bool search_columns = true;
};

struct VerifyReport {
  std::vector<ChainReport> chains;  // the own one first
  std::uint64_t records = 0;
  std::uint64_t found = 0;
};

struct VerifyProgress {
  std::uint64_t done = 0, total = 0;
};

// `own_key` is the collector's, from its key file. `progress` is called every few thousand records. An error says that
// it could not be verified; what is wrong with what is stored stands in the report.
[[nodiscard]] Result<VerifyReport> VerifyStore(Reader& reader, const signing::VerifyKey& own_key,
                                               const VerifyTerms& terms,
                                               const std::function<void(const VerifyProgress&)>& progress);

}  // namespace sekimori::store
