#include "drivers/linux/login_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "drivers/linux/process_stat.h"
#include "drivers/linux/scoped_fd.h"
#include "drivers/linux/socket_line.h"

namespace sekimori::drivers {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBacklog = 128;
constexpr std::chrono::seconds kRest{1};
constexpr std::chrono::minutes kMinute{1};

Error SystemError(const std::filesystem::path& path, const char* act) {
  return {ErrorCode::kIo, path.string(), std::string(act) + ": " + std::generic_category().message(errno)};
}

Result<ScopedFd> Listen(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path)
    return Error{ErrorCode::kTooLarge, path.string(), "a socket's path has at most 107 bytes"};
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  ScopedFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return SystemError(path, "socket");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SystemError(path, "unlink");
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return SystemError(path, "bind");
  // Screen locks run as their user; what each may ask is the door's to say.
  if (::chmod(path.c_str(), 0666) != 0) return SystemError(path, "chmod");
  if (::listen(socket.get(), kBacklog) != 0) return SystemError(path, "listen");
  return socket;
}

std::optional<ucred> PeerOf(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer;
}

ports::LoginPeer Introduce(const ucred& peer) {
  ports::LoginPeer known{.uid = peer.uid, .process = {}, .parent = {}, .started_by = model::kNobody};
  // 0: of another namespace.
  if (peer.pid <= 0) return known;
  const auto pid = static_cast<std::uint32_t>(peer.pid);
  const Result<ProcessStat> process = ReadProcessStat(pid);
  if (!process.ok()) return known;
  known.process = {pid, process.value().started};
  const Result<ProcessStat> parent = ReadProcessStat(process.value().parent);
  if (const Result<std::uint32_t> caller = ReadRealUid(pid); caller.ok()) known.started_by = caller.value();
  if (parent.ok()) known.parent = {process.value().parent, parent.value().started};
  return known;
}

// Whose place it takes: what runs as root for a user, su and sudo, is that user's, or one of them could take all
// places. sudo is root by its real uid too when it asks; who logged in remains.
std::uint32_t OwnerOf(const ucred& peer) {
  if (peer.uid != 0 || peer.pid <= 0) return peer.uid;
  const auto pid = static_cast<std::uint32_t>(peer.pid);
  const Result<std::uint32_t> login = ReadLoginUid(pid);
  if (login.ok() && login.value() != 0 && login.value() != model::kNobody) return login.value();
  const Result<std::uint32_t> caller = ReadRealUid(pid);
  return caller.ok() ? caller.value() : peer.uid;
}

struct Connection {
  Connection(ScopedFd socket_, const ucred& peer_, std::uint32_t owner_)
      : socket(std::move(socket_)), peer(peer_), owner(owner_) {}
  ScopedFd socket;
  const ucred peer;
  const std::uint32_t owner;
  bool over = false;
  std::thread thread;
};

// How many phases a user began in the minute that began then.
struct Pace {
  Clock::time_point since;
  std::size_t begun = 0;
};

}  // namespace

struct LoginSocket::Loop {
  Loop(ports::LoginDoor& d, const LoginSocketBounds& b) : door(d), bounds(b) {}

  void Run();
  void Accept();
  void Reap();
  void CutOff();
  void Serve(Connection& connection);
  [[nodiscard]] bool HasRoomFor(std::uint32_t owner);
  [[nodiscard]] bool InPace(std::uint32_t uid);
  [[nodiscard]] bool Stopping() {
    const std::lock_guard lock(mutex);
    return stopping;
  }
  void Wake() const {
    const std::uint64_t one = 1;
    (void)!::write(event.get(), &one, sizeof one);
  }

  ports::LoginDoor& door;
  const LoginSocketBounds bounds;
  ScopedFd listener, event;
  std::map<std::uint32_t, Pace> paces;          // the accepting thread's
  std::optional<Clock::time_point> rest_until;  // the accepting thread's: nobody is let in until then

  std::mutex mutex;
  std::list<Connection> connections;  // added and taken away by the accepting thread; their sockets by their own
  bool stopping = false;
};

LoginSocket::LoginSocket(ports::LoginDoor& door, const LoginSocketBounds& bounds)
    : loop_(std::make_unique<Loop>(door, bounds)) {}

LoginSocket::~LoginSocket() {
  Stop();
}

