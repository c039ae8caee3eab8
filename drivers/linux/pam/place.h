// Where the agent listens, whose it has to be, and how long the module waits for each step.
#pragma once

#include <sys/types.h>

typedef struct AgentPlace {
  char socket_path[108];  // as long as sockaddr_un takes
  uid_t uid;              // who has to be listening
  int connect_ms;
  int send_ms;
  int message_ms;       // for one whole message of the agent's: a person may have to find and touch a key
  int farewell_ms;      // from the verdict to the end of the connection
  int conversation_ms;  // for all of it together
} AgentPlace;

// The arguments are those of the line in /etc/pam.d. The product takes none; only the tests' own place reads them.
AgentPlace FindAgentPlace(int argc, const char** argv);
