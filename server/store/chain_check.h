// One chain's verification: takes its checkpoints, then its records, and says what is wrong. Pure. Used by VerifyStore.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/store/verify.h"

namespace sekimori::store {

// What the own chain says about one terminal.
struct Attested {
  std::set<signing::Sha256Hash> keys;
  struct Gap {
    chain::Head last_before, base;
    bool operator==(const Gap&) const = default;
  };
  std::map<std::uint64_t, Gap> gaps;  // by sequence of the base; each accepted together with its alarm
  chain::Head noted;                  // the newest that was noted; sequence 0: none
};

class ChainCheck {
 public:
  // `facts` outlives the check.
  explicit ChainCheck(const ChainFacts& facts);

  void TakeCheckpoint(const chain::Checkpoint& checkpoint, const signing::Sha256Hash& key_id);
  void TakeRecord(const RecordView& record);
  [[nodiscard]] const ChainFacts& facts() const { return facts_; }
  void Add(FindingKind kind, std::uint64_t sequence, std::string detail);
  // What the own chain says, before the first record; `attested` outlives the check. Without it, that is not asked.
  void Believe(const Attested& attested) { attested_ = &attested; }
  // After the last record: heads, and what the own chain must know.
  [[nodiscard]] ChainReport Finish();

 private:
  struct Expected {
    std::uint64_t sequence;
    chain::Hash hash;
  };
  void MeetSequence(std::uint64_t sequence);
  void MeetCheckpoint(std::uint64_t sequence, const chain::Hash& hash);
  void CheckAttested();
  void CheckGaps();

  const ChainFacts& facts_;
  const Attested* attested_ = nullptr;
  ChainReport report_;
  std::vector<std::pair<signing::Sha256Hash, signing::VerifyKey>> keys_;
  std::vector<Expected> checkpoints_;  // by sequence
  std::size_t next_checkpoint_ = 0;
  std::size_t next_gap_ = 0;
  chain::Head head_;
  bool linked_ = true;  // the hash before the next record is known
  bool signed_head_ = false;
  bool noted_met_ = false;                // the record at the noted head is there and the same
  std::set<std::uint64_t> signed_edges_;  // last records before gaps that a good checkpoint covers
};

}  // namespace sekimori::store
