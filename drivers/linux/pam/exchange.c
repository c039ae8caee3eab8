#include "drivers/linux/pam/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t NowMs(void) {
  struct timespec now;
  // Without a clock every deadline has passed.
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return INT64_MAX;
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool Fail(Exchange* exchange, const char* why) {
  exchange->why = why;
  return false;
}

// The earlier of `patience_ms` from now and the end of the whole conversation.
static int64_t DeadlineIn(const Exchange* exchange, int patience_ms) {
  const int64_t deadline = NowMs() + patience_ms;
  return deadline < exchange->ends_ms ? deadline : exchange->ends_ms;
}

static bool Await(Exchange* exchange, short events, int64_t deadline) {
  for (;;) {
    // Also when bytes keep coming: they do not buy time.
    const int64_t left = deadline - NowMs();
    if (left <= 0) return Fail(exchange, "the agent took too long");
    struct pollfd ready = {.fd = exchange->fd, .events = events};
    const int found = poll(&ready, 1, left > INT_MAX ? INT_MAX : (int)left);
    if (found > 0) return true;
    if (found < 0 && errno != EINTR) return Fail(exchange, "waiting for the agent failed");
  }
}

static bool Receive(Exchange* exchange, uint8_t* bytes, size_t size, int64_t deadline) {
  for (size_t got = 0; got < size;) {
    if (!Await(exchange, POLLIN, deadline)) return false;
    const ssize_t count = recv(exchange->fd, bytes + got, size - got, MSG_DONTWAIT);
    if (count == 0) return Fail(exchange, "the agent hung up");
    if (count < 0 && errno != EINTR && errno != EAGAIN) return Fail(exchange, "the agent broke the connection");
    if (count > 0) got += (size_t)count;
  }
  return true;
}

// A socket above the standard streams: a host that has closed them would have its own output sent to the agent.
static int OpenSocket(void) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || fd > STDERR_FILENO) return fd;
  const int higher = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(fd);
  return higher;
}

// A full queue makes connect(2) wait as long as SO_SNDTIMEO says; without, for ever (unix(7), socket(7)).
static bool Connect(Exchange* exchange) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, exchange->place->socket_path, sizeof address.sun_path);
  address.sun_path[sizeof address.sun_path - 1] = '\0';
  const int64_t deadline = DeadlineIn(exchange, exchange->place->connect_ms);
  for (;;) {
    const int64_t left = deadline - NowMs();
    if (left <= 0) return Fail(exchange, "the agent takes no connection");
    const struct timeval timeout = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
    if (setsockopt(exchange->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) != 0)
      return Fail(exchange, "a deadline cannot be set");
    if (connect(exchange->fd, (const struct sockaddr*)&address, sizeof address) == 0) return true;
    if (errno != EINTR && errno != EAGAIN) return Fail(exchange, "the agent is not there");
  }
}

static bool CheckPeer(Exchange* exchange) {
  struct ucred peer = {.uid = (uid_t)-1};
  socklen_t size = sizeof peer;
  if (getsockopt(exchange->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer)
    return Fail(exchange, "who listens cannot be told");
  if (peer.uid != exchange->place->uid) return Fail(exchange, "another user listens in the agent's place");
  return true;
}

bool OpenExchange(Exchange* exchange, const AgentPlace* place) {
  *exchange = (Exchange){.fd = OpenSocket(), .place = place, .ends_ms = INT64_MAX, .why = ""};
  exchange->ends_ms = DeadlineIn(exchange, place->conversation_ms);
  if (exchange->fd < 0) return Fail(exchange, "no socket to be had");
  return Connect(exchange) && CheckPeer(exchange);
}

bool SendFrame(Exchange* exchange, const LoginFrame* frame) {
  const int64_t deadline = DeadlineIn(exchange, exchange->place->send_ms);
  for (size_t sent = 0; sent < frame->size;) {
    if (!Await(exchange, POLLOUT, deadline)) return false;
    const ssize_t count = send(exchange->fd, frame->bytes + sent, frame->size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR && errno != EAGAIN) return Fail(exchange, "the agent broke the connection");
    if (count > 0) sent += (size_t)count;
  }
  return true;
}

bool ReceiveFromAgent(Exchange* exchange, LoginFromAgent* message) {
  LoginFrame frame;
  memset(message, 0, sizeof *message);
  const int64_t deadline = DeadlineIn(exchange, exchange->place->message_ms);
  bool sound = Receive(exchange, frame.bytes, kLoginHeaderSize, deadline);
  if (sound) {
    frame.size = LoginBodySize(frame.bytes);
    sound = frame.size > 0 ? Receive(exchange, frame.bytes, frame.size, deadline)
                           : Fail(exchange, LoginFaultName(kLoginFaultLength));
  }
  if (sound) {
    const LoginFault fault = LoginDecodeFromAgent(frame.bytes, frame.size, message);
    if (fault != kLoginSound) sound = Fail(exchange, LoginFaultName(fault));
  }
  explicit_bzero(&frame, sizeof frame);
  return sound;
}

bool AgentSpoke(const Exchange* exchange) {
  struct pollfd ready = {.fd = exchange->fd, .events = POLLIN};
  int found = 0;
  do {
    found = poll(&ready, 1, 0);
  } while (found < 0 && errno == EINTR);
  return found != 0;
}

bool AwaitEnd(Exchange* exchange) {
  const int64_t deadline = DeadlineIn(exchange, exchange->place->farewell_ms);
  for (;;) {
    if (!Await(exchange, POLLIN, deadline)) return false;
    uint8_t more = 0;
    const ssize_t count = recv(exchange->fd, &more, 1, MSG_DONTWAIT);
    if (count == 0) return true;
    if (count > 0) return Fail(exchange, "the agent went on after its verdict");
    // ECONNRESET: it left with something of ours unread, so the verdict was not about that.
    if (errno != EINTR && errno != EAGAIN) return Fail(exchange, "the agent left without having heard all");
  }
}

void CloseExchange(Exchange* exchange) {
  if (exchange->fd >= 0) close(exchange->fd);
  exchange->fd = -1;
}
