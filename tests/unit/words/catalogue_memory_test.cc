// What asking for a sentence makes a program hold. In a program of its own, because it counts every allocation.
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "proto/words/words.h"

namespace {

std::atomic<std::size_t> allocated{0};

}  // namespace

void* operator new(std::size_t size) {
  allocated += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace sekimori::words {
namespace {

std::size_t AllocatedBySaying(Language language) {
  const std::size_t before = allocated;
  EXPECT_FALSE(Say(language, "cli.help").empty());
  return allocated - before;
}

TEST(Catalogue, OfALanguageThatNobodySpeaksIsNotHeld) {
  constexpr std::size_t kWhole = 50'000;
  EXPECT_GT(AllocatedBySaying(Language::kJapanese), kWhole);
  // Had the first question parsed both, this one would find everything there.
  EXPECT_GT(AllocatedBySaying(Language::kEnglish), kWhole);
  EXPECT_LT(AllocatedBySaying(Language::kJapanese), kWhole / 10);
}

}  // namespace
}  // namespace sekimori::words
