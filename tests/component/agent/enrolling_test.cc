#include "agent/enrolling.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/fakes/fake_link.h"
#include "tests/fakes/fake_site_store.h"

namespace sekimori::agent {
namespace {

using std::chrono::seconds;
using Clock = Enrolling::Clock;

class EnrollingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sekimori-enrolling-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    token_file_ = folder_ / "enrolment-token";
    enrolling_ = std::make_unique<Enrolling>(
        token_file_, site_, link_, [this](Status status) { told_.push_back(std::move(status)); }, [this] { ++wakes_; });
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void PutToken(const std::string& token, mode_t mode = 0600) const {
    std::ofstream(token_file_) << token;
    ASSERT_EQ(::chmod(token_file_.c_str(), mode), 0);
  }
  void Look(bool afresh = false) { enrolling_->Look(Clock::now(), afresh); }
  // The link's next attempts end so.
  void Outcome(ErrorCode code) { link_.enrolment = Error{code, "enrolment", "no"}; }
  [[nodiscard]] std::size_t attempts() const { return link_.tokens().size(); }

  std::filesystem::path folder_, token_file_;
  fakes::FakeLink link_;
  fakes::FakeSiteStore site_;
  std::vector<Status> told_;
  int wakes_ = 0;
  std::unique_ptr<Enrolling> enrolling_;
};

TEST_F(EnrollingTest, DoesNothingWithoutAToken) {
  Look(true);
  EXPECT_EQ(attempts(), 0U);
  EXPECT_FALSE(enrolling_->Due()) << "nothing is to wake anybody up";
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_TRUE(told_[0].ok());
}

TEST_F(EnrollingTest, UsesATokenOnceAndTakesItAway) {
  PutToken("SKM1.token");
  Look(true);
  ASSERT_EQ(attempts(), 1U);
  EXPECT_EQ(link_.tokens()[0], "SKM1.token");
  EXPECT_FALSE(std::filesystem::exists(token_file_));
  EXPECT_TRUE(told_.back().ok());
  EXPECT_EQ(wakes_, 1);
  Look();
  EXPECT_EQ(attempts(), 1U);
}

TEST_F(EnrollingTest, TellsATokenFileItMustNotTrust) {
  PutToken("SKM1.token", 0644);
  Look(true);
  EXPECT_EQ(attempts(), 0U);
  EXPECT_EQ(told_.back().error().code, ErrorCode::kDenied);
  EXPECT_TRUE(std::filesystem::exists(token_file_));
}

TEST_F(EnrollingTest, TellsATokenFileThatIsTooLarge) {
  PutToken(std::string(8193, 'A'));
  Look(true);
  EXPECT_EQ(attempts(), 0U);
  EXPECT_EQ(told_.back().error().code, ErrorCode::kTooLarge);
}

TEST_F(EnrollingTest, LeavesATokenAloneOnATerminalThatIsEnrolled) {
  site_.facts = fakes::FakeSiteStore::Enrolled();
  PutToken("SKM1.token");
  Look(true);
  EXPECT_EQ(attempts(), 0U);
  EXPECT_EQ(told_.back().error().code, ErrorCode::kExists);
  EXPECT_TRUE(std::filesystem::exists(token_file_));
}

TEST_F(EnrollingTest, TellsWhatIsWrongWithFactsThatCannotBeRead) {
  site_.facts = Error{ErrorCode::kCorrupt, "site.toml:3", "not a UUID"};
  PutToken("SKM1.token");
  Look(true);
  EXPECT_EQ(attempts(), 0U) << "whether it is enrolled is not known";
  EXPECT_EQ(told_.back().error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(told_.back().error().where, "site.toml:3");
}

TEST_F(EnrollingTest, TriesAgainEverMoreSlowlyWhileTheCollectorIsAway) {
  PutToken("SKM1.token");
  Outcome(ErrorCode::kUnavailable);
  Look(true);
  for (seconds wait = Enrolling::kFirstRetry, last{0}; last < Enrolling::kSlowestRetry;) {
    const auto due = enrolling_->Due();
    ASSERT_TRUE(due);
    // It counts from the end of the attempt, which was just now.
    EXPECT_GT(*due, Clock::now() + wait - seconds{2});
    EXPECT_LE(*due, Clock::now() + wait);
    const std::size_t before = attempts();
    enrolling_->Look(*due - seconds{1}, false);
    EXPECT_EQ(attempts(), before) << "too early";
    enrolling_->Look(*due, false);
    EXPECT_EQ(attempts(), before + 1);
    last = wait;
    wait = std::min(wait * 2, Enrolling::kSlowestRetry);
  }
  EXPECT_EQ(told_.back().error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(std::filesystem::exists(token_file_));
}

TEST_F(EnrollingTest, TriesAgainOnlyWhenTheTokenMayYetDo) {
  const std::pair<ErrorCode, bool> cases[] = {{ErrorCode::kUnavailable, true}, {ErrorCode::kTimeout, true},
                                              {ErrorCode::kIo, true},          {ErrorCode::kFull, true},
                                              {ErrorCode::kInvalid, false},    {ErrorCode::kExpired, false},
                                              {ErrorCode::kDenied, false},     {ErrorCode::kUntrusted, false},
                                              {ErrorCode::kExists, false},     {ErrorCode::kInternal, false}};
  for (const auto& [code, again] : cases) {
    PutToken("SKM1.token");
    Outcome(code);
    Look(true);
    EXPECT_EQ(enrolling_->Due().has_value(), again) << ErrorCodeName(code);
    EXPECT_EQ(told_.back().error().code, code);
    const std::size_t before = attempts();
    enrolling_->Look(Clock::now() + Enrolling::kSlowestRetry, false);
    EXPECT_EQ(attempts(), before + (again ? 1U : 0U)) << ErrorCodeName(code);
    EXPECT_TRUE(std::filesystem::exists(token_file_)) << "only a used token is taken away";
  }
}

TEST_F(EnrollingTest, TakesUpARefusedTokenAgainAfterAReload) {
  PutToken("SKM1.old");
  Outcome(ErrorCode::kDenied);
  Look(true);
  PutToken("SKM1.new");
  Look();
  EXPECT_EQ(attempts(), 1U);
  link_.enrolment = Status::Ok();
  Look(true);
  ASSERT_EQ(attempts(), 2U);
  EXPECT_EQ(link_.tokens()[1], "SKM1.new");
  EXPECT_FALSE(std::filesystem::exists(token_file_));
}

TEST_F(EnrollingTest, BeginsWithShortWaitsAgainAfterAReload) {
  PutToken("SKM1.token");
  Outcome(ErrorCode::kUnavailable);
  Look(true);
  for (int retry = 0; retry < 4; ++retry)
    enrolling_->Look(*enrolling_->Due(), false);
  Look(true);
  EXPECT_LE(*enrolling_->Due(), Clock::now() + Enrolling::kFirstRetry);
}

TEST_F(EnrollingTest, DoesNotWaitForARetryAfterAReload) {
  PutToken("SKM1.token");
  Outcome(ErrorCode::kUnavailable);
  Look(true);
  Look(true);
  EXPECT_EQ(attempts(), 2U);
}

TEST_F(EnrollingTest, RunsOneAttemptAtATime) {
  link_.enrol_at_once = false;
  PutToken("SKM1.token");
  Look(true);
  Look();
  Look(true);
  EXPECT_EQ(attempts(), 1U);
  EXPECT_FALSE(enrolling_->Due()) << "the attempt's end wakes us";
  link_.FinishEnrolment(Status::Ok());
  EXPECT_EQ(wakes_, 1);
}

TEST_F(EnrollingTest, TakesUpATokenThatCameDuringAnAttemptThatFailed) {
  link_.enrol_at_once = false;
  PutToken("SKM1.old");
  Look(true);
  PutToken("SKM1.new");
  Look(true);  // the reload of whoever put the new one there
  link_.FinishEnrolment(Error{ErrorCode::kDenied, "enrolment", "revoked"});
  Look();  // as the attempt's end asks for
  ASSERT_EQ(attempts(), 2U);
  EXPECT_EQ(link_.tokens()[1], "SKM1.new");
  link_.FinishEnrolment(Error{ErrorCode::kDenied, "enrolment", "revoked"});
  Look();
  EXPECT_EQ(attempts(), 2U) << "one reload, one more attempt";
}

TEST_F(EnrollingTest, ForgetsARetryWhenTheTokenIsTakenAway) {
  PutToken("SKM1.token");
  Outcome(ErrorCode::kUnavailable);
  Look(true);
  std::filesystem::remove(token_file_);
  enrolling_->Look(*enrolling_->Due(), false);
  EXPECT_FALSE(enrolling_->Due());
  EXPECT_TRUE(told_.back().ok()) << "the trouble is over";
}

}  // namespace
}  // namespace sekimori::agent
