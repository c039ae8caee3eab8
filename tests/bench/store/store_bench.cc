// Measures the collector's SQLite store on the disk of TMPDIR: durable inserts, searches, and the visit of
// verification. Arguments: records (1,000,000), terminals (50), records in a batch (500), batches in a transaction (1).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include <sys/stat.h>
#include <time.h>

#include "server/store/sqlite_database.h"
#include "server/store/verify.h"
#include "tests/contract/store/collector.h"

namespace sekimori::store {
namespace {

using Clock = std::chrono::steady_clock;

double CpuSeconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Sizes {
  std::uint64_t records = 1'000'000;
  std::size_t terminals = 50;
  std::size_t batch = 500;
  std::size_t batches = 1;
};

// About 200 bytes, as a terminal sends them.
proto::Event Event(std::uint64_t n) {
  proto::Event event =
      Judged(static_cast<std::int64_t>(1'700'000'000'000'000 + n * 1'000'000), "Flash Drive", proto::VERDICT_DENY);
  event.set_boot_id("0f0e0d0c-0b0a-0908-0706-050403020100");
  event.mutable_device_judged()->mutable_device()->set_manufacturer("Example Storage Works");
  event.mutable_device_judged()->mutable_device()->set_serial("4C530001" + std::to_string(n % 1000));
  event.mutable_device_judged()->mutable_decision()->set_policy_name("city-standard");
  if (n % 10'000 == 0) return Tampered(event.time_us());
  return event;
}

void Check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

void Insert(Collector& collector, const Sizes& sizes) {
  std::vector<FakeTerminal> terminals;
  for (std::size_t i = 0; i < sizes.terminals; ++i) {
    terminals.emplace_back("terminal-" + std::to_string(i), static_cast<std::uint8_t>(i + 1));
    collector.Enrol(terminals.back());
  }
  std::uint64_t stored = 0, transactions = 0, bytes = 0;
  double seconds = 0, cpu = 0;
  std::size_t turn = 0;
  while (stored < sizes.records) {
    std::vector<std::unique_ptr<PreparedBatch>> prepared;
    std::vector<Batch> batches;
    for (std::size_t b = 0; b < sizes.batches; ++b) {
      std::vector<proto::Event> events;
      for (std::size_t n = 0; n < sizes.batch; ++n)
        events.push_back(Event(stored + n));
      prepared.push_back(terminals[turn++ % terminals.size()].Prepare(events));
      batches.push_back(prepared.back()->batch);
      stored += sizes.batch;
      bytes += prepared.back()->payloads[0].size() * sizes.batch;
    }
    const Clock::time_point start = Clock::now();
    const double cpu_start = CpuSeconds();
    const auto outcome = collector.writer().StoreBatches(batches, collector.own_key());
    cpu += CpuSeconds() - cpu_start;
    seconds += SecondsSince(start);
    Check(outcome.ok(), "StoreBatches");
    for (const Status& status : outcome.value())
      Check(status.ok(), "a batch");
    ++transactions;
  }
  struct stat file {};
  ::stat((collector.directory() / kDatabaseFile).c_str(), &file);
  std::printf(
      "insert: %.0f records/s (%llu records of %llu bytes, %zu in a batch, %.2f ms a transaction, %.2f us CPU a "
      "record)\n",
      static_cast<double>(stored) / seconds, static_cast<unsigned long long>(stored),
      static_cast<unsigned long long>(bytes / stored), sizes.batch, seconds * 1000 / static_cast<double>(transactions),
      cpu * 1e6 / static_cast<double>(stored));
  std::printf("file: %.0f bytes a record\n", static_cast<double>(file.st_size) / static_cast<double>(stored));
}

void Search(Collector& collector, const char* name, const EventFilter& filter) {
  const Clock::time_point start = Clock::now();
  const auto page = collector.reader().Events(filter, {Order::kNewestFirst, std::nullopt, 100});
  Check(page.ok(), name);
  std::printf("search %-28s %8.2f ms (%zu found)\n", name, SecondsSince(start) * 1000, page.value().events.size());
}

void Searches(Collector& collector, const Sizes& sizes) {
  const auto at = [&](double part) {
    return static_cast<std::int64_t>(1'700'000'000'000'000 + part * static_cast<double>(sizes.records) * 1'000'000);
  };
  EventFilter filter;
  Search(collector, "newest", filter);
  filter.terminal = "terminal-3";
  Search(collector, "one terminal", filter);
  filter = {};
  filter.alarms_only = true;
  Search(collector, "alarms", filter);
  filter = {};
  filter.from_us = at(0.1);
  filter.until_us = at(0.1001);
  Search(collector, "old and narrow time", filter);
  filter.until_us = at(0.5);
  Search(collector, "old and wide time", filter);
  filter.user = "nobody";
  Search(collector, "absent user in 40 % of time", filter);
  filter = {};
  filter.types = {proto::Event::kBarrierTampered};
  Search(collector, "rare type", filter);
  filter = {};
  filter.device_text = "no such device";
  Search(collector, "absent device, everything", filter);
}

void Verify(Collector& collector, bool search_columns) {
  const Clock::time_point start = Clock::now();
  const double cpu_start = CpuSeconds();
  const auto report = VerifyStore(collector.reader(), collector.own_key().public_key(), {std::nullopt, search_columns},
                                  [](const auto&) {});
  Check(report.ok(), "verify");
  const double seconds = SecondsSince(start);
  std::printf("verify %-20s %.0f records/s, %.2f us CPU a record, %llu findings\n",
              search_columns ? "(search columns too)" : "(chain only)",
              static_cast<double>(report.value().records) / seconds,
              (CpuSeconds() - cpu_start) * 1e6 / static_cast<double>(report.value().records),
              static_cast<unsigned long long>(report.value().found));
}

}  // namespace
}  // namespace sekimori::store

int main(int argc, char** argv) {
  sekimori::store::Sizes sizes;
  if (argc > 1) sizes.records = std::strtoull(argv[1], nullptr, 10);
  if (argc > 2) sizes.terminals = std::strtoull(argv[2], nullptr, 10);
  if (argc > 3) sizes.batch = std::strtoull(argv[3], nullptr, 10);
  if (argc > 4) sizes.batches = std::strtoull(argv[4], nullptr, 10);
  sekimori::store::Collector collector;
  sekimori::store::Insert(collector, sizes);
  sekimori::store::Searches(collector, sizes);
  sekimori::store::Verify(collector, false);
  sekimori::store::Verify(collector, true);
  return 0;
}
