// How often strangers are served: a bucket for all and one for each address. Secrets of 256 bits need no guessing
// limit; this bounds the work strangers can cause. Bounded memory; one thread.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

namespace sekimori::intake {

class EnrolmentGate {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Rate {
    double burst = 0;
    double per_second = 0;
  };
  EnrolmentGate(Rate all, Rate address) : all_rate_(all), address_rate_(address), all_{all.burst, {}} {}

  // Takes one place, if there is one for this address (or network, as OriginOf has it) and for all.
  [[nodiscard]] bool Admit(const std::string& address, Time now);

 private:
  static constexpr std::size_t kMaxAddresses = 4096;
  struct Bucket {
    double places = 0;
    Time at;
  };
  static void Refill(Bucket& bucket, const Rate& rate, Time now);

  Rate all_rate_, address_rate_;
  Bucket all_;
  std::unordered_map<std::string, Bucket> addresses_;
};

}  // namespace sekimori::intake
