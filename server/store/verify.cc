#include "server/store/verify.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "server/store/chain_check.h"
#include "server/store/record_index.h"

namespace sekimori::store {

namespace {

constexpr std::uint64_t kProgressEvery = 8192;

std::optional<chain::Head> HeadOf(std::uint64_t sequence, const std::string& hash) {
  chain::Head head{sequence, {}};
  if (hash.size() != head.hash.size()) return std::nullopt;
  hash.copy(reinterpret_cast<char*>(head.hash.data()), head.hash.size());
  return head;
}

// Reads what the own chain attests while it passes.
class OwnWords {
 public:
  void Take(std::string_view payload) {
    if (!event_.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return;
    if (event_.has_enrolled() && event_.enrolled().key_sha256().size() == signing::Sha256Hash().size()) {
      signing::Sha256Hash key{};
      event_.enrolled().key_sha256().copy(reinterpret_cast<char*>(key.data()), key.size());
      about_[event_.enrolled().terminal_id()].keys.insert(key);
    } else if (event_.collector_alarm().has_gap()) {
      TakeGap(event_.collector_alarm());
    }
    for (const proto::NotedHead& head : event_.heads_noted().heads())
      TakeHead(head);
    for (const proto::RegistryRow& row : event_.rows())
      rows_[{row.kind(), row.id()}] = row.sha256();
  }
  // Digests by kind and id, as last told.
  using Rows = std::map<std::pair<std::string, std::string>, std::string>;
  [[nodiscard]] const Rows& rows() const { return rows_; }
  [[nodiscard]] const Attested& About(const std::string& terminal) const {
    static const Attested kNothing;
    const auto found = about_.find(terminal);
    return found == about_.end() ? kNothing : found->second;
  }
  [[nodiscard]] const std::map<std::string, Attested>& all() const { return about_; }

 private:
  void TakeGap(const proto::CollectorAlarm& alarm) {
    const std::optional<chain::Head> before = HeadOf(alarm.gap().before_sequence(), alarm.gap().before_hash());
    const std::optional<chain::Head> base = HeadOf(alarm.gap().base_sequence(), alarm.gap().base_hash());
    if (before && base) about_[alarm.terminal_id()].gaps[base->sequence] = {*before, *base};
  }

  // The newest is enough: its hash covers all records before it, but for gaps, whose edges have alarms of their own.
  void TakeHead(const proto::NotedHead& head) {
    const std::optional<chain::Head> noted = HeadOf(head.sequence(), head.hash());
    chain::Head& newest = about_[head.terminal_id()].noted;
    if (noted && noted->sequence > newest.sequence) newest = *noted;
  }

  proto::Event event_;
  std::map<std::string, Attested> about_;
  Rows rows_;
};

class StoreCheck final : public ChainVisitor {
 public:
  StoreCheck(bool search_columns, OwnWords& own_words, const std::function<void(const VerifyProgress&)>& progress)
      : search_columns_(search_columns), own_words_(own_words), progress_(progress) {}

  void Begin(std::span<const ChainFacts> facts) {
    facts_.assign(facts.begin(), facts.end());
    for (const ChainFacts& chain : facts_) {
      if (chain.terminal == kOwnLog) own_place_ = chains_.size();
      places_[chain.terminal] = chains_.size();
      chains_.emplace_back(chain);
      total_ += chain.head.sequence;
    }
  }

  bool Row(const RowKey& key, const signing::Sha256Hash& sha256) override {
    rows_[{std::string(RowKindName(key.kind)), key.id}] = std::string(signing::AsBytes(sha256));
    return true;
  }

  bool Checkpoint(std::size_t chain, const chain::Checkpoint& checkpoint, const signing::Sha256Hash& key_id) override {
    chains_[chain].TakeCheckpoint(checkpoint, key_id);
    return true;
  }

