#include "server/intake/enrolment_gate.h"

#include <algorithm>
#include <iterator>

namespace sekimori::intake {

void EnrolmentGate::Refill(Bucket& bucket, const Rate& rate, Time now) {
  if (now > bucket.at) {
    const std::chrono::duration<double> passed = now - bucket.at;
    bucket.places = std::min(rate.burst, bucket.places + passed.count() * rate.per_second);
  }
  bucket.at = now;
}

bool EnrolmentGate::Admit(const std::string& address, Time now) {
  Refill(all_, all_rate_, now);
  if (all_.places < 1) return false;
  auto known = addresses_.find(address);
  if (known == addresses_.end()) {
    if (addresses_.size() >= kMaxAddresses) {
      for (auto at = addresses_.begin(); at != addresses_.end();) {
        Refill(at->second, address_rate_, now);
        at = at->second.places >= address_rate_.burst ? addresses_.erase(at) : std::next(at);
      }
      if (addresses_.size() >= kMaxAddresses) return false;
    }
    known = addresses_.emplace(address, Bucket{address_rate_.burst, now}).first;
  }
  Refill(known->second, address_rate_, now);
  if (known->second.places < 1) return false;
  known->second.places -= 1;
  all_.places -= 1;
  return true;
}

}  // namespace sekimori::intake
