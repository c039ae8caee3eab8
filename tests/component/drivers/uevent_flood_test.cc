// The kernel's own netlink socket, in a network namespace of the test, where root may flood it.
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>

#include "drivers/linux/uevent_socket.h"

namespace sekimori::drivers {
namespace {

using std::string_view_literals::operator""sv;

// Runs in a thread, because a namespace belongs to the thread that made it.
template <typename Body>
void InNewNetwork(Body body) {
  std::thread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0) << "needs root";
    body();
  }).join();
}

std::string Forged(std::size_t length) {
  constexpr std::string_view kNotice(
      "add@/devices/usb1/1-1\0ACTION=add\0DEVPATH=/devices/usb1/1-1\0SUBSYSTEM=usb\0DEVTYPE=usb_device\0PAD="sv);
  return std::string(kNotice) + std::string(length - kNotice.size(), 'x') + '\0';
}

class Forger {
 public:
  Forger() : socket_(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT)) {}
  bool Send(const std::string& datagram) {
    sockaddr_nl everybody{};
    everybody.nl_family = AF_NETLINK;
    everybody.nl_groups = 1;
    return ::sendto(socket_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&everybody),
                    sizeof everybody) >= 0;
  }

 private:
  ScopedFd socket_;
};

TEST(UeventFlood, ForgedNoticesOfAPrivilegedProcessAreDropped) {
  InNewNetwork([] {
    Result<std::unique_ptr<UeventSocket>> socket = UeventSocket::Open();
    ASSERT_TRUE(socket.ok()) << ToString(socket.error());
    Forger forger;
    ASSERT_TRUE(forger.Send(Forged(200)));
    ASSERT_EQ(::recv(socket.value()->fd(), nullptr, 0, MSG_PEEK | MSG_DONTWAIT), 0) << "the notice arrived";
    const UeventBatch batch = socket.value()->Receive();
    EXPECT_TRUE(batch.uevents.empty());
    EXPECT_TRUE(batch.lost.empty()) << batch.lost;
  });
}

TEST(UeventFlood, OverflowIsTold) {
  InNewNetwork([] {
    Result<std::unique_ptr<UeventSocket>> socket = UeventSocket::Open();
    ASSERT_TRUE(socket.ok()) << ToString(socket.error());
    const int little = 4096;
    ASSERT_EQ(::setsockopt(socket.value()->fd(), SOL_SOCKET, SO_RCVBUFFORCE, &little, sizeof little), 0);
    Forger forger;
    for (int i = 0; i < 100; ++i)
      static_cast<void>(forger.Send(Forged(2000)));
    const UeventBatch batch = socket.value()->Receive();
    EXPECT_NE(batch.lost.find("ENOBUFS"), std::string::npos) << batch.lost;
    EXPECT_TRUE(batch.more) << "what was queued before the overflow still waits";
    EXPECT_TRUE(socket.value()->Receive().lost.empty()) << "told once";
  });
}

TEST(UeventFlood, BufferHoldsAStormOfNotices) {
  InNewNetwork([] {
    Result<std::unique_ptr<UeventSocket>> socket = UeventSocket::Open();
    ASSERT_TRUE(socket.ok()) << ToString(socket.error());
    Forger forger;
    for (int i = 0; i < 2000; ++i)
      ASSERT_TRUE(forger.Send(Forged(1500)));
    for (bool more = true; more;) {
      const UeventBatch batch = socket.value()->Receive();
      EXPECT_TRUE(batch.lost.empty()) << batch.lost;
      more = batch.more;
    }
  });
}

}  // namespace
}  // namespace sekimori::drivers
