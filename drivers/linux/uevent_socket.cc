#include "drivers/linux/uevent_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>

#include <linux/netlink.h>
#include <sys/socket.h>

namespace sekimori::drivers {
namespace {

// Group 1 is the kernel itself; group 2 is what udev tells after its rules ran.
constexpr unsigned kKernelGroup = 1;
// What is asked for: room for some 50,000 notices while the reader is busy. The service has no capability, so it gets
// what net.core.rmem_max allows: by default some hundreds. What finds no room is seen to be lost, and everything
// present is looked at again.
constexpr int kReceiveBuffer = 16 << 20;
// Taken in one go before the devices named are read.
constexpr std::size_t kBatch = 256;

// Only the kernel has port id 0, and only it can stamp process 0 on a message.
bool FromKernel(const msghdr& message, const sockaddr_nl& sender) {
  if (message.msg_namelen != sizeof sender || sender.nl_family != AF_NETLINK || sender.nl_pid != 0) return false;
  for (const cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr;
       control = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(control))) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_CREDENTIALS) continue;
    ucred credentials{};
    if (control->cmsg_len < CMSG_LEN(sizeof credentials)) return false;
    std::memcpy(&credentials, CMSG_DATA(control), sizeof credentials);
    return credentials.pid == 0 && credentials.uid == 0;
  }
  return false;
}

// Whether a notice that cannot be parsed may have been about a USB device. Others are no loss to us.
bool MentionsUsb(std::span<const std::byte> datagram) {
  const std::string_view text(reinterpret_cast<const char*>(datagram.data()), datagram.size());
  return text.find("SUBSYSTEM=usb") != std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<UeventSocket>> UeventSocket::Open() {
  ScopedFd socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  if (!socket.valid())
    return Error{ErrorCode::kUnsupported, "socket(NETLINK_KOBJECT_UEVENT)", std::generic_category().message(errno)};
  // Beyond the system's limit this needs CAP_NET_ADMIN.
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) != 0)
    static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer));
  const int on = 1;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return Error{ErrorCode::kIo, "SO_PASSCRED", std::generic_category().message(errno)};
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kKernelGroup;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return Error{errno == EPERM || errno == EACCES ? ErrorCode::kDenied : ErrorCode::kIo, "bind(uevent)",
                 std::generic_category().message(errno)};
  return std::make_unique<UeventSocket>(std::move(socket));
}

UeventBatch UeventSocket::Receive() {
  UeventBatch batch;
  std::array<std::byte, kMaxUevent> datagram{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  for (std::size_t count = 0; count < kBatch; ++count) {
    sockaddr_nl sender{};
    iovec part{datagram.data(), datagram.size()};
    msghdr message{};
    message.msg_name = &sender;
    message.msg_namelen = sizeof sender;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return batch;
    if (got < 0) {
      // ENOBUFS: the kernel dropped notices. A device may be present that was never judged. netlink(7)
      batch.lost = errno == ENOBUFS ? "the kernel dropped notices (ENOBUFS)" : std::generic_category().message(errno);
      batch.more = errno == ENOBUFS;
      return batch;
    }
    if (!FromKernel(message, sender)) continue;
    if ((message.msg_flags & MSG_TRUNC) != 0) {
      batch.lost = "a notice was longer than " + std::to_string(kMaxUevent) + " bytes";
      continue;
    }
    const std::span<const std::byte> received = std::span(datagram).first(static_cast<std::size_t>(got));
    Result<Uevent> uevent = ParseUevent(received);
    if (uevent.ok())
      batch.uevents.push_back(std::move(uevent).value());
    else if (MentionsUsb(received))
      batch.lost = "a notice could not be read: " + ToString(uevent.error());
  }
  batch.more = true;
  return batch;
}

}  // namespace sekimori::drivers
