#include "agent/control/server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/control/answer.h"
#include "agent/control/authenticator_answer.h"
#include "agent/control/request.h"
#include "agent/control/withhold.h"
#include "proto/frame/frame.h"

namespace sekimori::control {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kRest{1};

void Wipe(std::span<std::byte> bytes) {
  // Through a volatile pointer the writes are kept, although nobody reads what they leave.
  volatile std::byte* each = bytes.data();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    each[i] = std::byte{0};
}

void Wipe(std::string& text) {
  Wipe(std::as_writable_bytes(std::span(text)));
}

struct Client {
  Client(ScopedFd fd, std::uint32_t peer)
      : socket(std::move(fd)), uid(peer), reader(peer == 0 ? kMaxRequest : kMaxOthersRequest) {}
  ~Client() { Wipe(out); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ScopedFd socket;
  std::uint32_t uid;
  frame::FrameReader reader;
  std::string out;  // the answer's bytes, once there is one
  std::size_t sent = 0;
  const char* waits_for = nullptr;  // what it is told if that does not answer in time; nullptr: it waits for nobody
  bool over = false;
  Clock::time_point deadline;
};

using Outcome = std::variant<Status, ports::AuthenticatorAnswer>;

// Where outcomes are left by the threads that orders were passed on to. Outlives the server if they are slower.
class Outcomes {
 public:
  explicit Outcomes(ScopedFd event) : event_(std::move(event)) {}
  void Put(std::uint64_t client, Outcome outcome) {
    const std::lock_guard lock(mutex_);
    outcomes_.emplace_back(client, std::move(outcome));
    Wake();
  }
  [[nodiscard]] std::vector<std::pair<std::uint64_t, Outcome>> Take() {
    const std::lock_guard lock(mutex_);
    std::uint64_t count = 0;
    // Empty is no error: the wake-up was for something else.
    (void)!::read(event_.get(), &count, sizeof count);
    return std::exchange(outcomes_, {});
  }
  void Wake() const {
    const std::uint64_t one = 1;
    (void)!::write(event_.get(), &one, sizeof one);
  }
  [[nodiscard]] int fd() const { return event_.get(); }

 private:
  ScopedFd event_;
  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, Outcome>> outcomes_;
};

proto::ControlAnswer MakeOutcome(const Outcome& outcome) {
  if (const auto* answer = std::get_if<ports::AuthenticatorAnswer>(&outcome)) return MakeAuthenticatorAnswer(*answer);
  const Status& status = std::get<Status>(outcome);
  return status.ok() ? MakeAnswer(ports::Done{}) : MakeError(status.error());
}

std::string UserName(std::uint32_t uid) {
  // No name service is asked: it may hang, and only root's orders are recorded.
  return uid == 0 ? "root" : "uid:" + std::to_string(uid);
}

}  // namespace

struct Server::Loop {
  Loop(ports::Questions& q, ports::Link& l, ports::AuthenticatorOrders& a, const ServerBounds& b)
      : questions(q), link(l), authenticators(a), bounds(b) {}

  void Run();
  [[nodiscard]] int Wait();
  void Accept();
  void GiveUp(Client& client);
  void Receive(std::uint64_t id, Client& client);
  void TakeRequest(std::uint64_t id, Client& client, const std::string& payload);
  void PassOn(std::uint64_t id, Client& client, OrderEnrolment order);
  void PassOn(std::uint64_t id, Client& client, ports::AuthenticatorOrder order);
  void Reply(Client& client, proto::ControlAnswer answer) const;
  void Send(Client& client) const;
  [[nodiscard]] bool HasRoomFor(std::uint32_t uid);

  ports::Questions& questions;
  ports::Link& link;
  ports::AuthenticatorOrders& authenticators;
  const ServerBounds bounds;
  ScopedFd listener;
  std::shared_ptr<Outcomes> outcomes;
  std::map<std::uint64_t, Client> clients;
  std::vector<pollfd> polled;
  std::optional<Clock::time_point> rest_until;  // no new clients until then
  std::uint64_t next_id = 0;
  std::mutex stop_mutex;
  bool stopping = false;

