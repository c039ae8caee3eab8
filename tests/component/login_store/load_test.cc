// Many users, and many logins at once.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/component/login_store/store_fixture.h"

namespace sekimori::login_store {
namespace {

class LoadTest : public StoreFixture {
 protected:
  // In memory: enrolling ten thousand one after the other waits for a disk ten thousand times.
  [[nodiscard]] std::filesystem::path Place() const override { return "/dev/shm"; }
};

TEST_F(LoadTest, FindsOneOfTenThousandUsersAtOnce) {
  constexpr std::uint32_t kUsers = 10'000;
  const Store store = Open();
  for (std::uint32_t uid = 1; uid <= kUsers; ++uid)
    ASSERT_TRUE(store->Enrol(uid, {Phone(), model::Secret("seed of " + std::to_string(uid))}).ok());
  const auto began = std::chrono::steady_clock::now();
  constexpr std::uint32_t kLookups = 1'000;
  for (std::uint32_t i = 0; i < kLookups; ++i) {
    const std::uint32_t uid = i * 7919 % kUsers + 1;
    ASSERT_EQ(store->Credentials(uid).value().size(), 1U);
    ASSERT_EQ(store->SecretOf({uid, "phone"}).value().bytes(), "seed of " + std::to_string(uid));
    ASSERT_EQ(store->Tries({uid, "phone"}).value(), 0U);
  }
  const auto each = (std::chrono::steady_clock::now() - began) / kLookups;
  RecordProperty("microseconds", std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(each).count()));
  // Three look-ups, far below what a walk over all rows would take; a tenth of what a login may take beside the human.
  EXPECT_LT(each, std::chrono::milliseconds(5));
}

TEST_F(LoadTest, NeverGivesTwoCallersOneNumberOrOneCounter) {
  constexpr std::uint32_t kThreads = 8, kEach = 200;
  const Store store = Open();
  Enrol(*store, 1000, Phone());
  std::vector<std::vector<std::uint32_t>> numbers(kThreads);
  std::vector<std::uint32_t> accepted(kThreads);
  std::atomic<std::uint32_t> misread{0};
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      for (std::uint32_t i = 1; i <= kEach; ++i) {
        numbers[thread].push_back(store->CountTry(phone_).value());
        if (store->AdvanceCounter(phone_, i).ok()) ++accepted[thread];
        for (int look = 0; look < 10; ++look) {
          const Result<std::uint32_t> tries = store->Tries(phone_);
          if (!tries.ok() || tries.value() < numbers[thread].back()) ++misread;
          if (const auto read = store->Credentials(1000); !read.ok() || read.value().size() != 1) ++misread;
        }
      }
    });
  for (std::thread& thread : threads)
    thread.join();
  std::vector<std::uint32_t> all;
  std::uint32_t passed = 0;
  for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
    all.insert(all.end(), numbers[thread].begin(), numbers[thread].end());
    passed += accepted[thread];
  }
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), kThreads * kEach);
  for (std::uint32_t i = 0; i < all.size(); ++i)
    ASSERT_EQ(all[i], i + 1);
  EXPECT_EQ(misread, 0U);
  EXPECT_LE(passed, kEach) << "each counter is accepted once at most";
  EXPECT_EQ(store->Counter(phone_).value(), kEach);
}

}  // namespace
}  // namespace sekimori::login_store
