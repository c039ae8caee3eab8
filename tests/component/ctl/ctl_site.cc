#include "tests/component/ctl/ctl_site.h"

#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/store/sqlite_database.h"

namespace sekimori::ctl {

namespace {

[[noreturn]] void Become(const std::string& program, const std::vector<std::string>& arguments,
                         const std::vector<std::string>& environment) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  for (const std::string& variable : environment)
    ::putenv(const_cast<char*>(variable.c_str()));
  ::execv(program.c_str(), argv.data());
  ::_exit(127);
}

// Takes what is there; false at the end.
bool Drain(int pipe, std::string& into) {
  char buffer[65'536];
  const ssize_t count = ::read(pipe, buffer, sizeof(buffer));
  if (count > 0) into.append(buffer, static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace

Ran RunProgram(const std::string& program, const std::vector<std::string>& arguments,
               const std::vector<std::string>& environment) {
  int out[2], err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) return {};
  const pid_t child = ::fork();
  if (child < 0) return {};
  if (child == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    Become(program, arguments, environment);
  }
  ::close(out[1]);
  ::close(err[1]);
  Ran ran;
  pollfd ends[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    ::poll(ends, 2, -1);
    if (ends[0].fd >= 0 && ends[0].revents != 0 && !Drain(out[0], ran.out)) ends[0].fd = -1;
    if (ends[1].fd >= 0 && ends[1].revents != 0 && !Drain(err[0], ran.err)) ends[1].fd = -1;
  }
  ::close(out[0]);
  ::close(err[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

CtlSite::CtlSite() {
  std::string pattern = (std::filesystem::temp_directory_path() / "ctl-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  root_ = pattern;
  const Ran made = Run({"init", "--name", "Testing City", "--host", "localhost,127.0.0.1", "--port", "17443"});
  EXPECT_EQ(0, made.status) << made.err;
  database_ = store::OpenSqlite(data()).value();
  writer_ = database_->NewWriter().value();
  authority_ = std::make_unique<authority::Authority>(authority::Authority::Open(data() / "authority").value());
}

CtlSite::~CtlSite() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

Ran CtlSite::Run(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{"--data", data().string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunProgram(SEKIMORICTL, all, {"SEKIMORI_LANG=en", "TZ=UTC"});
}

nlohmann::json CtlSite::Json(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "--json");
  return Run(arguments).json();
}

std::string CtlSite::File(const std::string& name, const std::string& content) const {
  const std::filesystem::path path = root_ / name;
  std::ofstream(path, std::ios::trunc | std::ios::binary) << content;
  return path.string();
}

void CtlSite::Enrol(const store::FakeTerminal& terminal, const std::string& group) {
  store::Token token;
  token.id = "token-" + terminal.id();
  token.uses = token.uses_left = 1;
  token.expires_us = 1'000;
  token.group = group;
  proto::Event event;
  event.set_time_us(100);
  event.mutable_enrolled()->set_terminal_id(terminal.id());
  const store::Own own{{&event, 1}, authority_->log_key()};
  proto::Event made;
  made.mutable_operator_action()->set_action("token.create");
  const Status added = writer_->AddToken(token, {{&made, 1}, authority_->log_key()});
  ASSERT_TRUE(added.ok()) << ToString(added.error());
  const Result<store::Terminal> enrolled = writer_->Enrol({token.id, {}, 1}, terminal.AsTerminal(), own);
  ASSERT_TRUE(enrolled.ok()) << ToString(enrolled.error());
}

void CtlSite::Store(store::FakeTerminal& terminal, const std::vector<proto::Event>& events) {
  const auto prepared = terminal.Prepare(events);
  const Result<std::vector<Status>> stored = writer_->StoreBatches({&prepared->batch, 1}, authority_->log_key());
  ASSERT_TRUE(stored.ok()) << ToString(stored.error());
  ASSERT_TRUE(stored.value().at(0).ok()) << ToString(stored.value().at(0).error());
}

void CtlSite::Report(const store::FakeTerminal& terminal, std::uint64_t policy_version) {
  store::Contact contact;
  contact.terminal = terminal.id();
  contact.policy_version = policy_version;
  const Status noted = writer_->NoteContact(contact);
  ASSERT_TRUE(noted.ok()) << ToString(noted.error());
}

void CtlSite::Alter(const std::string& sql) const {
  sqlite3* database = nullptr;
  ASSERT_EQ(SQLITE_OK, sqlite3_open((data() / store::kDatabaseFile).c_str(), &database));
  EXPECT_EQ(SQLITE_OK, sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr)) << sqlite3_errmsg(database);
  EXPECT_GT(sqlite3_total_changes(database), 0) << "nothing was altered by: " << sql;
  sqlite3_close(database);
}

}  // namespace sekimori::ctl
