// Policies as the test sets them. A signed document is here just a name under which the test put a verdict. One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports/policy_store.h"

namespace sekimori::fakes {

class FakePolicyStore final : public ports::PolicyStore {
 public:
  // --- The test's side.
  static Error NotFound() { return {ErrorCode::kNotFound, "policy.toml", "there is none"}; }
  Result<model::Policy> local = NotFound();
  Result<model::Policy> collector = NotFound();
  Result<model::Baseline> baseline = NotFound();
  std::map<std::string, Result<model::Policy>> offers;  // what Verify answers
  std::map<std::string, Result<model::Policy>> texts;   // what Parse answers
  std::vector<std::string> kept;
  std::optional<Error> keep_error, save_error;
  std::function<void()> on_keep;  // runs at the start of every Keep
  Status finished_move;           // what FinishMove answers
  int moves_finished = 0;
  bool marker = false;
  int saves = 0;

  // --- The agent's side.
  [[nodiscard]] Result<model::Policy> LoadLocal() const override { return local; }
  [[nodiscard]] Result<model::Policy> LoadCollector() const override { return collector; }
  [[nodiscard]] Result<model::Policy> Verify(const std::string& document) const override {
    const auto offer = offers.find(document);
    if (offer == offers.end()) return Error{ErrorCode::kUntrusted, "policy", "wrong signature"};
    return offer->second;
  }
  [[nodiscard]] std::uint64_t OfferedVersion(const std::string& document) const override { return document.size(); }
  [[nodiscard]] Status Keep(const std::string& document) override {
    if (on_keep) on_keep();
    if (keep_error) return *keep_error;
    kept.push_back(document);
    collector = offers.at(document);
    return Status::Ok();
  }
  [[nodiscard]] Status FinishMove() override {
    ++moves_finished;
    return finished_move;
  }
  [[nodiscard]] Result<model::Policy> Parse(const std::string& toml, const std::string& name) const override {
    const auto text = texts.find(toml);
    if (text == texts.end()) return Error{ErrorCode::kInvalid, name + ":1", "not a policy"};
    return text->second;
  }
  [[nodiscard]] Result<model::Baseline> LoadBaseline() const override { return baseline; }
  [[nodiscard]] Status SaveBaseline(const model::Baseline& taken) override {
    ++saves;
    if (save_error) return *save_error;
    baseline = taken;
    return Status::Ok();
  }
  [[nodiscard]] Status MarkEnforcing(bool enforcing) override {
    marker = enforcing;
    return Status::Ok();
  }
  [[nodiscard]] bool MarkedEnforcing() const override { return marker; }
};

}  // namespace sekimori::fakes
