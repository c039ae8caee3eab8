// A registrar with everything around it, and a phone that has taken the seed.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "agent/authenticators/totp_seed.h"
#include "agent/enrolment/registrar.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_login_enrolment.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/fake_users.h"

namespace sekimori::enrolment {

inline constexpr std::uint32_t kSato = 1000;

// "record enrolled totp-1"
inline std::string Told(const model::AuthenticatorChanged& change) {
  const char* const what = change.change == model::AuthenticatorChange::kEnrolled  ? "enrolled "
                           : change.change == model::AuthenticatorChange::kRevoked ? "revoked "
                                                                                   : "unlocked ";
  return std::string("record ") + what + change.credential;
}

struct Registry {
  Registry() {
    users.Add({kSato, "sato", {}});
    users.Add({kSato, "sato", {}}, "SATO");
    users.Add({1001, "suzuki", {}});
    store.KeepJournal(&journal);
  }

  [[nodiscard]] Outside Around() {
    return {store,
            users,
            random,
            clock,
            [this](model::AuthenticatorChanged change) {
              if (log_fails) return Status(*log_fails);
              journal.push_back(Told(change));
              recorded.push_back(std::move(change));
              return Status::Ok();
            },
            [] { return 3U; },
            "mado-03"};
  }
  template <typename Order>
  ports::AuthenticatorAnswer Ask(Order order) {
    return registrar.Answer(ports::AuthenticatorOrder(std::move(order)), {0, "root"});
  }
  // Of an answer that has to be one.
  template <typename Wanted>
  static Wanted As(ports::AuthenticatorAnswer answer) {
    if (const auto* error = std::get_if<Error>(&answer)) ADD_FAILURE() << ToString(*error);
    return std::get<Wanted>(std::move(answer));
  }
  static ErrorCode CodeOf(const ports::AuthenticatorAnswer& answer) {
    const auto* error = std::get_if<Error>(&answer);
    EXPECT_NE(error, nullptr) << "no error but answer " << answer.index();
    return error != nullptr ? error->code : ErrorCode::kInternal;
  }
  ports::TotpBegun Begin(const std::string& user = "sato") {
    return As<ports::TotpBegun>(Ask(ports::OrderTotp{user, "work phone", "Sekimori", "new colleague", "tanaka"}));
  }
  ports::AuthenticatorAnswer Confirm(const std::string& pending, std::string_view code) {
    return Ask(ports::OrderConfirmation{pending, model::Secret(code)});
  }
  // Enrols to the end; the credential's id.
  std::string Enrol(const std::string& user = "sato") {
    const ports::TotpBegun begun = Begin(user);
    return As<ports::TotpConfirmed>(Confirm(begun.pending, Code(begun))).id;
  }

  [[nodiscard]] std::uint64_t Step() const {
    return static_cast<std::uint64_t>(
               std::chrono::floor<std::chrono::seconds>(clock.Now()).time_since_epoch().count()) /
           30;
  }
  // What the phone shows, some steps away from now.
  [[nodiscard]] std::string Code(const ports::TotpBegun& begun, int away = 0) const {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const std::string_view uri = begun.uri.bytes();
    const std::size_t from = uri.find("secret=") + 7;
    std::string seed;
    std::size_t held = 0, bits = 0;
    for (const char each : uri.substr(from, uri.find('&', from) - from)) {
      held = (held << 5U | kAlphabet.find(each)) & 0xFFFU;
      bits += 5;
      if (bits < 8) continue;
      bits -= 8;
      seed.push_back(static_cast<char>(held >> bits & 255U));
    }
    const authenticators::TotpSeed totp{authenticators::TotpAlgorithm::kSha1, 6, 30, model::Secret(seed)};
    const std::uint64_t step = Step() + static_cast<std::uint64_t>(away);
    return std::string(authenticators::TotpCode(totp, step).value().bytes());
  }
  // Right in a few minutes.
  [[nodiscard]] std::string WrongCode(const ports::TotpBegun& begun) const { return Code(begun, 60); }

  fakes::FakeLoginEnrolment store;
  fakes::FakeUsers users;
  fakes::FakeRandom random;
  fakes::FakeClock clock;
  std::vector<std::string> journal;
  std::vector<model::AuthenticatorChanged> recorded;
  std::optional<Error> log_fails;
  Registrar registrar{Around()};
};

}  // namespace sekimori::enrolment
