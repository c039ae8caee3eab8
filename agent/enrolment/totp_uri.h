// A TOTP seed as phone apps take it from a QR code: an otpauth:// URI. Pure. Req: R04
// Source: github.com/google/google-authenticator/wiki/Key-Uri-Format; RFC 4648 section 6 (Base32), RFC 3986
// section 2.1.
#pragma once

#include <string_view>

#include "agent/authenticators/totp_seed.h"
#include "agent/model/secret.h"

namespace sekimori::enrolment {

// `issuer` and `account` in any characters but ':'; what a URI does not take is percent-encoded. Only for SHA-1, 6
// digits and 30 seconds: these are what the apps assume, and some of them take nothing else. So they are not said
// either, which keeps the QR code small enough for a text console.
[[nodiscard]] model::Secret TotpUri(std::string_view issuer, std::string_view account,
                                    const authenticators::TotpSeed& seed);

}  // namespace sekimori::enrolment
