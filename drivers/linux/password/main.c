// sekimori-password: asks PAM whether a password is the user's, for the agent, and ends. A program of its own so that
// libpam and the modules of the stack, which keep copies and may crash or hang, stay out of the agent. Req: R04
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "drivers/linux/password/check.h"

// No core file, no debugger, no rights that are not there yet, and no life of its own when the agent is gone.
static bool Confine(void) {
  const struct rlimit none = {0, 0};
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
         prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

typedef struct Asked {
  char bytes[kPasswordUserMax + kPasswordTextMax + 3];  // both zeros, and one byte more than fits
  size_t size;
} Asked;

static bool ReadAll(Asked* asked) {
  while (asked->size < sizeof asked->bytes) {
    const ssize_t count = read(STDIN_FILENO, asked->bytes + asked->size, sizeof asked->bytes - asked->size);
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) asked->size += (size_t)count;
  }
  return false;
}

static PasswordAnswer Answer(const Asked* asked) {
  const char* const user_end = memchr(asked->bytes, 0, asked->size);
  if (user_end == NULL) return kPasswordFailed;
  const size_t user_size = (size_t)(user_end - asked->bytes);
  const char* const text = user_end + 1;
  const size_t left = asked->size - user_size - 1;
  const char* const text_end = memchr(text, 0, left);
  if (text_end == NULL || (size_t)(text_end - text) + 1 != left) return kPasswordFailed;
  if (user_size < 1 || user_size > kPasswordUserMax || left - 1 > kPasswordTextMax) return kPasswordFailed;
  return CheckPassword(asked->bytes, text);
}

int main(void) {
  Asked asked = {.size = 0};
  PasswordAnswer answer = kPasswordFailed;
  if (Confine() && ReadAll(&asked)) answer = Answer(&asked);
  explicit_bzero(&asked, sizeof asked);
  return (int)answer;
}
