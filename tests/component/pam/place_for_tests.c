// Where the agent is, as the line in the tests' stack says: socket=PATH uid=NUMBER patience=MS whole=MS.
#include <stdlib.h>
#include <string.h>

#include "drivers/linux/pam/place.h"

static const char* Value(const char* argument, const char* name) {
  const size_t length = strlen(name);
  return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

AgentPlace FindAgentPlace(int argc, const char** argv) {
  AgentPlace place = {.uid = (uid_t)-1};
  for (int i = 0; i < argc; ++i) {
    const char* value = NULL;
    if ((value = Value(argv[i], "socket=")) != NULL) strncpy(place.socket_path, value, sizeof place.socket_path - 1);
    if ((value = Value(argv[i], "uid=")) != NULL) place.uid = (uid_t)strtoul(value, NULL, 10);
    if ((value = Value(argv[i], "patience=")) != NULL) place.message_ms = atoi(value);
    if ((value = Value(argv[i], "whole=")) != NULL) place.conversation_ms = atoi(value);
  }
  place.connect_ms = place.send_ms = place.farewell_ms = place.message_ms;
  return place;
}
