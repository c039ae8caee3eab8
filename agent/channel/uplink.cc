// The thread and its states. One connection's life: uplink_connection.cc.
#include "agent/channel/uplink.h"

#include <utility>

#include <Poco/Exception.h>
#include <openssl/rand.h>

namespace sekimori::channel {
namespace {

constexpr std::size_t kMaxRequests = 8;

std::uint64_t RandomBits() {
  std::uint64_t bits = 0;
  // Only spreads terminals over time: without randomness they merely come together.
  (void)RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits);
  return bits;
}

// What the connection's own errors say about the collector, not about this machine: no trust in it, or it contradicts
// the log or the protocol.
bool IsNo(ErrorCode code) {
  return code == ErrorCode::kUntrusted || code == ErrorCode::kConflict || code == ErrorCode::kInvalid ||
         code == ErrorCode::kTooLarge;
}

}  // namespace

Uplink::Uplink(UplinkTerms terms, const signing::SigningKey& key, std::unique_ptr<ports::Outbox> outbox,
               ports::SiteStore& site_store, const ports::Clock& clock, tls::Waker waker)
    : terms_(std::move(terms)),
      key_(key),
      outbox_(std::move(outbox)),
      site_store_(site_store),
      clock_(clock),
      waker_(std::move(waker)),
      backoff_(terms_.backoff, RandomBits) {}

Result<std::unique_ptr<Uplink>> Uplink::Make(UplinkTerms terms, const signing::SigningKey& key,
                                             std::unique_ptr<ports::Outbox> outbox, ports::SiteStore& site_store,
                                             const ports::Clock& clock) {
  Result<tls::Waker> waker = tls::Waker::Make();
  if (!waker.ok()) return waker.error();
  return std::unique_ptr<Uplink>(
      new Uplink(std::move(terms), key, std::move(outbox), site_store, clock, std::move(waker).value()));
}

Uplink::~Uplink() {
  Stop();
}

Status Uplink::Start(ports::LinkSink& sink) {
  if (thread_.joinable()) return Error{ErrorCode::kExists, "link", "started already"};
  tls::IgnoreBrokenPipes();
  sink_ = &sink;
  stopping_ = false;
  thread_ = std::thread([this] { Run(); });
  return Status::Ok();
}

void Uplink::Stop() {
  stopping_ = true;
  waker_.Wake();
  if (thread_.joinable()) thread_.join();
}

void Uplink::Wake() {
  if (listening_) waker_.Wake();
}

void Uplink::ReportPolicy(ports::PolicyReport report) {
  {
    const std::lock_guard lock(mutex_);
    report_ = std::move(report);
  }
  ReadGroup();
  if (listening_) waker_.Wake();
}

// Under the lock from the reading on: whoever reads later has the later word.
void Uplink::ReadGroup() {
  const std::lock_guard lock(mutex_);
  if (const Result<ports::SiteFacts> facts = site_store_.Load(); facts.ok()) state_.group = facts.value().group;
}

ports::LinkState Uplink::State() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Uplink::Enrol(std::string token, std::function<void(Status)> done) {
  {
    const std::lock_guard lock(mutex_);
    const bool one_too_many = requests_.size() >= kMaxRequests;
    if (one_too_many) token::Wipe(token);
    requests_.push_back(Request{std::move(token), std::move(done), one_too_many});
  }
  requested_ = true;
  waker_.Wake();
}

void Uplink::ChangeState(const std::function<void(ports::LinkState&)>& change) {
  const std::lock_guard lock(mutex_);
  change(state_);
}

void Uplink::SetPhase(ports::LinkPhase phase, const std::string& detail) {
  bool changed = false;
  ports::LinkState copy;
  ChangeState([&](ports::LinkState& state) {
    changed = state.phase != phase;
    state.phase = phase;
    state.detail = detail;
    copy = state;
  });
  if (changed) sink_->OnLinkState(copy);
}

void Uplink::Run() {
  if (const Result<std::uint64_t> known = outbox_->Acknowledged(); known.ok()) {
    ChangeState([&](ports::LinkState& state) { state.acknowledged = known.value(); });
  }
  while (!stopping_) {
    ServeRequests();
    if (stopping_) break;
    if (!LoadSite()) {
      Rest(std::chrono::hours(1));
      continue;
    }
    SetPhase(ports::LinkPhase::kConnecting, "");
    const Ending ending = Connect();
    if (Interrupted()) continue;
    Rest(Judge(ending));
  }
  ServeRequests();  // whoever still waits is told
}

void Uplink::Rest(std::chrono::milliseconds wait) {
  const tls::Time until = tls::Clock::now() + wait;
  try {
    Poco::Net::PollSet set;
    set.add(waker_.socket(), Poco::Net::PollSet::POLL_READ);
    while (!Interrupted() && tls::Clock::now() < until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - tls::Clock::now());
      if (!set.poll(Poco::Timespan(left.count() * 1000)).empty()) waker_.Clear();
    }
  } catch (const Poco::Exception& error) {
    SetPhase(ports::LinkPhase::kWaiting, "waiting: " + error.displayText());
  }
}

