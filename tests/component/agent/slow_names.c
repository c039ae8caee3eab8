// Somebody is logged in, and the directory server that knows his name hangs: whoever asks for it waits for ever.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOGGED_IN 4242

int sd_get_sessions(char*** sessions);
int sd_get_sessions(char*** sessions) {
  *sessions = calloc(2, sizeof(char*));
  (*sessions)[0] = strdup("c1");
  return 1;
}

int sd_session_get_class(const char* session, char** kind);
int sd_session_get_class(const char* session, char** kind) {
  (void)session;
  *kind = strdup("user");
  return 0;
}

int sd_session_get_state(const char* session, char** state);
int sd_session_get_state(const char* session, char** state) {
  (void)session;
  *state = strdup("active");
  return 0;
}

int sd_session_get_uid(const char* session, uid_t* uid);
int sd_session_get_uid(const char* session, uid_t* uid) {
  (void)session;
  *uid = LOGGED_IN;
  return 0;
}

typedef int GetUser(uid_t uid, struct passwd* entry, char* buffer, size_t size, struct passwd** found);
int getpwuid_r(uid_t uid, struct passwd* entry, char* buffer, size_t size, struct passwd** found) {
  while (uid == LOGGED_IN)
    pause();
  GetUser* const next = (GetUser*)dlsym(RTLD_NEXT, "getpwuid_r");
  return next(uid, entry, buffer, size, found);
}
