#include "agent/login/wording.h"

namespace sekimori::login {
namespace {

const char* MethodKey(model::Method method) {
  switch (method) {
    case model::Method::kPassword:
      return "login.choice_password";
    case model::Method::kTotp:
      return "login.choice_totp";
    case model::Method::kFido2:
      return "login.choice_fido2";
    case model::Method::kCard:
      return "login.choice_card";
    case model::Method::kFingerprint:
      return "login.choice_fingerprint";
    case model::Method::kEmergencyCode:
      return "login.choice_emergency_code";
  }
  return "login.choice_other";
}

}  // namespace

model::Prompt AskWhich(std::span<const model::Credential> choices) {
  model::Prompt prompt{.style = model::PromptStyle::kAskShown, .words = {"login.choose"}};
  for (const model::Credential& each : choices)
    prompt.choices.push_back({MethodKey(each.method), {{"label", each.label}}});
  return prompt;
}

std::vector<model::Words> RefusalWords(model::LoginResult result) {
  switch (result) {
    case model::LoginResult::kTooManyTries:
      return {{"login.too_many_tries"}};
    case model::LoginResult::kNotNow:
      return {{"login.not_now"}};
    case model::LoginResult::kUnavailable:
      return {{"login.unavailable"}};
    case model::LoginResult::kDenied:
    case model::LoginResult::kGranted:
      break;
  }
  return {{"login.denied"}};
}

std::vector<model::Words> WelcomeWords(const model::LoginHistory& history,
                                       const std::optional<model::WallTime>& grace_until) {
  std::vector<model::Words> lines;
  if (history.last)
    lines.push_back({"login.last",
                     {{"time", history.last->at},
                      {"service", history.last->service},
                      {"tty", history.last->tty},
                      {"host", history.last->remote_host}}});
  else
    lines.push_back({"login.first"});
  if (history.failed_since > 0)
    lines.push_back({"login.failed_since", {{"count", std::uint64_t{history.failed_since}}}});
  if (grace_until) lines.push_back({"login.grace_until", {{"time", *grace_until}}});
  return lines;
}

}  // namespace sekimori::login
