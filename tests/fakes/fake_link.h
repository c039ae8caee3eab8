// A link that only remembers what it was told. One thread.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports/link.h"

namespace sekimori::fakes {

class FakeLink final : public ports::Link {
 public:
  // --- The test's side.
  ports::LinkState state;
  Status enrolment = Status::Ok();
  bool enrol_at_once = true;  // false: an attempt runs until FinishEnrolment
  void FinishEnrolment(const Status& outcome) { std::exchange(running_, nullptr)(outcome); }
  [[nodiscard]] int wakes() const { return wakes_; }
  [[nodiscard]] const std::vector<ports::PolicyReport>& reports() const { return reports_; }
  [[nodiscard]] const std::vector<std::string>& tokens() const { return tokens_; }

  // --- The agent's side.
  [[nodiscard]] Status Start(ports::LinkSink&) override { return Status::Ok(); }
  void Stop() override {}
  void Wake() override { ++wakes_; }
  void ReportPolicy(ports::PolicyReport report) override { reports_.push_back(std::move(report)); }
  [[nodiscard]] ports::LinkState State() const override { return state; }
  void Enrol(std::string token, std::function<void(Status)> done) override {
    tokens_.push_back(std::move(token));
    if (enrol_at_once) return done(enrolment);
    running_ = std::move(done);
  }

 private:
  int wakes_ = 0;
  std::function<void(Status)> running_;
  std::vector<ports::PolicyReport> reports_;
  std::vector<std::string> tokens_;
};

}  // namespace sekimori::fakes
