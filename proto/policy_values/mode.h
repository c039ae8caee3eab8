// Whether a policy is carried out or only written down. Req: R02
#pragma once

namespace sekimori::policy_values {

enum class Mode { kObserve, kEnforce };

}  // namespace sekimori::policy_values
