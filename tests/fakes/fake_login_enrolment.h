// What an administrator may change about logins, in memory: fails when told to, and notes what was done in a journal.
// One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports/login_enrolment.h"

namespace sekimori::fakes {

class FakeLoginEnrolment final : public ports::LoginEnrolment {
 public:
  // --- The test's side.
  // What is to be written fails, until told otherwise with nullopt.
  void Fail(std::optional<Error> error) { error_ = std::move(error); }
  void FailReading(std::optional<Error> error) { reading_ = std::move(error); }
  void SetTries(const model::CredentialKey& key, std::uint32_t tries) { StateAt(key).tries = tries; }
  void KeepJournal(std::vector<std::string>* journal) { journal_ = journal; }
  [[nodiscard]] std::vector<ports::CredentialState> Of(std::uint32_t uid) const {
    const auto found = states_.find(uid);
    return found == states_.end() ? std::vector<ports::CredentialState>{} : found->second;
  }
  [[nodiscard]] const std::vector<ports::Enrolment>& enrolments() const { return enrolments_; }

  // --- The agent's side.
  [[nodiscard]] Status Enrol(std::uint32_t uid, const ports::Enrolment& enrolment) override {
    if (error_) return *error_;
    for (const ports::CredentialState& each : Of(uid))
      if (each.key.credential == enrolment.credential.id) return Error{ErrorCode::kExists, "fake", "that id"};
    StateAt({uid, enrolment.credential.id}).credential = enrolment.credential;
    enrolments_.push_back({enrolment.credential, enrolment.secret.Copy(), enrolment.counter});
    Note("enrol " + enrolment.credential.id);
    return Status::Ok();
  }
  [[nodiscard]] Status Revoke(const model::CredentialKey& key) override {
    if (error_) return *error_;
    StateAt(key).credential->revoked = true;
    Note("revoke " + key.credential);
    return Status::Ok();
  }
  [[nodiscard]] Status Unlock(const model::CredentialKey& key) override {
    if (error_) return *error_;
    StateAt(key).tries = 0;
    Note("unlock " + key.credential);
    return Status::Ok();
  }
  [[nodiscard]] Result<std::vector<ports::CredentialState>> StatesOf(std::uint32_t uid) const override {
    if (reading_) return *reading_;
    return Of(uid);
  }
  [[nodiscard]] Result<std::vector<std::uint32_t>> Users(std::optional<std::uint32_t> after,
                                                         std::size_t most) const override {
    if (reading_) return *reading_;
    std::vector<std::uint32_t> uids;
    for (const auto& [uid, states] : states_)
      if ((!after || uid > *after) && uids.size() < most) uids.push_back(uid);
    return uids;
  }

 private:
  void Note(std::string what) {
    if (journal_ != nullptr) journal_->push_back(std::move(what));
  }
  ports::CredentialState& StateAt(const model::CredentialKey& key) {
    for (ports::CredentialState& each : states_[key.uid])
      if (each.key == key) return each;
    states_[key.uid].push_back({key, std::nullopt, 0});
    return states_[key.uid].back();
  }

  std::map<std::uint32_t, std::vector<ports::CredentialState>> states_;
  std::vector<ports::Enrolment> enrolments_;
  std::optional<Error> error_, reading_;
  std::vector<std::string>* journal_ = nullptr;
};

}  // namespace sekimori::fakes
