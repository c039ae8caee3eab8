#include "proto/frame/frame.h"

#include <algorithm>

namespace sekimori::frame {
namespace {

// What a reader may keep allocated while nothing is coming: one TLS record's worth.
constexpr std::size_t kIdleCapacity = std::size_t{16} << 10;

std::size_t ReadLength(std::string_view header) {
  std::size_t length = 0;
  for (const char byte : header.substr(0, kHeaderSize))
    length = length << 8U | static_cast<unsigned char>(byte);
  return length;
}

Error TooLarge(std::size_t max) {
  return Error{ErrorCode::kTooLarge, "frame", "longer than " + std::to_string(max) + " bytes"};
}

}  // namespace

Status AppendFrame(std::string& out, std::string_view payload) {
  if (payload.size() > kMaxFrame) return TooLarge(kMaxFrame);
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(payload.size() >> static_cast<unsigned>(shift) & 0xffU));
  out.append(payload);
  return Status::Ok();
}

FrameReader::FrameReader(std::size_t max_frame) : max_frame_(std::min<std::size_t>(max_frame, UINT32_MAX)) {}

Status FrameReader::Feed(std::span<const std::byte> bytes) {
  if (broken_) return TooLarge(max_frame_);
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!HeadersFit()) {
    broken_ = true;
    // Nothing after the bad header can be told apart.
    buffer_.resize(next_header_);
    return TooLarge(max_frame_);
  }
  return Status::Ok();
}

bool FrameReader::HeadersFit() {
  while (next_header_ <= buffer_.size() && buffer_.size() - next_header_ >= kHeaderSize) {
    const std::size_t length = ReadLength(std::string_view(buffer_).substr(next_header_));
    if (length > max_frame_) return false;
    next_header_ += kHeaderSize + length;
  }
  return true;
}

std::optional<std::string> FrameReader::Next() {
  if (buffer_.size() - read_ < kHeaderSize) return std::nullopt;
  const std::size_t length = ReadLength(std::string_view(buffer_).substr(read_));
  if (buffer_.size() - read_ - kHeaderSize < length) return std::nullopt;
  std::optional<std::string> payload(std::in_place, buffer_, read_ + kHeaderSize, length);
  read_ += kHeaderSize + length;
  Compact();
  return payload;
}

void FrameReader::Compact() {
  // Only when at least half is used up: what is moved is then never more than what was given back before.
  if (read_ < buffer_.size() - read_) return;
  buffer_.erase(0, read_);
  next_header_ -= read_;
  read_ = 0;
  if (buffer_.size() <= kIdleCapacity && buffer_.capacity() > 2 * kIdleCapacity) buffer_.shrink_to_fit();
}

void FrameReader::Wipe() {
  buffer_.resize(buffer_.capacity());
  // Through a volatile pointer the writes are kept, although nobody reads what they leave.
  volatile char* bytes = buffer_.data();
  for (std::size_t i = 0; i < buffer_.size(); ++i)
    bytes[i] = '\0';
  buffer_.clear();
  read_ = next_header_ = 0;
}

std::size_t FrameReader::pending() const {
  return buffer_.size() - read_;
}

}  // namespace sekimori::frame
