// The two files as files: made, closed to others, gone, exchanged. Nothing is repaired and nothing begins anew.
#include <functional>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/component/login_store/store_fixture.h"

namespace sekimori::login_store {
namespace {

namespace fs = std::filesystem;

class FilesTest : public StoreFixture {
 protected:
  void MakeOne() {
    const Store store = Open();
    Enrol(*store, 1000, Phone());
  }
  [[nodiscard]] static unsigned ModeOf(const fs::path& path) {
    struct stat facts {};
    return stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777U : 0;
  }
};

TEST_F(FilesTest, AreMadeForTheirOwnerAlone) {
  const mode_t before = umask(0);
  const Store store = Open();
  umask(before);
  ASSERT_TRUE(store->CountTry(phone_).ok());
  for (const char* const name : {"logins.db", "logins.db-wal", "login.key"})
    EXPECT_EQ(ModeOf(folder_ / name), 0600U) << name;
  EXPECT_EQ(fs::file_size(Key()), 32U);
}

TEST_F(FilesTest, HoldNoSecretInTheClear) {
  const std::string seed = "a seed nobody may see";
  const Store store = Open();
  Enrol(*store, 1000, Phone(), seed);
  std::size_t looked_at = 0;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string bytes = ReadWhole(entry.path());
    looked_at += bytes.size();
    EXPECT_EQ(bytes.find(seed), std::string::npos) << entry.path();
    EXPECT_EQ(bytes.find(seed.substr(0, 8)), std::string::npos) << entry.path();
  }
  EXPECT_GT(looked_at, 10'000U);
  EXPECT_EQ(store->SecretOf(phone_).value().bytes(), seed);
}

TEST_F(FilesTest, SealTheSameSecretDifferentlyEachTime) {
  const Store store = Open();
  Enrol(*store, 1000, Phone());
  Enrol(*store, 1001, Phone());
  EXPECT_EQ(Ask("SELECT count(DISTINCT substr(sealed, 1, 12)) FROM credentials"), 2);
  EXPECT_EQ(Ask("SELECT count(DISTINCT substr(sealed, 13, 16)) FROM credentials"), 2);
}

TEST_F(FilesTest, ThatAreDamagedGoneOrExchangedOpenNothing) {
  const auto sql = [this](const char* text) { return [this, text] { Sql(text); }; };
  const fs::path database = Database(), key = Key();
  struct Case {
    const char* name;
    std::function<void()> make;
    ErrorCode code;
  };
  const std::vector<Case> cases = {
      {"key gone", [&] { fs::remove(key); }, ErrorCode::kCorrupt},
      {"key cut", [&] { fs::resize_file(key, 31); }, ErrorCode::kCorrupt},
      {"key too long", [&] { fs::resize_file(key, 33); }, ErrorCode::kCorrupt},
      {"key emptied", [&] { fs::resize_file(key, 0); }, ErrorCode::kCorrupt},
      {"another key", [&] { Put(key, std::string(32, 'k')); }, ErrorCode::kCorrupt},
      {"another key, and its check put in with it",
       [&] {
         Put(key, std::string(32, 'k'));
         Sql("UPDATE store SET key_check = x''");
       },
       ErrorCode::kCorrupt},
      {"key open to others", [&] { chmod(key.c_str(), 0640); }, ErrorCode::kDenied},
      {"database gone", [&] { fs::remove(database); }, ErrorCode::kCorrupt},
      {"database and key gone, WAL left",
       [&] {
         fs::remove(database);
         fs::remove(key);
         Put(database.string() + "-wal", "x");
       },
       ErrorCode::kCorrupt},
      {"database emptied", [&] { fs::resize_file(database, 0); }, ErrorCode::kCorrupt},
      {"database overwritten", [&] { Put(database, std::string(8192, 'x')); }, ErrorCode::kCorrupt},
      {"database cut", [&] { fs::resize_file(database, 8192); }, ErrorCode::kCorrupt},
      {"a page overwritten",
       [&] {
         std::string bytes = ReadWhole(database);
         bytes.replace(bytes.size() - 4096, 4096, std::string(4096, 'x'));
         Put(database, bytes);
       },
       ErrorCode::kCorrupt},
      {"database open to others", [&] { chmod(database.c_str(), 0644); }, ErrorCode::kDenied},
      {"a link in the database's place",
       [&] {
         fs::rename(database, folder_ / "elsewhere");
         fs::create_symlink("elsewhere", database);
       },
       ErrorCode::kDenied},
      {"folder open to others", [&] { chmod(folder_.c_str(), 0777); }, ErrorCode::kDenied},
      {"another product's", sql("PRAGMA application_id = 1"), ErrorCode::kCorrupt},
      {"of a newer version", sql("PRAGMA user_version = 2"), ErrorCode::kUnsupported},
      {"table added", sql("CREATE TABLE more (a)"), ErrorCode::kCorrupt},
      {"table dropped", sql("DROP TABLE tries"), ErrorCode::kCorrupt},
      {"trigger added", sql("CREATE TRIGGER t AFTER INSERT ON tries BEGIN DELETE FROM tries; END"),
       ErrorCode::kCorrupt},
      {"row about itself deleted", sql("DELETE FROM store"), ErrorCode::kCorrupt},
  };
  for (const Case& each : cases) {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
    chmod(folder_.c_str(), 0700);
    MakeOne();
    each.make();
    const std::string key_before = ReadWhole(key), database_before = ReadWhole(database);
    EXPECT_EQ(OpenError(), each.code) << each.name;
    EXPECT_EQ(OpenError(), each.code) << each.name << ", and again";
    EXPECT_EQ(ReadWhole(key), key_before) << each.name << ": nothing is made anew";
    EXPECT_EQ(ReadWhole(database), database_before) << each.name;
  }
}

TEST_F(FilesTest, MadeHalfByAPowerCutAreFinished) {
  (void)Open();
  fs::remove(Key());  // cut after the database, before the key
  Sql("UPDATE store SET key_check = x''");
  EXPECT_EQ(OpenError(), std::nullopt);
  Sql("UPDATE store SET key_check = x''");  // cut after the key
  EXPECT_EQ(OpenError(), std::nullopt);
  fs::remove(Key());  // nothing was sealed with it
  {
    const Store store = Open();
    Enrol(*store, 1000, Phone(), "seed");
  }
  EXPECT_EQ(Open()->SecretOf(phone_).value().bytes(), "seed");
  std::string begun;
  {
    const Store store = Open();
    ASSERT_TRUE(store->CountTry(phone_).ok());
    begun = ReadWhole(Database().string() + "-wal");
  }
  ASSERT_FALSE(begun.empty());
  fs::rename(Database(), Database().string() + ".new");  // cut before the new database had its name
  fs::remove(Key());
  Put(Database().string() + ".new-wal", begun);
  const Store store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_TRUE(store->Credentials(1000).value().empty());
}

TEST_F(FilesTest, WithAKeyThatIsNoneSealNothing) {
  (void)Open();
  for (const std::size_t length : {0, 31, 33}) {
    fs::resize_file(Key(), length);
    EXPECT_EQ(OpenError(), ErrorCode::kCorrupt) << length;
  }
}

TEST_F(FilesTest, TakenAwayUnderARunningAgentAnswerNothing) {
  MakeOne();
  const Store store = Open();
  fs::rename(Database(), folder_ / "elsewhere");
  EXPECT_EQ(store->Credentials(1000).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store->SecretOf(phone_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store->CountTry(phone_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store->Newest().error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(fs::exists(Database()));
}

TEST_F(FilesTest, AreNotMadeWithoutAFolderOrChance) {
  random_.Fail(Error{ErrorCode::kUnavailable, "chance", "none"});
  EXPECT_EQ(OpenError(), ErrorCode::kUnavailable);
  EXPECT_FALSE(fs::exists(Key()));
  random_.Fail(std::nullopt);
  EXPECT_EQ(OpenError(), std::nullopt);
  fs::remove_all(folder_);
  EXPECT_EQ(OpenError(), ErrorCode::kIo);
}

}  // namespace
}  // namespace sekimori::login_store
