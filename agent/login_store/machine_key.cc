#include "agent/login_store/machine_key.h"

#include <array>
#include <string>
#include <string_view>

#include "proto/files/durable_file.h"

namespace sekimori::login_store {
namespace {

constexpr std::string_view kCheckDomain{"sekimori login key v1\0", 22};

}  // namespace

Result<model::Secret> LoadKey(const std::filesystem::path& path) {
  Result<std::string> bytes = files::ReadPrivate(path, kKeySize);
  if (!bytes.ok() && bytes.error().code != ErrorCode::kTooLarge) return bytes.error();
  if (!bytes.ok() || bytes.value().size() != kKeySize)
    return Error{ErrorCode::kCorrupt, path.string(), "the key is not 32 bytes long"};
  model::Secret key(bytes.value());
  model::WipeBytes(bytes.value().data(), bytes.value().size());
  return key;
}

Result<model::Secret> MakeKey(const std::filesystem::path& path, ports::Random& random) {
  Result<std::array<std::uint8_t, kKeySize>> bytes = random.Bytes();
  if (!bytes.ok()) return bytes.error();
  model::Secret key(signing::AsBytes(bytes.value()));
  model::WipeBytes(reinterpret_cast<char*>(bytes.value().data()), bytes.value().size());
  if (Status written = files::WriteNew(path, key.bytes()); !written.ok()) return written.error();
  return key;
}

signing::Sha256Hash CheckOf(const model::Secret& key) {
  return signing::Sha256({kCheckDomain, key.bytes()});
}

}  // namespace sekimori::login_store
