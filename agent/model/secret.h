// Bytes that wipe themselves: what a person typed, a seed, a ticket's text before it is sent. Cannot be copied by
// accident or printed. Req: R04
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace sekimori::model {

// Volatile, so that no compiler takes the writes for useless.
inline void WipeBytes(volatile char* bytes, std::size_t size) {
  for (std::size_t at = 0; at < size; ++at)
    bytes[at] = 0;
}

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes) : bytes_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
    bytes.copy(bytes_.get(), size_);
  }
  ~Secret() { Wipe(); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    Wipe();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  [[nodiscard]] Secret Copy() const { return Secret(bytes()); }
  // Valid as long as the secret is.
  [[nodiscard]] std::string_view bytes() const { return {bytes_.get(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  void Wipe() {
    WipeBytes(bytes_.get(), size_);
    bytes_.reset();
    size_ = 0;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

// Takes the same time wherever the first difference is; the lengths are no secret.
[[nodiscard]] inline bool SameSecret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t at = 0; at < a.size(); ++at)
    difference = static_cast<unsigned char>(difference | (a[at] ^ b[at]));
  return difference == 0;
}

}  // namespace sekimori::model
