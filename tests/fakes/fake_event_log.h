// A log in memory that fails when told to. Keeps groups apart, so that a test sees what was one durable write. One
// thread.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "agent/ports/event_log.h"
#include "agent/ports/log_upkeep.h"

namespace sekimori::fakes {

class FakeEventLog final : public ports::EventLog, public ports::LogUpkeep {
 public:
  // --- The test's side.
  // Until told otherwise with nullopt.
  void Fail(std::optional<Error> error) { error_ = std::move(error); }
  [[nodiscard]] const std::vector<std::vector<model::Event>>& groups() const { return groups_; }
  [[nodiscard]] int attempts() const { return attempts_; }
  [[nodiscard]] int checkpoints() const { return checkpoints_; }
  [[nodiscard]] int prunes() const { return prunes_; }
  // So many calls have something to delete.
  void NeedPrunes(int needed) { prunes_needed_ = needed; }
  [[nodiscard]] bool clean() const { return clean_; }
  [[nodiscard]] std::vector<model::Event> All() const {
    std::vector<model::Event> all;
    for (const auto& group : groups_)
      all.insert(all.end(), group.begin(), group.end());
    return all;
  }
  // Bodies of one kind, in order.
  template <typename Body>
  [[nodiscard]] std::vector<Body> Of() const {
    std::vector<Body> bodies;
    for (const model::Event& event : All())
      if (const Body* body = std::get_if<Body>(&event.body)) bodies.push_back(*body);
    return bodies;
  }
  void Forget() { groups_.clear(); }

  // --- The agent's side.
  [[nodiscard]] Status Append(std::span<const model::Event> events) override {
    ++attempts_;
    if (error_) return *error_;
    groups_.emplace_back(events.begin(), events.end());
    return Status::Ok();
  }
  [[nodiscard]] ports::LogHead Head() const override { return {All().size(), {}}; }
  [[nodiscard]] Status WriteCheckpoint() override {
    ++checkpoints_;
    return Status::Ok();
  }
  [[nodiscard]] Result<bool> Prune() override {
    ++prunes_;
    return prunes_ < prunes_needed_;
  }
  [[nodiscard]] Status MarkCleanStop() override {
    clean_ = true;
    return Status::Ok();
  }

 private:
  std::optional<Error> error_;
  std::vector<std::vector<model::Event>> groups_;
  int attempts_ = 0;
  int checkpoints_ = 0;
  int prunes_ = 0;
  int prunes_needed_ = 0;
  bool clean_ = false;
};

}  // namespace sekimori::fakes
