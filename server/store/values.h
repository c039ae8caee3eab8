// What the collector keeps, as plain values. No storage type, no clock, no OS. Req: R05, R06
// Times are UTC microseconds since 1970 as they travel in the messages; 0 means "never".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/chain/chain.h"
#include "proto/event.pb.h"
#include "proto/result.h"
#include "proto/signing/sha256.h"

namespace sekimori::store {

// The key under which the collector's own chain (operator actions, alarms) is stored beside the terminals' chains.
inline constexpr std::string_view kOwnLog = "collector";

// Identity of this installation, made once by `sekimorictl init`.
struct Site {
  std::string id;                  // UUID, in every certificate and policy
  std::string name;                // for people
  std::vector<std::string> hosts;  // names and addresses the server certificate carries
  std::uint16_t port = 0;
  chain::LogId own_log_id{};
  std::string own_key_spki;  // DER; the key that signs the own chain's checkpoints
  std::int64_t created_us = 0;
};

struct PolicyReport {
  std::uint64_t version = 0;
  bool in_force = false;
  std::string error_code;  // ErrorCodeName of the refusal, empty when in force
  std::string detail;
  std::int64_t time_us = 0;
  proto::Mode mode = proto::MODE_UNSPECIFIED;  // as in force after it; unspecified leaves Terminal::mode as it was
};

struct Terminal {
  std::string id;  // UUID given at enrolment, the certificate's common name
  std::string hostname;
  std::string os;
  std::string machine_id;  // keyed hash, hexadecimal
  std::string group;
  chain::LogId log_id{};
  signing::Sha256Hash certificate_sha256{};  // of the certificate in use
  std::string key_spki;                      // DER; the key its checkpoints are signed with
  std::int64_t enrolled_us = 0;
  std::int64_t last_contact_us = 0;
  std::string agent_version;
  proto::Mode mode = proto::MODE_UNSPECIFIED;
  std::uint64_t policy_version = 0;  // as the terminal reports it in force
  PolicyReport policy_report;        // the last answer to an offered policy
  std::int64_t revoked_us = 0;
  std::string revoked_reason;
  chain::Head head;                  // of what is stored here; {0, genesis} before the first record
  std::uint64_t first_sequence = 0;  // oldest record the terminal itself still has, by its last Hello
  bool disputed = false;             // intake saw a fork, rollback or another log
};

// A public key a terminal has had. Checkpoints are verified with the key that was registered when they came.
struct TerminalKey {
  std::string spki_der;
  signing::Sha256Hash certificate_sha256{};
  std::int64_t registered_us = 0;
};

// Each leaves a key and a record for ever. The first one counts; the others are for answers that were lost on the way.
inline constexpr std::int64_t kMaxCertificatesADay = 4;

// What a Hello says that the collector keeps.
struct Contact {
  std::string terminal;
  std::int64_t time_us = 0;  // collector's clock
  std::string hostname, os, agent_version;
  proto::Mode mode = proto::MODE_UNSPECIFIED;
  std::uint64_t policy_version = 0;
  std::uint64_t first_sequence = 0;
};

enum class Outcome : std::uint8_t { kNone = 0, kAllowed = 1, kPartly = 2, kDenied = 3, kWouldDeny = 4 };
enum class Severity : std::uint8_t { kInformation = 0, kNotice = 1, kWarning = 2, kAlarm = 3 };

// What a record can be found by. Extracted once, by IndexOf (server/store/record_index.h), while the event is parsed.
struct RecordIndex {
  std::int64_t time_us = 0;
  std::uint32_t type = 0;  // field number of Event.body (proto::Event::BodyCase); 0 for a type this collector lacks
  Outcome outcome = Outcome::kNone;
  Severity severity = Severity::kInformation;
  std::string users;   // login names, each followed by '\n'
  std::string device;  // port, ids, names and serial, '\n' between them
  std::string about;   // terminal an own record speaks of, else empty
  std::uint64_t policy_version = 0;
};

// One record on its way in. `payload` is borrowed for the call.
struct Record {
  std::uint64_t sequence = 0;
  chain::Hash hash{};
  std::string_view payload;
  RecordIndex index;
};

// Consecutive records of one terminal, verified by the caller: hashes follow on `base`, the checkpoint's signature is
// the terminal's and covers the last record.
struct Batch {
  std::string terminal;
  chain::Head stored_head;          // the stored head the caller verified against
  chain::Head base;                 // what the first record follows on: stored_head, or a later point after a gap
  std::span<const Record> records;  // borrowed; not empty
  chain::Checkpoint checkpoint;
  std::int64_t received_us = 0;
  std::string peer;  // address the terminal called from, for the alarm of a gap
};

// Records missing from a terminal's chain: those after `last_before`, up to and including `base`.
struct Gap {
  std::string terminal;
  chain::Head last_before;  // the stored head when the gap was met
  chain::Head base;         // what the first record after the gap follows on, as the terminal gave it
  std::int64_t found_us = 0;
};

// A record that contradicts the stored chain: kept as evidence, never mixed with the chain.
struct DisputedRecord {
  std::string terminal;
  std::uint64_t sequence = 0;
  std::string payload;
  proto::AlarmKind why = proto::ALARM_UNSPECIFIED;
  std::string peer;
  std::int64_t received_us = 0;
};
inline constexpr std::size_t kMaxDisputedRecords = 1000;  // for one terminal
inline constexpr std::size_t kMaxDisputedBytes = std::size_t{4} << 20;

struct Token {
  std::string id;
  signing::Sha256Hash secret_sha256{};
  std::uint32_t uses = 0;  // granted at creation
  std::uint32_t uses_left = 0;
  std::int64_t created_us = 0;
  std::int64_t expires_us = 0;
  std::string group;
  std::string created_by;
  std::int64_t revoked_us = 0;
};

// What a terminal presents to be enrolled.
struct TokenClaim {
  std::string id;
  signing::Sha256Hash secret_sha256{};
  std::int64_t now_us = 0;
};

struct Policy {
  std::uint64_t version = 0;  // counts up over the whole site
  std::string group;
  std::string toml;
  std::string signed_document;  // serialized proto::SignedDocument
  std::int64_t issued_us = 0;
  std::string operator_name;
  std::uint64_t rolled_back_from = 0;  // version whose text this repeats; 0 for a new text
  std::string terminal;                // moved into the group by it, and the only one it is for; empty: the whole group
};

struct PolicyFilter {
  std::optional<std::string_view> group;
  bool with_moves = false;  // those for one terminal too
};

// What of policy is meant for a terminal.
struct PolicyDue {
  std::string terminal;
  bool revoked = false;
  std::uint64_t in_force = 0;       // as the terminal reported it
  std::uint64_t move_version = 0;   // the newest for it alone that is of its present group; 0 for none
  std::uint64_t group_version = 0;  // the newest for its whole group; 0 for none
};

// Position in the stored order. Opaque to people; larger is newer.
using Cursor = std::int64_t;

struct StoredEvent {
  Cursor cursor = 0;
  std::string terminal;  // kOwnLog for the collector's own
  std::string hostname;  // of the terminal as it is known now
  std::string group;
  std::uint64_t sequence = 0;
  std::int64_t time_us = 0;      // by the clock of whoever recorded it
  std::int64_t received_us = 0;  // by the collector's
  std::uint32_t type = 0;
  Outcome outcome = Outcome::kNone;
  Severity severity = Severity::kInformation;
  std::uint64_t policy_version = 0;
  chain::Hash hash{};
  std::string payload;
};

// Every condition present must hold.
struct EventFilter {
  std::optional<std::string> terminal;  // id; its own records and the collector's alarms about it
  std::optional<std::string> group;
  std::vector<std::uint32_t> types;
  std::vector<Outcome> outcomes;
  std::optional<std::string> user;         // whole login name
  std::optional<std::string> device_text;  // part of port, ids, names or serial; ASCII letters match in either case
  // Either the event's own time lies within, or the time it was received: a terminal's clock hides nothing.
  std::optional<std::int64_t> from_us;   // inclusive
  std::optional<std::int64_t> until_us;  // exclusive
  bool alarms_only = false;
};

enum class Order { kNewestFirst, kOldestFirst };

struct PageRequest {
  Order order = Order::kNewestFirst;
  std::optional<Cursor> after;  // go on beyond this one, in `order`
  std::uint32_t limit = 100;    // 1–10,000
};

struct EventPage {
  std::vector<StoredEvent> events;
  std::optional<Cursor> next;  // give it as `after` for the following page; none when the filter is exhausted
};

}  // namespace sekimori::store
