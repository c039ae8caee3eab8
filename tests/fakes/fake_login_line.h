// A login module that says what the test wrote down beforehand, and keeps what it was told. One thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/ports/login_line.h"
#include "proto/login/login.h"

namespace sekimori::fakes {

class FakeLoginLine final : public ports::LoginLine {
 public:
  // --- The test's side: one of these for each time the agent listens; with none left the module has left.
  void Begin(const LoginBegin& begin) {
    LoginFrame frame;
    (void)LoginEncodeBegin(&begin, &frame);
    Say(frame);
  }
  void Answer(const char* text) {
    LoginFrame frame;
    (void)LoginEncodeAnswer(text, &frame);
    Say(frame);
  }
  void Cancel() {
    LoginFrame frame;
    (void)LoginEncodeCancel(&frame);
    Say(frame);
  }
  void Bytes(std::string body) { said_.emplace_back(std::move(body)); }
  void Nothing(ErrorCode why) { said_.emplace_back(Error{why, "line", "as the test says"}); }
  // From the frame with this number on, from 1, nothing is taken any more.
  void StopTaking(int from) { taken_until_ = from; }
  void Disturb(bool disturbed) { disturbed_ = disturbed; }
  void KeepOrder(std::vector<std::string>* order) { order_ = order; }

  [[nodiscard]] const std::vector<LoginFromAgent>& heard() const { return heard_; }
  [[nodiscard]] std::vector<std::string> prompts() const {
    std::vector<std::string> texts;
    for (const LoginFromAgent& each : heard_)
      if (each.type == kLoginPrompt) texts.emplace_back(each.prompt.text);
    return texts;
  }
  // The one verdict, and that nothing came after it.
  [[nodiscard]] std::optional<::LoginVerdict> verdict() const {
    if (heard_.empty() || heard_.back().type != kLoginVerdict) return std::nullopt;
    for (std::size_t i = 0; i + 1 < heard_.size(); ++i)
      if (heard_[i].type == kLoginVerdict) return std::nullopt;
    return heard_.back().verdict;
  }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const std::vector<std::chrono::milliseconds>& waits() const { return waits_; }

  // --- The agent's side.
  [[nodiscard]] Result<model::Secret> Receive(std::chrono::milliseconds within) override {
    waits_.push_back(within);
    if (said_.empty()) return Error{ErrorCode::kUnavailable, "line", "the other side has left"};
    const auto next = std::move(said_.front());
    said_.pop_front();
    if (const auto* const error = std::get_if<Error>(&next)) return *error;
    return model::Secret(std::get<std::string>(next));
  }
  [[nodiscard]] Status Send(std::string_view frame) override {
    if (order_ != nullptr) order_->push_back(frame.size() > 5 && frame[5] == kLoginVerdict ? "verdict" : "prompt");
    if (ended_ || ++frames_ >= taken_until_) return Error{ErrorCode::kUnavailable, "line", "the other side has left"};
    LoginFromAgent message;
    const auto* const body = reinterpret_cast<const std::uint8_t*>(frame.data()) + kLoginHeaderSize;
    if (LoginDecodeFromAgent(body, frame.size() - kLoginHeaderSize, &message) == kLoginSound) heard_.push_back(message);
    return Status::Ok();
  }
  [[nodiscard]] bool Disturbed() const override { return disturbed_; }
  void End() override { ended_ = true; }

 private:
  void Say(const LoginFrame& frame) {
    const auto* const bytes = reinterpret_cast<const char*>(frame.bytes);
    said_.emplace_back(std::string(bytes + kLoginHeaderSize, frame.size - kLoginHeaderSize));
  }

  std::deque<std::variant<std::string, Error>> said_;
  int taken_until_ = 1 << 30;
  int frames_ = 0;
  bool disturbed_ = false;
  bool ended_ = false;
  std::vector<std::string>* order_ = nullptr;
  std::vector<LoginFromAgent> heard_;
  std::vector<std::chrono::milliseconds> waits_;
};

}  // namespace sekimori::fakes
