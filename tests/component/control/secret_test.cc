// What stays of an enrolment token in the agent's memory once it was handed on: nothing. The memory is searched for it,
// as a thief with a copy of it would.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/control/client.h"
#include "agent/control/server.h"
#include "tests/fakes/fake_authenticator_orders.h"
#include "tests/fakes/fake_link.h"

namespace sekimori::control {
namespace {

// The token's characters, each with a bit turned: in clear it must stand nowhere but where the server puts it.
constexpr char kTurned = 0x01;
constexpr std::size_t kPiece = 48;  // what was given back may be in use again in part
std::vector<char> TurnedToken(unsigned seed) {
  std::vector<char> turned(1200);
  // No piece of it comes twice.
  std::minstd_rand letters(seed);
  for (char& each : turned)
    each = static_cast<char>(('a' + letters() % 26) ^ kTurned);
  return turned;
}

struct Region {
  char* begin = nullptr;
  std::size_t size = 0;
};

std::vector<Region> WritableMemory() {
  std::vector<Region> regions;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    char rights[5] = {};
    // A sanitizer's own tables are too large to be read, and hold no bytes of ours.
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) == 3 && rights[0] == 'r' && rights[1] == 'w' &&
        end - begin < (std::size_t{1} << 30))
      regions.push_back({reinterpret_cast<char*>(begin), end - begin});
  }
  return regions;
}

