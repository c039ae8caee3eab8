// Beginning anew: another key, another log and another enrolment in the place of those that are believed no more (of a
// clone, after a roll-back, a damaged log, a revoked terminal's). The old ones are set aside whole. Req: R05, R12
#pragma once

#include <filesystem>
#include <string>

#include "agent/channel/conversation.h"
#include "agent/options.h"
#include "proto/result.h"

namespace sekimori::agent {

struct AnewTerms {
  std::filesystem::path state, run;
  channel::TerminalFacts facts;
  std::string boot_id;
  std::string operator_name;  // for the new log's first record
};

// As configuration and machine say.
[[nodiscard]] Result<AnewTerms> AnewTermsOf(const Options& options, const std::string& operator_name);

enum class Begun { kNow, kAtNextStart };

// Enrols with a token under a new key and a new log, made in a folder of their own, and only then puts them in the old
// ones' place: at once when no agent runs, else at its next start. Errors: those of ports::Link::Enrol; kConflict:
// another such enrolment is under way; kFull. After an error nothing has changed.
[[nodiscard]] Result<Begun> EnrolAnew(const AnewTerms& terms, const std::string& token);

// Puts what EnrolAnew laid ready, if anything, in the place of key, certificates, site and log, and those into the
// folder "retired-<UTC time>". Under the instance lock, before any of them is opened. Interrupted at any point, even by
// a power cut, it goes on at the next call.
[[nodiscard]] Status TakeOver(const std::filesystem::path& state);

}  // namespace sekimori::agent
