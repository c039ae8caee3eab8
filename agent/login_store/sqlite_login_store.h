// What logins leave behind, in SQLite, with secrets sealed by the terminal's own key: agent/login_store/FORMAT.md.
// Fails closed: a damaged file, key or row is an error to whoever asks, never an empty answer. Any thread.
// Req: R04, R16, R17
#pragma once

#include <filesystem>
#include <memory>

#include "agent/ports/login_enrolment.h"
#include "agent/ports/login_store.h"
#include "agent/ports/random.h"
#include "agent/ports/time_floor.h"

namespace sekimori::login_store {

class SqliteLoginStore final : public ports::LoginStore, public ports::LoginEnrolment, public ports::TimeFloor {
 public:
  // logins.db and login.key in `folder`, which must be there, and writable for nobody else. Both are made if neither is
  // there. kCorrupt: damaged, or one of them is gone or another than it was; nothing is repaired or moved aside,
  // because an empty store would let in who was locked out. kDenied: open to others. kUnsupported: a newer version's.
  // `random` outlives the store.
  [[nodiscard]] static Result<std::unique_ptr<SqliteLoginStore>> Open(const std::filesystem::path& folder,
                                                                      ports::Random& random);
  ~SqliteLoginStore() override;

  // --- ports::LoginStore. Of a key that no credential may have: kInvalid.
  [[nodiscard]] Result<std::vector<model::Credential>> Credentials(std::uint32_t uid) const override;
  [[nodiscard]] Result<model::Secret> SecretOf(const model::CredentialKey& key) const override;
  [[nodiscard]] Result<std::uint32_t> Tries(const model::CredentialKey& key) const override;
  [[nodiscard]] Result<std::uint32_t> CountTry(const model::CredentialKey& key) override;
  [[nodiscard]] Status ClearTries(const model::CredentialKey& key) override;
  [[nodiscard]] Result<std::optional<std::uint64_t>> Counter(const model::CredentialKey& key) const override;
  [[nodiscard]] Status AdvanceCounter(const model::CredentialKey& key, std::uint64_t counter) override;
  [[nodiscard]] Result<model::LoginHistory> History(std::uint32_t uid) const override;
  // Moves the floor of time up to it too. kTooLarge: a text of more than 256 bytes.
  [[nodiscard]] Status KeepLogin(std::uint32_t uid, const model::LastLogin& login) override;
  [[nodiscard]] Status CountFailedLogin(std::uint32_t uid) override;

  // --- ports::LoginEnrolment. Of a user's revoked credentials the newest 48 are kept. A damaged one can be revoked.
  [[nodiscard]] Status Enrol(std::uint32_t uid, const ports::Enrolment& enrolment) override;
  [[nodiscard]] Status Revoke(const model::CredentialKey& key) override;
  [[nodiscard]] Status Unlock(const model::CredentialKey& key) override;
  [[nodiscard]] Result<std::vector<ports::CredentialState>> StatesOf(std::uint32_t uid) const override;
  [[nodiscard]] Result<std::vector<std::uint32_t>> Users(std::optional<std::uint32_t> after,
                                                         std::size_t most) const override;

  // --- ports::TimeFloor. 1970 as long as nothing is known.
  [[nodiscard]] Result<model::WallTime> Newest() const override;
  // The terminal's clock says `now`. Written when it is a minute or more past the floor; never moves the floor back.
  [[nodiscard]] Status AdvanceFloor(model::WallTime now);

 private:
  struct State;
  explicit SqliteLoginStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sekimori::login_store
