// Streams every kernel uevent to the host over a virtio-serial port, from before the first USB module is loaded.
//
// Lines out, tab-separated:
//   start            the stream begins; if this is not the first line ever, events were missed before it
//   event MICROSECONDS ACTION SUBSYSTEM DEVTYPE DEVPATH DEVNAME   (monotonic clock; "-" for what a uevent lacks)
//   present NAME     a block device that exists now
//   lost REASON      events may be missing from here on
//   sync TOKEN       every event the kernel sent before it read the host's "sync TOKEN" is above this line
// Line in: "sync TOKEN", answered by the events still queued, the block devices present, and the token.
// Source: netlink(7), kobject_uevent_env() in lib/kobject_uevent.c.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control_port.h"

enum { kReceiveBuffer = 16 << 20, kOutputBuffer = 4 << 20, kReconnectMs = 50 };

struct Output {
  char* text;
  size_t begin, end;
};

static void Emit(struct Output* out, const char* format, ...) {
  const size_t room = kOutputBuffer - out->end;
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(out->text + out->end, room, format, arguments);
  va_end(arguments);
  // A host that has been away so long must not take what follows for the whole truth.
  if (length < 0 || (size_t)length >= room) {
    out->begin = 0;
    out->end = (size_t)sprintf(out->text, "lost\toutput full\n");
    return;
  }
  out->end += (size_t)length;
}

static void Flush(struct Output* out, int port) {
  while (out->begin < out->end) {
    const ssize_t put = write(port, out->text + out->begin, out->end - out->begin);
    if (put <= 0) break;
    out->begin += (size_t)put;
  }
  memmove(out->text, out->text + out->begin, out->end - out->begin);
  out->end -= out->begin;
  out->begin = 0;
}

static int OpenUevents(void) {
  const int uevents = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  const struct sockaddr_nl kernel_group = {.nl_family = AF_NETLINK, .nl_groups = 1};
  const int size = kReceiveBuffer;
  if (setsockopt(uevents, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) return -1;
  return bind(uevents, (const struct sockaddr*)&kernel_group, sizeof kernel_group) == 0 ? uevents : -1;
}

// The value of KEY in a uevent's NUL-separated strings.
static const char* ValueOf(const char* uevent, const char* end, const char* key) {
  const size_t length = strlen(key);
  for (const char* field = uevent; field < end; field += strlen(field) + 1) {
    if (strncmp(field, key, length) == 0 && field[length] == '=') return field + length + 1;
  }
  return "-";
}

static void EmitUevent(struct Output* out, const char* uevent, const char* end) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  Emit(out, "event\t%lld\t%s\t%s\t%s\t%s\t%s\n", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000,
       ValueOf(uevent, end, "ACTION"), ValueOf(uevent, end, "SUBSYSTEM"), ValueOf(uevent, end, "DEVTYPE"),
       ValueOf(uevent, end, "DEVPATH"), ValueOf(uevent, end, "DEVNAME"));
}

static void DrainUevents(struct Output* out, int uevents) {
  char uevent[8192 + 1];
  for (;;) {
    struct sockaddr_nl sender = {0};
    socklen_t sender_size = sizeof sender;
    const ssize_t length = recvfrom(uevents, uevent, sizeof uevent - 1, 0, (struct sockaddr*)&sender, &sender_size);
    if (length < 0 && errno == ENOBUFS) {
      Emit(out, "lost\tkernel dropped uevents\n");
      continue;
    }
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return;
    uevent[length] = '\0';
    if (sender.nl_pid == 0) EmitUevent(out, uevent, uevent + length);
  }
}

static void EmitPresent(struct Output* out) {
  DIR* blocks = opendir("/sys/class/block");
  if (blocks == NULL) return;  // No block device has ever been there.
  for (struct dirent* entry = readdir(blocks); entry != NULL; entry = readdir(blocks)) {
    if (entry->d_name[0] != '.') Emit(out, "present\t%s\n", entry->d_name);
  }
  closedir(blocks);
}

// Answers each whole line the host sent.
static void Answer(struct Output* out, int port, int uevents) {
  static char line[256];
  static size_t length = 0;
  char byte;
  while (read(port, &byte, 1) == 1) {
    if (byte != '\n') {
      if (length < sizeof line - 1) line[length++] = byte;
      continue;
    }
    line[length] = '\0';
    length = 0;
    if (strncmp(line, "sync ", 5) != 0) continue;
    DrainUevents(out, uevents);
    EmitPresent(out);
    Emit(out, "sync\t%s\n", line + 5);
  }
}

static void Stream(int uevents, int port) {
  struct Output out = {.text = malloc(kOutputBuffer)};
  if (out.text == NULL) abort();
  Emit(&out, "start\n");
  struct pollfd watched[] = {{.fd = uevents, .events = POLLIN}, {.fd = port, .events = POLLIN}};
  for (;;) {
    watched[1].events = out.end > 0 ? POLLIN | POLLOUT : POLLIN;
    poll(watched, 2, -1);
    // A port without a host reports a hang-up at once, for ever: then only uevents are worth waiting for.
    if (watched[1].revents & POLLHUP) poll(watched, 1, kReconnectMs);
    DrainUevents(&out, uevents);
    Answer(&out, port, uevents);
    Flush(&out, port);
  }
}

int main(void) {
  const int uevents = OpenUevents();
  const int port = OpenControlPort("lab.uevents", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (uevents < 0 || port < 0) {
    perror(uevents < 0 ? "uevents" : "lab.uevents");
    return 1;
  }
  // The parent's exit tells systemd that nothing from here on goes unseen.
  const pid_t child = fork();
  if (child != 0) return child < 0;
  Stream(uevents, port);
}
