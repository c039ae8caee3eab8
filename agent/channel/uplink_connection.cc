// The life of one connection, on the uplink's thread.
#include <algorithm>
#include <utility>

#include "agent/channel/uplink.h"
#include "proto/tls/signing_request.h"

namespace sekimori::channel {
namespace {

constexpr std::chrono::hours kRenewalLook{1};
// A collector that says no to a renewal ends the connection with it: were it asked again at once, no record would pass.
constexpr std::chrono::hours kRenewalRest{24};
// Written at once when this much was acknowledged since, whatever the time.
constexpr std::uint64_t kManyRecords = 20'000;

Error TimedOut(std::string detail) {
  return Error{ErrorCode::kTimeout, "collector", std::move(detail)};
}

}  // namespace

Uplink::Ending Uplink::Connect() {
  if (next_context_) context_ = std::move(next_context_);
  Wire wire(waker_, [this] { return Interrupted(); });
  const Endpoint endpoint{facts_->collector_host, facts_->collector_port, facts_->server_name};
  if (Status opened = wire.Open(*context_, endpoint, terms_.limits); !opened.ok()) return {opened.error(), {}};
  listening_ = true;
  Ending ending = Converse(wire);
  listening_ = false;
  wire.Close();
  if (unsaved_watermark_) NoteAcknowledged(*unsaved_watermark_, true);
  return ending;
}

Uplink::Ending Uplink::Converse(Wire& wire) {
  Conversation conversation(*outbox_, key_, clock_, sizer_);
  reported_.reset();
  ports::PolicyReport report;
  {
    const std::lock_guard lock(mutex_);
    report = report_;
  }
  const Result<std::string> greeting = conversation.Greet(terms_.facts, report);
  if (!greeting.ok()) return {greeting.error(), {}};
  if (Status sent = wire.Send(greeting.value()); !sent.ok()) return {sent.error(), {}};
  const tls::Time welcome_by = tls::Clock::now() + terms_.welcome_limit;

  for (;;) {
    if (stopping_) SayFarewell(wire, conversation);
    if (Interrupted()) {
      if (stopping_ || !conversation.welcomed()) return {Error{ErrorCode::kUnavailable, "link", "interrupted"}, {}};
      ServeRequests();  // answered with "enrolled already"; the connection goes on
    }
    if (Status spoken = Speak(wire, conversation); !spoken.ok()) return {spoken.error(), {}};
    if (conversation.welcomed() && !conversation.deadline()) NoteProgress();  // nothing left to say or to wait for
    tls::Time until = conversation.welcomed() ? tls::Clock::now() + kRenewalLook : welcome_by;
    if (const auto deadline = conversation.deadline()) until = std::min(until, *deadline);
    if (unsaved_watermark_) until = std::min(until, watermark_due_);
    const Result<std::vector<std::string>> frames = wire.Wait(until);
    if (!frames.ok()) return {frames.error(), {}};
    for (const std::string& frame : frames.value()) {
      if (auto ending = Hear(wire, conversation, frame)) return std::move(*ending);
    }
    const tls::Time now = tls::Clock::now();
    if (!conversation.welcomed() && now >= welcome_by) return {TimedOut("no welcome"), {}};
    if (const auto deadline = conversation.deadline(); deadline && now >= *deadline) {
      return {TimedOut("no answer in time to records or to a request"), {}};
    }
    if (unsaved_watermark_ && now >= watermark_due_) NoteAcknowledged(*unsaved_watermark_, true);
  }
}

Status Uplink::Speak(Wire& wire, Conversation& conversation) {
  if (!conversation.welcomed() || conversation.renewing()) return Status::Ok();
  ports::PolicyReport report;
  {
    const std::lock_guard lock(mutex_);
    report = report_;
  }
  const bool worth_it = report.version != 0 || report.refused_version != 0;
  if (worth_it && reported_ != report) {
    if (Status sent = wire.Send(MakePolicyStatus(report)); !sent.ok()) return sent;
    reported_ = report;
  }
  if (Status asked = AskRenewal(wire, conversation); !asked.ok()) return asked;
  for (;;) {
    const Result<std::optional<std::string>> batch = conversation.NextBatch(tls::Clock::now());
    if (!batch.ok()) return batch.error();
    if (const auto& damage = conversation.damage(); damage && damage->sequence != told_damage_) {
      told_damage_ = damage->sequence;
      sink_->OnLogDamaged(*damage);
    }
    if (!batch.value()) return Status::Ok();
    if (Status sent = wire.Send(*batch.value()); !sent.ok()) return sent;
  }
}

std::optional<Uplink::Ending> Uplink::Hear(Wire& wire, Conversation& conversation, const std::string& frame) {
  Result<Heard> heard = conversation.Take(frame, tls::Clock::now());
  if (!heard.ok()) return Ending{heard.error(), {}};
  ChangeState([&](ports::LinkState& state) { state.last_contact = clock_.Now(); });
  Heard& news = heard.value();
  if (news.refused) {
    wire.Close();
    const ErrorCode code = CodeOfRefusal(news.refused->error_code());
    if (conversation.renewing() && !IsPassing(code)) renewal_after_ = tls::Clock::now() + kRenewalRest;
    return Ending{Error{code, "collector", news.refused->detail()}, std::move(news.refused)};
  }
  if (news.acknowledged) NoteAcknowledged(*news.acknowledged, false);
  if (news.acknowledged_before)
    sink_->OnCollectorBehind(model::CollectorBehind{State().collector, *news.acknowledged_before, *news.acknowledged});
  if (news.welcomed) SetPhase(ports::LinkPhase::kConnected, "");
  if (news.renewed || (news.acknowledged && !news.welcomed)) NoteProgress();
  if (news.policy) sink_->OnPolicy(std::move(*news.policy));
  if (news.renewed) TakeRenewed(*news.renewed);
  return std::nullopt;
}

// A welcome alone is no progress: what follows on it may be refused every time.
void Uplink::NoteProgress() {
  backoff_.Reset();
  told_refusal_.clear();
}

void Uplink::NoteAcknowledged(std::uint64_t sequence, bool at_once) {
  std::uint64_t before = 0;
  ChangeState([&](ports::LinkState& state) {
    before = state.acknowledged;
    state.acknowledged = sequence;
  });
  const tls::Time now = tls::Clock::now();
  if (!unsaved_watermark_) {
    if (sequence == before && !at_once) return;
    watermark_due_ = now + terms_.acknowledged_every;
    saved_watermark_ = before;
  }
  unsaved_watermark_ = sequence;
  if (!at_once && now < watermark_due_ && sequence - std::min(sequence, saved_watermark_) < kManyRecords) return;
  // Only an optimisation of the next start and of pruning: the collector's Welcome is the truth, so a failure is tried
  // again with the next acknowledgement.
  if (outbox_->SetAcknowledged(sequence).ok()) unsaved_watermark_.reset();
  watermark_due_ = now + terms_.acknowledged_every;
  saved_watermark_ = sequence;
}

Status Uplink::AskRenewal(Wire& wire, Conversation& conversation) {
  const tls::Time now = tls::Clock::now();
  if (now < renewal_after_) return Status::Ok();
  const tls::Certificate& certificate = credentials_->certificate;
  const auto left = certificate.not_after() - clock_.Now();
  if (left > (certificate.not_after() - certificate.not_before()) / 3) return Status::Ok();
  Result<std::string> csr = tls::MakeSigningRequest(key_);
  if (!csr.ok()) return csr.error();
  renewal_after_ = now + kRenewalLook;
  return wire.Send(conversation.AskRenewal(std::move(csr).value(), now));
}

void Uplink::TakeRenewed(const proto::Renewed& renewed) {
  Result<tls::Certificate> certificate = tls::Certificate::FromDer(renewed.certificate_der());
  if (!certificate.ok()) return;
  // The CA is the one of the enrolment; whatever the message says about it, it cannot be exchanged this way.
  Credentials fresh{std::move(certificate).value(), credentials_->ca};
  Status kept = CheckCredentials(fresh, key_, facts_->terminal_id);
  if (kept.ok()) kept = SaveCredentials(terms_.state_directory, fresh);
  if (!kept.ok()) {
    ChangeState([&](ports::LinkState& state) { state.detail = "certificate not renewed: " + ToString(kept.error()); });
    return;
  }
  credentials_ = fresh;
  // This connection goes on with the old one; the next begins with the new.
  if (auto context = tls::ClientContext::ForTerminal(fresh.certificate, key_, fresh.ca); context.ok()) {
    next_context_ = std::move(context).value();
  }
  ChangeState([&](ports::LinkState& state) { state.certificate_expires = fresh.certificate.not_after(); });
}

// The last records (that the agent stops, and why) are the ones an administrator would miss most.
void Uplink::SayFarewell(Wire& wire, Conversation& conversation) {
  const tls::Time limit = tls::Clock::now() + terms_.farewell_limit;
  while (conversation.welcomed() && tls::Clock::now() < limit) {
    if (!Speak(wire, conversation).ok() || !conversation.deadline()) return;
    const Result<std::vector<std::string>> frames = wire.Wait(limit);
    if (!frames.ok()) return;
    for (const std::string& frame : frames.value()) {
      if (Hear(wire, conversation, frame)) return;
    }
  }
}

}  // namespace sekimori::channel
