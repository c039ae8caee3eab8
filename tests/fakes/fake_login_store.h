// What logins leave behind, in memory: a test may fail one call, before or after it wrote. Notes in a journal what was
// done. One thread.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports/login_store.h"

namespace sekimori::fakes {

class FakeLoginStore final : public ports::LoginStore {
 public:
  // --- The test's side.
  void Enrol(std::uint32_t uid, model::Credential credential, std::string_view secret = {}) {
    secrets_[{uid, credential.id}] = std::string(secret);
    credentials_[uid].push_back(std::move(credential));
  }
  void Revoke(std::uint32_t uid, const std::string& id) {
    for (model::Credential& each : credentials_[uid])
      if (each.id == id) each.revoked = true;
    secrets_.erase({uid, id});
  }
  void SetTries(const model::CredentialKey& key, std::uint32_t tries) { tries_[key] = tries; }
  void SetHistory(std::uint32_t uid, model::LoginHistory history) { history_[uid] = std::move(history); }
  // The call with this number, from 1, fails; with `written`, after it has done what it should.
  void FailCall(int number, bool written = false) {
    calls_ = 0;
    failing_ = number;
    written_ = written;
  }
  void FailAll(bool failing) { all_ = failing; }
  void KeepJournal(std::vector<std::string>* journal) { journal_ = journal; }
  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] std::uint32_t TriesOf(const model::CredentialKey& key) const {
    const auto found = tries_.find(key);
    return found == tries_.end() ? 0 : found->second;
  }
  [[nodiscard]] std::optional<std::uint64_t> CounterOf(const model::CredentialKey& key) const {
    const auto found = counters_.find(key);
    return found == counters_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] model::LoginHistory HistoryOf(std::uint32_t uid) const {
    const auto found = history_.find(uid);
    return found == history_.end() ? model::LoginHistory{} : found->second;
  }

  // --- The agent's side.
  [[nodiscard]] Result<std::vector<model::Credential>> Credentials(std::uint32_t uid) const override {
    if (Fails()) return kError;
    const auto found = credentials_.find(uid);
    return found == credentials_.end() ? std::vector<model::Credential>{} : found->second;
  }
  [[nodiscard]] Result<model::Secret> SecretOf(const model::CredentialKey& key) const override {
    if (Fails()) return kError;
    const auto found = secrets_.find(key);
    if (found == secrets_.end()) return Error{ErrorCode::kNotFound, key.credential, "no such credential"};
    return model::Secret(found->second);
  }
  [[nodiscard]] Result<std::uint32_t> Tries(const model::CredentialKey& key) const override {
    if (Fails()) return kError;
    if (key.credential.empty()) return kNoCredential;
    return TriesOf(key);
  }
  [[nodiscard]] Result<std::uint32_t> CountTry(const model::CredentialKey& key) override {
    if (key.credential.empty()) return kNoCredential;
    return Writing<std::uint32_t>([&] {
      std::uint32_t& tries = tries_[key];
      if (tries < std::numeric_limits<std::uint32_t>::max()) ++tries;
      Note("count " + key.credential);
      return tries;
    });
  }
  [[nodiscard]] Status ClearTries(const model::CredentialKey& key) override {
    if (key.credential.empty()) return kNoCredential;
    return WritingOnly([&] {
      tries_.erase(key);
      Note("clear " + key.credential);
    });
  }
  [[nodiscard]] Result<std::optional<std::uint64_t>> Counter(const model::CredentialKey& key) const override {
    if (Fails()) return kError;
    if (key.credential.empty()) return kNoCredential;
    return CounterOf(key);
  }
  [[nodiscard]] Status AdvanceCounter(const model::CredentialKey& key, std::uint64_t counter) override {
    if (key.credential.empty()) return kNoCredential;
    const auto kept = counters_.find(key);
    if (kept != counters_.end() && counter <= kept->second)
      return Error{ErrorCode::kConflict, key.credential, "the counter does not go on"};
    return WritingOnly([&] {
      counters_[key] = counter;
      Note("advance " + key.credential);
    });
  }
  [[nodiscard]] Result<model::LoginHistory> History(std::uint32_t uid) const override {
    if (Fails()) return kError;
    return HistoryOf(uid);
  }
  [[nodiscard]] Status KeepLogin(std::uint32_t uid, const model::LastLogin& login) override {
    return WritingOnly([&] {
      history_[uid] = {login, 0};
      Note("keep login");
    });
  }
  [[nodiscard]] Status CountFailedLogin(std::uint32_t uid) override {
    return WritingOnly([&] {
      ++history_[uid].failed_since;
      Note("count failed login");
    });
  }

 private:
  inline static const Error kError{ErrorCode::kIo, "login store", "the disk said no"};
  inline static const Error kNoCredential{ErrorCode::kInvalid, "login store", "a key without a credential"};

  [[nodiscard]] bool Fails() const { return ++calls_ == failing_ || all_; }
  void Note(std::string what) const {
    if (journal_) journal_->push_back(std::move(what));
  }
  template <typename T, typename Act>
  [[nodiscard]] Result<T> Writing(const Act& act) {
    const bool fails = Fails();
    if (fails && !written_) return kError;
    const T done = act();
    if (fails) return kError;
    return done;
  }
  template <typename Act>
  [[nodiscard]] Status WritingOnly(const Act& act) {
    const Result<bool> done = Writing<bool>([&] {
      act();
      return true;
    });
    return done.ok() ? Status::Ok() : Status(done.error());
  }

  std::map<std::uint32_t, std::vector<model::Credential>> credentials_;
  std::map<model::CredentialKey, std::string> secrets_;
  std::map<model::CredentialKey, std::uint32_t> tries_;
  std::map<model::CredentialKey, std::uint64_t> counters_;
  std::map<std::uint32_t, model::LoginHistory> history_;
  mutable int calls_ = 0;
  int failing_ = 0;
  bool written_ = false;
  bool all_ = false;
  std::vector<std::string>* journal_ = nullptr;
};

}  // namespace sekimori::fakes
