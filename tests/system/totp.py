"""A person's phone: one-time codes by time (RFC 6238: SHA-1, 30 s, six digits)."""

import base64
import hmac
import struct

STEP_SECONDS = 30


def code(seed: str, at: float) -> str:
    """The code of that moment; `seed` is base32 as an otpauth URI has it, `at` in seconds since 1970."""
    key = base64.b32decode(seed.upper() + "=" * (-len(seed) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(at) // STEP_SECONDS), "sha1")
    at_byte = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[at_byte:at_byte + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"
