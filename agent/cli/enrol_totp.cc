// sekimori enrol totp: a seed for the app on a user's phone, shown and confirmed by its first code.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "agent/cli/commands.h"
#include "agent/cli/totp_screen.h"
#include "agent/cli/typed_lines.h"
#include "agent/model/typed_digits.h"
#include "proto/console/operator_name.h"

namespace sekimori::cli {

namespace {

constexpr int kTries = 3;
constexpr std::size_t kDigits = 6;
constexpr std::chrono::seconds kOrder{60};  // longer than the agent waits for names, log and disk

struct TotpOptions {
  std::string user, label, reason;
  bool no_qr = false;
};

// The seed would stay there.
bool StdoutIsAFile() {
  struct stat status {};
  return ::fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

// One enrolment from the seed to its end. What is not confirmed is taken back at the agent, however this ends.
class TotpEnrolment {
 public:
  TotpEnrolment(const Invocation& invocation, const TotpOptions& options)
      : invocation_(invocation), console_(*invocation.console), options_(options) {}
  ~TotpEnrolment() { Cancel(); }
  TotpEnrolment(const TotpEnrolment&) = delete;
  TotpEnrolment& operator=(const TotpEnrolment&) = delete;

  [[nodiscard]] ExitCode Run();

 private:
  // The answer to the right code, an ending, or nothing: go on.
  using Ending = std::optional<ExitCode>;

  [[nodiscard]] ExitCode AskForCodes(const proto::TotpBegun& begun);
  [[nodiscard]] Ending Heard(const std::string& line);
  [[nodiscard]] Ending Check(const std::string& code);
  [[nodiscard]] ExitCode Enrolled(const proto::TotpChecked& checked);
  [[nodiscard]] ExitCode NotEnrolled(std::string_view key, Error error);
  void Cancel();

  const Invocation& invocation_;
  Console& console_;
  const TotpOptions& options_;
  TypedLines lines_{STDIN_FILENO};
  std::string pending_;  // empty: nothing to be taken back
  std::optional<TotpScreen> screen_;
  std::string notice_;
  int wrong_ = 0;
};

ExitCode TotpEnrolment::Run() {
  proto::ControlRequest request;
  proto::TotpBegin& begin = *request.mutable_totp_begin();
  begin.set_user(options_.user);
  begin.set_label(options_.label);
  begin.set_issuer(console_.Say("cli_totp.issuer"));
  begin.set_reason(options_.reason);
  begin.set_operator_name(console::OperatorName());
  const Result<proto::ControlAnswer> answer = invocation_.Ask(request, kOrder);
  if (!answer.ok()) return console_.Fail(answer.error());
  const proto::TotpBegun& begun = answer.value().totp_begun();
  pending_ = begun.pending();
  screen_.emplace(console_, TermsHere(console_.json(), options_.no_qr), begun.user().name(), begun.uri());
  return AskForCodes(begun);
}

ExitCode TotpEnrolment::AskForCodes(const proto::TotpBegun& begun) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{begun.within_s()};
  for (;;) {
    screen_->Show(std::exchange(notice_, {}));
    // Whoever was to show it to a person has gone.
    if (!console_.out_good()) return NotEnrolled("cli_totp.cancelled", {ErrorCode::kIo, "stdout", "not taken"});
    const Typed typed = lines_.Next(until);
    if (typed.kind == Typed::Kind::kTimedOut)
      return NotEnrolled("cli_totp.too_late", {ErrorCode::kExpired, "code", "none came in time"});
    if (typed.kind != Typed::Kind::kLine)
      return NotEnrolled("cli_totp.cancelled", {ErrorCode::kNotFound, "code", "none was given"});
    if (const Ending ending = Heard(typed.line)) return *ending;
  }
}

// What cannot be a code is not sent: it costs no try.
TotpEnrolment::Ending TotpEnrolment::Heard(const std::string& line) {
  if (line.find_first_not_of(" \t\r") == std::string::npos) {
    screen_->Turn();
    return std::nullopt;
  }
  const std::optional<model::Secret> digits = model::TypedDigits(line, kDigits);
  if (digits && digits->bytes().size() == kDigits) return Check(std::string(digits->bytes()));
  notice_ = console_.Say("cli_totp.no_code");
  return std::nullopt;
}

TotpEnrolment::Ending TotpEnrolment::Check(const std::string& code) {
  proto::ControlRequest request;
  request.mutable_totp_confirm()->set_pending(pending_);
  request.mutable_totp_confirm()->set_code(code);
  const Result<proto::ControlAnswer> answer = invocation_.Ask(request, kOrder);
  if (!answer.ok()) {
    screen_->Leave();
    return console_.Fail(answer.error());
  }
  const proto::TotpChecked& checked = answer.value().totp_checked();
  if (checked.right()) return Enrolled(checked);
  if (++wrong_ == kTries || checked.left() == 0)
    return NotEnrolled("cli_totp.all_wrong", {ErrorCode::kDenied, "code", "three were wrong"});
  notice_ = console_.Say("cli_totp.wrong", {{"left", std::to_string(kTries - wrong_)}});
  return std::nullopt;
}

ExitCode TotpEnrolment::Enrolled(const proto::TotpChecked& checked) {
  pending_.clear();
  screen_->Leave();
  const std::string& user = checked.user().name();
  if (console_.json()) {
    console_.OutJson({{"enrolled", true}, {"user", user}, {"id", checked.id()}, {"others", checked.others()}});
    return kDone;
  }
  console_.OutLine(console_.Say("cli_totp.enrolled", {{"user", user}, {"id", checked.id()}}));
  if (checked.others() > 0)
    console_.Tell(console_.Say("cli_totp.others", {{"user", user}, {"count", std::to_string(checked.others())}}));
  return kDone;
}

ExitCode TotpEnrolment::NotEnrolled(std::string_view key, Error error) {
  screen_->Leave();
  console_.TellError(error, console_.Say(key));
  return kNegative;
}

void TotpEnrolment::Cancel() {
  if (screen_) screen_->Leave();
  if (pending_.empty()) return;
  proto::ControlRequest request;
  request.mutable_totp_cancel()->set_pending(std::exchange(pending_, {}));
  // If it cannot be told, the agent forgets it after its time.
  (void)invocation_.Ask(request);
}

ExitCode EnrolTotp(const Invocation& invocation, const TotpOptions& options) {
  Console& console = *invocation.console;
  if (StdoutIsAFile()) {
    console.TellError({ErrorCode::kInvalid, "stdout", "is a file"}, console.Say("cli_totp.no_file"));
    return kFailed;
  }
  return TotpEnrolment(invocation, options).Run();
}

}  // namespace

CLI::App* AddEnrolTotp(CLI::App& enrol, Invocation& invocation) {
  const auto options = std::make_shared<TotpOptions>();
  CLI::App* command = enrol.add_subcommand("totp", invocation.Help("cli_help.enrol_totp"));
  command->add_option("--user", options->user, invocation.Help("cli_help.whose"))->required();
  command->add_option("--reason", options->reason, invocation.Help("cli_help.reason"))->required();
  command->add_option("--label", options->label, invocation.Help("cli_help.label"));
  command->add_flag("--no-qr", options->no_qr, invocation.Help("cli_help.no_qr"));
  command->callback(
      [&invocation, options] { invocation.run = [&invocation, options] { return EnrolTotp(invocation, *options); }; });
  return command;
}

}  // namespace sekimori::cli