  [[nodiscard]] bool Stopping() {
    const std::lock_guard lock(stop_mutex);
    return stopping;
  }
};

Server::Server(ports::Questions& questions, ports::Link& link, ports::AuthenticatorOrders& authenticators,
               const ServerBounds& bounds)
    : loop_(std::make_unique<Loop>(questions, link, authenticators, bounds)) {}

Server::~Server() {
  Stop();
}

Status Server::Start(const std::filesystem::path& path) {
  Result<ScopedFd> listener = Listen(path);
  if (!listener.ok()) return listener.error();
  ScopedFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) return Error{ErrorCode::kIo, path.string(), std::string("eventfd: ") + std::strerror(errno)};
  loop_->listener = std::move(listener).value();
  loop_->outcomes = std::make_shared<Outcomes>(std::move(event));
  thread_ = std::thread([this] { loop_->Run(); });
  return Status::Ok();
}

void Server::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(loop_->stop_mutex);
    loop_->stopping = true;
  }
  loop_->outcomes->Wake();
  thread_.join();
  // Who calls from now on is told at once that nobody is there.
  loop_->listener = ScopedFd();
}

void Server::Loop::Run() {
  while (!Stopping()) {
    const int timeout = Wait();
    if (::poll(polled.data(), polled.size(), timeout) < 0 && errno != EINTR) break;
    for (auto& [id, outcome] : outcomes->Take()) {
      const auto client = clients.find(id);
      // Too late: it was told so, or has left.
      if (client == clients.end() || client->second.waits_for == nullptr) continue;
      client->second.waits_for = nullptr;
      Reply(client->second, MakeOutcome(outcome));
    }
    for (auto& [id, client] : clients) {
      if (client.out.empty() && client.waits_for == nullptr) Receive(id, client);
      if (!client.out.empty()) Send(client);
      if (Clock::now() >= client.deadline) GiveUp(client);
    }
    std::erase_if(clients, [](const auto& entry) { return entry.second.over; });
    if (polled[0].revents != 0) Accept();
  }
  clients.clear();
}

// Fills `polled` and answers how long to wait: for ever while nobody is connected.
int Server::Loop::Wait() {
  if (rest_until && Clock::now() >= *rest_until) rest_until.reset();
  polled = {{rest_until ? -1 : listener.get(), POLLIN, 0}, {outcomes->fd(), POLLIN, 0}};
  std::optional<Clock::time_point> until = rest_until;
  for (const auto& [id, client] : clients) {
    // Who waits for others is not listened to: a hang-up would wake us for nothing again and again.
    const int fd = client.waits_for != nullptr ? -1 : client.socket.get();
    polled.push_back({fd, client.out.empty() ? short{POLLIN} : short{POLLOUT}, 0});
    if (!until || client.deadline < *until) until = client.deadline;
  }
  if (!until) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(0, left));
}

// Ordinary users can fill their own places only; root finds one, if need be at their cost.
bool Server::Loop::HasRoomFor(std::uint32_t uid) {
  const auto is_ordinary = [](const auto& entry) { return entry.second.uid != 0; };
  const auto ordinary = std::count_if(clients.begin(), clients.end(), is_ordinary);
  if (uid != 0) return static_cast<std::size_t>(ordinary) < bounds.unprivileged && clients.size() < bounds.clients;
  if (clients.size() < bounds.clients) return true;
  const auto victim = std::find_if(clients.begin(), clients.end(), is_ordinary);
  if (victim == clients.end()) return false;
  clients.erase(victim);
  return true;
}

