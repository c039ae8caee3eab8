// The Writer's road for what operators and enrolment change: terminals, tokens, policies. Each change with its record.
#include <chrono>

#include "server/store/sqlite_writer.h"

namespace sekimori::store {

Status SqliteWriter::Change(const Own& own, const std::vector<RowKey>& rows, const std::function<Status()>& change) {
  Result<Transaction> transaction = Transaction::Begin(*connection_, Connection::Access::kWrite);
  if (!transaction.ok()) return transaction.error();
  if (Status changed = change(); !changed.ok()) return changed;
  {
    Result<Appender> appender = Appender::Begin(*connection_);
    if (!appender.ok()) return appender.error();
    if (Result<chain::Head> recorded = appender.value().AppendOwn(own, rows); !recorded.ok()) return recorded.error();
    if (Status finished = appender.value().Finish(); !finished.ok()) return finished;
  }
  return transaction.value().Commit();
}

Status SqliteWriter::Note(const std::function<Status()>& change) {
  Result<Transaction> transaction = Transaction::Begin(*notes_, Connection::Access::kWrite);
  if (!transaction.ok()) return transaction.error();
  if (Status changed = change(); !changed.ok()) return changed;
  return transaction.value().Commit();
}

Status SqliteWriter::RunOnOne(Statement& update, std::string_view terminal) {
  if (Status run = update.Run(); !run.ok()) return run;
  if (update.Changes() == 1) return Status::Ok();
  return Error{ErrorCode::kNotFound, std::string(terminal), "no terminal has this id"};
}

namespace {

Status InsertTerminal(Connection& connection, const Terminal& terminal, const signing::VerifyKey& key) {
  Result<Statement> insert = connection.Lend(
      "INSERT INTO terminals(id,hostname,os,machine_id,\"group\",log_id,certificate_sha256,key_spki,key_id,enrolled_us,"
      "last_contact_us,agent_version,mode,policy_version,head_sequence,head_hash,first_sequence) "
      "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,0,0,?,0)");
  if (!insert.ok()) return insert.error();
  const chain::Hash genesis = chain::GenesisHash(terminal.log_id);
  return insert.value()
      .Text(terminal.id)
      .Text(terminal.hostname)
      .Text(terminal.os)
      .Text(terminal.machine_id)
      .Text(terminal.group)
      .Blob(signing::AsBytes(terminal.log_id))
      .Blob(signing::AsBytes(terminal.certificate_sha256))
      .Blob(terminal.key_spki)
      .Blob(signing::AsBytes(key.key_id()))
      .Int(terminal.enrolled_us)
      .Int(terminal.last_contact_us)
      .Text(terminal.agent_version)
      .Int(terminal.mode)
      .Blob(signing::AsBytes(genesis))
      .Run();
}

Status InsertKey(Connection& connection, std::string_view terminal, const TerminalKey& key) {
  Result<Statement> insert = connection.Lend(
      "INSERT INTO keys(terminal,certificate_sha256,spki,registered_us) SELECT number,?,?,? FROM terminals WHERE id=?");
  if (!insert.ok()) return insert.error();
  return insert.value()
      .Blob(signing::AsBytes(key.certificate_sha256))
      .Blob(key.spki_der)
      .Int(key.registered_us)
      .Text(terminal)
      .Run();
}

// How many certificates a terminal was given in the day before.
Result<std::int64_t> CountCertificates(Connection& connection, std::int64_t terminal, std::int64_t now_us) {
  constexpr std::int64_t kDayUs = std::chrono::microseconds(std::chrono::hours(24)).count();
  Result<Statement> count =
      connection.Lend("SELECT count(*) FROM keys WHERE terminal=? AND registered_us>? AND registered_us<=?");
  if (!count.ok()) return count.error();
  const Result<bool> row = count.value().Int(terminal).Int(now_us - kDayUs).Int(now_us).Step();
  if (!row.ok()) return row.error();
  return count.value().GetInt(0);
}

Status SpendToken(Connection& connection, std::string_view id) {
  Result<Statement> spend = connection.Lend("UPDATE tokens SET uses_left=uses_left-1 WHERE id=?");
  if (!spend.ok()) return spend.error();
  return spend.value().Text(id).Run();
}

Status InsertPolicy(Connection& connection, const Policy& policy) {
  const Result<std::int64_t> newest = connection.QueryInt("SELECT ifnull(max(version),0) FROM policies");
  if (!newest.ok()) return newest.error();
  if (policy.version <= static_cast<std::uint64_t>(newest.value()))
    return Error{ErrorCode::kConflict, "policy version " + std::to_string(policy.version),
                 "the newest of the site is " + std::to_string(newest.value())};
  Result<Statement> insert =
      connection.Lend("INSERT INTO policies(" SEKIMORI_POLICY_COLUMNS ") VALUES(?,?,?,?,?,?,?,?)");
  if (!insert.ok()) return insert.error();
  return insert.value()
      .Count(policy.version)
      .Text(policy.group)
      .Text(policy.toml)
      .Blob(policy.signed_document)
      .Int(policy.issued_us)
      .Text(policy.operator_name)
      .Count(policy.rolled_back_from)
      .Text(policy.terminal)
      .Run();
}

// A move carries what its group has. A text that was replaced meanwhile would stand at the terminal, under a version
// above the one that replaced it.
Status CheckNewestText(Connection& connection, const Policy& move) {
  Result<Statement> find =
      connection.Lend("SELECT toml FROM policies WHERE \"group\"=? AND terminal='' ORDER BY version DESC LIMIT 1");
  if (!find.ok()) return find.error();
  const Result<bool> found = find.value().Text(move.group).Step();
  if (!found.ok()) return found.error();
  const std::string where = "group " + move.group;
  if (!found.value()) return Error{ErrorCode::kNotFound, where, "no policy was applied to this group"};
  if (find.value().GetText(0) == move.toml) return Status::Ok();
  return Error{ErrorCode::kConflict, where, "its newest policy has another text"};
}

std::vector<proto::Event> WithKey(std::span<const proto::Event> events, const std::string& terminal,
                                  const signing::VerifyKey& key) {
  std::vector<proto::Event> completed(events.begin(), events.end());
  for (proto::Event& event : completed)
    if (event.has_enrolled() && event.enrolled().terminal_id() == terminal)
      event.mutable_enrolled()->set_key_sha256(std::string(signing::AsBytes(key.key_id())));
  return completed;
}

}  // namespace

Result<Terminal> SqliteWriter::Enrol(const TokenClaim& claim, const Terminal& terminal, const Own& own) {
  const Result<signing::VerifyKey> key = signing::VerifyKey::FromSpkiDer(terminal.key_spki);
  if (!key.ok()) return key.error();
  if (terminal.id == kOwnLog || terminal.id.empty())
    return Error{ErrorCode::kInvalid, "terminal id", "reserved or empty"};
  Terminal stored = terminal;
  const std::vector<proto::Event> events = WithKey(own.events, terminal.id, key.value());
  const Status enrolled =
      Change(Own{events, own.key}, {{RowKind::kTerminal, terminal.id}, {RowKind::kToken, claim.id}}, [&]() -> Status {
        const Result<Token> token = FindSpendableToken(*connection_, claim);
        if (!token.ok()) return token.error();
        stored.group = token.value().group;
        stored.head = {0, chain::GenesisHash(terminal.log_id)};
        if (Status spent = SpendToken(*connection_, claim.id); !spent.ok()) return spent;
        if (Status inserted = InsertTerminal(*connection_, stored, key.value()); !inserted.ok()) return inserted;
        return InsertKey(*connection_, stored.id, {stored.key_spki, stored.certificate_sha256, stored.enrolled_us});
      });
  if (!enrolled.ok()) return enrolled.error();
  return stored;
}

Status SqliteWriter::SetCertificate(std::string_view terminal, const TerminalKey& key, const Own& own) {
  const Result<signing::VerifyKey> parsed = signing::VerifyKey::FromSpkiDer(key.spki_der);
  if (!parsed.ok()) return parsed.error();
  return Change(own, {{RowKind::kTerminal, std::string(terminal)}}, [&]() -> Status {
    const Result<ChainRow> chain = FindChain(*connection_, terminal);
    if (!chain.ok()) return chain.error();
    if (terminal == kOwnLog)
      return Error{ErrorCode::kDenied, std::string(terminal), "the own chain is not a terminal's"};
    if (chain.value().revoked_us != 0)
      return Error{ErrorCode::kDenied, std::string(terminal), "the terminal is revoked"};
    const Result<std::int64_t> given = CountCertificates(*connection_, chain.value().number, key.registered_us);
    if (!given.ok()) return given.error();
    if (given.value() >= kMaxCertificatesADay)
      return Error{ErrorCode::kDenied, std::string(terminal), "it was given too many certificates within a day"};
    Result<Statement> update =
        connection_->Lend("UPDATE terminals SET certificate_sha256=?,key_spki=?,key_id=? WHERE id=?");
    if (!update.ok()) return update.error();
    update.value()
        .Blob(signing::AsBytes(key.certificate_sha256))
        .Blob(key.spki_der)
        .Blob(signing::AsBytes(parsed.value().key_id()))
        .Text(terminal);
    if (Status updated = RunOnOne(update.value(), terminal); !updated.ok()) return updated;
    return InsertKey(*connection_, terminal, key);
  });
}

Status SqliteWriter::NoteContact(const Contact& contact) {
  return Note([&]() -> Status {
    Result<Statement> update = notes_->Lend(
        "UPDATE terminals SET last_contact_us=max(last_contact_us,?),hostname=?,os=?,agent_version=?,mode=?,"
        "policy_version=?,first_sequence=? WHERE id=?");
    if (!update.ok()) return update.error();
    update.value()
        .Int(contact.time_us)
        .Text(contact.hostname)
        .Text(contact.os)
        .Text(contact.agent_version)
        .Int(contact.mode)
        .Count(contact.policy_version)
        .Count(contact.first_sequence)
        .Text(contact.terminal);
    return RunOnOne(update.value(), contact.terminal);
  });
}

Status SqliteWriter::NotePolicyReport(std::string_view terminal, const PolicyReport& report) {
  return Note([&]() -> Status {
    Result<Statement> update = notes_->Lend(
        "UPDATE terminals SET report_version=?1,report_in_force=?2,report_error=?3,report_detail=?4,report_us=?5,"
        "policy_version=CASE WHEN ?2 THEN ?1 ELSE policy_version END,mode=CASE WHEN ?6=0 THEN mode ELSE ?6 END "
        "WHERE id=?7");
    if (!update.ok()) return update.error();
    update.value()
        .Count(report.version)
        .Int(report.in_force ? 1 : 0)
        .Text(report.error_code)
        .Text(report.detail)
        .Int(report.time_us)
        .Int(report.mode)
        .Text(terminal);
    return RunOnOne(update.value(), terminal);
  });
}

Status SqliteWriter::SetDisputed(std::string_view terminal, bool disputed, const Own& own) {
  return Change(own, {{RowKind::kTerminal, std::string(terminal)}}, [&]() -> Status {
    Result<Statement> update = connection_->Lend("UPDATE terminals SET disputed=? WHERE id=?");
    if (!update.ok()) return update.error();
    update.value().Int(disputed ? 1 : 0).Text(terminal);
    return RunOnOne(update.value(), terminal);
  });
}

Status SqliteWriter::RevokeTerminal(std::string_view terminal, std::int64_t now_us, std::string_view reason,
                                    const Own& own) {
  return Change(own, {{RowKind::kTerminal, std::string(terminal)}}, [&]() -> Status {
    const Result<ChainRow> chain = FindChain(*connection_, terminal);
    if (!chain.ok()) return chain.error();
    if (terminal == kOwnLog) return Error{ErrorCode::kNotFound, std::string(terminal), "no terminal has this id"};
    if (chain.value().revoked_us != 0)
      return Error{ErrorCode::kConflict, std::string(terminal), "the terminal is revoked already"};
    Result<Statement> update = connection_->Lend("UPDATE terminals SET revoked_us=?,revoked_reason=? WHERE id=?");
    if (!update.ok()) return update.error();
    update.value().Int(now_us).Text(reason).Text(terminal);
    return RunOnOne(update.value(), terminal);
  });
}

Status SqliteWriter::MoveTerminal(const Policy& policy, const Own& own) {
  const std::vector<RowKey> rows{{RowKind::kTerminal, policy.terminal},
                                 {RowKind::kPolicy, std::to_string(policy.version)}};
  return Change(own, rows, [&]() -> Status {
    Result<Statement> find = connection_->Lend("SELECT revoked_us FROM terminals WHERE id=? AND id<>'collector'");
    if (!find.ok()) return find.error();
    const Result<bool> found = find.value().Text(policy.terminal).Step();
    if (!found.ok()) return found.error();
    if (!found.value()) return Error{ErrorCode::kNotFound, policy.terminal, "no terminal has this id"};
    if (find.value().GetInt(0) != 0) return Error{ErrorCode::kDenied, policy.terminal, "the terminal is revoked"};
    if (Status newest = CheckNewestText(*connection_, policy); !newest.ok()) return newest;
    Result<Statement> update = connection_->Lend("UPDATE terminals SET \"group\"=? WHERE id=?");
    if (!update.ok()) return update.error();
    update.value().Text(policy.group).Text(policy.terminal);
    if (Status moved = RunOnOne(update.value(), policy.terminal); !moved.ok()) return moved;
    return InsertPolicy(*connection_, policy);
  });
}

Status SqliteWriter::AddToken(const Token& token, const Own& own) {
  return Change(own, {{RowKind::kToken, token.id}}, [&]() -> Status {
    Result<Statement> insert =
        connection_->Lend("INSERT INTO tokens(" SEKIMORI_TOKEN_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?)");
    if (!insert.ok()) return insert.error();
    return insert.value()
        .Text(token.id)
        .Blob(signing::AsBytes(token.secret_sha256))
        .Int(token.uses)
        .Int(token.uses_left)
        .Int(token.created_us)
        .Int(token.expires_us)
        .Text(token.group)
        .Text(token.created_by)
        .Int(token.revoked_us)
        .Run();
  });
}

Status SqliteWriter::RevokeToken(std::string_view id, std::int64_t now_us, const Own& own) {
  return Change(own, {{RowKind::kToken, std::string(id)}}, [&]() -> Status {
    const std::string where = "token " + std::string(id);
    Result<Statement> find = connection_->Lend("SELECT revoked_us FROM tokens WHERE id=?");
    if (!find.ok()) return find.error();
    const Result<bool> found = find.value().Text(id).Step();
    if (!found.ok()) return found.error();
    if (!found.value()) return Error{ErrorCode::kNotFound, where, "no token has this id"};
    if (find.value().GetInt(0) != 0) return Error{ErrorCode::kConflict, where, "the token is revoked already"};
    Result<Statement> update = connection_->Lend("UPDATE tokens SET revoked_us=? WHERE id=?");
    if (!update.ok()) return update.error();
    return update.value().Int(now_us).Text(id).Run();
  });
}

Status SqliteWriter::SetHosts(std::span<const std::string> hosts, const Own& own) {
  return Change(own, {{RowKind::kSite, ""}}, [&]() -> Status {
    std::string lines;
    for (const std::string& host : hosts)
      lines += host + "\n";
    Result<Statement> update = connection_->Lend("UPDATE site SET hosts=?");
    if (!update.ok()) return update.error();
    return update.value().Text(lines).Run();
  });
}

Status SqliteWriter::AddPolicy(const Policy& policy, const Own& own) {
  if (!policy.terminal.empty())
    return Error{ErrorCode::kInvalid, "policy version " + std::to_string(policy.version), "it is for one terminal"};
  return Change(own, {{RowKind::kPolicy, std::to_string(policy.version)}},
                [&] { return InsertPolicy(*connection_, policy); });
}

}  // namespace sekimori::store
