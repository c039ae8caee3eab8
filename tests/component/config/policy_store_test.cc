// The policy store on a real file system: what survives, what is refused, and that nothing ever goes back.
#include "agent/config/policy_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/config/agent_config.h"
#include "tests/component/config/policy_rig.h"

namespace sekimori::config {
namespace {

using fs::perms;
using testing::HasSubstr;

using PolicyStore = PolicyRig;

TEST_F(PolicyStore, LocalPolicyIsReadAfreshAndMistakesAreToldByLine) {
  EXPECT_EQ(CodeOf(store_.LoadLocal()), "not_found");
  Write(local_, "mode = \"enforce\"\n");
  EXPECT_EQ(store_.LoadLocal().value().mode, model::Mode::kEnforce);
  Write(local_, "\n\nmood = 1\n");
  const Result<model::Policy> mistaken = store_.LoadLocal();
  ASSERT_FALSE(mistaken.ok());
  EXPECT_EQ(mistaken.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(mistaken.error().where, "policy.toml:3");
}

TEST_F(PolicyStore, LocalPolicyThatOthersCanWriteIsRefused) {
  Write(local_, "mode = \"observe\"\n");
  fs::permissions(local_, perms::owner_read | perms::owner_write | perms::group_write);
  EXPECT_EQ(CodeOf(store_.LoadLocal()), "denied");
  fs::permissions(local_, perms::owner_read | perms::owner_write | perms::others_write);
  EXPECT_EQ(CodeOf(store_.LoadLocal()), "denied");
  fs::permissions(local_, perms::owner_read | perms::owner_write | perms::group_read | perms::others_read);
  EXPECT_EQ(CodeOf(store_.LoadLocal()), "ok");
}

TEST_F(PolicyStore, LocalPolicyMustBeASmallFile) {
  fs::create_directory(local_);
  EXPECT_EQ(CodeOf(store_.LoadLocal()), "invalid");
  fs::remove(local_);
  Write(local_, std::string((std::size_t{1} << 20) + 1, '#'));
  EXPECT_EQ(CodeOf(store_.LoadLocal()), "too_large");
}

TEST_F(PolicyStore, NothingIsTrustedBeforeEnrolment) {
  EXPECT_EQ(CodeOf(store_.LoadCollector()), "not_found");
  EXPECT_EQ(CodeOf(store_.Verify(Document(1))), "untrusted");
  EXPECT_EQ(CodeOf(store_.Keep(Document(1))), "untrusted");
  EXPECT_FALSE(fs::exists(state_ / "policy.signed"));
}

TEST_F(PolicyStore, KeepsTheLastGoodPolicyAcrossRestarts) {
  Enrol();
  EXPECT_EQ(CodeOf(store_.LoadCollector()), "not_found");
  EXPECT_EQ(CodeOf(store_.Verify(Document(3))), "ok");
  EXPECT_FALSE(fs::exists(state_ / "policy.signed")) << "Verify changes nothing";
  ASSERT_EQ(CodeOf(store_.Keep(Document(3, "name = \"三\"\n"))), "ok");
  FileSiteStore site_again(state_ / "site.toml");
  const FilePolicyStore again(local_, state_, site_again);
  const Result<model::Policy> loaded = again.LoadCollector();
  ASSERT_TRUE(loaded.ok()) << ToString(loaded.error());
  EXPECT_EQ(loaded.value().version, 3U);
  EXPECT_EQ(loaded.value().name, "三");
  EXPECT_EQ(loaded.value().source, model::PolicySource::kCollector);
}

TEST_F(PolicyStore, NeverGoesBack) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  EXPECT_EQ(CodeOf(store_.Verify(Document(4))), "conflict");
  EXPECT_EQ(CodeOf(store_.Keep(Document(4))), "conflict");
  EXPECT_EQ(CodeOf(store_.Keep(Document(5, "name = \"another\"\n"))), "conflict");
  EXPECT_EQ(CodeOf(store_.Keep(Document(5))), "ok") << "the same document, signed again";
  EXPECT_EQ(store_.LoadCollector().value().version, 5U);
  EXPECT_EQ(CodeOf(store_.Keep(Document(6))), "ok");
  EXPECT_EQ(store_.LoadCollector().value().version, 6U);
}

TEST_F(PolicyStore, ARefusedOfferLeavesTheLastGoodOne) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  const std::string kept = Read(state_ / "policy.signed");
  EXPECT_EQ(CodeOf(store_.Keep(Document(6, "mode = \"enforced\"\n"))), "invalid");
  EXPECT_EQ(CodeOf(store_.Keep("garbage")), "corrupt");
  EXPECT_EQ(Read(state_ / "policy.signed"), kept);
  EXPECT_EQ(store_.OfferedVersion(Document(6, "mode = \"enforced\"\n")), 6U);
}

TEST_F(PolicyStore, AnOldCopyPutBackIsSeen) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  const std::string old_copy = Read(state_ / "policy.signed");
  ASSERT_EQ(CodeOf(store_.Keep(Document(6))), "ok");
  Write(state_ / "policy.signed", old_copy);
  EXPECT_EQ(CodeOf(store_.LoadCollector()), "conflict");
  EXPECT_EQ(CodeOf(store_.Verify(old_copy)), "conflict");
  EXPECT_EQ(CodeOf(store_.Keep(Document(7))), "ok") << "a newer one mends it";
}

TEST_F(PolicyStore, ALostPolicyFileIsNotTheSameAsNone) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  fs::remove(state_ / "policy.signed");
  const Result<model::Policy> lost = store_.LoadCollector();
  EXPECT_EQ(CodeOf(lost), "corrupt");
  EXPECT_THAT(lost.error().detail, HasSubstr("version 5 was taken"));
  EXPECT_EQ(CodeOf(store_.Verify(Document(4))), "conflict");
  EXPECT_EQ(CodeOf(store_.Keep(Document(5))), "ok") << "the collector may send it again";
  EXPECT_EQ(store_.LoadCollector().value().version, 5U);
}

