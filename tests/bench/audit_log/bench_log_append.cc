// Measures the audit log: records a second appended durably (encoded, masked, chained, written, synced) by group size,
// and records a second verified. bench_log_append [FOLDER] [RECORDS]; FOLDER decides which disk is measured.
// Performance goals P1, P10. Figures: docs/benchmarks.md.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "agent/audit_log/log_store.h"
#include "agent/audit_log/verify.h"

namespace {

using namespace sekimori;
using Seconds = std::chrono::duration<double>;

class SystemClock final : public ports::Clock {
 public:
  [[nodiscard]] model::WallTime Now() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] model::BootTime SinceBoot() const override { return model::BootTime(1'000'000); }
};

Seconds CpuTime() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return Seconds(static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9);
}

// What a terminal writes most: a stick that was refused.
model::Event RefusedStick(const ports::Clock& clock, std::size_t number) {
  model::Device device;
  device.port_path = "3-1.2";
  device.parent = "3-1";
  device.address = static_cast<std::uint32_t>(number % 127 + 1);
  device.vendor = 0x0781;
  device.product = 0x5567;
  device.manufacturer = "SanDisk";
  device.product_name = "Cruzer Blade";
  device.serial = "4C530001" + std::to_string(10'000'000 + number % 10'000'000);
  device.speed = model::Speed::kHigh;
  device.interfaces.push_back({1, 0, 0, {model::kClassMassStorage, 6, 0x50}, ""});
  device.complete = true;
  model::Decision decision;
  decision.policy_name = "minimal";
  decision.policy_source = model::PolicySource::kLocal;
  return {clock.Now(), clock.SinceBoot(),
          model::DeviceJudged{device, decision, model::Mode::kEnforce, model::Trigger::kArrived, {"tanaka"}}};
}

void Require(bool good, const std::string& what) {
  if (good) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

// Microseconds, the middle one of some syncs of 4 KiB appended to a file: what the disk costs by itself.
double MedianSync(const std::filesystem::path& folder) {
  const std::filesystem::path name = folder / "sync-probe";
  const int fd = open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Require(fd >= 0, "cannot write in " + folder.string());
  const std::string block(4096, 'x');
  std::vector<double> times;
  for (int i = 0; i < 101; ++i) {
    const auto start = std::chrono::steady_clock::now();
    Require(write(fd, block.data(), block.size()) == 4096 && fdatasync(fd) == 0, "cannot sync");
    times.push_back(Seconds(std::chrono::steady_clock::now() - start).count() * 1e6);
  }
  close(fd);
  std::filesystem::remove(name);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

struct Bench {
  std::filesystem::path folder;
  std::size_t records;
  signing::SigningKey key;
  SystemClock clock;

  void AppendInGroups(std::size_t group) const {
    const std::filesystem::path path = folder / ("group-" + std::to_string(group)) / "log.db";
    const std::size_t total = std::min(records, group * 4000);
    auto store = audit_log::LogStore::Open(path, "0d6f1c2e-8a8b-4b7e-9a3f-5f2b0c9d7e61", key, clock);
    Require(store.ok(), "cannot open the log");
    std::vector<model::Event> events;
    const Seconds cpu = CpuTime();
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t done = 0; done < total; done += group) {
      events.clear();
      for (std::size_t i = 0; i < group; ++i)
        events.push_back(RefusedStick(clock, done + i));
      const Status appended = store.value()->Append(events);
      Require(appended.ok(), "cannot append");
    }
    const Seconds wall = std::chrono::steady_clock::now() - start;
    const auto count = static_cast<double>(store.value()->head().sequence);
    std::printf("append  group %5zu  %8.0f records  %9.0f records/s  %6.2f us CPU/record  %8.1f us/group\n", group,
                count, count / wall.count(), (CpuTime() - cpu).count() * 1e6 / count,
                wall.count() * 1e6 / (count / static_cast<double>(group)));
    Require(store.value()->WriteCheckpoint().ok(), "cannot sign");
    VerifyAll(path);
  }

  void VerifyAll(const std::filesystem::path& path) const {
    auto reader = audit_log::LogReader::Open(path);
    Require(reader.ok(), "cannot read the log");
    const auto start = std::chrono::steady_clock::now();
    const auto report = audit_log::VerifyLog(*reader.value(), key.public_key());
    const Seconds wall = std::chrono::steady_clock::now() - start;
    Require(report.ok() && !report.value().fault, "the log does not verify");
    const auto first = reader.value()->Read(0, 1, 1);
    Require(first.ok() && first.value().size() == 1, "the log has no records");
    const auto count = static_cast<double>(report.value().records);
    std::printf("verify               %8.0f records  %9.0f records/s  of %zu bytes\n", count, count / wall.count(),
                first.value()[0].payload.size());
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::string folder =
      std::string(argc > 1 ? argv[1] : std::filesystem::temp_directory_path().c_str()) + "/bench-XXXXXX";
  Require(mkdtemp(folder.data()) != nullptr, "cannot make " + folder);
  const std::size_t records = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 300'000;
  Bench bench{folder, records, std::move(signing::SigningKey::Generate()).value(), {}};
  std::printf("fdatasync of 4 KiB: %.0f us in the middle\n", MedianSync(folder));
  for (const std::size_t group : {1U, 10U, 100U, 500U, 2000U})
    bench.AppendInGroups(group);
  std::filesystem::remove_all(folder);
}
