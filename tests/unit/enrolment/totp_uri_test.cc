#include "agent/enrolment/totp_uri.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace sekimori::enrolment {
namespace {

using authenticators::TotpAlgorithm;
using authenticators::TotpSeed;

std::string Uri(std::string_view issuer, std::string_view account, std::string_view seed) {
  return std::string(TotpUri(issuer, account, TotpSeed{TotpAlgorithm::kSha1, 6, 30, model::Secret(seed)}).bytes());
}

TEST(TotpUri, IsWhatPhoneAppsTake) {
  // RFC 4226's example seed; its Base32 is that of base32(1).
  EXPECT_EQ(Uri("Sekimori", "sato", "12345678901234567890"),
            "otpauth://totp/Sekimori:sato?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Sekimori");
}

TEST(TotpUri, EncodesWhatAUriDoesNotTake) {
  EXPECT_EQ(Uri("関守 a&b", "user@x/y?", "12345678901234567890"),
            "otpauth://totp/%E9%96%A2%E5%AE%88%20a%26b:user%40x%2Fy%3F?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            "&issuer=%E9%96%A2%E5%AE%88%20a%26b");
}

// RFC 4648 section 10, without the padding.
TEST(TotpUri, WritesSeedsOfEveryLength) {
  const std::pair<std::string, std::string> rows[] = {{"f", "MY"},           {"fo", "MZXQ"},
                                                      {"foo", "MZXW6"},      {"foob", "MZXW6YQ"},
                                                      {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI"}};
  for (const auto& [seed, text] : rows)
    EXPECT_EQ(Uri("S", "a", seed), "otpauth://totp/S:a?secret=" + text + "&issuer=S");
}

}  // namespace
}  // namespace sekimori::enrolment
