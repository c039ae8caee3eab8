#include "drivers/linux/process_stat.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "drivers/linux/scoped_fd.h"

namespace sekimori::drivers {
namespace {

// Of what follows the name, from 0: state, parent, …
constexpr std::size_t kParentField = 1, kStartedField = 19;

std::optional<std::string_view> Field(std::string_view rest, std::size_t number) {
  for (std::size_t skipped = 0; skipped < number; ++skipped) {
    const std::size_t blank = rest.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(blank + 1);
  }
  return rest.substr(0, rest.find(' '));
}

template <typename Number>
bool Read(std::optional<std::string_view> text, Number& number) {
  if (!text || text->empty()) return false;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc() && end == text->data() + text->size();
}

Result<std::string> ReadOf(std::uint32_t pid, const char* file_name) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + file_name;
  const ScopedFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
    return Error{code, path, std::generic_category().message(errno)};
  }
  std::array<char, 4096> bytes{};
  const ssize_t count = ::read(file.get(), bytes.data(), bytes.size());
  if (count < 0) {
    // The process ended since.
    const ErrorCode code = errno == ESRCH ? ErrorCode::kNotFound : ErrorCode::kIo;
    return Error{code, path, std::generic_category().message(errno)};
  }
  return std::string(bytes.data(), static_cast<std::size_t>(count));
}

}  // namespace

Result<ProcessStat> ParseProcessStat(std::string_view line) {
  const std::size_t name_end = line.rfind(") ");
  ProcessStat stat;
  if (name_end != std::string_view::npos) {
    const std::string_view rest = line.substr(name_end + 2);
    if (Read(Field(rest, kParentField), stat.parent) && Read(Field(rest, kStartedField), stat.started)) return stat;
  }
  return Error{ErrorCode::kCorrupt, "/proc/PID/stat", "not a line of a process"};
}

Result<ProcessStat> ReadProcessStat(std::uint32_t pid) {
  const Result<std::string> line = ReadOf(pid, "stat");
  if (!line.ok()) return line.error();
  return ParseProcessStat(line.value());
}

// The kernel writes the program's name, which comes before it, with its line ends escaped.
Result<std::uint32_t> ParseRealUid(std::string_view status) {
  constexpr std::string_view kUid = "\nUid:\t";
  const std::size_t at = status.find(kUid);
  std::uint32_t uid = 0;
  if (at != std::string_view::npos) {
    const std::string_view rest = status.substr(at + kUid.size());
    if (Read(rest.substr(0, rest.find('\t')), uid)) return uid;
  }
  return Error{ErrorCode::kCorrupt, "/proc/PID/status", "does not say whose process it is"};
}

Result<std::uint32_t> ReadRealUid(std::uint32_t pid) {
  const Result<std::string> status = ReadOf(pid, "status");
  if (!status.ok()) return status.error();
  return ParseRealUid(status.value());
}

Result<std::uint32_t> ReadLoginUid(std::uint32_t pid) {
  const Result<std::string> text = ReadOf(pid, "loginuid");
  if (!text.ok()) return text.error();
  std::uint32_t uid = 0;
  if (Read(std::string_view(text.value()), uid)) return uid;
  return Error{ErrorCode::kCorrupt, "/proc/PID/loginuid", "not a number"};
}

}  // namespace sekimori::drivers
