// Decider, policy: which one stands, and what follows from a change.
#include <string>
#include <utility>

#include "agent/core/decider.h"

namespace sekimori::core {

void Decider::BeginPolicy() {
  Result<model::Baseline> baseline = outside_.store.LoadBaseline();
  baseline_closed_ = baseline.ok() || baseline.error().code != ErrorCode::kNotFound;
  if (baseline.ok()) {
    standing_.baseline = std::move(baseline).value();
  } else if (baseline_closed_) {
    // Damaged: nothing is adopted by it, and it is not taken anew from whatever is plugged in now.
    troubles_.Set("baseline", baseline.error());
  }

  troubles_.Follow("site", outside_.store.FinishMove());
  // Asked also when observing is forced: what an enforcing run left shut is to be opened then, not left shut for good.
  const bool was_enforcing = outside_.store.MarkedEnforcing();
  PolicyChoice choice = ChooseAtStart(outside_.store, was_enforcing);
  standing_.policy = *std::move(choice.next);
  if (settings_.force_observe) standing_.policy.mode = model::Mode::kObserve;
  const model::Mode mode = standing_.policy.mode;
  recorder_.Add(model::AgentStarted{settings_.agent_version, settings_.boot_id, settings_.kernel, mode});
  for (model::PolicyRefused& refused : choice.refused)
    recorder_.Add(std::move(refused));
  if (choice.problem) troubles_.Set("policy", *choice.problem);
  recorder_.Add(Describe(standing_.policy));

  shut_by_us_ = was_enforcing;
  if (mode == model::Mode::kEnforce) {
    troubles_.Follow("marker", outside_.store.MarkEnforcing(true));
    barrier_.Close();
    shut_by_us_ = true;
  } else if (shut_by_us_) {
    standing_.lift = true;
    open_barrier_due_ = true;
  }
  PublishLogin();
  ReportPolicy();
}

void Decider::TakeIntoForce(model::Policy policy) {
  if (settings_.force_observe) policy.mode = model::Mode::kObserve;
  standing_.policy = std::move(policy);
  unkept_policy_.reset();
  refused_meanwhile_.reset();
  troubles_.Clear("policy");
  troubles_.Clear("unkept_policy");
  if (standing_.policy.mode == model::Mode::kEnforce) {
    standing_.lift = false;
    baseline_closed_ = baseline_closed_ || baseline_saved_;
    open_barrier_due_ = open_barrier_due_ && standing_.released;
    troubles_.Follow("marker", outside_.store.MarkEnforcing(true));
    if (standing_.enforcing()) barrier_.Close();
    shut_by_us_ = true;
  } else {
    standing_.lift = shut_by_us_ || standing_.lift;
    open_barrier_due_ = shut_by_us_;
    standing_.released = false;
  }
  judging_.JudgeAll(model::Trigger::kPolicyChanged);
  // What waits for its hub must know the new mode too.
  enforcing_.LookAtAll();
  PublishLogin();
  ReportPolicy();
}

void Decider::Reload() {
  if (outside_.reload) troubles_.Follow("reload", outside_.reload());
  PolicyChoice choice = ChooseAtReload(outside_.store, standing_.policy);
  for (model::PolicyRefused& refused : choice.refused)
    recorder_.Add(std::move(refused));
  if (choice.problem) {
    troubles_.Set("policy", *choice.problem);
  } else {
    troubles_.Clear("policy");
  }
  if (!choice.next) return;
  recorder_.Add(Describe(*choice.next));
  TakeIntoForce(*std::move(choice.next));
}

// Shut, keep, record, let in. What the offer forbids is shut before anything is written, so that neither a full disk
// nor a log that refuses keeps it open. It is kept before it is recorded: a power cut in between leaves a policy that
// the next start records before it lets anything in, never the record of one that is not in force.
void Decider::OnPolicyOffered(const std::string& signed_document) {
  Result<model::Policy> offered = outside_.store.Verify(signed_document);
  if (!offered.ok()) {
    if (unkept_policy_) refused_meanwhile_ = signed_document;
    return RefuseOffer(outside_.store.OfferedVersion(signed_document), offered.error());
  }
  model::Policy policy = std::move(offered).value();
  // The store knows only what it could keep; one of an enrolment that is over it would not keep any more.
  if (unkept_policy_ && policy.version < standing_.policy.version && outside_.store.Verify(*unkept_policy_).ok())
    return RefuseOffer(policy.version, {ErrorCode::kConflict, "signed policy",
                                        "version " + std::to_string(standing_.policy.version) + " is in force"});
  if (settings_.force_observe) policy.mode = model::Mode::kObserve;
  // One that observes has nothing to shut; and the door is not opened by what a restart would take back.
  const bool observes = policy.mode == model::Mode::kObserve;
  const Status kept = observes ? outside_.store.Keep(signed_document) : Status::Ok();
  if (!kept.ok()) return RefuseOffer(policy.version, kept.error());
  if (observes) troubles_.Clear("site");
  refused_offer_.reset();
  refused_version_ = 0;
  recorder_.Add(Describe(policy));
  TakeIntoForce(std::move(policy));
  if (!observes) {
    enforcing_.Shut(standing_.enforcing());
    KeepPolicy(signed_document);
  }
  Settle();
}

// One that cannot be kept stands all the same and is tried again; a restart until then brings back the one before.
void Decider::KeepPolicy(const std::string& signed_document) {
  const bool tried_before = unkept_policy_.has_value();
  const Status kept = outside_.store.Keep(signed_document);
  troubles_.Follow("unkept_policy", kept);
  if (kept.ok()) {
    unkept_policy_.reset();
    troubles_.Clear("site");
    ReportPolicy();  // the group too is written down by now
  } else if (!tried_before) {
    recorder_.Add(model::EnforcementFailed{{}, {}, "keeping the policy: " + ToString(kept.error())});
    unkept_policy_ = signed_document;
  }
}

// What was refused meanwhile may be for the group that only the kept policy has brought the terminal to.
void Decider::KeepPolicyAtLast() {
  KeepPolicy(std::string(*unkept_policy_));
  if (!unkept_policy_ && refused_meanwhile_) OnPolicyOffered(*std::exchange(refused_meanwhile_, std::nullopt));
}

void Decider::RefuseOffer(std::uint64_t version, const Error& error) {
  // It is offered again at every contact; the log says so once.
  const bool known = refused_offer_ && refused_version_ == version && refused_offer_->code == error.code;
  if (!known) recorder_.Add(Refusal(model::PolicySource::kCollector, version, error));
  troubles_.Set("policy", error);
  refused_version_ = version;
  refused_offer_ = error;
  ReportPolicy();
}

void Decider::PublishLogin() {
  if (outside_.login_policy != nullptr) outside_.login_policy->Publish(policy::LoginPolicyOf(standing_.policy));
}

void Decider::ReportPolicy() {
  ports::PolicyReport report;
  report.version = standing_.policy.source == model::PolicySource::kCollector ? standing_.policy.version : 0;
  report.sha256 = standing_.policy.sha256;
  report.mode = standing_.policy.mode;
  if (refused_offer_) {
    report.refused_version = refused_version_;
    report.error_code = std::string(ErrorCodeName(refused_offer_->code));
    report.detail = ToString(*refused_offer_);
  }
  outside_.link.ReportPolicy(std::move(report));
}

}  // namespace sekimori::core
