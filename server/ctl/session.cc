#include "server/ctl/session.h"

#include "server/ctl/privileges.h"
#include "server/ctl/times.h"
#include "server/store/sqlite_database.h"

namespace sekimori::ctl {

Session::Session(const Common& common, std::unique_ptr<store::Database> database, std::unique_ptr<store::Reader> reader)
    : console_(common.console),
      data_(common.data),
      operator_name_(common.operator_name),
      database_(std::move(database)),
      reader_(std::move(reader)) {}

namespace {

// The one mistake everybody makes once deserves its own sentence.
Error Explained(const Error& error) {
  if (error.code != ErrorCode::kNotFound) return error;
  return Error{error.code, error.where,
               error.detail + "; no site was made here: run `sekimorictl init`, or name its directory with --data"};
}

}  // namespace

Result<Session> Session::Open(const Common& common) {
  if (Status became = BecomeOwnerOf(common.data); !became.ok()) return Explained(became.error());
  Result<std::unique_ptr<store::Database>> database = store::OpenSqlite(common.data);
  if (!database.ok()) return Explained(database.error());
  Result<std::unique_ptr<store::Reader>> reader = database.value()->NewReader();
  if (!reader.ok()) return reader.error();
  return Session(common, std::move(database).value(), std::move(reader).value());
}

Result<authority::Authority*> Session::Authority() {
  if (authority_ == nullptr) {
    Result<authority::Authority> opened = authority::Authority::Open(data_ / kAuthorityDirectory);
    if (!opened.ok()) return opened.error();
    authority_ = std::make_unique<authority::Authority>(std::move(opened).value());
  }
  return authority_.get();
}

Result<store::Writer*> Session::Writer() {
  if (writer_ == nullptr) {
    Result<std::unique_ptr<store::Writer>> opened = database_->NewWriter();
    if (!opened.ok()) return opened.error();
    writer_ = std::move(opened).value();
  }
  return writer_.get();
}

proto::Event Session::Record(const Act& act, bool succeeded) const {
  proto::Event event;
  event.set_time_us(NowUs());
  proto::OperatorAction& action = *event.mutable_operator_action();
  action.set_operator_(operator_name_);
  action.set_action(act.action);
  action.set_target(act.target);
  action.set_detail(act.detail);
  action.set_succeeded(succeeded);
  return event;
}

Status Session::Perform(const Act& act, const std::function<Status(store::Writer&, const store::Own&)>& change) {
  const Result<authority::Authority*> authority = Authority();
  if (!authority.ok()) return authority.error();
  const Result<store::Writer*> writer = Writer();
  if (!writer.ok()) return writer.error();
  const proto::Event done = Record(act, true);
  const Status changed = change(*writer.value(), {{&done, 1}, authority.value()->log_key()});
  if (changed.ok()) return changed;
  const proto::Event refused = Record(
      {act.action, act.target, act.detail + " (" + std::string(ErrorCodeName(changed.error().code)) + ")"}, false);
  const Result<chain::Head> recorded = writer.value()->AppendOwn({{&refused, 1}, authority.value()->log_key()});
  if (recorded.ok()) return changed;
  // Both are worth telling: what was refused, and that not even that could be written down.
  return Error{changed.error().code, changed.error().where,
               changed.error().detail + "; the attempt could not be recorded: " + ToString(recorded.error())};
}

}  // namespace sekimori::ctl
