// The collector's storage port: what intake, authority and sekimorictl ask of a database, whichever it is. Req: R05,
// R06 Writers and readers may work at the same time, in several threads and processes; one object is one thread's at a
// time. Everything a Writer reports as done is durable. Texts given to it are UTF-8 without NUL, numbers below 2^63:
// the caller sees to it. Errors common to all: kIo and kFull from the disk (nothing of the call was stored), kTimeout
// (another writer held the database too long), kCorrupt (the database file is damaged).
#pragma once

#include <functional>
#include <memory>

#include "proto/signing/key.h"
#include "server/store/registry_rows.h"
#include "server/store/values.h"

namespace sekimori::store {

// Events for the collector's own chain, stored in the same transaction as the change they speak of: the change never
// takes effect unrecorded, and no change is recorded that did not happen. Strings are masked before storing (Req: R09).
struct Own {
  std::span<const proto::Event> events;  // time_us set by the caller
  const signing::SigningKey& key;        // signs the checkpoint over the own chain's new head
};

class Writer {
 public:
  virtual ~Writer() = default;

  // All batches in one transaction; several of one terminal follow one on the other. The outer error: nothing was
  // stored. The inner ones, in the order given: Ok: stored and the head moved; kConflict: the stored head is no longer
  // `stored_head` (verify again against the new one); kDenied: the terminal is revoked; kNotFound; kInvalid: sequences
  // are not consecutive from `base`, or the checkpoint is not over the last record. A `base` beyond the stored head is
  // written down as a Gap, together with its alarm (kind GAP, with both edges) in the own chain, which `own_key` signs:
  // a gap is never accepted without an alarm. kUntrusted: the alarm cannot be signed with this key.
  [[nodiscard]] virtual Result<std::vector<Status>> StoreBatches(std::span<const Batch> batches,
                                                                 const signing::SigningKey& own_key) = 0;

  // Stores as many as the terminal's bound leaves room for and says how many that were.
  [[nodiscard]] virtual Result<std::size_t> StoreDisputed(std::span<const DisputedRecord> records) = 0;

  // Appends to the own chain; safe when several processes do so at once. Returns the new head.
  [[nodiscard]] virtual Result<chain::Head> AppendOwn(const Own& own) = 0;

  // Spends one use of the token and adds the terminal (group taken from the token), both or neither. kNotFound: no such
  // token; kUntrusted: wrong secret; kExpired; kDenied: revoked; kConflict: no use left; kExists: the id or certificate
  // is known already. Returns the terminal as stored. Enrolled events in `own` that name the terminal get its key's id,
  // so that verification can tell a registered key from one that was slipped into the database.
  [[nodiscard]] virtual Result<Terminal> Enrol(const TokenClaim& claim, const Terminal& terminal, const Own& own) = 0;
  // A new certificate (and possibly key) for an enrolled terminal. kNotFound; kDenied: it is revoked, or has been given
  // kMaxCertificatesADay in the 24 hours before `key.registered_us`.
  [[nodiscard]] virtual Status SetCertificate(std::string_view terminal, const TerminalKey& key, const Own& own) = 0;
  // kNotFound. Notes, not grants: no own record, and cheap enough for every Hello (no sync of their own; a power cut
  // may lose the newest, which the next Hello brings again).
  [[nodiscard]] virtual Status NoteContact(const Contact& contact) = 0;
  [[nodiscard]] virtual Status NotePolicyReport(std::string_view terminal, const PolicyReport& report) = 0;
  [[nodiscard]] virtual Status SetDisputed(std::string_view terminal, bool disputed, const Own& own) = 0;

  // kNotFound; kConflict when it is revoked already.
  [[nodiscard]] virtual Status RevokeTerminal(std::string_view terminal, std::int64_t now_us, std::string_view reason,
                                              const Own& own) = 0;
  // Puts `policy.terminal` into `policy.group`, also if it is there already, and adds the policy that tells it so, both
  // or neither. kNotFound: no such terminal, or the group has no policy; kDenied: revoked; kConflict: the text is not
  // that of the group's newest policy, or as in AddPolicy.
  [[nodiscard]] virtual Status MoveTerminal(const Policy& policy, const Own& own) = 0;

  // kExists.
  [[nodiscard]] virtual Status AddToken(const Token& token, const Own& own) = 0;
  // kNotFound; kConflict when it is revoked already.
  [[nodiscard]] virtual Status RevokeToken(std::string_view id, std::int64_t now_us, const Own& own) = 0;

  // The names the server certificate carries from now on.
  [[nodiscard]] virtual Status SetHosts(std::span<const std::string> hosts, const Own& own) = 0;