bool Uplink::LoadSite() {
  if (facts_ && credentials_ && context_) return true;
  Result<ports::SiteFacts> facts = site_store_.Load();
  if (!facts.ok()) {
    const bool absent = facts.error().code == ErrorCode::kNotFound;
    SetPhase(ports::LinkPhase::kNotEnrolled, absent ? "" : ToString(facts.error()));
    return false;
  }
  Result<Credentials> credentials = LoadCredentials(terms_.state_directory, key_);
  if (!credentials.ok()) {
    SetPhase(ports::LinkPhase::kNotEnrolled, ToString(credentials.error()));
    return false;
  }
  Result<std::unique_ptr<tls::ClientContext>> context =
      tls::ClientContext::ForTerminal(credentials.value().certificate, key_, credentials.value().ca);
  if (!context.ok()) {
    SetPhase(ports::LinkPhase::kNotEnrolled, ToString(context.error()));
    return false;
  }
  facts_ = std::move(facts).value();
  credentials_ = std::move(credentials).value();
  context_ = std::move(context).value();
  ChangeState([&](ports::LinkState& state) {
    state.collector = facts_->collector_host + ":" + std::to_string(facts_->collector_port);
    state.site_id = facts_->site_id;
    state.terminal_id = facts_->terminal_id;
    state.certificate_expires = credentials_->certificate.not_after();
  });
  ReadGroup();
  return true;
}

void Uplink::ServeRequests() {
  for (;;) {
    Request request;
    {
      const std::lock_guard lock(mutex_);
      requested_ = false;
      if (requests_.empty()) return;
      request = std::move(requests_.front());
      requests_.pop_front();
    }
    const Status outcome = Serve(request);
    token::Wipe(request.token);
    request.done(outcome);
  }
}

Status Uplink::Serve(const Request& request) {
  if (stopping_) return Error{ErrorCode::kUnavailable, "enrolment", "the agent is stopping"};
  if (request.one_too_many) return Error{ErrorCode::kFull, "enrolment", "too many requests wait already"};
  // A terminal that the collector refuses may begin anew: only root can ask for it, and only with a token.
  if (State().phase != ports::LinkPhase::kRefused && LoadSite()) {
    return Error{ErrorCode::kExists, "enrolment", "this terminal is enrolled already"};
  }
  return EnrolNow(request);
}

Status Uplink::EnrolNow(const Request& request) {
  const Result<token::EnrolmentToken> token = token::Parse(request.token);
  if (!token.ok()) return token.error();
  // Without its log there is no identity to enrol.
  if (const Result<ports::OutboxHead> log = outbox_->Head(); !log.ok()) return log.error();
  Wire wire(waker_, [this] { return stopping_.load(); });
  const EnrolmentTerms terms{key_, terms_.facts, outbox_->log_id(), terms_.limits};
  const Result<proto::EnrolAnswer> answer = AskForEnrolment(wire, token.value(), terms);
  if (!answer.ok()) return answer.error();
  const Result<Enrolment> enrolment = CheckAnswer(answer.value(), token.value(), key_);
  if (!enrolment.ok()) return enrolment.error();
  // Another terminal's place at a collector begins empty: what was acknowledged to the old one says nothing there.
  if (const auto old = site_store_.Load();
      !old.ok() || old.value().terminal_id != enrolment.value().facts.terminal_id) {
    if (Status begun = outbox_->SetAcknowledged(0); !begun.ok()) return begun;
    ChangeState([](ports::LinkState& state) { state.acknowledged = 0; });
  }
  if (Status kept = KeepEnrolment(enrolment.value(), terms_.state_directory, site_store_); !kept.ok()) return kept;

  facts_.reset();
  credentials_.reset();
  context_.reset();
  told_refusal_.clear();
  backoff_.Reset();
  const ports::SiteFacts& facts = enrolment.value().facts;
  sink_->OnEnrolled(model::Enrolled{facts.site_id, facts.terminal_id,
                                    facts.collector_host + ":" + std::to_string(facts.collector_port), facts.group,
                                    enrolment.value().credentials.certificate.fingerprint()});
  return Status::Ok();
}

std::chrono::milliseconds Uplink::Judge(const Ending& ending) {
  const ErrorCode code = ending.refused ? CodeOfRefusal(ending.refused->error_code()) : ending.error.code;
  const std::string detail = ending.refused ? ending.refused->detail() : ToString(ending.error);
  const std::string collector = State().collector;
  const bool refused = ending.refused ? !IsPassing(code) : IsNo(code);
  if (refused) {
    const std::string reason = std::string(ErrorCodeName(code)) + ": " + detail;
    if (reason != told_refusal_) {
      told_refusal_ = reason;
      sink_->OnRefused(model::CollectorRefused{collector, std::string(ErrorCodeName(code)), detail});
    }
  }
  SetPhase(refused ? ports::LinkPhase::kRefused : ports::LinkPhase::kWaiting, detail);
  if (ending.refused && ending.refused->retry_after_s() > 0) {
    return backoff_.After(std::chrono::seconds(ending.refused->retry_after_s()));
  }
  return backoff_.Next();
}

}  // namespace sekimori::channel
