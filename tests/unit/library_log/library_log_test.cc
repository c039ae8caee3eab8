#include "proto/library_log/library_log.h"

#include <string>

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include "proto/control.pb.h"

namespace sekimori {
namespace {

// What is written to stderr while a message with a string that is no UTF-8 is read and written.
std::string SaidAboutInvalidText() {
  ::testing::internal::CaptureStderr();
  proto::Release release;
  EXPECT_FALSE(release.ParseFromString("\x0a\x02\xff\xfe"));
  release.set_reason("\xff\xfe");
  EXPECT_FALSE(release.SerializeAsString().empty());
  return ::testing::internal::GetCapturedStderr();
}

TEST(SilenceLibraries, LeavesNothingToBeWrittenAboutTextOfOthers) {
  google::protobuf::LogHandler* const before = google::protobuf::SetLogHandler(nullptr);
  google::protobuf::SetLogHandler(before);
  EXPECT_NE(SaidAboutInvalidText(), "") << "protobuf says nothing by itself: this test proves nothing any more";
  SilenceLibraries();
  EXPECT_EQ(SaidAboutInvalidText(), "");
  google::protobuf::SetLogHandler(before);
}

}  // namespace
}  // namespace sekimori
