// admit-early-input DEVICE: run by udev inside the initramfs for every USB device the kernel holds back there. Lets in
// keyboards and hubs (early_input.h) so that a passphrase can be typed; the agent judges them again once it runs.
// It uses the C library alone, because everything it links is copied into the initramfs.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "packaging/initramfs/early_input.h"

namespace {

using sekimori::early::kMaxDescriptors;

// A descriptor that closes itself.
struct File {
  int fd;
  ~File() {
    if (fd >= 0) close(fd);
  }
};

int Failed(const char* device, const char* what) {
  std::fprintf(stderr, "sekimori: %s: %s: %s\n", device, what, std::strerror(errno));
  return 1;
}

// Bytes read, or -1. Reads to the end; one byte beyond the bound tells that it was too long.
ssize_t ReadWhole(int fd, unsigned char* bytes, size_t room) {
  size_t held = 0;
  while (held < room) {
    const ssize_t got = read(fd, bytes + held, room - held);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    held += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(held);
}

// "1.5" (Mbit/s). What cannot be read is taken for another speed.
bool IsLowSpeed(int device) {
  const File speed{openat(device, "speed", O_RDONLY | O_CLOEXEC)};
  char text[3] = {};
  return speed.fd >= 0 && read(speed.fd, text, sizeof(text)) == 3 && std::memcmp(text, "1.5", 3) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: admit-early-input DEVICE-FOLDER-IN-SYSFS\n");
    return 2;
  }
  // Both files are opened under one folder descriptor: should another device take the port meanwhile, its folder is
  // another one and the write below fails.
  const File device{open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (device.fd < 0) return Failed(argv[1], "open");
  const File descriptors{openat(device.fd, "descriptors", O_RDONLY | O_CLOEXEC)};
  if (descriptors.fd < 0) return Failed(argv[1], "descriptors");

  static unsigned char bytes[kMaxDescriptors + 1];
  const ssize_t size = ReadWhole(descriptors.fd, bytes, sizeof(bytes));
  if (size < 0) return Failed(argv[1], "descriptors");
  if (!sekimori::early::MayBeUsedEarly(bytes, static_cast<size_t>(size), IsLowSpeed(device.fd))) return 0;

  const File authorized{openat(device.fd, "authorized", O_WRONLY | O_CLOEXEC)};
  if (authorized.fd < 0 || write(authorized.fd, "1", 1) != 1) return Failed(argv[1], "authorized");
  return 0;
}
