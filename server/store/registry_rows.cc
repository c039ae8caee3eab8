#include "server/store/registry_rows.h"

namespace sekimori::store {

namespace {

constexpr std::string_view kDomain("sekimori registry v1\0", 21);

void PutNumber(std::string& bytes, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(number >> shift & 0xffU));
}

// Every field with its length, so that no two rows give the same bytes.
class Row {
 public:
  explicit Row(RowKind kind) : bytes_(kDomain) { Text(RowKindName(kind)); }
  Row& Text(std::string_view text) {
    PutNumber(bytes_, text.size());
    bytes_ += text;
    return *this;
  }
  template <typename Array>
  Row& Bytes(const Array& array) {
    return Text(std::string_view(reinterpret_cast<const char*>(array.data()), array.size()));
  }
  Row& Number(std::uint64_t number) {
    std::string text;
    PutNumber(text, number);
    return Text(text);
  }
  Row& Time(std::int64_t us) { return Number(static_cast<std::uint64_t>(us)); }
  [[nodiscard]] signing::Sha256Hash Digest() const { return signing::Sha256(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace

std::string_view RowKindName(RowKind kind) {
  switch (kind) {
    case RowKind::kSite:
      return "site";
    case RowKind::kTerminal:
      return "terminal";
    case RowKind::kToken:
      return "token";
    case RowKind::kPolicy:
      return "policy";
  }
  return "unknown";
}

signing::Sha256Hash DigestOf(const Site& site) {
  Row row(RowKind::kSite);
  row.Text(site.id).Text(site.name).Number(site.hosts.size());
  for (const std::string& host : site.hosts)
    row.Text(host);
  return row.Number(site.port).Bytes(site.own_log_id).Text(site.own_key_spki).Time(site.created_us).Digest();
}

signing::Sha256Hash DigestOf(const Terminal& terminal) {
  return Row(RowKind::kTerminal)
      .Text(terminal.id)
      .Text(terminal.machine_id)
      .Text(terminal.group)
      .Bytes(terminal.log_id)
      .Bytes(terminal.certificate_sha256)
      .Text(terminal.key_spki)
      .Time(terminal.enrolled_us)
      .Time(terminal.revoked_us)
      .Text(terminal.revoked_reason)
      .Number(terminal.disputed ? 1 : 0)
      .Digest();
}

signing::Sha256Hash DigestOf(const Token& token) {
  return Row(RowKind::kToken)
      .Text(token.id)
      .Bytes(token.secret_sha256)
      .Number(token.uses)
      .Number(token.uses_left)
      .Time(token.created_us)
      .Time(token.expires_us)
      .Text(token.group)
      .Text(token.created_by)
      .Time(token.revoked_us)
      .Digest();
}

signing::Sha256Hash DigestOf(const Policy& policy) {
  Row row(RowKind::kPolicy);
  row.Number(policy.version)
      .Text(policy.group)
      .Text(policy.toml)
      .Text(policy.signed_document)
      .Time(policy.issued_us)
      .Text(policy.operator_name)
      .Number(policy.rolled_back_from);
  // A policy of a group ends here: what was attested before there were moves stays as it was.
  if (!policy.terminal.empty()) row.Text(policy.terminal);
  return row.Digest();
}

}  // namespace sekimori::store
