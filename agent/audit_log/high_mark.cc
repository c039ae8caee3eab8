#include "agent/audit_log/high_mark.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "proto/signing/sha256.h"

namespace sekimori::audit_log {
namespace {

using namespace std::string_view_literals;
using signing::AsBytes;

// Domain, log id, sequence, hash, and SHA-256 over all of them (against a torn write, not against an intruder).
constexpr std::string_view kDomain = "sekimori mark v1\0"sv;
constexpr std::size_t kBody = kDomain.size() + 16 + 8 + 32;
constexpr std::size_t kSize = kBody + 32;

std::filesystem::path MarkName(const std::filesystem::path& path) {
  std::filesystem::path name = path;
  name += "-mark";
  return name;
}

std::string Encode(const Mark& mark) {
  std::string bytes(kDomain);
  bytes += AsBytes(mark.log_id);
  for (unsigned shift = 64; shift > 0; shift -= 8)
    bytes.push_back(static_cast<char>(mark.head.sequence >> (shift - 8) & 0xffU));
  bytes += AsBytes(mark.head.hash);
  bytes += AsBytes(signing::Sha256(bytes));
  return bytes;
}

std::optional<Mark> ReadFrom(int fd) {
  std::array<char, kSize> bytes{};
  if (pread(fd, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return std::nullopt;
  const std::string_view text(bytes.data(), bytes.size());
  if (!text.starts_with(kDomain) || text.substr(kBody) != AsBytes(signing::Sha256(text.substr(0, kBody))))
    return std::nullopt;
  Mark mark;
  std::string_view rest = text.substr(kDomain.size());
  std::copy_n(rest.begin(), mark.log_id.size(), reinterpret_cast<char*>(mark.log_id.data()));
  rest.remove_prefix(mark.log_id.size());
  for (const char byte : rest.substr(0, 8))
    mark.head.sequence = mark.head.sequence << 8U | static_cast<unsigned char>(byte);
  rest.remove_prefix(8);
  std::copy_n(rest.begin(), mark.head.hash.size(), reinterpret_cast<char*>(mark.head.hash.data()));
  return mark;
}

}  // namespace

Result<HighMark> HighMark::Open(const std::filesystem::path& path) {
  const std::filesystem::path name = MarkName(path);
  ScopedFd file(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return SystemError(name, "open");
  return HighMark(std::move(file));
}

std::optional<Mark> HighMark::Read() const {
  return ReadFrom(file_.get());
}

void HighMark::Write(const Mark& mark) const {
  const std::string bytes = Encode(mark);
  [[maybe_unused]] const ssize_t written = pwrite(file_.get(), bytes.data(), bytes.size(), 0);
}

std::optional<Mark> ReadMark(const std::filesystem::path& path) {
  const ScopedFd file(open(MarkName(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return file.get() < 0 ? std::nullopt : ReadFrom(file.get());
}

}  // namespace sekimori::audit_log
