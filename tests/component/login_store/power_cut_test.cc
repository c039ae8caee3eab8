// Power cuts, torn and lost writes, failing writes and syncs: a try that was counted stays counted.
#include <optional>
#include <random>

#include "tests/component/login_store/store_fixture.h"
#include "tests/component/sqlite/failing_disk.h"

namespace sekimori::login_store {
namespace {

namespace fs = std::filesystem;

using sqlite::FailingDisk;

struct Counted {
  std::uint32_t tries = 0;
  std::uint64_t counter = 0;
};

class PowerCutTest : public StoreFixture {
 protected:
  // Opens what a cut left, in a folder of its own.
  void CheckHolds(const FailingDisk::Image& image, const Counted& told, const std::string& when) {
    const fs::path place = top_ / "after";
    fs::remove_all(place);
    fs::create_directory(place);
    fs::permissions(place, fs::perms::owner_all);
    for (const auto& [path, content] : image) {
      const std::string name = fs::path(path).filename().string();
      if (!name.starts_with("logins.db") || name.find(".new") != std::string::npos) continue;
      Put(place / name, content);
      fs::permissions(place / name, fs::perms::owner_read | fs::perms::owner_write);
    }
    fs::copy_file(Key(), place / "login.key");
    const auto opened = SqliteLoginStore::Open(place, random_);
    ASSERT_TRUE(opened.ok()) << when << ": " << ToString(opened.error());
    SqliteLoginStore& store = *opened.value();
    const std::uint32_t tries = store.Tries(phone_).value();
    ASSERT_TRUE(tries == told.tries || tries == told.tries + 1) << when << ": " << tries << " after " << told.tries;
    const std::uint64_t counter = store.Counter(phone_).value().value_or(0);
    ASSERT_TRUE(counter == told.counter || counter == told.counter + 1) << when << ": " << counter;
    ASSERT_EQ(store.SecretOf(phone_).value().bytes(), "seed") << when;
  }
};

TEST_F(PowerCutTest, TakesNoCountedTryBack) {
  constexpr unsigned kSeed = 20260401;
  std::mt19937 random(kSeed);
  FailingDisk disk(kSeed);
  Store store = Open();
  Enrol(*store, 1000, Phone(), "seed");
  Counted told;
  for (int cut = 0; cut < 60; ++cut) {
    std::optional<FailingDisk::Image> left;
    Counted then;
    disk.CutAfter(static_cast<int>(random() % 40), [&](const FailingDisk::Image& image) {
      left = image;
      then = told;
    });
    while (!left) {
      told.tries = store->CountTry(phone_).value();
      ASSERT_TRUE(store->AdvanceCounter(phone_, told.counter + 1).ok());
      ++told.counter;
      if (random() % 8 != 0) continue;
      store.reset();  // folds the WAL into the file
      store = Open();
    }
    CheckHolds(*left, then, "cut " + std::to_string(cut));
    if (HasFatalFailure()) return;
  }
}

TEST_F(PowerCutTest, NeverCountsWhatAFailingDiskDidNotTake) {
  FailingDisk disk(7);
  Store store = Open();
  Enrol(*store, 1000, Phone(), "seed");
  Counted told;
  int refused = 0;
  for (int operations = 0; operations < 60; ++operations) {
    const std::string when = "failing after " + std::to_string(operations);
    disk.FailAfter(operations);
    while (disk.failures() == 0) {
      const Result<std::uint32_t> counted = store->CountTry(phone_);
      if (counted.ok()) {
        told.tries = counted.value();
        continue;
      }
      ++refused;
      ASSERT_EQ(counted.error().code, ErrorCode::kIo) << when << ": " << ToString(counted.error());
      ASSERT_EQ(store->Tries(phone_).value(), told.tries) << when;
    }
    disk.Repair();
    ASSERT_EQ(store->CountTry(phone_).value(), told.tries + 1) << when << ": it goes on";
    ++told.tries;
    if (operations % 10 == 0) {
      store.reset();
      store = Open();
      ASSERT_EQ(store->Tries(phone_).value(), told.tries) << when;
    }
  }
  EXPECT_GT(refused, 30) << "the failures did hit tries";
}

}  // namespace
}  // namespace sekimori::login_store
