// Issuing a policy: its text is signed under the next version of the site and stored together with the record of it.
#pragma once

#include <functional>

#include "server/ctl/session.h"

namespace sekimori::ctl {

// A policy without version, time, operator and signature, and what is to be recorded of it.
struct Draft {
  store::Policy policy;
  Act act;  // its detail gets the version put before it
};

using MakeDraft = std::function<Result<Draft>()>;
using StorePolicy = std::function<Status(store::Writer&, const store::Policy&, const store::Own&)>;

// Somebody else may take the version in the same moment, or change what the draft rests on (kConflict of `store`); then
// it is made anew. Errors: those of `make` and `store`.
[[nodiscard]] Result<store::Policy> Issue(Session& session, const MakeDraft& make, const StorePolicy& store);

}  // namespace sekimori::ctl
