// One enrolment: dial the collector the token names, trust only the CA the token pins, show the token, keep what comes
// back. Req: R12
#pragma once

#include <filesystem>
#include <string>

#include "agent/channel/conversation.h"
#include "agent/channel/identity.h"
#include "agent/channel/wire.h"
#include "agent/ports/site_store.h"
#include "proto/enrolment.pb.h"
#include "proto/result.h"
#include "proto/token/enrolment_token.h"

namespace sekimori::channel {

struct EnrolmentTerms {
  const signing::SigningKey& key;
  const TerminalFacts& facts;
  std::array<std::uint8_t, 16> log_id{};
  tls::Limits limits;
  std::chrono::seconds answer_limit{60};
};

// Asks; keeps nothing. Errors: ports::Link::Enrol's.
[[nodiscard]] Result<proto::EnrolAnswer> AskForEnrolment(Wire& wire, const token::EnrolmentToken& token,
                                                         const EnrolmentTerms& terms);

struct Enrolment {
  ports::SiteFacts facts;
  Credentials credentials;
};
// Believes nothing of the answer that it can check: the CA is the pinned one, the certificate is for this key and this
// terminal and in the CA's name, the policy key is one. kUntrusted, kInvalid.
[[nodiscard]] Result<Enrolment> CheckAnswer(const proto::EnrolAnswer& answer, const token::EnrolmentToken& token,
                                            const signing::SigningKey& key);

// Certificates first, site facts last: a power cut in between leaves a terminal that is not enrolled.
[[nodiscard]] Status KeepEnrolment(const Enrolment& enrolment, const std::filesystem::path& state_directory,
                                   ports::SiteStore& site_store);

// What the collector's word means here.
[[nodiscard]] ErrorCode CodeOfRefusal(const std::string& word);
// Whether the code speaks of trouble at the collector, to be waited out, rather than of a no.
[[nodiscard]] bool IsPassing(ErrorCode code);

}  // namespace sekimori::channel
