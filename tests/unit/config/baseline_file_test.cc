// The baseline comes back from its file as it went in, whatever a device calls itself.
#include "agent/config/baseline_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/toml_text/text_bounds.h"

namespace sekimori::config {
namespace {

using testing::HasSubstr;

model::AdoptedDevice Keyboard() {
  return {.vendor = 0x046d,
          .product = 0xc31c,
          .serial = {},
          .interfaces = {{0x03, 0x01, 0x01}, {0x03, 0x00, 0x00}},
          .kind = {0x00, 0x00, 0x00},
          .product_name = "USB Keyboard"};
}

model::Baseline RoundTrip(const model::Baseline& baseline) {
  const Result<model::Baseline> read = ParseBaseline(RenderBaseline(baseline), "baseline.toml");
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : ToString(read.error()));
  return read.ok() ? read.value() : model::Baseline{};
}

TEST(BaselineFile, ComesBackAsItWas) {
  model::AdoptedDevice reader = Keyboard();
  reader.serial = "A\"1\\2'3 漢字";
  reader.interfaces = {{0x0b, 0x00, 0x00}};
  reader.kind = {0xef, 0x02, 0x01};
  reader.product_name = "カードリーダー";
  const model::Baseline baseline{Keyboard(), reader};
  EXPECT_EQ(RoundTrip(baseline), baseline);
  EXPECT_TRUE(RoundTrip({}).empty());
}

TEST(BaselineFile, AnySerialNumberComesBackByteByByte) {
  for (const std::string& serial : {std::string("\x1b]0;x\x07"), std::string("a\0b", 3), std::string("\xff\xfe"),
                                    std::string("\n[[device]]\n"), std::string("a\u202eb"), std::string(500, 'x')}) {
    model::AdoptedDevice device = Keyboard();
    device.serial = serial;
    const model::Baseline read = RoundTrip({device});
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].serial, serial);
  }
}

TEST(BaselineFile, ProductNamesAreMadeHarmless) {
  model::AdoptedDevice device = Keyboard();
  device.product_name = "a\x1b[31m\xff\u202e漢" + std::string(200, 'z');
  const model::Baseline read = RoundTrip({device});
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].product_name.substr(0, 17), "a\ufffd[31m\ufffd\ufffd漢");
  EXPECT_EQ(toml_text::CharacterCount(read[0].product_name), 126U);
  EXPECT_EQ(read[0].interfaces, Keyboard().interfaces);
}

TEST(BaselineFile, TellsWhatIsWrong) {
  const std::string head = "[[device]]\nvendor = \"046d\"\nproduct = \"c31c\"\ndevice-class = \"00:00:00\"\n";
  const std::vector<std::tuple<std::string, std::string, std::string>> cases{
      {"[[device]]\nproduct = \"c31c\"", "baseline.toml:1", "lacks"},
      {head, "baseline.toml:1", "device 1 lacks interfaces"},
      {head + "interfaces = \"03:*:*\"", "baseline.toml:5", "two hexadecimal digits each"},
      {head + "interfaces = []", "baseline.toml:5", "empty list"},
      {head + "interfaces = \"03:01:01\"\nserial = \"a\"\nserial-hex = \"61\"", "baseline.toml:7", "want one of them"},
      {head + "interfaces = \"03:01:01\"\nserial-hex = \"6\"", "baseline.toml:6", "serial-hex is \"6\""},
      {"[[device", "baseline.toml:1", "not valid TOML"},
  };
  for (const auto& [text, where, detail] : cases) {
    const Result<model::Baseline> read = ParseBaseline(text, "baseline.toml");
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(read.error().where, where) << read.error().detail;
    EXPECT_THAT(read.error().detail, HasSubstr(detail));
  }
}

}  // namespace
}  // namespace sekimori::config
