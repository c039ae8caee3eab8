// Decider: the heart of the agent, run by the one deciding thread. Takes groups of notices and questions; decides;
// refuses; records, durably and as one group; and only then lets anything in. Req: R02, R05, R06, R12
//
// Begin once, then Take and Tick as things come, then End. No call blocks on anything but the log, the kernel's
// attributes and the policy files. Nothing here knows threads: the loop is agent/core/deciding_thread.h.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/arrivals.h"
#include "agent/core/barrier.h"
#include "agent/core/enforcing.h"
#include "agent/core/judging.h"
#include "agent/core/notice_queue.h"
#include "agent/core/recorder.h"
#include "agent/core/standing_policy.h"
#include "agent/core/troubles.h"
#include "agent/ports/clock.h"
#include "agent/ports/device_gate.h"
#include "agent/ports/device_source.h"
#include "agent/ports/event_log.h"
#include "agent/ports/link.h"
#include "agent/ports/log_upkeep.h"
#include "agent/ports/login_policy_sink.h"
#include "agent/ports/policy_store.h"
#include "agent/ports/sessions.h"

namespace sekimori::core {

// Everything outside that the deciding thread uses. All outlive the Decider.
struct Collaborators {
  ports::EventLog& log;
  ports::LogUpkeep& upkeep;
  ports::DeviceGate& gate;
  ports::DeviceSource& source;
  ports::PolicyStore& store;
  ports::Sessions& sessions;
  ports::Link& link;
  const ports::Clock& clock;
  LocalTimeOf local_time;
  std::function<Status()> reload;                  // what else a reload means, e.g. the enrolment token
  std::function<void()> first_look;                // called once everything present at the start is judged and enforced
  ports::LoginPolicySink* login_policy = nullptr;  // where what the policy says about logins goes; nullptr: nowhere
};

struct Settings {
  std::string agent_version, boot_id, kernel;
  // Whatever the policy says: decide, record, touch nothing; but what an enforcing run left shut is opened first.
  bool force_observe = false;
  // From the first look that finds USB ready: what is adopted on a terminal that has no baseline yet.
  std::chrono::seconds adoption{60};
  std::chrono::seconds barrier_check{60};
  std::chrono::seconds checkpoint{60};  // after the first record that is not signed yet
  std::chrono::seconds prune = std::chrono::hours{24};
  std::chrono::seconds prune_on{1};  // while there is more to delete
  // A scan asked for and not delivered by then is asked for again, each time after twice as long, up to the slowest.
  std::chrono::seconds scan_patience{10};
  std::chrono::seconds slowest_scan{300};
};

class Decider {
 public:
  Decider(const Collaborators& outside, Settings settings);

  // Records the start, takes the policy into force and closes the barrier if it enforces. Before the source starts.
  void Begin();
  // One group from the queue. True: go on; false: it held a stop, and End has been done.
  [[nodiscard]] bool Take(NoticeGroup group);
  // Whatever is due by the clock.
  void Tick();
  // When Tick is wanted at the latest, by Clock::SinceBoot. Empty: not before something happens.
  [[nodiscard]] std::optional<model::BootTime> NextDeadline() const;

  [[nodiscard]] const Standing& standing() const { return standing_; }

 private:
  // devices: decider_devices.cc
  void OnDevice(ports::DeviceNotice& notice);
  void OnSeen(model::Observation observation, model::Trigger trigger, bool wait_for_hub);
  void OnSeenAgain(Present& present, model::Observation observation, model::Trigger trigger);
  void OnLeft(const std::string& port_path);
  void OnAll(std::vector<model::Observation> observations);
  void JudgeOrWait(Present& present, model::Trigger trigger, bool wait_for_hub);
  void JudgeFirst(Present& present, model::Trigger trigger);
  void JudgeHeldBack();
  void Adopt(const std::vector<model::Observation>& observations);
  void Gone(const Present& present);
  void AskForScan(model::Trigger why);
  void ExpectScan(model::Trigger why);
  // the machine, the link
  void OnSystem(const ports::SystemNotice& notice);
  void OnLink(LinkNotice& notice);
  void ReadUsers();
  // policy: decider_policy.cc
  void BeginPolicy();
  void TakeIntoForce(model::Policy policy);
  void OnPolicyOffered(const std::string& signed_document);
  void KeepPolicy(const std::string& signed_document);
  void KeepPolicyAtLast();
  void RefuseOffer(std::uint64_t version, const Error& error);
  void Reload();
  void ReportPolicy();
  void PublishLogin();
  // questions: decider_questions.cc
  void Answer(Ticket& ticket);
  void RecordLogins(const std::vector<std::shared_ptr<Ticket>>& tickets);
  [[nodiscard]] ports::Answer AnswerTo(const ports::Question& question, const ports::Asker& asker);
  [[nodiscard]] ports::Answer Release(const ports::OrderRelease& order, const ports::Asker& asker);
  [[nodiscard]] ports::Answer Close(const ports::OrderClose& order, const ports::Asker& asker);
  [[nodiscard]] ports::StatusReport ReportStatus() const;
  [[nodiscard]] ports::Answer Explain(const std::string& wanted) const;
  [[nodiscard]] ports::Answer Try(const ports::AskPolicyTrial& trial) const;

  // Refuse, record, let in: the order is the security.
  void Settle();
  void LetInWhatIsRecorded();
  void FollowLog();
  void NoteNews();  // the log has grown
  void LookAround();
  void SetTimers();
  void End(const std::string& reason);

  Collaborators outside_;
  const Settings settings_;
  Standing standing_;
  DeviceTable table_;
  Arrivals arrivals_;
  Troubles troubles_;
  Recorder recorder_;
  Judging judging_;
  Enforcing enforcing_;
  Barrier barrier_;

  bool shut_by_us_ = false;        // we closed the barrier, in this run or the last
  bool open_barrier_due_ = false;  // once everything is recorded
  bool baseline_closed_ = false;   // nothing is adopted any more
  bool baseline_saved_ = false;    // in this run: it is open until `adoption_ends_`
  std::optional<model::BootTime> adoption_ends_;
  bool barrier_look_due_ = false;
  bool looked_ = false;  // everything present was seen once
  std::optional<model::Trigger> scan_reason_;
  std::optional<std::string> unkept_policy_;  // the collector's policy in force, while it cannot be stored
  std::optional<std::string> refused_meanwhile_;
  std::uint64_t refused_version_ = 0;
  std::optional<Error> refused_offer_;
  model::WallTime started_;
  std::chrono::seconds scan_patience_;
  std::chrono::seconds refusal_retry_ = Enforcing::kFirstRetry;

  std::optional<model::BootTime> scan_due_, look_due_, refusal_due_, checkpoint_due_, prune_due_;
  std::optional<model::BootTime> window_due_, log_due_;  // set anew by every Settle, which does what they wake it for
};

}  // namespace sekimori::core