  bool Record(const RecordView& record) override {
    if (++records_ % kProgressEvery == 0) progress_({records_, std::max(records_, total_)});
    if (record.chain == kNoChain) {
      ++strays_;
      return true;
    }
    if (record.chain == own_place_)
      own_words_.Take(record.payload);
    else
      BelieveOwnWords();
    ChainCheck& chain = chains_[record.chain];
    chain.TakeRecord(record);
    if (search_columns_ && !FoundByItsOwnWords(record))
      chain.Add(FindingKind::kSearchColumns, record.sequence, "the columns that searches use are not the record's own");
    return true;
  }

  // The own chain was read whole; what it attests goes to the others. Once.
  void BelieveOwnWords() {
    if (std::exchange(believed_, true)) return;
    for (ChainCheck& chain : chains_)
      if (&chain != own()) chain.Believe(own_words_.About(chain.facts().terminal));
  }

  [[nodiscard]] ChainCheck* own() { return own_place_ == kNoChain ? nullptr : &chains_[own_place_]; }
  [[nodiscard]] std::deque<ChainCheck>& chains() { return chains_; }
  [[nodiscard]] const OwnWords::Rows& rows() const { return rows_; }
  // The chain of this terminal, or null.
  [[nodiscard]] ChainCheck* ChainOf(const std::string& terminal) {
    const auto found = places_.find(terminal);
    return found == places_.end() ? nullptr : &chains_[found->second];
  }
  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] std::uint64_t strays() const { return strays_; }

 private:
  [[nodiscard]] bool FoundByItsOwnWords(const RecordView& record) {
    if (record.chain != own_place_ && record.about != record.chain) return false;
    if (!event_.ParseFromArray(record.payload.data(), static_cast<int>(record.payload.size())))
      return record.type == 0 && record.severity == IndexOfUnreadable(0).severity;
    const RecordIndex index = IndexOf(event_, record.chain == own_place_);
    if (record.chain == own_place_ && !FoundUnderWhomItSpeaksOf(record, index.about)) return false;
    return record.time_us == index.time_us && record.type == index.type && record.outcome == index.outcome &&
           record.severity == index.severity && record.policy_version == index.policy_version &&
           record.users == index.users && record.device == index.device;
  }

  // The own chain's records are found under the terminal they name, or the collector itself.
  [[nodiscard]] bool FoundUnderWhomItSpeaksOf(const RecordView& record, const std::string& terminal) const {
    const auto named = places_.find(terminal);
    if (terminal.empty()) return record.about == own_place_;
    if (named != places_.end()) return record.about == named->second;
    // One that is not among the facts: another than the one asked about, or one that was never enrolled.
    return record.about == kNoChain || record.about == own_place_;
  }

