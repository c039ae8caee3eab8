#include "server/store/chain_check.h"

#include <algorithm>

namespace sekimori::store {

namespace {

std::string Range(std::uint64_t first, std::uint64_t last) {
  return first == last ? "record " + std::to_string(first) + " is not there"
                       : "records " + std::to_string(first) + " to " + std::to_string(last) + " are not there";
}

}  // namespace

ChainCheck::ChainCheck(const ChainFacts& facts) : facts_(facts), head_{0, chain::GenesisHash(facts.log_id)} {
  report_.terminal = facts.terminal;
  report_.hostname = facts.hostname;
  report_.head = facts.head;
  for (const TerminalKey& key : facts.keys) {
    Result<signing::VerifyKey> parsed = signing::VerifyKey::FromSpkiDer(key.spki_der);
    if (!parsed.ok()) {
      Add(FindingKind::kKey, 0, "a registered key is not readable");
      continue;
    }
    const signing::Sha256Hash key_id = parsed.value().key_id();
    keys_.emplace_back(key_id, std::move(parsed).value());
  }
}

void ChainCheck::Add(FindingKind kind, std::uint64_t sequence, std::string detail) {
  ++report_.found;
  if (report_.findings.size() < kMaxFindings) report_.findings.push_back({kind, sequence, std::move(detail)});
}

void ChainCheck::TakeCheckpoint(const chain::Checkpoint& checkpoint, const signing::Sha256Hash& key_id) {
  ++report_.checkpoints;
  const std::uint64_t sequence = checkpoint.head.sequence;
  checkpoints_.push_back({sequence, checkpoint.head.hash});
  const auto key = std::find_if(keys_.begin(), keys_.end(), [&](const auto& known) { return known.first == key_id; });
  if (key == keys_.end()) {
    Add(FindingKind::kSignature, sequence, "signed with a key that is not registered");
  } else if (checkpoint.log_id != facts_.log_id) {
    Add(FindingKind::kSignature, sequence, "the checkpoint is another log's");
  } else if (!chain::VerifyCheckpoint(key->second, checkpoint).ok()) {
    Add(FindingKind::kSignature, sequence, "the signature is not the registered key's over this checkpoint");
  } else {
    signed_head_ = signed_head_ || checkpoint.head == facts_.head;
    const auto gap = std::lower_bound(facts_.gaps.begin(), facts_.gaps.end(), sequence,
                                      [](const Gap& one, std::uint64_t at) { return one.last_before.sequence < at; });
    if (gap != facts_.gaps.end() && gap->last_before == checkpoint.head) signed_edges_.insert(sequence);
  }
}

// Jumps over what the sequence shows to be missing; a gap that was written down when it was met is no finding here.
void ChainCheck::MeetSequence(std::uint64_t sequence) {
  while (next_gap_ < facts_.gaps.size() && facts_.gaps[next_gap_].base.sequence + 1 <= sequence) {
    const Gap& gap = facts_.gaps[next_gap_++];
    if (linked_ && gap.last_before == head_) {
      head_ = gap.base;
      ++report_.known_gaps;
    } else {
      Add(FindingKind::kGap, gap.base.sequence + 1, "a gap is written down where the chain has none");
    }
  }
  if (sequence == head_.sequence + 1) return;
  Add(FindingKind::kMissing, head_.sequence + 1, Range(head_.sequence + 1, sequence - 1));
  head_.sequence = sequence - 1;
  linked_ = false;
}

void ChainCheck::TakeRecord(const RecordView& record) {
  ++report_.records;
  if (record.sequence <= head_.sequence) {
    Add(FindingKind::kTwice, record.sequence, "its sequence comes again or out of order");
    return;
  }
  if (record.sequence != head_.sequence + 1 || next_gap_ < facts_.gaps.size()) MeetSequence(record.sequence);
  chain::Hash stored{};
  if (record.hash.size() == stored.size()) record.hash.copy(reinterpret_cast<char*>(stored.data()), stored.size());
  if (linked_ && chain::Link(head_.hash, record.sequence, record.payload) != stored)
    Add(FindingKind::kBrokenLink, record.sequence,
        "its hash does not follow from the record before it and its own bytes");
  // Go on from the stored hash, so that one changed record is one finding and not all that come after it.
  head_ = {record.sequence, stored};
  linked_ = true;
  if (attested_ != nullptr && head_ == attested_->noted) noted_met_ = true;
  if (next_checkpoint_ < checkpoints_.size()) MeetCheckpoint(record.sequence, stored);
}

void ChainCheck::MeetCheckpoint(std::uint64_t sequence, const chain::Hash& hash) {
  while (next_checkpoint_ < checkpoints_.size() && checkpoints_[next_checkpoint_].sequence <= sequence) {
    const Expected& expected = checkpoints_[next_checkpoint_++];
    if (expected.sequence < sequence)
      Add(FindingKind::kCheckpoint, expected.sequence, "the record this checkpoint covers is not there");
    else if (expected.hash != hash)
      Add(FindingKind::kCheckpoint, expected.sequence, "the record is another one than the checkpoint covers");
  }
}

void ChainCheck::CheckAttested() {
  for (const auto& [key_id, key] : keys_)
    if (!attested_->keys.contains(key_id))
      Add(FindingKind::kKey, 0, "the own chain has no enrolment of the key " + signing::Hex(key_id));
  CheckGaps();
  if (attested_->noted.sequence > 0 && !noted_met_)
    Add(FindingKind::kNotedHead, attested_->noted.sequence,
        "the own chain noted this record, and it is not there or is another one: cut off at the collector");
}

void ChainCheck::CheckGaps() {
  for (const Gap& gap : facts_.gaps) {
    const std::uint64_t last = gap.last_before.sequence;
    const auto known = attested_->gaps.find(gap.base.sequence);
    if (known == attested_->gaps.end() || !(known->second == Attested::Gap{gap.last_before, gap.base}))
      Add(FindingKind::kGap, last + 1,
          Range(last + 1, gap.base.sequence) + ", and the own chain has no alarm of just this gap");
    if (last > 0 && !signed_edges_.contains(last))
      Add(FindingKind::kSignature, last, "no good checkpoint covers the last record before a gap");
  }
}

ChainReport ChainCheck::Finish() {
  for (; next_checkpoint_ < checkpoints_.size(); ++next_checkpoint_)
    Add(FindingKind::kCheckpoint, checkpoints_[next_checkpoint_].sequence,
        "the record this checkpoint covers is not there");
  if (!(head_ == facts_.head))
    Add(FindingKind::kHead, facts_.head.sequence,
        "the stored head is record " + std::to_string(facts_.head.sequence) + ", the last one there is " +
            std::to_string(head_.sequence) + (head_.sequence == facts_.head.sequence ? " with another hash" : ""));
  if (facts_.head.sequence > 0 && !signed_head_)
    Add(FindingKind::kHead, facts_.head.sequence, "no good checkpoint covers the stored head");
  for (; next_gap_ < facts_.gaps.size(); ++next_gap_)
    Add(FindingKind::kGap, facts_.gaps[next_gap_].base.sequence + 1, "a gap is written down where the chain has none");
  if (attested_ != nullptr) CheckAttested();
  return std::move(report_);
}

}  // namespace sekimori::store
