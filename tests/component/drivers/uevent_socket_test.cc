#include "drivers/linux/uevent_socket.h"

#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace sekimori::drivers {
namespace {

using std::string_literals::operator""s;

// A process that can write to the socket but is not the kernel.
TEST(UeventSocket, DropsWhatAProcessSent) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
  const ScopedFd process(ends[1]);
  const int on = 1;
  ASSERT_EQ(::setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
  UeventSocket socket{ScopedFd(ends[0])};
  const std::string forged("add@/devices/usb1/1-1\0ACTION=add\0DEVPATH=/devices/usb1/1-1\0SUBSYSTEM=usb\0"s);
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(::send(process.get(), forged.data(), forged.size(), 0), static_cast<ssize_t>(forged.size()));
  const UeventBatch batch = socket.Receive();
  EXPECT_TRUE(batch.uevents.empty());
  EXPECT_TRUE(batch.lost.empty()) << batch.lost;
  EXPECT_FALSE(batch.more);
  EXPECT_EQ(::recv(socket.fd(), nullptr, 0, MSG_DONTWAIT), -1) << "the forged notices were taken off the queue";
}

TEST(UeventSocket, NothingWaitingIsAnEmptyBatch) {
  Result<std::unique_ptr<UeventSocket>> socket = UeventSocket::Open();
  ASSERT_TRUE(socket.ok()) << ToString(socket.error());
  // Kernel notices of this machine may come at any time; none of them is a loss.
  EXPECT_TRUE(socket.value()->Receive().lost.empty());
}

}  // namespace
}  // namespace sekimori::drivers