  std::vector<ChainFacts> facts_;
  std::deque<ChainCheck> chains_;
  std::map<std::string, std::size_t> places_;
  OwnWords::Rows rows_;
  bool search_columns_;
  OwnWords& own_words_;
  const std::function<void(const VerifyProgress&)>& progress_;
  std::size_t own_place_ = kNoChain;
  bool believed_ = false;
  proto::Event event_;
  std::uint64_t records_ = 0, total_ = 0, strays_ = 0;
};

Status Visit(Reader& reader, StoreCheck& check, const VisitTerms& terms) {
  return reader.VisitChains(terms, [&](std::span<const ChainFacts> facts) -> ChainVisitor* {
    check.Begin(facts);
    return &check;
  });
}

void CheckOwnChain(ChainCheck& own, const signing::VerifyKey& own_key) {
  for (const Gap& gap : own.facts().gaps)
    own.Add(FindingKind::kGap, gap.last_before.sequence + 1, "the collector's own chain has no gaps");
  for (const TerminalKey& key : own.facts().keys)
    if (key.spki_der != own_key.spki_der())
      own.Add(FindingKind::kOwnKey, 0, "the own chain's registered key is not the one in the collector's key file");
  if (own.facts().keys.empty()) own.Add(FindingKind::kOwnKey, 0, "the own chain has no registered key");
}

void FindMissingTerminals(StoreCheck& check, const OwnWords& own_words) {
  std::set<std::string> present;
  for (const ChainCheck& chain : check.chains())
    present.insert(chain.facts().terminal);
  for (const auto& [terminal, attested] : own_words.all())
    if (!attested.keys.empty() && !present.contains(terminal))
      check.own()->Add(FindingKind::kTerminalMissing, 0, "terminal " + terminal + " was enrolled and is not there");
}

// Every row of the registry is as the own chain last told of it; none is there of which it never told, and none gone.
void CompareRegistry(StoreCheck& check, const OwnWords& own_words, bool one) {
  const auto add = [&](const std::pair<std::string, std::string>& key, const char* what) {
    ChainCheck* chain = key.first == RowKindName(RowKind::kTerminal) ? check.ChainOf(key.second) : nullptr;
    const bool asked = !one || chain != nullptr || key.first != RowKindName(RowKind::kTerminal);
    if (asked)
      (chain != nullptr ? *chain : *check.own()).Add(FindingKind::kRegistry, 0, key.first + " " + key.second + what);
  };
  for (const auto& [key, sha256] : check.rows()) {
    const auto told = own_words.rows().find(key);
    if (told == own_words.rows().end())
      add(key, ": the own chain never told of it");
    else if (told->second != sha256)
      add(key, " is not as the own chain last told of it");
  }
  for (const auto& [key, sha256] : own_words.rows())
    if (!check.rows().contains(key)) add(key, " is not there any more");
}

void Report(StoreCheck& check, VerifyReport& report) {
  check.BelieveOwnWords();
  report.records += check.records();
  for (ChainCheck& chain : check.chains()) {
    report.chains.push_back(chain.Finish());
    report.found += report.chains.back().found;
  }
}

}  // namespace

std::string_view FindingName(FindingKind kind) {
  switch (kind) {
    case FindingKind::kBrokenLink:
      return "broken_link";
    case FindingKind::kMissing:
      return "missing";
    case FindingKind::kTwice:
      return "twice";
    case FindingKind::kNotedHead:
      return "noted_head";
    case FindingKind::kHead:
      return "head";
    case FindingKind::kCheckpoint:
      return "checkpoint";
    case FindingKind::kSignature:
      return "signature";
    case FindingKind::kKey:
      return "key";
    case FindingKind::kGap:
      return "gap";
    case FindingKind::kSearchColumns:
      return "search_columns";
    case FindingKind::kRegistry:
      return "registry";
    case FindingKind::kStorage:
      return "storage";
    case FindingKind::kStray:
      return "stray";
    case FindingKind::kTerminalMissing:
      return "terminal_missing";
    case FindingKind::kOwnKey:
      return "own_key";
  }
  return "unknown";
}

Result<VerifyReport> VerifyStore(Reader& reader, const signing::VerifyKey& own_key, const VerifyTerms& terms,
                                 const std::function<void(const VerifyProgress&)>& progress) {
  OwnWords own_words;
  VerifyReport report;
  StoreCheck check(terms.search_columns, own_words, progress);
  // One view of the own chain and of what it speaks of: whatever happens meanwhile is in both or in neither.
  const std::optional<std::string_view> which = terms.terminal;
  if (Status visited = Visit(reader, check, {which, terms.search_columns, true}); !visited.ok()) return visited.error();
  if (check.own() == nullptr) return Error{ErrorCode::kCorrupt, "collector.db", "the own chain is not there"};
  CheckOwnChain(*check.own(), own_key);
  if (!terms.terminal.has_value()) FindMissingTerminals(check, own_words);
  CompareRegistry(check, own_words, terms.terminal.has_value());
  if (terms.search_columns && !terms.terminal.has_value()) {
    const Result<std::vector<std::string>> storage = reader.CheckStorage();
    if (!storage.ok()) return storage.error();
    for (const std::string& fault : storage.value())
      check.own()->Add(FindingKind::kStorage, 0, fault);
  }
  if (check.strays() != 0)
    check.own()->Add(FindingKind::kStray, 0, std::to_string(check.strays()) + " records belong to no terminal");
  Report(check, report);
  return report;
}

}  // namespace sekimori::store
