// A folder with a store of logins in it, and somebody with another program. For the tests of login_store.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "agent/login_store/sqlite_login_store.h"
#include "tests/fakes/fake_random.h"

namespace sekimori::login_store {

inline model::Credential Phone(std::string id = "phone") {
  return {.id = std::move(id), .method = model::Method::kTotp, .label = "私物の電話"};
}

class StoreFixture : public ::testing::Test {
 protected:
  using Store = std::unique_ptr<SqliteLoginStore>;

  void SetUp() override {
    std::string name = (Place() / "sekimori-logins-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    top_ = name;
    folder_ = top_ / "state";
    std::filesystem::create_directory(folder_);
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
  }
  void TearDown() override { std::filesystem::remove_all(top_); }

  [[nodiscard]] virtual std::filesystem::path Place() const { return std::filesystem::temp_directory_path(); }
  [[nodiscard]] Store Open() {
    Result<Store> opened = SqliteLoginStore::Open(folder_, random_);
    EXPECT_TRUE(opened.ok()) << ToString(opened.error());
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  // nullopt: it opened.
  [[nodiscard]] std::optional<ErrorCode> OpenError() {
    const Result<Store> opened = SqliteLoginStore::Open(folder_, random_);
    return opened.ok() ? std::nullopt : std::optional(opened.error().code);
  }
  static void Enrol(SqliteLoginStore& store, std::uint32_t uid, const model::Credential& credential,
                    std::string_view secret = "a seed nobody may see") {
    const Status enrolled = store.Enrol(uid, {credential, model::Secret(secret)});
    ASSERT_TRUE(enrolled.ok()) << ToString(enrolled.error());
  }
  void Sql(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(Database().c_str(), &database), SQLITE_OK);
    char* words = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &words), SQLITE_OK)
        << sql << ": " << (words != nullptr ? words : "");
    sqlite3_free(words);
    sqlite3_close(database);
  }
  // The one number that the statement gives.
  [[nodiscard]] std::int64_t Ask(const std::string& sql) const {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_open(Database().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sql;
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW) << sql;
    const std::int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
  }
  [[nodiscard]] std::filesystem::path Database() const { return folder_ / "logins.db"; }
  [[nodiscard]] std::filesystem::path Key() const { return folder_ / "login.key"; }
  [[nodiscard]] static std::string ReadWhole(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  static void Put(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  std::filesystem::path top_, folder_;
  fakes::FakeRandom random_;
  const model::CredentialKey phone_{1000, "phone"};
};

}  // namespace sekimori::login_store
