#include "drivers/linux/pam/place.h"

AgentPlace FindAgentPlace(int argc, const char** argv) {
  (void)argc;
  (void)argv;
  return (AgentPlace){.socket_path = "/run/sekimori/login.sock",
                      .uid = 0,
                      .connect_ms = 5 * 1000,
                      .send_ms = 5 * 1000,
                      .message_ms = 90 * 1000,
                      .farewell_ms = 5 * 1000,
                      .conversation_ms = 10 * 60 * 1000};
}