void Server::Loop::Accept() {
  ScopedFd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.valid()) {
    // Out of descriptors the caller stays in the queue and would wake us at once.
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) rest_until = Clock::now() + kRest;
    return;
  }
  const Result<std::uint32_t> uid = PeerUid(socket);
  if (!uid.ok() || !HasRoomFor(uid.value())) return;
  Client& client = clients.try_emplace(next_id++, std::move(socket), uid.value()).first->second;
  client.deadline = Clock::now() + bounds.patience;
}

void Server::Loop::GiveUp(Client& client) {
  client.over = client.waits_for == nullptr;
  if (client.over) return;
  Reply(client, MakeError({ErrorCode::kTimeout, "enrolment", std::exchange(client.waits_for, nullptr)}));
}

void Server::Loop::Receive(std::uint64_t id, Client& client) {
  std::array<std::byte, 16384> bytes{};
  const ssize_t count = ::recv(client.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    client.over = true;
    return;
  }
  const Status fed = client.reader.Feed(std::span(bytes).first(static_cast<std::size_t>(count)));
  if (!fed.ok()) return Reply(client, MakeError(fed.error()));
  std::optional<std::string> payload = client.reader.Next();
  if (!payload) return;
  TakeRequest(id, client, *payload);
  // It may have held a token. A client asks once, so nothing else is lost.
  Wipe(std::as_writable_bytes(std::span(*payload)));
  client.reader.Wipe();
  Wipe(bytes);
}

void Server::Loop::TakeRequest(std::uint64_t id, Client& client, const std::string& payload) {
  Result<Request> request = ParseRequest(payload);
  if (!request.ok()) return Reply(client, MakeError(request.error()));
  if (!MayAsk(client.uid, request.value()))
    return Reply(client, MakeError({ErrorCode::kDenied, "control socket", "only root may ask this"}));
  if (auto* enrolment = std::get_if<OrderEnrolment>(&request.value())) return PassOn(id, client, std::move(*enrolment));
  if (auto* order = std::get_if<ports::AuthenticatorOrder>(&request.value()))
    return PassOn(id, client, std::move(*order));
  auto& question = std::get<ports::Question>(request.value());
  const ports::Asker asker{client.uid, UserName(client.uid)};
  Reply(client, MakeAnswer(WithholdFrom(client.uid, questions.Ask(std::move(question), asker, bounds.decision))));
}

void Server::Loop::PassOn(std::uint64_t id, Client& client, OrderEnrolment order) {
  client.waits_for = "the collector did not answer in time";
  client.deadline = Clock::now() + bounds.enrolment;
  link.Enrol(std::move(order.token), [box = outcomes, id](Status status) { box->Put(id, std::move(status)); });
}

void Server::Loop::PassOn(std::uint64_t id, Client& client, ports::AuthenticatorOrder order) {
  client.waits_for = "names, log or disk take too long; look later whether it was done";
  client.deadline = Clock::now() + bounds.orders;
  authenticators.Take(std::move(order), {client.uid, UserName(client.uid)},
                      [box = outcomes, id](ports::AuthenticatorAnswer answer) { box->Put(id, std::move(answer)); });
}

void Server::Loop::Reply(Client& client, proto::ControlAnswer answer) const {
  std::string bytes = answer.SerializeAsString();
  WipeSecrets(answer);
  // Grown once, so that nothing stays behind where it grew from.
  client.out.reserve(frame::kHeaderSize + bytes.size());
  if (!frame::AppendFrame(client.out, bytes).ok())
    (void)frame::AppendFrame(client.out,
                             MakeError({ErrorCode::kTooLarge, "answer", "does not fit a frame"}).SerializeAsString());
  Wipe(bytes);
  client.deadline = Clock::now() + bounds.patience;
}

void Server::Loop::Send(Client& client) const {
  const ssize_t count = ::send(client.socket.get(), client.out.data() + client.sent, client.out.size() - client.sent,
                               MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count > 0) client.sent += static_cast<std::size_t>(count);
  if (count < 0 || client.sent == client.out.size()) client.over = true;
}

}  // namespace sekimori::control