Status LoginSocket::Start(const std::filesystem::path& path) {
  Result<ScopedFd> listener = Listen(path);
  if (!listener.ok()) return listener.error();
  loop_->event = ScopedFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!loop_->event.valid()) return SystemError(path, "eventfd");
  loop_->listener = std::move(listener).value();
  try {
    thread_ = std::thread([this] { loop_->Run(); });
  } catch (const std::system_error& error) {
    return Error{ErrorCode::kIo, path.string(), std::string("thread: ") + error.what()};
  }
  return Status::Ok();
}

void LoginSocket::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(loop_->mutex);
    loop_->stopping = true;
  }
  loop_->Wake();
  thread_.join();
}

std::size_t LoginSocket::connections() const {
  const std::lock_guard lock(loop_->mutex);
  return static_cast<std::size_t>(std::ranges::count(loop_->connections, false, &Connection::over));
}

void LoginSocket::Loop::Run() {
  while (!Stopping()) {
    if (rest_until && Clock::now() >= *rest_until) rest_until.reset();
    const int timeout = rest_until ? static_cast<int>(std::chrono::milliseconds(kRest).count()) : -1;
    pollfd polled[] = {{rest_until ? -1 : listener.get(), POLLIN, 0}, {event.get(), POLLIN, 0}};
    if (::poll(polled, 2, timeout) < 0 && errno != EINTR) break;
    std::uint64_t count = 0;
    (void)!::read(event.get(), &count, sizeof count);
    Reap();
    if (polled[0].revents != 0) Accept();
  }
  // Who calls from now on is told at once that nobody is there.
  listener.Reset();
  CutOff();
  for (Connection& each : connections)
    each.thread.join();
  const std::lock_guard lock(mutex);
  connections.clear();
}

void LoginSocket::Loop::CutOff() {
  const std::lock_guard lock(mutex);
  for (const Connection& each : connections)
    if (each.socket.valid()) (void)::shutdown(each.socket.get(), SHUT_RDWR);
}

void LoginSocket::Loop::Reap() {
  std::list<Connection> ended;
  {
    const std::lock_guard lock(mutex);
    for (auto each = connections.begin(); each != connections.end();) {
      const auto next = std::next(each);
      if (each->over) ended.splice(ended.end(), connections, each);
      each = next;
    }
  }
  for (Connection& each : ended)
    each.thread.join();
}

bool LoginSocket::Loop::HasRoomFor(std::uint32_t owner) {
  std::size_t all = 0, unprivileged = 0, own = 0;
  const std::lock_guard lock(mutex);
  for (const Connection& each : connections) {
    if (each.over) continue;
    ++all;
    if (each.owner != 0) ++unprivileged;
    if (each.owner == owner) ++own;
  }
  if (all >= bounds.connections) return false;
  return owner == 0 || (unprivileged < bounds.unprivileged && own < bounds.of_one_user);
}

bool LoginSocket::Loop::InPace(std::uint32_t uid) {
  if (uid == 0) return true;
  const Clock::time_point now = Clock::now();
  std::erase_if(paces, [&](const auto& each) { return now - each.second.since >= kMinute; });
  Pace& pace = paces.try_emplace(uid, Pace{now, 0}).first->second;
  if (pace.begun >= bounds.phases_a_minute) return false;
  ++pace.begun;
  return true;
}

void LoginSocket::Loop::Accept() {
  ScopedFd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.valid()) {
    // Out of descriptors the caller stays in the queue and would wake us at once.
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) rest_until = Clock::now() + kRest;
    return;
  }
  const std::optional<ucred> peer = PeerOf(socket.get());
  if (!peer || !InPace(peer->uid)) return;
  const std::uint32_t owner = OwnerOf(*peer);
  if (!HasRoomFor(owner)) return;
  const std::lock_guard lock(mutex);
  Connection& connection = connections.emplace_back(std::move(socket), *peer, owner);
  try {
    connection.thread = std::thread([this, &connection] { Serve(connection); });
  } catch (const std::system_error&) {
    connections.pop_back();  // no thread to be had: hung up on
  }
}

void LoginSocket::Loop::Serve(Connection& connection) {
  try {
    SocketLine line(connection.socket.get(), bounds.send);
    door.Serve(line, Introduce(connection.peer));
  } catch (const std::exception&) {
    // No memory, or no thread: this login is refused by what follows, the others go on.
  }
  const std::lock_guard lock(mutex);
  connection.socket.Reset();
  connection.over = true;
  Wake();
}

}  // namespace sekimori::drivers
