// Result<T> and Status: how every function that can fail says so. Callers branch on the code only; `where` and `detail`
// are for people.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace sekimori {

enum class ErrorCode {
  kInvalid,      // the input is wrong; `where` names the file and line or the field, `detail` what was expected
  kNotFound,     // the thing named does not exist
  kExists,       // the thing to be made is there already
  kDenied,       // the caller may not
  kUntrusted,    // a signature, certificate or peer could not be verified
  kExpired,      // was good, is no longer
  kConflict,     // contradicts what is already known (fork, rollback, older version)
  kCorrupt,      // stored or received bytes are damaged
  kTooLarge,     // over a stated bound
  kFull,         // no space, quota or queue place left
  kTimeout,      // the deadline passed
  kUnavailable,  // the peer or the device is not there now; trying again may help
  kUnsupported,  // this system cannot do it
  kIo,           // the operating system refused; `detail` carries its words
  kInternal,     // a defect of ours
};

// The stable name of a code, as printed in JSON output and looked up in the message catalogues ("error.<name>").
[[nodiscard]] constexpr std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kExists:
      return "exists";
    case ErrorCode::kDenied:
      return "denied";
    case ErrorCode::kUntrusted:
      return "untrusted";
    case ErrorCode::kExpired:
      return "expired";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kFull:
      return "full";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string where;   // "policy.toml:14", "record 52", "/sys/bus/usb/devices/1-2/authorized"
  std::string detail;  // English, technical: what is wrong and what was expected
};

// "where: detail", for logs and for tests' messages.
[[nodiscard]] inline std::string ToString(const Error& error) {
  return error.where.empty() ? error.detail : error.where + ": " + error.detail;
}

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  // Aborts (std::bad_variant_access is never caught) when !ok(): asking first is the caller's duty.
  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  // By value, so that `for (x : F().value())` does not walk over what is gone.
  [[nodiscard]] T value() && { return std::get<0>(std::move(state_)); }
  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}

  [[nodiscard]] static Status Ok() { return {}; }
  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  [[nodiscard]] const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace sekimori
