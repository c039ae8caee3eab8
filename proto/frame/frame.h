// Length-prefixed frames: u32 big-endian length, then that many bytes. Bounded, so a peer cannot make us hold more than
// one unfinished frame. Bytes, and what may be said in which state: proto/frame/FORMAT.md. Single-threaded values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/result.h"

namespace sekimori::frame {

inline constexpr std::size_t kHeaderSize = 4;
inline constexpr std::size_t kMaxFrame = std::size_t{1} << 20;  // payload bytes

// Appends header and payload to `out`. kTooLarge when payload exceeds kMaxFrame; `out` is then unchanged.
[[nodiscard]] Status AppendFrame(std::string& out, std::string_view payload);

// Takes bytes as they come and gives whole payloads back, in order, however the bytes were cut. Who calls Next() until
// it has nothing after every Feed() holds at most kHeaderSize + max_frame bytes plus what was fed last. Every byte is
// moved a bounded number of times. Memory of a large frame is given back once it is taken.
class FrameReader {
 public:
  explicit FrameReader(std::size_t max_frame = kMaxFrame);

  // kTooLarge: a header announces more than max_frame. The reader is then spent: every later Feed fails alike, and
  // Next gives only the frames that were whole before that header.
  [[nodiscard]] Status Feed(std::span<const std::byte> bytes);
  // The next whole payload, or nothing yet.
  [[nodiscard]] std::optional<std::string> Next();
  // Bytes held that Next has not given back yet.
  [[nodiscard]] std::size_t pending() const;
  // Overwrites what is held and what was held before: the frame that was taken last was a secret.
  void Wipe();

 private:
  [[nodiscard]] bool HeadersFit();
  void Compact();

  std::size_t max_frame_;
  std::string buffer_;
  std::size_t read_ = 0;         // where the next frame to give begins
  std::size_t next_header_ = 0;  // where the first header not looked at yet begins, or will begin
  bool broken_ = false;
};

}  // namespace sekimori::frame
