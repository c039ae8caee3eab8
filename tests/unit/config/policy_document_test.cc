// A collector's policy is judged by the terminal itself: key, kind, site, group, version, and only then its text.
#include "agent/config/policy_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/config/newest_policy.h"
#include "agent/config/site_file.h"
#include "proto/signing/signed_document.h"

namespace sekimori::config {
namespace {

using testing::HasSubstr;

class PolicyDocument : public testing::Test {
 protected:
  PolicyDocument() {
    facts_.site_id = "site-1";
    facts_.terminal_id = "terminal-1";
    facts_.group = "madoguchi";
    facts_.collector_host = "collector.example";
    facts_.collector_port = 7443;
    facts_.server_name = "collector.example";
    facts_.policy_key_der = key_.public_key().spki_der();

    document_.set_site_id("site-1");
    document_.set_group("madoguchi");
    document_.set_version(7);
    document_.set_toml("mode = \"enforce\"\nname = \"配布\"\n");
  }

  [[nodiscard]] std::string Signed(const signing::SigningKey& key) const {
    return signing::SignDocument(key, proto::DOCUMENT_POLICY, document_.SerializeAsString())
        .value()
        .SerializeAsString();
  }
  void ExpectRefused(const std::string& bytes, ErrorCode code, const std::string& detail) const {
    const Result<OpenedPolicy> opened = OpenPolicyDocument(bytes, facts_);
    ASSERT_FALSE(opened.ok()) << detail;
    EXPECT_EQ(ErrorCodeName(opened.error().code), ErrorCodeName(code)) << ToString(opened.error());
    EXPECT_THAT(opened.error().detail, HasSubstr(detail));
  }

