// One connection to the agent: opened only to whom it should be, and every step with a deadline that nothing extends.
// Never raises a signal. False means that the connection is worth nothing any more; `why` then says the reason.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "drivers/linux/pam/place.h"
#include "proto/login/login.h"

typedef struct Exchange {
  int fd;  // -1: closed
  const AgentPlace* place;
  int64_t ends_ms;  // on CLOCK_MONOTONIC: when the whole conversation has to be over
  const char* why;  // English, for the system's log; a literal
} Exchange;

// In every case to be closed afterwards.
bool OpenExchange(Exchange* exchange, const AgentPlace* place);
bool SendFrame(Exchange* exchange, const LoginFrame* frame);
bool ReceiveFromAgent(Exchange* exchange, LoginFromAgent* message);
// Whether the agent has said something, or left, although it was not its turn.
bool AgentSpoke(const Exchange* exchange);
// True when the agent ends the connection without another byte, having read all that was sent to it.
bool AwaitEnd(Exchange* exchange);
void CloseExchange(Exchange* exchange);
