// Runs commands and writes files for the host, as root, over a virtio-serial port. One request at a time.
//
// Request: magic, id, kind, argument, length (five little-endian u32), then `length` bytes.
//   kind 1, run: the bytes are a shell script, the argument its time limit in milliseconds.
//   kind 2, put: the bytes are a path, a NUL and the file's content; the argument is the file's mode.
// Reply: magic, id, status, length, then `length` bytes: what the script printed (both streams, in order).
//   status is the script's exit status, 128+signal, kTimedOut, or for a put 0 or errno.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control_port.h"

enum { kRun = 1, kPut = 2, kTimedOut = 124, kMaxRequest = 128 << 20, kMaxReply = 16 << 20 };
static const uint32_t kRequestMagic = 0x51524c53;  // "SLRQ"
static const uint32_t kReplyMagic = 0x50524c53;    // "SLRP"

struct Request {
  uint32_t magic, id, kind, argument, length;
};
struct Reply {
  uint32_t magic, id, status, length;
};

// False when the host hung up in the middle: what came so far is worthless.
static int ReadFully(int fd, void* to, size_t length) {
  for (size_t done = 0; done < length;) {
    const ssize_t got = read(fd, (char*)to + done, length - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;
    done += (size_t)got;
  }
  return 1;
}

static int WriteFully(int fd, const void* from, size_t length) {
  for (size_t done = 0; done < length;) {
    const ssize_t put = write(fd, (const char*)from + done, length - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return 0;
    done += (size_t)put;
  }
  return 1;
}

static pid_t Start(const char* script, int output) {
  const pid_t child = fork();
  if (child != 0) return child;
  setsid();
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execl("/bin/sh", "sh", "-c", script, (char*)NULL);
  _exit(127);
}

static uint32_t Run(const char* script, uint32_t limit_ms, int output) {
  const pid_t child = Start(script, output);
  if (child < 0) return 126;
  struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN};
  const int in_time = poll(&ended, 1, (int)limit_ms) == 1;
  if (!in_time) kill(-child, SIGKILL);
  close(ended.fd);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) return kTimedOut;
  return (uint32_t)(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static uint32_t Put(const char* path, const void* content, size_t length, mode_t mode) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return (uint32_t)errno;
  const int written = WriteFully(fd, content, length) && fchmod(fd, mode) == 0;
  const int error = errno;
  close(fd);
  return written ? 0 : (uint32_t)error;
}

static void Answer(int port, uint32_t id, uint32_t status, int output) {
  struct stat size = {0};
  fstat(output, &size);
  const size_t length = size.st_size < kMaxReply ? (size_t)size.st_size : kMaxReply;
  const struct Reply reply = {kReplyMagic, id, status, (uint32_t)length};
  if (!WriteFully(port, &reply, sizeof reply) || length == 0) return;
  void* text = mmap(NULL, length, PROT_READ, MAP_PRIVATE, output, 0);
  if (text == MAP_FAILED) abort();
  WriteFully(port, text, length);
  munmap(text, length);
}

static void Serve(int port, const struct Request* request, char* body) {
  // A memory file and not a pipe: a daemon the script leaves behind may keep its output open.
  const int output = memfd_create("output", MFD_CLOEXEC);
  uint32_t status = EINVAL;
  if (request->kind == kRun) status = Run(body, request->argument, output);
  if (request->kind == kPut) {
    const size_t path = strlen(body) + 1;
    if (path <= request->length) status = Put(body, body + path, request->length - path, request->argument);
  }
  Answer(port, request->id, status, output);
  close(output);
}

// One request from the host; false when it hung up or sent what is not a request.
static int ServeNext(int port) {
  struct Request request;
  if (!ReadFully(port, &request, sizeof request)) return 0;
  if (request.magic != kRequestMagic || request.length > kMaxRequest) return 0;
  char* body = malloc((size_t)request.length + 1);
  if (body == NULL) return 0;
  const int complete = ReadFully(port, body, request.length);
  body[request.length] = '\0';
  if (complete) Serve(port, &request, body);
  free(body);
  return complete;
}

int main(void) {
  const int port = OpenControlPort("lab.command", O_RDWR | O_CLOEXEC);
  if (port < 0) {
    perror("lab.command");
    return 1;
  }
  // A port without a host reads as ended; there is nothing to wait on until the host comes back.
  const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
  for (;;) {
    if (!ServeNext(port)) nanosleep(&pause, NULL);
  }
}
