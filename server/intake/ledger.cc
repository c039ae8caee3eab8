#include "server/intake/ledger.h"

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>

namespace sekimori::intake {
namespace {

constexpr std::uint32_t kRetryAfterFault = 300;  // seconds: somebody has to look first
constexpr std::uint32_t kRetryAfterTrouble = 15;
constexpr int kMaxEvidence = 64;  // records of one disputed batch
constexpr std::int64_t kNoteHeadsEveryUs = std::int64_t{3'600} * 1'000'000;
constexpr int kHeadsInOneRecord = 500;
// Batches are signed as they are sent, so the signature's time tells of the clock whatever the records' age is.
constexpr std::int64_t kClocksApartUs = 10 * std::int64_t{60'000'000};

bool MakesDisputed(proto::AlarmKind kind) {
  return kind == proto::ALARM_FORK || kind == proto::ALARM_ROLLBACK || kind == proto::ALARM_OTHER_LOG ||
         kind == proto::ALARM_BROKEN_CHAIN || kind == proto::ALARM_BAD_SIGNATURE;
}

}  // namespace

Ledger::Ledger(std::unique_ptr<store::Writer> writer, std::unique_ptr<store::Reader> reader,
               const authority::Authority& authority, Journal& journal, WallClock wall_clock)
    : writer_(std::move(writer)),
      reader_(std::move(reader)),
      authority_(authority),
      journal_(journal),
      wall_clock_(std::move(wall_clock)) {}

proto::Mode ModeOf(std::string_view word) {
  if (word == "enforce") return proto::MODE_ENFORCE;
  if (word == "observe") return proto::MODE_OBSERVE;
  return proto::MODE_UNSPECIFIED;
}

proto::FromCollector MakeRefusal(const Error& error, std::uint32_t retry_after_s) {
  proto::FromCollector message;
  message.mutable_refused()->set_error_code(std::string(ErrorCodeName(error.code)));
  message.mutable_refused()->set_detail(ToString(error));
  message.mutable_refused()->set_retry_after_s(retry_after_s);
  return message;
}

std::vector<Outcome> Ledger::Process(std::vector<Job> jobs) {
  std::vector<Outcome> outcomes;
  std::vector<Joined> groups;
  std::unordered_map<std::string, std::size_t> group_of;
  std::vector<Job> others;
  for (Job& job : jobs) {
    auto* store_job = std::get_if<StoreJob>(&job);
    if (store_job == nullptr) {
      others.push_back(std::move(job));
      continue;
    }
    const auto [at, fresh] = group_of.try_emplace(store_job->terminal, groups.size());
    if (!fresh) {
      Joined& joined = groups[at->second];
      const bool follows = joined.session == store_job->session && joined.parts.back().head == store_job->batch.base;
      if (!follows) {
        // Two connections of one terminal at the change-over: settled one after the other, against the stored truth.
        others.push_back(ReplayJob{store_job->session, std::move(store_job->terminal), std::move(store_job->peer),
                                   std::move(store_job->batch)});
        continue;
      }
      joined.bytes += store_job->batch.bytes;
      joined.parts.push_back(std::move(store_job->batch));
      continue;
    }
    Joined joined{store_job->session,    store_job->terminal, store_job->peer, store_job->known_head, {}, {},
                  store_job->batch.bytes};
    joined.parts.push_back(std::move(store_job->batch));
    groups.push_back(std::move(joined));
  }
  if (!groups.empty()) StoreAll(std::move(groups), outcomes);
  for (Job& job : others) {
    if (std::holds_alternative<LookJob>(job)) {
      if (auto news = Look()) outcomes.push_back(std::move(*news));
      continue;
    }
    outcomes.push_back(std::visit(
        [this](auto& one) -> Answer {
          using Kind = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<Kind, StoreJob> || std::is_same_v<Kind, LookJob>) {
            return Answer{};  // both were dealt with above
          } else {
            return Do(std::move(one));
          }
        },
        job));
  }
  return outcomes;
}

void Ledger::StoreAll(std::vector<Joined> groups, std::vector<Outcome>& outcomes) {
  std::vector<store::Batch> batches;
  batches.reserve(groups.size());
  for (Joined& group : groups) {
    for (CheckedBatch& part : group.parts) {
      group.records.insert(group.records.end(), std::make_move_iterator(part.records.begin()),
                           std::make_move_iterator(part.records.end()));
    }
    batches.push_back(store::Batch{group.terminal, group.known_head, group.parts.front().base, group.records,
                                   group.parts.back().checkpoint, wall_clock_(), group.peer});
  }
  const Result<std::vector<Status>> stored = writer_->StoreBatches(batches, authority_.log_key());
  if (!stored.ok()) {
    journal_.Write(Level::kError, "nothing could be stored: " + ToString(stored.error()));
    for (const Joined& group : groups) {
      Answer answer = StoreFailed(group.session, stored.error());
      answer.released = group.bytes;
      outcomes.push_back(std::move(answer));
    }
    return;
  }
  for (std::size_t i = 0; i < groups.size(); ++i)
    StoreOne(groups[i], stored.value()[i], outcomes);
}

void Ledger::StoreOne(const Joined& group, const Status& stored, std::vector<Outcome>& outcomes) {
  Answer answer;
  answer.session = group.session;
  if (stored.ok()) {
    answer.durable = group.parts.back().head;
    answer.reply.emplace().mutable_ack()->set_sequence(answer.durable->sequence);
    lags_.Stored(group.terminal, answer.durable->sequence, wall_clock_());
    CompareClocks(group);
    const chain::Head& base = group.parts.front().base;
    if (!(base == group.known_head)) {
      journal_.Write(Level::kWarning, "alarm ALARM_GAP terminal=" + group.terminal + " peer=" + group.peer +
                                          ": records " + std::to_string(group.known_head.sequence + 1) + " to " +
                                          std::to_string(base.sequence) + " are missing");
    }
  } else if (stored.error().code == ErrorCode::kConflict) {
    // Another connection of the same terminal was faster. It begins anew from what is stored now.
    answer =
        Refuse(group.session, Error{ErrorCode::kUnavailable, group.terminal, "the stored head moved; begin anew"}, 1);
  } else {
    if (stored.error().code == ErrorCode::kDenied) {
      Raise(proto::ALARM_REVOKED, group.terminal, 0, "a revoked terminal sent records", group.peer);
    }
    answer = Refuse(group.session, stored.error(), kRetryAfterFault);
  }
  answer.released = group.bytes;
  for (const CheckedBatch& part : group.parts) {
    if (stored.ok() && part.first_unreadable != 0) {
      Raise(proto::ALARM_UNREADABLE, group.terminal, part.first_unreadable, "a record that is no event was stored",
            group.peer);
    }
  }
  outcomes.push_back(std::move(answer));
}

void Ledger::CompareClocks(const Joined& group) {
  const std::int64_t now_us = wall_clock_();
  const chain::Checkpoint& checkpoint = group.parts.back().checkpoint;
  const bool behind = checkpoint.time_us < now_us - kClocksApartUs;
  if (!behind && checkpoint.time_us <= now_us + kClocksApartUs) return;
  // Any number may be claimed; its distance is not computed, so that it cannot overflow.
  Raise(proto::ALARM_CLOCK, group.terminal, checkpoint.head.sequence,
        std::string("its clock is more than ten minutes ") + (behind ? "behind" : "ahead of") + " the collector's: " +
            std::to_string(checkpoint.time_us) + " against " + std::to_string(now_us) + " microseconds since 1970",
        group.peer);
}

Result<std::optional<BatchFault>> Ledger::FindFork(const CheckedBatch& batch, std::string_view terminal,
                                                   const chain::Head& stored) {
  const auto differs = [&](std::uint64_t sequence, const chain::Hash& hash) -> Result<bool> {
    if (sequence == 0) return false;  // the genesis hash follows from the log id, which was compared
    if (sequence == stored.sequence) return hash != stored.hash;
    const Result<chain::Hash> kept = reader_->HashAt(terminal, sequence);
    if (!kept.ok() && kept.error().code == ErrorCode::kNotFound) return false;  // inside a recorded gap
    if (!kept.ok()) return kept.error();
    return kept.value() != hash;
  };
  const Result<bool> base_differs = differs(batch.base.sequence, batch.base.hash);
  if (!base_differs.ok()) return base_differs.error();
  if (base_differs.value()) {
    return std::optional(BatchFault{proto::ALARM_FORK, batch.base.sequence, "it builds on another history"});
  }
  for (const store::Record& record : batch.records) {
    if (record.sequence > stored.sequence) break;
    const Result<bool> here = differs(record.sequence, record.hash);
    if (!here.ok()) return here.error();
    if (here.value()) {
      return std::optional(
          BatchFault{proto::ALARM_FORK, record.sequence, "another record under a sequence already stored"});
    }
  }
  return std::optional<BatchFault>();
}

Answer Ledger::Do(ReplayJob job) {
  const Result<store::Terminal> terminal = reader_->FindTerminal(job.terminal);
  if (!terminal.ok()) return StoreFailed(job.session, terminal.error());
  const chain::Head stored = terminal.value().head;
  Result<std::optional<BatchFault>> fork = FindFork(job.batch, job.terminal, stored);
  if (!fork.ok()) return StoreFailed(job.session, fork.error());
  if (fork.value()) {
    return Do(DisputeJob{job.session, job.terminal, job.peer, *fork.value(), std::move(job.batch.message)});
  }
  Answer answer;
  answer.session = job.session;
  answer.released = job.batch.bytes;
  answer.durable = stored;
  const auto fresh = std::find_if(job.batch.records.begin(), job.batch.records.end(),
                                  [&](const store::Record& record) { return record.sequence > stored.sequence; });
  if (fresh != job.batch.records.end()) {
    if (fresh->sequence != stored.sequence + 1) {
      return Do(DisputeJob{job.session, job.terminal, job.peer,
                           BatchFault{proto::ALARM_GAP, fresh->sequence, "records are missing before these"},
                           std::move(job.batch.message)});
    }
    const store::Batch rest{job.terminal,         stored,        stored,  std::span(fresh, job.batch.records.end()),
                            job.batch.checkpoint, wall_clock_(), job.peer};
    const Result<std::vector<Status>> done = writer_->StoreBatches(std::span(&rest, 1), authority_.log_key());
    const Status status = done.ok() ? done.value().front() : Status(done.error());
    if (!status.ok()) {
      answer = StoreFailed(job.session, status.error());
      answer.released = job.batch.bytes;
      return answer;
    }
    answer.durable = job.batch.head;
    lags_.Stored(job.terminal, answer.durable->sequence, wall_clock_());
  }
  answer.reply.emplace().mutable_ack()->set_sequence(std::min(answer.durable->sequence, job.batch.head.sequence));
  return answer;
}

void Ledger::KeepEvidence(const std::string& terminal, const std::string& peer, const BatchFault& fault,
                          const proto::Batch& evidence) {
  std::vector<store::DisputedRecord> records;
  const int count = std::min(evidence.payloads_size(), kMaxEvidence);
  for (int i = 0; i < count; ++i) {
    records.push_back(store::DisputedRecord{terminal, evidence.first_sequence() + static_cast<std::uint64_t>(i),
                                            evidence.payloads(i), fault.kind, peer, wall_clock_()});
  }
  const Result<std::size_t> kept = writer_->StoreDisputed(records);
  if (!kept.ok()) journal_.Write(Level::kError, "disputed records not kept: " + ToString(kept.error()));
}

Answer Ledger::Do(DisputeJob job) {
  const bool alarming = job.fault.kind != proto::ALARM_UNSPECIFIED;
  if (alarming && job.evidence) KeepEvidence(job.terminal, job.peer, job.fault, *job.evidence);
  if (alarming) Raise(job.fault.kind, job.terminal, job.fault.sequence, job.fault.detail, job.peer);
  const ErrorCode code = !alarming                                      ? ErrorCode::kInvalid
                         : job.fault.kind == proto::ALARM_BROKEN_CHAIN  ? ErrorCode::kCorrupt
                         : job.fault.kind == proto::ALARM_BAD_SIGNATURE ? ErrorCode::kUntrusted
                                                                        : ErrorCode::kConflict;
  Answer answer = Refuse(job.session, Error{code, "record " + std::to_string(job.fault.sequence), job.fault.detail},
                         kRetryAfterFault);
  if (job.evidence) {
    for (const std::string& payload : job.evidence->payloads())
      answer.released += payload.size();
  }
  return answer;
}

Answer Ledger::Do(PolicyStatusJob job) {
  store::PolicyReport report;
  report.version = job.status->version();
  report.in_force = job.status->in_force();
  report.error_code = job.status->error_code();
  report.detail = job.status->detail();
  report.time_us = wall_clock_();
  report.mode = ModeOf(job.status->mode());
  if (const Status noted = writer_->NotePolicyReport(job.terminal, report); !noted.ok()) {
    journal_.Write(Level::kError, "policy report of " + job.terminal + " not kept: " + ToString(noted.error()));
  }
  Answer answer;
  answer.session = job.session;
  answer.status_noted = true;
  return answer;
}

Answer Ledger::Do(AlarmJob job) {
  Raise(job.alarm.kind(), job.alarm.terminal_id(), job.alarm.sequence(), job.alarm.detail(), job.alarm.peer());
  return Answer{};
}

Answer Ledger::Do(GoneJob job) {
  lags_.Gone(job.terminal, wall_clock_());
  return Answer{};
}

void Ledger::Raise(proto::AlarmKind kind, const std::string& terminal, std::uint64_t sequence,
                   const std::string& detail, const std::string& peer) {
  proto::CollectorAlarm alarm;
  alarm.set_kind(kind);
  alarm.set_terminal_id(terminal);
  alarm.set_sequence(sequence);
  alarm.set_detail(detail);
  alarm.set_peer(peer);
  if (const auto event = alarms_.Raise(alarm, wall_clock_())) WriteAlarm(*event);
}

void Ledger::WriteAlarm(const proto::Event& event) {
  const proto::CollectorAlarm& alarm = event.collector_alarm();
  journal_.Write(Level::kWarning, "alarm " + proto::AlarmKind_Name(alarm.kind()) + " terminal=" + alarm.terminal_id() +
                                      " record=" + std::to_string(alarm.sequence()) + " peer=" + alarm.peer() + ": " +
                                      alarm.detail());
  const store::Own own{std::span(&event, 1), authority_.log_key()};
  Status written;
  if (MakesDisputed(alarm.kind()) && !alarm.terminal_id().empty()) {
    written = writer_->SetDisputed(alarm.terminal_id(), true, own);
  } else if (Result<chain::Head> head = writer_->AppendOwn(own); !head.ok()) {
    written = head.error();
  }
  if (written.ok()) return;
  journal_.Write(Level::kError, "alarm not recorded: " + ToString(written.error()));
  alarms_.NotWritten(alarm);
}

void Ledger::NoteHeads() {
  const std::int64_t now_us = wall_clock_();
  if (noted_us_ && now_us >= *noted_us_ && now_us < *noted_us_ + kNoteHeadsEveryUs) return;
  const Result<std::vector<store::Terminal>> terminals = reader_->ListTerminals(std::nullopt);
  if (!terminals.ok()) return;  // told where the store is next asked; tried again at the next look
  std::vector<proto::Event> events;
  std::unordered_map<std::string, std::uint64_t> noted;
  for (const store::Terminal& terminal : terminals.value()) {
    noted[terminal.id] = terminal.head.sequence;
    const auto before = noted_.find(terminal.id);
    if (terminal.head.sequence == (before == noted_.end() ? 0 : before->second)) continue;
    if (events.empty() || events.back().heads_noted().heads_size() == kHeadsInOneRecord) events.push_back(OwnEvent());
    proto::NotedHead& head = *events.back().mutable_heads_noted()->add_heads();
    head.set_terminal_id(terminal.id);
    head.set_sequence(terminal.head.sequence);
    head.set_hash(std::string(signing::AsBytes(terminal.head.hash)));
  }
  if (!events.empty()) {
    if (const auto kept = writer_->AppendOwn(store::Own{events, authority_.log_key()}); !kept.ok()) {
      journal_.Write(Level::kError, "the terminals' heads were not noted: " + ToString(kept.error()));
      noted_us_ = now_us - kNoteHeadsEveryUs + std::int64_t{kRetryAfterTrouble} * 1'000'000;
      return;
    }
  }
  noted_us_ = now_us;
  noted_ = std::move(noted);
}

void Ledger::RaiseWhatIsDue() {
  const std::int64_t now_us = wall_clock_();
  for (const LagWatch::Lag& lag : lags_.Due(now_us)) {
    Raise(proto::ALARM_WITHHELD, lag.terminal, lag.stored + 1,
          "it says it has records up to " + std::to_string(lag.claimed) + " and has sent none after " +
              std::to_string(lag.stored) + " for a while",
          lag.peer);
  }
  for (const proto::Event& alarm : alarms_.Due(now_us))
    WriteAlarm(alarm);
}

Answer Ledger::Refuse(SessionId session, const Error& error, std::uint32_t retry_after_s) const {
  Answer answer;
  answer.session = session;
  answer.reply = MakeRefusal(error, retry_after_s);
  answer.close = true;
  return answer;
}

Answer Ledger::StoreFailed(SessionId session, const Error& error) const {
  // What the disk said is no business of the network.
  return Refuse(
      session,
      Error{ErrorCode::kUnavailable, "collector", "cannot store now: " + std::string(ErrorCodeName(error.code))},
      kRetryAfterTrouble);
}

proto::Event Ledger::OwnEvent() const {
  proto::Event event;
  event.set_time_us(wall_clock_());
  return event;
}

}  // namespace sekimori::intake
