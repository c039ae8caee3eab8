#include "proto/signing/key.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sekimori::signing {
namespace {

namespace fs = std::filesystem;

class KeyFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sekimori-key-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ / "terminal.key";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void WriteFile(std::string_view text) const {
    std::ofstream(path_, std::ios::binary) << text;
    ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  }
  [[nodiscard]] ErrorCode LoadError() const {
    const Result<SigningKey> loaded = SigningKey::Load(path_);
    EXPECT_FALSE(loaded.ok());
    return loaded.ok() ? ErrorCode::kInternal : loaded.error().code;
  }

  fs::path folder_;
  fs::path path_;
};

SigningKey NewKey() {
  return std::move(SigningKey::Generate()).value();
}

TEST(SigningKey, SignsSoThatOnlyItsPublicKeyVerifies) {
  const SigningKey key = NewKey();
  const Result<std::string> signature = key.Sign("message");
  ASSERT_TRUE(signature.ok());
  EXPECT_TRUE(key.public_key().Verify("message", signature.value()));
  EXPECT_FALSE(key.public_key().Verify("massage", signature.value()));
  EXPECT_FALSE(NewKey().public_key().Verify("message", signature.value()));
}

TEST(VerifyKey, RefusesDamagedAndOversizedSignatures) {
  const SigningKey key = NewKey();
  const std::string signature = key.Sign("message").value();
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string damaged = signature;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    EXPECT_FALSE(key.public_key().Verify("message", damaged)) << "byte " << i;
  }
  EXPECT_FALSE(key.public_key().Verify("message", ""));
  EXPECT_FALSE(key.public_key().Verify("message", signature.substr(0, signature.size() - 1)));
  EXPECT_FALSE(key.public_key().Verify("message", signature + std::string(1, '\0')));
  EXPECT_FALSE(key.public_key().Verify("message", std::string(100'000, '\x30')));
}

TEST(VerifyKey, ReadsItsOwnEncodingBack) {
  const SigningKey key = NewKey();
  const std::string& der = key.public_key().spki_der();
  EXPECT_EQ(der.size(), 91U);
  const Result<VerifyKey> again = VerifyKey::FromSpkiDer(der);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again.value().spki_der(), der);
  EXPECT_EQ(again.value().key_id(), Sha256(der));
  EXPECT_TRUE(again.value().Verify("m", key.Sign("m").value()));
}

TEST(VerifyKey, RefusesWhatIsNotAnUncompressedP256Point) {
  const std::string good = NewKey().public_key().spki_der();
  std::string off_curve = good;
  off_curve.back() = static_cast<char>(off_curve.back() ^ 1);
  std::string other_curve = good;
  other_curve[22] = static_cast<char>(other_curve[22] ^ 1);  // last byte of the curve's object identifier
  const std::pair<const char*, std::string> cases[] = {{"empty", ""},
                                                       {"short", good.substr(0, 90)},
                                                       {"trailing byte", good + '\0'},
                                                       {"off the curve", off_curve},
                                                       {"another curve", other_curve},
                                                       {"zeros", std::string(91, '\0')},
                                                       {"point at zero", good.substr(0, 27) + std::string(64, '\0')}};
  for (const auto& [name, der] : cases) {
    const Result<VerifyKey> key = VerifyKey::FromSpkiDer(der);
    ASSERT_FALSE(key.ok()) << name;
    EXPECT_EQ(key.error().code, ErrorCode::kInvalid) << name;
  }
}

TEST_F(KeyFile, ComesBackFromItsFile) {
  const SigningKey key = NewKey();
  ASSERT_TRUE(key.SaveNew(path_).ok());
  const Result<SigningKey> loaded = SigningKey::Load(path_);
  ASSERT_TRUE(loaded.ok()) << ToString(loaded.error());
  EXPECT_EQ(loaded.value().public_key().key_id(), key.public_key().key_id());
  EXPECT_TRUE(key.public_key().Verify("m", loaded.value().Sign("m").value()));
}

TEST_F(KeyFile, IsReadableByItsOwnerOnlyWhateverTheUmask) {
  const mode_t before = umask(0);
  const Status saved = NewKey().SaveNew(path_);
  umask(before);
  ASSERT_TRUE(saved.ok()) << ToString(saved.error());
  struct stat facts {};
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
}

TEST_F(KeyFile, IsNeverOverwrittenAndLeavesNothingBesideIt) {
  const SigningKey first = NewKey();
  ASSERT_TRUE(first.SaveNew(path_).ok());
  const Status second = NewKey().SaveNew(path_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kExists);
  EXPECT_EQ(SigningKey::Load(path_).value().public_key().key_id(), first.public_key().key_id());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(KeyFile, IsRefusedWhenOthersCouldReadIt) {
  ASSERT_TRUE(NewKey().SaveNew(path_).ok());
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    EXPECT_EQ(LoadError(), ErrorCode::kDenied) << std::oct << mode;
  }
}

TEST_F(KeyFile, ThatIsMissingEmptyOrNotAKeyIsNamedSo) {
  EXPECT_EQ(LoadError(), ErrorCode::kNotFound);
  WriteFile("");
  EXPECT_EQ(LoadError(), ErrorCode::kInvalid);
  WriteFile("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  EXPECT_EQ(LoadError(), ErrorCode::kInvalid);
  WriteFile(std::string(5000, 'x'));
  EXPECT_EQ(LoadError(), ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace sekimori::signing
