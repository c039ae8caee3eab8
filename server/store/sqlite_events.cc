// The Reader's searches. Plans, and why each is fast enough on millions of records: FORMAT.md, "Searches".
#include <algorithm>
#include <deque>
#include <limits>

#include "server/store/sqlite_reader.h"

namespace sekimori::store {

namespace {

constexpr std::size_t kMaxFilterText = 256;
constexpr std::uint32_t kMaxPage = 10'000;
constexpr std::uint32_t kVisitPage = 1'000;

// SQL with the values that belong to its question marks, in order.
class Query {
 public:
  void Add(std::string_view sql) { sql_ += sql; }
  void Int(std::string_view sql, std::int64_t value) {
    sql_ += sql;
    values_.push_back({value, {}, false});
  }
  void Text(std::string_view sql, std::string value) {
    sql_ += sql;
    values_.push_back({0, std::move(value), true});
  }
  [[nodiscard]] Result<Statement> Lend(Connection& connection) const {
    Result<Statement> statement = connection.Lend(sql_);
    if (!statement.ok()) return statement;
    for (const Value& value : values_) {
      if (value.is_text)
        statement.value().Text(value.text);
      else
        statement.value().Int(value.number);
    }
    return statement;
  }

 private:
  struct Value {
    std::int64_t number;
    std::string text;
    bool is_text;
  };
  std::string sql_;
  std::deque<Value> values_;  // stays in place: statements borrow the texts
};

// '%', '_' and the escape itself mean themselves.
std::string LikePattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

template <typename T>
void AddList(Query& query, std::string_view column, const std::vector<T>& values) {
  if (values.empty()) return;
  query.Add(" AND ");
  query.Add(column);
  query.Add(" IN (");
  for (std::size_t i = 0; i < values.size(); ++i)
    query.Int(i == 0 ? "?" : ",?", static_cast<std::int64_t>(values[i]));
  query.Add(")");
}

Status CheckFilter(const EventFilter& filter) {
  const auto too_long = [](const std::optional<std::string>& text) { return text && text->size() > kMaxFilterText; };
  if (too_long(filter.terminal) || too_long(filter.group) || too_long(filter.user) || too_long(filter.device_text))
    return Error{ErrorCode::kInvalid, "filter",
                 "a text of at most " + std::to_string(kMaxFilterText) + " bytes is wanted"};
  if (filter.types.size() > 100 || filter.outcomes.size() > 100)
    return Error{ErrorCode::kInvalid, "filter", "at most 100 types and outcomes are wanted"};
  return Status::Ok();
}

// Where rows are looked for. Each gives them by id, so that no plan sorts more than a few.
enum class Source { kTerminal, kAlarms, kRareTypes, kTimeBlocks, kAll };

// Judged and gone devices are nearly all there is; the index of types leaves them out and so costs nothing to keep.
bool OnlyRareTypes(const std::vector<std::uint32_t>& types) {
  return !types.empty() && std::none_of(types.begin(), types.end(), [](std::uint32_t type) {
    return type == proto::Event::kDeviceJudged || type == proto::Event::kDeviceGone;
  });
}

Source SourceFor(const EventFilter& filter) {
  if (filter.terminal.has_value()) return Source::kTerminal;
  if (filter.alarms_only) return Source::kAlarms;
  if (OnlyRareTypes(filter.types)) return Source::kRareTypes;
  if (filter.from_us.has_value() || filter.until_us.has_value()) return Source::kTimeBlocks;
  return Source::kAll;
}

// Columns with the least and the greatest time of a row.
struct Times {
  const char *least, *greatest;
};

void AddTouch(Query& query, const EventFilter& filter, const Times& times) {
  query.Add("(1=1");
  if (filter.from_us) query.Int(std::string(" AND ") + times.greatest + ">=?", *filter.from_us);
  if (filter.until_us) query.Int(std::string(" AND ") + times.least + "<?", *filter.until_us);
  query.Add(")");
}

// Rows that the range touches by one time or the other.
void AddTimes(Query& query, const EventFilter& filter, const Times& own, const Times& received) {
  query.Add(" AND (");
  AddTouch(query, filter, own);
  query.Add(" OR ");
  AddTouch(query, filter, received);
  query.Add(")");
}

void AddSource(Query& query, const EventFilter& filter) {
  query.Add(
      "SELECT r.id,r.sequence,r.time_us,r.type,r.outcome,r.severity,r.policy_version,r.hash,r.payload,t.id,t.hostname,"
      "t.\"group\",r.received_us FROM ");
  const Source source = SourceFor(filter);
  switch (source) {
    case Source::kTerminal:
      query.Add("records r INDEXED BY records_about ");
      break;
    case Source::kAlarms:
      query.Add("records r INDEXED BY records_alarms ");
      break;
    case Source::kRareTypes:
      query.Add("records r INDEXED BY records_rare ");
      break;
    case Source::kTimeBlocks:
      query.Add("blocks b CROSS JOIN records r ON r.id BETWEEN b.first_id AND b.last_id ");
      break;
    case Source::kAll:
      query.Add("records r NOT INDEXED ");
      break;
  }
  query.Add("CROSS JOIN terminals t ON t.number=r.terminal WHERE 1=1");
  // The words of the partial index, so that SQLite sees that it covers the question.
  if (source == Source::kRareTypes) query.Add(" AND r.type NOT IN (12, 13)");
  if (source != Source::kTimeBlocks) return;
  AddTimes(query, filter, {"b.min_us", "b.max_us"}, {"b.min_received_us", "b.max_received_us"});
}

void AddConditions(Query& query, const EventFilter& filter) {
  if (filter.terminal) query.Text(" AND r.about=(SELECT number FROM terminals WHERE id=?)", *filter.terminal);
  if (filter.group) query.Text(" AND +r.about IN (SELECT number FROM terminals WHERE \"group\"=?)", *filter.group);
  if (filter.alarms_only) query.Add(" AND r.severity=3");
  if (filter.from_us || filter.until_us)
    AddTimes(query, filter, {"r.time_us", "r.time_us"}, {"r.received_us", "r.received_us"});
  AddList(query, SourceFor(filter) == Source::kRareTypes ? "r.type" : "+r.type", filter.types);
  AddList(query, "r.outcome", filter.outcomes);
  if (filter.user) query.Text(" AND instr(char(10)||r.users,?)>0", "\n" + *filter.user + "\n");
  if (filter.device_text) query.Text(" AND r.device LIKE ? ESCAPE '\\'", LikePattern(*filter.device_text));
}

void AddOrder(Query& query, const EventFilter& filter, const PageRequest& page) {
  const bool by_blocks = SourceFor(filter) == Source::kTimeBlocks;
  const bool newest_first = page.order == Order::kNewestFirst;
  if (page.after) {
    query.Int(newest_first ? " AND r.id<?" : " AND r.id>?", *page.after);
    if (by_blocks) query.Int(newest_first ? " AND b.first_id<?" : " AND b.last_id>?", *page.after);
  }
  query.Add(" ORDER BY ");
  if (by_blocks) query.Add(newest_first ? "b.first_id DESC," : "b.first_id,");
  query.Add(newest_first ? "r.id DESC" : "r.id");
  // One more than asked for tells whether there is a next page.
  query.Int(" LIMIT ?", static_cast<std::int64_t>(page.limit) + 1);
}

StoredEvent ReadEvent(const Statement& row) {
  StoredEvent event;
  event.cursor = row.GetInt(0);
  event.sequence = row.GetCount(1);
  event.time_us = row.GetInt(2);
  event.type = static_cast<std::uint32_t>(row.GetInt(3));
  event.outcome = static_cast<Outcome>(row.GetInt(4));
  event.severity = static_cast<Severity>(row.GetInt(5));
  event.policy_version = row.GetCount(6);
  event.hash = row.GetArray<chain::Hash>(7);
  event.payload = row.GetText(8);
  event.terminal = row.GetText(9);
  event.hostname = row.GetText(10);
  event.group = row.GetText(11);
  event.received_us = row.GetInt(12);
  return event;
}

}  // namespace

Result<Cursor> SqliteReader::NewestCursor() {
  return connection_->QueryInt("SELECT ifnull(max(id),0) FROM records");
}

Result<EventPage> SqliteReader::Events(const EventFilter& filter, const PageRequest& page) {
  if (Status checked = CheckFilter(filter); !checked.ok()) return checked.error();
  if (page.limit == 0 || page.limit > kMaxPage)
    return Error{ErrorCode::kInvalid, "limit", "1 to " + std::to_string(kMaxPage) + " are wanted"};
  Query query;
  AddSource(query, filter);
  AddConditions(query, filter);
  AddOrder(query, filter, page);
  Result<Statement> rows = query.Lend(*connection_);
  if (!rows.ok()) return rows.error();
  EventPage result;
  for (;;) {
    const Result<bool> row = rows.value().Step();
    if (!row.ok()) return row.error();
    if (!row.value()) return result;
    if (result.events.size() == page.limit) {
      result.next = result.events.back().cursor;
      return result;
    }
    result.events.push_back(ReadEvent(rows.value()));
  }
}

Status SqliteReader::VisitEvents(const EventFilter& filter, const std::function<bool(const StoredEvent&)>& take) {
  const Result<Cursor> newest = NewestCursor();
  if (!newest.ok()) return newest.error();
  // Page by page rather than one long read: a read that lasts minutes would keep the WAL from being reset. Stored rows
  // never change and new ones come behind `newest`, so the pages together are one consistent answer.
  PageRequest page{Order::kOldestFirst, std::nullopt, kVisitPage};
  for (;;) {
    const Result<EventPage> events = Events(filter, page);
    if (!events.ok()) return events.error();
    for (const StoredEvent& event : events.value().events)
      if (event.cursor > newest.value() || !take(event)) return Status::Ok();
    if (!events.value().next) return Status::Ok();
    page.after = events.value().next;
  }
}

}  // namespace sekimori::store
