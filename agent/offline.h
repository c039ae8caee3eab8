// What can be done while no agent runs, straight on the kernel: letting adopted keyboards in so that somebody can type,
// and opening the barrier on root's order. Both also work with broken settings, and then in the usual places: somebody
// has to be able to get in and mend them. Req: R02, R05
#pragma once

#include "agent/options.h"
#include "agent/ports/questions.h"
#include "proto/result.h"

namespace sekimori::agent {

// Lets in the hubs, keyboards and mice of the baseline, and nothing else, whatever the policy says. Needs no log and no
// policy: for emergency mode, and for an agent that cannot start. What it let in is recorded by the agent's next start,
// which judges everything present. Ends when nothing more turned up for a few seconds. kUnavailable: no USB here;
// otherwise the first error, after everything else was tried.
[[nodiscard]] Status RescueInput(const Options& options);

// `sekimori release` when no agent answers: records it in the log, then opens the barrier and lets everything in. The
// next start of an enforcing agent closes it again. A removal of an agent that did not enforce is only recorded:
// nothing that is shut is ours. kConflict: an agent runs, and must do it itself. What cannot be recorded is
// not done. The log tells the next start of the agent's own last stop as if this had not been.
[[nodiscard]] Status ReleaseOffline(const Options& options, const ports::OrderRelease& order);

}  // namespace sekimori::agent
