// A policy store on a real file system, and the documents of its site.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "agent/config/policy_store.h"
#include "agent/config/site_file.h"
#include "proto/signing/signed_document.h"

namespace sekimori::config {

namespace fs = std::filesystem;

using fs::perms;
using testing::HasSubstr;

inline void Write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline fs::path NewDirectory() {
  std::string pattern = (fs::temp_directory_path() / "sekimori-config-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp: " + pattern);
  return pattern;
}
class PolicyRig : public testing::Test {
 protected:
  PolicyRig() {
    fs::create_directory(state_);
    facts_ = {.site_id = "site-1",
              .terminal_id = "terminal-1",
              .group = "madoguchi",
              .collector_host = "127.0.0.1",
              .collector_port = 7443,
              .server_name = "collector",
              .policy_key_der = key_.public_key().spki_der()};
  }
  ~PolicyRig() override { fs::remove_all(directory_); }

  void Enrol() { ASSERT_TRUE(site_.Save(facts_).ok()); }

  // For everybody in the group enrolment named.
  [[nodiscard]] std::string Document(std::uint64_t version, const std::string& toml = "mode = \"enforce\"\n") const {
    return Document({.version = version, .group = facts_.group, .terminal = "", .toml = toml});
  }

  struct Content {
    std::uint64_t version = 0;
    std::string group;
    std::string terminal;  // empty: for the whole group
    std::string toml = "mode = \"enforce\"\n";
  };
  [[nodiscard]] std::string Document(const Content& content) const { return Document(content, key_); }
  [[nodiscard]] std::string Document(const Content& content, const signing::SigningKey& key) const {
    proto::PolicyDocument document;
    document.set_site_id(facts_.site_id);
    document.set_group(content.group);
    document.set_version(content.version);
    document.set_toml(content.toml);
    document.set_terminal_id(content.terminal);
    return signing::SignDocument(key, proto::DOCUMENT_POLICY, document.SerializeAsString()).value().SerializeAsString();
  }
  [[nodiscard]] static std::string CodeOf(const Result<model::Policy>& policy) {
    return policy.ok() ? "ok" : std::string(ErrorCodeName(policy.error().code));
  }
  [[nodiscard]] static std::string CodeOf(const Status& status) {
    return status.ok() ? "ok" : std::string(ErrorCodeName(status.error().code));
  }

  signing::SigningKey key_ = signing::SigningKey::Generate().value();
  fs::path directory_ = NewDirectory();
  fs::path state_ = directory_ / "state";
  fs::path local_ = directory_ / "policy.toml";
  ports::SiteFacts facts_;
  FileSiteStore site_{state_ / "site.toml"};
  FilePolicyStore store_{local_, state_, site_};
};

}  // namespace sekimori::config
