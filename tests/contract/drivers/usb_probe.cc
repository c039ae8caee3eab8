// The USB drivers by hand, for a root shell on a real kernel: what the source sees, what the gate does, how long it
// takes. One line of text for every answer; exit code 1 when the gate says no.
//   usb_probe watch | list | barrier close|open|read | admit PORT [NUMBER…] | refuse PORT | notices | users
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <signal.h>

#include "drivers/linux/sessions.h"
#include "drivers/linux/system_notices.h"
#include "drivers/linux/usb_gate.h"
#include "drivers/linux/usb_source.h"
#include "proto/signing/sha256.h"

namespace sekimori {
namespace {

using std::chrono::steady_clock;

double SinceBoot() {
  return std::chrono::duration<double>(steady_clock::now().time_since_epoch()).count();
}

void Print(const char* what, const model::Observation& seen) {
  const model::Device& device = seen.device;
  std::printf(
      "%.3f %s %s address=%u %04x:%04x serial=\"%s\" product=\"%s\" manufacturer=\"%s\" complete=%d config=%d in=%d",
      SinceBoot(), what, device.port_path.c_str(), device.address, device.vendor, device.product, device.serial.c_str(),
      device.product_name.c_str(), device.manufacturer.c_str(), device.complete, device.active_configuration,
      seen.admission.authorized);
  std::printf(" in-interfaces=[");
  for (const std::uint8_t number : seen.admission.interfaces)
    std::printf(" %u", number);
  std::printf(" ] interfaces=[");
  for (const model::Interface& one : device.interfaces)
    std::printf(" %u.%u.%u=%02x:%02x:%02x\"%s\"", one.configuration, one.number, one.alternate, one.kind.class_code,
                one.kind.subclass, one.kind.protocol, one.name.c_str());
  std::printf(" ] hash=%s\n", signing::Hex(device.descriptor_hash).substr(0, 12).c_str());
}

class PrintingSink final : public ports::DeviceSink {
 public:
  bool Deliver(ports::DeviceNotice notice) override {
    const std::lock_guard lock(mutex_);
    if (const auto* seen = std::get_if<ports::DeviceSeen>(&notice)) Print("seen", seen->observation);
    if (const auto* left = std::get_if<ports::DeviceLeft>(&notice))
      std::printf("%.3f left %s\n", SinceBoot(), left->port_path.c_str());
    if (const auto* lost = std::get_if<ports::NoticesLost>(&notice))
      std::printf("%.3f lost %s %s\n", SinceBoot(), lost->source.c_str(), lost->detail.c_str());
    if (const auto* all = std::get_if<ports::AllDevices>(&notice)) {
      std::printf("%.3f all %zu\n", SinceBoot(), all->observations.size());
      for (const model::Observation& one : all->observations)
        Print("  present", one);
      present_ = all->observations;
      scanned_.notify_all();
    }
    std::fflush(stdout);
    return true;
  }
  std::vector<model::Observation> WaitForScan() {
    std::unique_lock lock(mutex_);
    scanned_.wait(lock, [&] { return present_.has_value(); });
    return *present_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable scanned_;
  std::optional<std::vector<model::Observation>> present_;
};

int Fail(const Error& error) {
  std::printf("%.3f error %s %s\n", SinceBoot(), std::string(ErrorCodeName(error.code)).c_str(),
              ToString(error).c_str());
  return 1;
}

int Tell(const Status& status, double begun) {
  if (!status.ok()) return Fail(status.error());
  std::printf("%.3f ok after %.3f s\n", SinceBoot(), SinceBoot() - begun);
  return 0;
}

// From here on the signals that end the program are waited for.
sigset_t BlockEnds() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  return ends;
}

int Watch(bool go_on) {
  const sigset_t ends = BlockEnds();
  Result<std::unique_ptr<drivers::UsbSource>> source = drivers::UsbSource::Open();
  if (!source.ok()) return Fail(source.error());
  PrintingSink sink;
  if (Status started = source.value()->Start(sink); !started.ok()) return Fail(started.error());
  static_cast<void>(sink.WaitForScan());
  int signal = 0;
  if (go_on) sigwait(&ends, &signal);
  source.value()->Stop();
  return 0;
}

int Barrier(const std::string& act) {
  drivers::UsbGate gate("/sys");
  if (act == "close") return Tell(gate.CloseBarrier(), SinceBoot());
  if (act == "open") return Tell(gate.OpenBarrier(), SinceBoot());
  const Result<ports::BarrierState> state = gate.ReadBarrier();
  if (!state.ok()) return Fail(state.error());
  std::printf("closed=%d", state.value().closed);
  for (const std::string& gap : state.value().gaps)
    std::printf(" %s", gap.c_str());
  std::printf("\n");
  return 0;
}

int Decide(const std::string& act, const std::string& port_path, const std::set<std::uint8_t>& numbers) {
  Result<std::unique_ptr<drivers::LibusbBus>> bus = drivers::LibusbBus::Open();
  if (!bus.ok()) return Fail(bus.error());
  const Result<drivers::UsbLook> look =
      drivers::ObserveUsbDevice(*bus.value(), drivers::UsbPaths{}, port_path, nullptr, drivers::Ask::kStrings);
  if (!look.ok()) return Fail(look.error());
  Print("before", look.value().seen);
  const model::Device& device = look.value().seen.device;
  drivers::UsbGate gate("/sys");
  const double begun = SinceBoot();
  const int outcome = act == "refuse"   ? Tell(gate.Refuse(device), begun)
                      : numbers.empty() ? Tell(gate.AdmitDevice(device), begun)
                                        : Tell(gate.AdmitInterfaces(device, numbers), begun);
  // What ends with offers still waiting leaves them unmade.
  gate.FinishOffers();
  const Result<model::Admission> now = gate.ReadAdmission(device);
  if (!now.ok()) return Fail(now.error());
  std::printf("now in=%d interfaces=[", now.value().authorized);
  for (const std::uint8_t number : now.value().interfaces)
    std::printf(" %u", number);
  std::printf(" ]\n");
  return outcome;
}

void PrintNotice(const ports::SystemNotice& notice) {
  if (const auto* resumed = std::get_if<ports::SystemResumed>(&notice))
    std::printf("%.3f resumed slept=%.3f\n", SinceBoot(), static_cast<double>(resumed->slept.count()) / 1e6);
  if (const auto* set = std::get_if<ports::ClockWasSet>(&notice))
    std::printf("%.3f clock-set by=%.3f\n", SinceBoot(), static_cast<double>((set->after - set->before).count()) / 1e6);
  if (std::holds_alternative<ports::SessionsChanged>(notice)) std::printf("%.3f sessions-changed\n", SinceBoot());
  std::fflush(stdout);
}

int Notices() {
  const sigset_t ends = BlockEnds();
  drivers::LinuxSystemNotices notices;
  if (Status started = notices.Start(PrintNotice); !started.ok()) return Fail(started.error());
  std::printf("%.3f listening\n", SinceBoot());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  notices.Stop();
  return 0;
}

int Users() {
  const drivers::LogindSessions sessions;
  const Result<std::set<std::uint32_t>> uids = sessions.Uids();
  if (!uids.ok()) return Fail(uids.error());
  std::printf("users=%zu\n", uids.value().size());
  for (const std::uint32_t uid : uids.value()) {
    const ports::LoggedInUser user = sessions.Describe(uid);
    std::printf("user %s groups=[", user.name.c_str());
    for (const std::string& group : user.groups)
      std::printf(" %s", group.c_str());
    std::printf(" ]\n");
  }
  return 0;
}

int Main(const std::vector<std::string>& words) {
  const std::string act = words.empty() ? "" : words[0];
  if (act == "watch" || act == "list") return Watch(act == "watch");
  if (act == "notices") return Notices();
  if (act == "users") return Users();
  if (act == "barrier" && words.size() == 2) return Barrier(words[1]);
  if ((act == "admit" || act == "refuse") && words.size() >= 2) {
    std::set<std::uint8_t> numbers;
    for (std::size_t i = 2; i < words.size(); ++i)
      numbers.insert(static_cast<std::uint8_t>(std::atoi(words[i].c_str())));
    return Decide(act, words[1], numbers);
  }
  std::fputs("usage: usb_probe watch | list | barrier close|open|read | admit PORT [NUMBER...] | refuse PORT\n",
             stderr);
  return 2;
}

}  // namespace
}  // namespace sekimori

int main(int argc, char** argv) {
  return sekimori::Main({argv + 1, argv + argc});
}