// How many pieces of the token, given turned, stand in clear somewhere in this process' writable memory.
std::size_t PiecesInMemory(const std::vector<char>& turned) {
  constexpr std::size_t kPortion = std::size_t{1} << 20;
  // What is searched in and what is searched for lie in a mapping of their own, which is left out.
  // Closed pages around it keep the kernel from joining it to a neighbour.
  constexpr std::size_t kMapped = 5 * kPortion;
  void* mapped = ::mmap(nullptr, kMapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return 999;
  char* const copy = static_cast<char*>(mapped) + kPortion;
  if (::mprotect(copy, 3 * kPortion, PROT_READ | PROT_WRITE) != 0) return 998;
  char* const clear = copy + 2 * kPortion;
  std::transform(turned.begin(), turned.end(), clear, [](char each) { return static_cast<char>(each ^ kTurned); });
  std::size_t seen = 0;
  for (const Region& region : WritableMemory()) {
    if (copy >= region.begin && copy < region.begin + region.size) continue;
    for (std::size_t at = 0; at < region.size; at += kPortion) {
      const iovec to{copy, std::min(kPortion + kPiece, region.size - at)};
      const iovec from{region.begin + at, to.iov_len};
      const ssize_t count = ::process_vm_readv(::getpid(), &to, 1, &from, 1, 0);
      if (count <= 0) continue;
      for (std::size_t piece = 0; piece + kPiece <= turned.size(); piece += kPiece)
        if (::memmem(copy, static_cast<std::size_t>(count), clear + piece, kPiece) != nullptr) ++seen;
    }
  }
  ::munmap(mapped, kMapped);
  return seen;
}

// Overwrites the token when it has it, as the real one does after use.
class ForgetfulLink final : public ports::Link {
 public:
  Status Start(ports::LinkSink&) override { return Status::Ok(); }
  void Stop() override {}
  void Wake() override {}
  void ReportPolicy(ports::PolicyReport) override {}
  [[nodiscard]] ports::LinkState State() const override { return {}; }
  void Enrol(std::string token, std::function<void(Status)> done) override {
    size = token.size();
    std::fill(token.begin(), token.end(), '-');
    done(Status::Ok());
  }
  std::size_t size = 0;
};

class NoAnswers final : public ports::Questions {
 public:
  ports::Answer Ask(ports::Question, ports::Asker, std::chrono::milliseconds) override { return ports::Done{}; }
};

// Another process asks, so that its own copies are not in this memory.
bool AskedByAnother(const std::filesystem::path& socket, const std::vector<char>& turned) {
  const pid_t child = ::fork();
  if (child == 0) {
    proto::ControlRequest request;
    for (const char each : turned)
      request.mutable_enrol()->mutable_token()->push_back(static_cast<char>(each ^ kTurned));
    const auto answer = Ask(socket, request, std::chrono::seconds{30});
    ::_exit(answer.ok() && answer.value().has_done() ? 0 : 1);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Shows the seed it is given turned, and keeps nothing of it.
class ForgetfulRegistrar final : public ports::AuthenticatorOrders {
 public:
  explicit ForgetfulRegistrar(const std::vector<char>& turned) : turned_(turned) {}
  void Take(ports::AuthenticatorOrder, ports::Asker, std::function<void(ports::AuthenticatorAnswer)> done) override {
    std::string clear;
    clear.reserve(turned_.size());
    for (const char each : turned_)
      clear.push_back(static_cast<char>(each ^ kTurned));
    model::Secret uri(clear);
    std::fill(clear.begin(), clear.end(), '-');
    done(ports::TotpBegun{"p1", {1000, "sato"}, std::move(uri), std::chrono::minutes{10}});
  }

 private:
  const std::vector<char>& turned_;
};

// Another process asks for a seed, and has it.
bool ShownToAnother(const std::filesystem::path& socket, std::size_t size) {
  const pid_t child = ::fork();
  if (child == 0) {
    proto::ControlRequest request;
    request.mutable_totp_begin()->set_user("sato");
    request.mutable_totp_begin()->set_issuer("Sekimori");
    request.mutable_totp_begin()->set_reason("new colleague");
    const auto answer = Ask(socket, request, std::chrono::seconds{30});
    ::_exit(answer.ok() && answer.value().totp_begun().uri().size() == size ? 0 : 1);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Seed, LeavesNoTraceInTheMemoryOfWhoPassesItOn) {
  std::string folder = (std::filesystem::temp_directory_path() / "sekimori-secret-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::filesystem::path socket = std::filesystem::path(folder) / "control.sock";
  std::vector<char> turned = TurnedToken(3);
  NoAnswers questions;
  ForgetfulLink link;
  ForgetfulRegistrar registrar(turned);
  Server server(questions, link, registrar);
  ASSERT_TRUE(server.Start(socket).ok());
  // Twice, for the reason given below.
  EXPECT_TRUE(ShownToAnother(socket, turned.size()));
  const std::vector<char> first = turned;
  turned = TurnedToken(4);
  EXPECT_TRUE(ShownToAnother(socket, turned.size()));
  server.Stop();
  EXPECT_EQ(PiecesInMemory(turned), 0U);
  EXPECT_EQ(PiecesInMemory(first), 0U);
  std::filesystem::remove_all(folder);
}

TEST(Token, LeavesNoTraceInTheAgentsMemory) {
  std::string folder = (std::filesystem::temp_directory_path() / "sekimori-secret-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::filesystem::path socket = std::filesystem::path(folder) / "control.sock";
  const std::vector<char> turned = TurnedToken(2);
  NoAnswers questions;
  ForgetfulLink link;
  fakes::FakeAuthenticatorOrders authenticators;
  Server server(questions, link, authenticators);
  ASSERT_TRUE(server.Start(socket).ok());
  // The dynamic linker puts the processor's registers, with what was just copied in them, on the stack when it looks up
  // a function that is called for the first time. Afterwards every function has been called.
  EXPECT_TRUE(AskedByAnother(socket, TurnedToken(1)));
  EXPECT_TRUE(AskedByAnother(socket, turned));
  EXPECT_EQ(link.size, turned.size());
  EXPECT_EQ(PiecesInMemory(turned), 0U);
  // And the search finds what is there.
  std::string clear;
  clear.reserve(turned.size());  // no other copies, which a sanitizer would keep
  for (const char each : turned)
    clear.push_back(static_cast<char>(each ^ kTurned));
  EXPECT_EQ(PiecesInMemory(turned), clear.size() / kPiece);
  server.Stop();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sekimori::control
