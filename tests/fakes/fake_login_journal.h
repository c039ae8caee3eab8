// What the door had written down, kept for the test; refuses when told to. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/door/journal.h"

namespace sekimori::fakes {

class FakeLoginJournal final : public door::Journal {
 public:
  // Until told otherwise with nullopt.
  void Fail(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  void KeepOrder(std::vector<std::string>* order) { order_ = order; }
  [[nodiscard]] std::vector<model::LoginJudged> logins() const { return Of<model::LoginJudged>(); }
  [[nodiscard]] std::vector<model::SessionJudged> sessions() const { return Of<model::SessionJudged>(); }

  [[nodiscard]] Status Record(const model::EventBody& body) override {
    const std::lock_guard lock(mutex_);
    if (order_ != nullptr) order_->push_back("record");
    if (error_) return *error_;
    bodies_.push_back(body);
    return Status::Ok();
  }

 private:
  template <typename Body>
  [[nodiscard]] std::vector<Body> Of() const {
    const std::lock_guard lock(mutex_);
    std::vector<Body> found;
    for (const model::EventBody& each : bodies_)
      if (const auto* const body = std::get_if<Body>(&each)) found.push_back(*body);
    return found;
  }

  mutable std::mutex mutex_;
  std::optional<Error> error_;
  std::vector<std::string>* order_ = nullptr;
  std::vector<model::EventBody> bodies_;
};

class FakeLoginPolicies final : public door::Policies {
 public:
  void Set(policy::LoginPolicy policy) {
    const std::lock_guard lock(mutex_);
    policy_ = std::move(policy);
  }
  [[nodiscard]] policy::LoginPolicy Current() const override {
    const std::lock_guard lock(mutex_);
    return policy_;
  }

 private:
  mutable std::mutex mutex_;
  policy::LoginPolicy policy_;
};

}  // namespace sekimori::fakes
