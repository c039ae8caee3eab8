// Does a group of jobs against the store: all batches of the group in one transaction, then the rest in order. Answers
// only what is durable. One thread. Req: R05, R06, R12
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/authority/authority.h"
#include "server/intake/alarm_book.h"
#include "server/intake/jobs.h"
#include "server/intake/journal.h"
#include "server/intake/lag_watch.h"
#include "server/store/store.h"

namespace sekimori::intake {

class Ledger {
 public:
  using WallClock = std::function<std::int64_t()>;  // UTC microseconds
  // The references outlive the ledger.
  Ledger(std::unique_ptr<store::Writer> writer, std::unique_ptr<store::Reader> reader,
         const authority::Authority& authority, Journal& journal, WallClock wall_clock);

  // Answers in the order of the jobs, except that stored batches come first.
  [[nodiscard]] std::vector<Outcome> Process(std::vector<Job> jobs);

 private:
  // Batches of one terminal, joined: they are consecutive.
  struct Joined {
    SessionId session = 0;
    std::string terminal, peer;
    chain::Head known_head;
    std::vector<CheckedBatch> parts;
    std::vector<store::Record> records;
    std::size_t bytes = 0;
  };

  void StoreAll(std::vector<Joined> groups, std::vector<Outcome>& outcomes);
  void StoreOne(const Joined& group, const Status& stored, std::vector<Outcome>& outcomes);
  [[nodiscard]] Answer Do(HelloJob job);
  [[nodiscard]] Answer Do(ReplayJob job);
  [[nodiscard]] Answer Do(DisputeJob job);
  [[nodiscard]] Answer Do(EnrolJob job);
  [[nodiscard]] Answer Do(RenewJob job);
  [[nodiscard]] Answer Do(PolicyStatusJob job);
  [[nodiscard]] Answer Do(AlarmJob job);
  [[nodiscard]] Answer Do(GoneJob job);
  [[nodiscard]] std::optional<Outcome> Look();
  void RaiseWhatIsDue();
  void CompareClocks(const Joined& group);
  // Writes down in the own chain where the terminals' chains end, of those that grew since the last time.
  void NoteHeads();

  [[nodiscard]] std::optional<Answer> JudgeHello(const HelloJob& job, const store::Terminal& terminal);
  [[nodiscard]] std::optional<Answer> JudgeHead(const HelloJob& job, const store::Terminal& terminal);
  void JudgePolicy(const HelloJob& job, const store::Terminal& terminal);
  [[nodiscard]] Answer Welcome(const HelloJob& job, const store::Terminal& terminal);
  // Where the replayed records and the stored ones part ways; nothing when they agree.
  [[nodiscard]] Result<std::optional<BatchFault>> FindFork(const CheckedBatch& batch, std::string_view terminal,
                                                           const chain::Head& stored);
  [[nodiscard]] Result<proto::EnrolAnswer> Enrol(const EnrolJob& job, proto::CollectorAlarm& alarm);
  [[nodiscard]] static Status JudgeKnownKey(const EnrolJob& job, const store::Terminal& known,
                                            proto::CollectorAlarm& alarm);
  [[nodiscard]] Result<proto::EnrolAnswer> EnrolAgain(const EnrolJob& job, const store::Terminal& terminal);
  [[nodiscard]] Status SetCertificate(const store::Terminal& terminal, const tls::Certificate& certificate,
                                      const std::string& why, const std::string& peer);
  [[nodiscard]] proto::EnrolAnswer AnswerFor(const store::Terminal& terminal,
                                             const tls::Certificate& certificate) const;
  [[nodiscard]] Result<Offers> OffersFor(const store::PolicyDue& due, std::uint64_t in_force);
  [[nodiscard]] Result<std::shared_ptr<const OfferedPolicy>> Policy(std::uint64_t version);
  [[nodiscard]] Result<std::shared_ptr<const News>> GatherNews();
  [[nodiscard]] bool OwnLogGrew();

  void Raise(proto::AlarmKind kind, const std::string& terminal, std::uint64_t sequence, const std::string& detail,
             const std::string& peer);
  void WriteAlarm(const proto::Event& event);
  void KeepEvidence(const std::string& terminal, const std::string& peer, const BatchFault& fault,
                    const proto::Batch& evidence);
  [[nodiscard]] Answer Refuse(SessionId session, const Error& error, std::uint32_t retry_after_s) const;
  // The store itself failed: the terminal keeps its records and comes back.
  [[nodiscard]] Answer StoreFailed(SessionId session, const Error& error) const;
  [[nodiscard]] proto::Event OwnEvent() const;

  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::Reader> reader_;
  const authority::Authority& authority_;
  Journal& journal_;
  WallClock wall_clock_;
  AlarmBook alarms_;
  LagWatch lags_;
  std::optional<std::int64_t> noted_us_;                  // when heads were noted last; none: not yet
  std::unordered_map<std::string, std::uint64_t> noted_;  // their sequences
  std::optional<std::uint64_t> last_counter_;
  std::uint64_t own_sequence_ = 0;  // of the own log, as far as it has been looked at
  std::unordered_map<std::uint64_t, std::shared_ptr<const OfferedPolicy>> policies_;  // by version, while offered
  struct IssuedText {
    signing::Sha256Hash sha256{};
    std::string terminal;  // empty: of a whole group
  };
  std::unordered_map<std::uint64_t, IssuedText> texts_;  // of the site's policies, as far as they were asked for
};

}  // namespace sekimori::intake