  // For a whole group; kInvalid if it names a terminal. kConflict unless `policy.version` is greater than the newest of
  // the site: read NewestVersion, sign, try again.
  [[nodiscard]] virtual Status AddPolicy(const Policy& policy, const Own& own) = 0;
};

// What a verification starts from, read in the same view as the records.
struct ChainFacts {
  std::string terminal;  // kOwnLog for the own chain
  std::string hostname;
  chain::LogId log_id{};
  chain::Head head;
  std::vector<TerminalKey> keys;
  std::vector<Gap> gaps;  // by sequence
};

// A stored record as verification sees it. Views are valid during the call only.
struct RecordView {
  std::size_t chain = 0;  // place in the facts; kNoChain: no terminal owns it
  std::uint64_t sequence = 0;
  std::string_view hash, payload;
  // What searches find it by. Only when asked for.
  std::int64_t time_us = 0;
  std::uint32_t type = 0;
  Outcome outcome = Outcome::kNone;
  Severity severity = Severity::kInformation;
  std::uint64_t policy_version = 0;
  std::string_view users, device;
  std::size_t about = SIZE_MAX;  // place of the terminal it is found by; kNoChain: none of the facts
};
inline constexpr std::size_t kNoChain = SIZE_MAX;

// What verification is told, from one consistent view of the database. False ends the visit early; it is then Ok.
class ChainVisitor {
 public:
  virtual ~ChainVisitor() = default;
  // A row of the registry as it stands. All of them come first.
  virtual bool Row(const RowKey& /*key*/, const signing::Sha256Hash& /*sha256*/) { return true; }
  // All checkpoints come before all records, each chain's by sequence. `key_id`: of the key that was the terminal's
  // when the checkpoint came.
  virtual bool Checkpoint(std::size_t chain, const chain::Checkpoint& checkpoint,
                          const signing::Sha256Hash& key_id) = 0;
  // The own chain's records come first. Those of each other chain come in the order they were stored in, those of
  // several chains mixed.
  virtual bool Record(const RecordView& record) = 0;
};

struct VisitTerms {
  std::optional<std::string_view> terminal;  // one chain (kOwnLog: the own one); none: all
  bool with_search_columns = false;
  bool with_own = false;  // the own chain beside the terminal's
};

class Reader {
 public:
  virtual ~Reader() = default;

  [[nodiscard]] virtual Result<Site> GetSite() = 0;

  // kNotFound.
  [[nodiscard]] virtual Result<Terminal> FindTerminal(std::string_view id) = 0;
  [[nodiscard]] virtual Result<Terminal> FindTerminalByCertificate(const signing::Sha256Hash& certificate) = 0;
  // The newest terminal enrolled with this key (SHA-256 of its SubjectPublicKeyInfo), revoked or not.
  [[nodiscard]] virtual Result<Terminal> FindTerminalByKey(const signing::Sha256Hash& key_id) = 0;
  // Sorted by host name, then id; never the own log.
  [[nodiscard]] virtual Result<std::vector<Terminal>> ListTerminals(std::optional<std::string_view> group) = 0;
  // The hash stored under a sequence, to tell a repeated record from a fork. kNotFound.
  [[nodiscard]] virtual Result<chain::Hash> HashAt(std::string_view terminal, std::uint64_t sequence) = 0;
  [[nodiscard]] virtual Result<std::vector<DisputedRecord>> ListDisputed(std::string_view terminal) = 0;

  // Ok when Enrol would accept the claim now; else Enrol's error.
  [[nodiscard]] virtual Result<Token> CheckToken(const TokenClaim& claim) = 0;
  [[nodiscard]] virtual Result<std::vector<Token>> ListTokens() = 0;  // newest first

  // kNotFound. By its version any policy is found; a group's are those for the whole of it.
  [[nodiscard]] virtual Result<Policy> FindPolicy(std::uint64_t version) = 0;
  [[nodiscard]] virtual Result<Policy> NewestPolicy(std::string_view group) = 0;
  // 0 when there is none; without a group, the newest of the site, whoever it is for.
  [[nodiscard]] virtual Result<std::uint64_t> NewestVersion(std::optional<std::string_view> group) = 0;
  [[nodiscard]] virtual Result<std::vector<Policy>> ListPolicies(const PolicyFilter& filter) = 0;  // newest first
  // Of one terminal (nothing when it is unknown) or of all, read in one view: a terminal moved meanwhile is never said
  // to be due a policy of the group it left, which would be newer than its move and shut it out.
  [[nodiscard]] virtual Result<std::vector<PolicyDue>> PoliciesDue(std::optional<std::string_view> terminal) = 0;

  // What is wrong with the database itself and with what it keeps beside the records to find them by, so that one could
  // be missed: a sentence each, a bounded number. Reads everything there is.
  [[nodiscard]] virtual Result<std::vector<std::string>> CheckStorage() = 0;

  // A number that differs from the last answer when anything was committed since by another connection. Costs no disk
  // access worth counting, so it may be asked several times a second.
  [[nodiscard]] virtual Result<std::uint64_t> ChangeCounter() = 0;

  // Of the newest record there is, whatever it is; 0 when there is none. What comes later has a larger one.
  [[nodiscard]] virtual Result<Cursor> NewestCursor() = 0;
  [[nodiscard]] virtual Result<EventPage> Events(const EventFilter& filter, const PageRequest& page) = 0;
  // Every event of the filter that is stored when the call begins, oldest first, without holding them. False from
  // `take` ends it early.
  [[nodiscard]] virtual Status VisitEvents(const EventFilter& filter,
                                           const std::function<bool(const StoredEvent&)>& take) = 0;
  // kNotFound. `begin` is given the facts of every chain to come, the own one first; null ends the visit.
  [[nodiscard]] virtual Status VisitChains(const VisitTerms& terms,
                                           const std::function<ChainVisitor*(std::span<const ChainFacts>)>& begin) = 0;
};

// One database. Thread-safe; every Writer and Reader has a connection of its own and may outlive it.
class Database {
 public:
  virtual ~Database() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<Writer>> NewWriter() = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Reader>> NewReader() = 0;
};

}  // namespace sekimori::store
