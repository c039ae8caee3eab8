// A verifier takes what was chained and nothing else: one changed bit anywhere in a record is refused, and neither a
// checkpoint's signature nor a public key made of arbitrary bytes is ever taken for good.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proto/chain/chain.h"

namespace {

void Require(bool good) {
  if (!good) std::abort();
}

const sekimori::signing::SigningKey& Key() {
  static const sekimori::signing::SigningKey key = std::move(sekimori::signing::SigningKey::Generate()).value();
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sekimori::chain;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Head start{size, GenesisHash(LogId{})};
  const std::uint64_t sequence = start.sequence + 1;
  const Hash hash = Link(start.hash, sequence, input);
  Verifier verifier(start);
  Require(!verifier.Take(sequence + 1, input, hash).ok());
  if (size > 0) {
    std::string altered(input);
    const std::size_t at = data[0] % size;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    Require(!verifier.Take(sequence, altered, hash).ok());
    Require(!verifier.Take(sequence, input.substr(1), hash).ok());
    Hash other = hash;
    other[data[0] % other.size()] ^= 1;
    Require(!verifier.Take(sequence, input, other).ok());
  }
  Require(verifier.head() == start);
  Require(verifier.Take(sequence, input, hash).ok());
  Require(verifier.head() == (Head{sequence, hash}));

  Require(!VerifyCheckpoint(Key().public_key(), Checkpoint{LogId{}, start, 0, std::string(input)}).ok());
  const auto public_key = sekimori::signing::VerifyKey::FromSpkiDer(input);
  if (public_key.ok()) Require(public_key.value().spki_der() == input);
  return 0;
}