  signing::SigningKey key_ = signing::SigningKey::Generate().value();
  signing::SigningKey other_key_ = signing::SigningKey::Generate().value();
  ports::SiteFacts facts_;
  proto::PolicyDocument document_;
};

TEST_F(PolicyDocument, OpensWhatTheSiteSigned) {
  const Result<OpenedPolicy> opened = OpenPolicyDocument(Signed(key_), facts_);
  ASSERT_TRUE(opened.ok()) << ToString(opened.error());
  EXPECT_EQ(opened.value().policy.version, 7U);
  EXPECT_EQ(opened.value().policy.source, model::PolicySource::kCollector);
  EXPECT_EQ(opened.value().policy.mode, model::Mode::kEnforce);
  EXPECT_EQ(opened.value().policy.name, "配布");
  EXPECT_EQ(opened.value().document_sha256, signing::Sha256(document_.SerializeAsString()));
}

TEST_F(PolicyDocument, SigningAgainIsTheSameDocument) {
  const std::string first = Signed(key_), second = Signed(key_);
  ASSERT_NE(first, second);
  EXPECT_EQ(OpenPolicyDocument(first, facts_).value().document_sha256,
            OpenPolicyDocument(second, facts_).value().document_sha256);
}

TEST_F(PolicyDocument, RefusesAnotherKey) {
  ExpectRefused(Signed(other_key_), ErrorCode::kUntrusted, "signed by key");
}

TEST_F(PolicyDocument, RefusesAChangedDocument) {
  proto::SignedDocument envelope;
  ASSERT_TRUE(envelope.ParseFromString(Signed(key_)));
  document_.set_toml("mode = \"observe\"");
  envelope.set_document(document_.SerializeAsString());
  ExpectRefused(envelope.SerializeAsString(), ErrorCode::kUntrusted, "signature");
}

TEST_F(PolicyDocument, RefusesAnotherKind) {
  proto::SignedDocument envelope;
  ASSERT_TRUE(envelope.ParseFromString(Signed(key_)));
  envelope.set_kind(proto::DOCUMENT_UNSPECIFIED);
  ExpectRefused(envelope.SerializeAsString(), ErrorCode::kInvalid, "kind");
}

TEST_F(PolicyDocument, RefusesAnotherSiteGroupOrNoVersion) {
  document_.set_site_id("site-2");
  ExpectRefused(Signed(key_), ErrorCode::kConflict, "it is for site \"site-2\"; want \"site-1\"");
  document_.set_site_id("site-1");
  document_.set_group("zeimu");
  ExpectRefused(Signed(key_), ErrorCode::kConflict, "it is for group \"zeimu\"; want \"madoguchi\"");
  document_.set_group("madoguchi");
  document_.set_version(0);
  ExpectRefused(Signed(key_), ErrorCode::kInvalid, "no version");
}

TEST_F(PolicyDocument, ForThisTerminalAloneMayBeOfAnyGroup) {
  EXPECT_EQ(OpenPolicyDocument(Signed(key_), facts_).value().policy.group, "madoguchi");
  document_.set_terminal_id("terminal-1");
  EXPECT_EQ(OpenPolicyDocument(Signed(key_), facts_).value().policy.group, "madoguchi");
  document_.set_group("zeimu");
  const Result<OpenedPolicy> opened = OpenPolicyDocument(Signed(key_), facts_);
  ASSERT_TRUE(opened.ok()) << ToString(opened.error());
  EXPECT_EQ(opened.value().policy.group, "zeimu");
}

TEST_F(PolicyDocument, ForAnotherTerminalIsRefusedWhateverItsGroup) {
  document_.set_terminal_id("terminal-2");
  ExpectRefused(Signed(key_), ErrorCode::kConflict, "it is for terminal \"terminal-2\"; want \"terminal-1\"");
  document_.set_group("zeimu");
  ExpectRefused(Signed(key_), ErrorCode::kConflict, "it is for terminal \"terminal-2\"; want \"terminal-1\"");
  facts_.terminal_id.clear();
  ExpectRefused(Signed(key_), ErrorCode::kConflict, "it is for terminal");
}

TEST_F(PolicyDocument, AMoveIsAsGoodAsItsSignatureAndItsSite) {
  document_.set_terminal_id("terminal-1");
  document_.set_group("zeimu");
  ExpectRefused(Signed(other_key_), ErrorCode::kUntrusted, "signed by key");
  document_.set_site_id("site-2");
  ExpectRefused(Signed(key_), ErrorCode::kConflict, "it is for site \"site-2\"; want \"site-1\"");
}

// What could not be written down again would leave a terminal without a group.
TEST_F(PolicyDocument, AMoveToAGroupThatCannotBeKeptIsRefused) {
  document_.set_terminal_id("terminal-1");
  for (const std::string& group : {std::string(), std::string("a\nb"), std::string(300, 'x')}) {
    document_.set_group(group);
    ExpectRefused(Signed(key_), ErrorCode::kInvalid, "");
  }
}

TEST_F(PolicyDocument, TellsTheLineOfAMistakeInThePolicy) {
  document_.set_toml("mode = \"enforce\"\nnam = \"x\"\n");
  const Result<OpenedPolicy> opened = OpenPolicyDocument(Signed(key_), facts_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(opened.error().where, "policy version 7:2");
}

TEST_F(PolicyDocument, RefusesDamage) {
  ExpectRefused("", ErrorCode::kInvalid, "kind");
  ExpectRefused("\xff\xff", ErrorCode::kCorrupt, "no signed document");
  ExpectRefused(std::string(signing::kMaxDocument + 4096, 'x'), ErrorCode::kTooLarge, "want at most");
  const std::string not_a_policy =
      signing::SignDocument(key_, proto::DOCUMENT_POLICY, "\xff\xff").value().SerializeAsString();
  ExpectRefused(not_a_policy, ErrorCode::kCorrupt, "no policy document");
  facts_.policy_key_der = "not a key";
  ExpectRefused(Signed(key_), ErrorCode::kCorrupt, "");
}

TEST_F(PolicyDocument, ClaimedVersionNeedsNoTrust) {
  EXPECT_EQ(ClaimedVersion(Signed(other_key_)), 7U);
  EXPECT_EQ(ClaimedVersion("\xff"), 0U);
  EXPECT_EQ(ClaimedVersion(""), 0U);
}

TEST(CheckFollows, NewerOrTheVerySame) {
  const NewestPolicy newest{"site-1", "terminal-1", 7, signing::Sha256("a")};
  EXPECT_TRUE(CheckFollows(newest, 8, signing::Sha256("b")).ok());
  EXPECT_TRUE(CheckFollows(newest, 7, signing::Sha256("a")).ok());
  EXPECT_EQ(CheckFollows(newest, 7, signing::Sha256("b")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(CheckFollows(newest, 6, signing::Sha256("a")).error().code, ErrorCode::kConflict);
}

TEST(NewestPolicy, ComesBackFromItsFile) {
  const NewestPolicy newest{"site \"1\"", "端末 1", 1234567890123, signing::Sha256("a")};
  const Result<NewestPolicy> read = ParseNewestPolicy(RenderNewestPolicy(newest), "policy.newest");
  ASSERT_TRUE(read.ok()) << ToString(read.error());
  EXPECT_EQ(read.value(), newest);
}

TEST(NewestPolicy, DamageIsCorrupt) {
  for (const char* text : {"", "site = \"a\"\nterminal = \"t\"\nversion = 0\ndocument = \"aa\"", "version = 1", "\xff"})
    EXPECT_EQ(ParseNewestPolicy(text, "policy.newest").error().code, ErrorCode::kCorrupt) << text;
}

TEST_F(PolicyDocument, SiteFactsComeBackFromTheirFile) {
  facts_.group = "窓口 \"1\"";
  const Result<ports::SiteFacts> read = ParseSiteFacts(RenderSiteFacts(facts_), "site.toml");
  ASSERT_TRUE(read.ok()) << ToString(read.error());
  EXPECT_EQ(read.value(), facts_);
  const std::string text = RenderSiteFacts(facts_);
  for (std::size_t cut = 0; cut + 1 < text.size(); cut += 7)
    EXPECT_FALSE(ParseSiteFacts(text.substr(0, cut), "site.toml").ok()) << "cut at " << cut;
  EXPECT_EQ(ParseSiteFacts("", "site.toml").error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace sekimori::config