// The mark is written after the policy; a power cut between the two leaves the old mark beside the new policy.
TEST_F(PolicyStore, APolicyNewerThanItsMarkCounts) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  const std::string old_mark = Read(state_ / "policy.newest");
  ASSERT_EQ(CodeOf(store_.Keep(Document(6))), "ok");
  Write(state_ / "policy.newest", old_mark);
  EXPECT_EQ(store_.LoadCollector().value().version, 6U);
  EXPECT_EQ(CodeOf(store_.Verify(Document(5))), "conflict");
}

TEST_F(PolicyStore, ADamagedMarkIsBornByAGoodPolicyOnly) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  Write(state_ / "policy.newest", "version = ");
  EXPECT_EQ(CodeOf(store_.Verify(Document(4))), "conflict");
  EXPECT_EQ(store_.LoadCollector().value().version, 5U);
  fs::remove(state_ / "policy.signed");
  EXPECT_EQ(CodeOf(store_.LoadCollector()), "corrupt");
  EXPECT_EQ(CodeOf(store_.Verify(Document(9))), "corrupt");
}

TEST_F(PolicyStore, EveryByteOfTheKeptPolicyMatters) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(5))), "ok");
  const std::string kept = Read(state_ / "policy.signed");
  for (std::size_t i = 0; i < kept.size(); ++i) {
    std::string damaged = kept;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x01);
    Write(state_ / "policy.signed", damaged);
    EXPECT_NE(CodeOf(store_.LoadCollector()), "ok") << "byte " << i;
  }
}

TEST_F(PolicyStore, AnotherSitesMarkSaysNothing) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(50))), "ok");
  facts_.site_id = "site-2";
  Enrol();
  EXPECT_EQ(CodeOf(store_.LoadCollector()), "conflict") << "the old site's policy is not this one's";
  EXPECT_EQ(CodeOf(store_.Keep(Document(1))), "ok");
  EXPECT_EQ(store_.LoadCollector().value().version, 1U);
}

TEST_F(PolicyStore, BaselineSurvives) {
  EXPECT_EQ(store_.LoadBaseline().error().code, ErrorCode::kNotFound);
  const model::Baseline baseline{{.vendor = 0x046d,
                                  .product = 0xc31c,
                                  .serial = "漢字\x1b",
                                  .interfaces = {{0x03, 0x01, 0x01}},
                                  .kind = {},
                                  .product_name = "Keyboard"}};
  ASSERT_TRUE(store_.SaveBaseline(baseline).ok());
  EXPECT_EQ(store_.LoadBaseline().value(), baseline);
  ASSERT_TRUE(store_.SaveBaseline({}).ok());
  EXPECT_TRUE(store_.LoadBaseline().value().empty());
}

TEST_F(PolicyStore, TheMarkerStandsWhileEnforcing) {
  EXPECT_FALSE(store_.MarkedEnforcing());
  EXPECT_EQ(CodeOf(store_.MarkEnforcing(false)), "ok");
  ASSERT_EQ(CodeOf(store_.MarkEnforcing(true)), "ok");
  EXPECT_TRUE(store_.MarkedEnforcing());
  ASSERT_EQ(CodeOf(store_.MarkEnforcing(true)), "ok");
  ASSERT_EQ(CodeOf(store_.MarkEnforcing(false)), "ok");
  EXPECT_FALSE(store_.MarkedEnforcing());
}

TEST_F(PolicyStore, AMarkerThatCannotBeLookedForCounts) {
  Write(directory_ / "file", "");
  const FilePolicyStore under_a_file(local_, directory_ / "file", site_);
  EXPECT_TRUE(under_a_file.MarkedEnforcing());
}

TEST_F(PolicyStore, StateFilesAreTheAgentsAlone) {
  Enrol();
  ASSERT_EQ(CodeOf(store_.Keep(Document(1))), "ok");
  ASSERT_TRUE(store_.SaveBaseline({}).ok());
  ASSERT_TRUE(store_.MarkEnforcing(true).ok());
  std::size_t seen = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(state_)) {
    EXPECT_EQ(entry.status().permissions(), perms::owner_read | perms::owner_write) << entry.path();
    ++seen;
  }
  EXPECT_EQ(seen, 5U) << "site.toml, policy.signed, policy.newest, baseline.toml, enforcing and nothing else";
}

TEST_F(PolicyStore, SiteFactsThatCouldNotBeReadAgainAreNotSaved) {
  facts_.group = "";
  EXPECT_EQ(site_.Save(facts_).error().code, ErrorCode::kInvalid);
  facts_.group = "a\nb";
  EXPECT_EQ(site_.Save(facts_).error().code, ErrorCode::kInvalid);
  facts_.group = "\xff";
  EXPECT_EQ(site_.Save(facts_).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(site_.Load().error().code, ErrorCode::kNotFound);
}

TEST_F(PolicyStore, AgentSettingsAreOptionalAndGuarded) {
  const fs::path file = directory_ / "agent.toml";
  EXPECT_EQ(LoadAgentConfig(file).value(), AgentConfig{});
  Write(file, "force-observe = true\n");
  EXPECT_TRUE(LoadAgentConfig(file).value().force_observe);
  fs::permissions(file, perms::owner_read | perms::owner_write | perms::others_write);
  EXPECT_EQ(LoadAgentConfig(file).error().code, ErrorCode::kDenied);
}

}  // namespace
}  // namespace sekimori::config
