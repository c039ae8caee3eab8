// Writes a log with LogStore for the independent reader: write_log FOLDER. FOLDER/log.db is pruned at its front, holds
// events of many kinds and ends with records that no checkpoint signs yet; FOLDER/terminal.der is the public key.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

#include "agent/audit_log/log_store.h"

namespace {

using namespace sekimori;

class CountingClock final : public ports::Clock {
 public:
  [[nodiscard]] model::WallTime Now() const override { return now; }
  [[nodiscard]] model::BootTime SinceBoot() const override {
    return model::BootTime(1'000'000) + (now - CountingClock().now);
  }
  model::WallTime now{std::chrono::microseconds(1'790'000'000'000'000)};
};

std::vector<model::EventBody> SomeOfMany() {
  model::Device stick;
  stick.port_path = "3-1";
  stick.parent = "usb3";
  stick.vendor = 0x0781;
  stick.product = 0x5567;
  stick.product_name = "Cruzer 123456789018";
  stick.interfaces = {{1, 0, 0, {model::kClassMassStorage, 6, 0x50}, ""}};
  stick.complete = true;
  return {model::AgentStarted{"0.1.0", "0d6f1c2e-8a8b-4b7e-9a3f-5f2b0c9d7e61", "6.1.0", model::Mode::kEnforce, false},
          model::DeviceJudged{stick, {}, model::Mode::kEnforce, model::Trigger::kArrived, {"tanaka"}},
          model::DeviceGone{stick, false},
          model::BarrierReleased{0, "root", "保守作業 １２３４－５６７８－９０１８"},
          model::ClockStepped{},
          model::AgentStopping{""}};
}

bool WriteLog(const std::filesystem::path& folder, const signing::SigningKey& key) {
  CountingClock clock;
  auto opened = audit_log::LogStore::Open(folder / "log.db", "0d6f1c2e-8a8b-4b7e-9a3f-5f2b0c9d7e61", key, clock);
  if (!opened.ok()) return false;
  audit_log::LogStore& store = *opened.value();
  for (int round = 0; round < 5; ++round) {
    for (model::EventBody& body : SomeOfMany()) {
      const model::Event event{clock.Now(), clock.SinceBoot(), std::move(body)};
      if (!store.Append(std::span(&event, 1)).ok()) return false;
      clock.now += std::chrono::minutes(10);
    }
    if (round < 4 && !store.WriteCheckpoint().ok()) return false;
    if (round != 2) continue;
    auto uplink = audit_log::LogReader::Open(folder / "log.db");
    if (!uplink.ok() || !uplink.value()->SetAcknowledged(15).ok()) return false;
    if (!store.Prune(std::chrono::hours(0)).ok()) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::remove_all(folder);
  const auto key = signing::SigningKey::Generate();
  if (!key.ok() || !WriteLog(folder, key.value())) {
    std::fprintf(stderr, "cannot write a log in %s\n", folder.c_str());
    return 1;
  }
  std::ofstream(folder / "terminal.der", std::ios::binary) << key.value().public_key().spki_der();
  return 0;
}
