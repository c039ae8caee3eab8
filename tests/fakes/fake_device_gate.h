// A gate with a small kernel behind it: devices are plugged and pulled by the test, the barrier decides how they
// arrive, and every call is kept in order. Passes the same contract suite as the real gate. One thread.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports/device_gate.h"

namespace sekimori::fakes {

class FakeDeviceGate final : public ports::DeviceGate {
 public:
  enum class Act { kCloseBarrier, kOpenBarrier, kAdmitDevice, kAdmitInterfaces, kRefuse };
  struct Call {
    Act act = Act::kCloseBarrier;
    std::string port_path;           // empty for the barrier
    std::set<std::uint8_t> numbers;  // kAdmitInterfaces only
    bool operator==(const Call&) const = default;
  };

  // --- The test's side.
  // The device arrives as the barrier lets it: shut when closed, wholly open when not. Root hubs are always open.
  void Plug(const model::Device& device) {
    Place place{device, {}, {}, {}};
    if (device.root_hub || !closed_) Open(place, AllNumbers(device));
    places_.insert_or_assign(device.port_path, std::move(place));
  }
  void Unplug(const std::string& port_path) { places_.erase(port_path); }
  // Empty when nothing is there.
  [[nodiscard]] model::Admission AdmissionOf(const std::string& port_path) const {
    const auto place = places_.find(port_path);
    return place == places_.end() ? model::Admission{} : place->second.admission;
  }
  // What a driver would observe now, in port order.
  [[nodiscard]] std::vector<model::Observation> Present() const {
    std::vector<model::Observation> observations;
    for (const auto& [port_path, place] : places_)
      observations.push_back({place.device, place.admission});
    return observations;
  }
  // Somebody opens or shuts a device behind the agent's back.
  void Tamper(const std::string& port_path, const model::Admission& admission) {
    places_.at(port_path).admission = admission;
  }
  // What says another class is a disk. Known to the gate it is not let in; else a driver takes it once it is.
  void Disguise(const std::string& port_path, std::uint8_t number, const std::string& sentence, bool known) {
    Place& place = places_.at(port_path);
    (known ? place.known : place.unknown).insert_or_assign(number, sentence);
  }
  // Somebody opens the barrier in this place, for example "usb2", until the next CloseBarrier.
  void OpenGap(const std::string& gap) { gaps_.push_back(gap); }
  // Every call of this kind fails with this error and changes nothing, until told otherwise with nullopt.
  void FailOn(Act act, std::optional<Error> error) {
    if (error)
      failures_.insert_or_assign(act, *error);
    else
      failures_.erase(act);
  }
  // Runs at the start of every call, before anything changes: a test can look at the log in that moment.
  void OnCall(std::function<void(const Call&)> watcher) { watcher_ = std::move(watcher); }
  [[nodiscard]] const std::vector<Call>& calls() const { return calls_; }
  void ForgetCalls() { calls_.clear(); }
  // Ports whose letting in was finished, in order.
  [[nodiscard]] const std::vector<std::string>& finished() const { return finished_; }

  // --- The agent's side.
  [[nodiscard]] Status CloseBarrier() override {
    if (Status status = Begin({Act::kCloseBarrier, "", {}}); !status.ok()) return status;
    closed_ = true;
    gaps_.clear();
    return Status::Ok();
  }
  [[nodiscard]] Status OpenBarrier() override {
    if (Status status = Begin({Act::kOpenBarrier, "", {}}); !status.ok()) return status;
    closed_ = false;
    gaps_.clear();
    return Status::Ok();
  }
  [[nodiscard]] Result<ports::BarrierState> ReadBarrier() const override {
    ports::BarrierState state;
    state.gaps = gaps_;
    if (!closed_) state.gaps.insert(state.gaps.begin(), "usbcore.authorized_default=1");
    state.closed = state.gaps.empty();
    return state;
  }
  // Not kept among the calls: it changes nothing.
  [[nodiscard]] Result<model::Admission> ReadAdmission(const model::Device& device) const override {
    const auto place = places_.find(device.port_path);
    if (place == places_.end()) return Absent(device).error();
    if (!Same(place->second, device)) return Other(device).error();
    model::Admission admission = place->second.admission;
    for (const auto& [number, sentence] : place->second.known)
      if (admission.interfaces.contains(number)) admission.disguised.emplace(number, sentence);
    return admission;
  }
  [[nodiscard]] Status AdmitDevice(const model::Device& device) override {
    if (Status status = Begin({Act::kAdmitDevice, device.port_path, {}}); !status.ok()) return status;
    Place* place = Find(device);
    if (place == nullptr) return Absent(device);
    if (!Same(*place, device)) return Other(device);
    if (closed_)
      if (Status seen = SeeThrough(*place, DeclaredNumbers(device)); !seen.ok()) return seen;
    Open(*place, AllNumbers(place->device));
    return Status::Ok();
  }
  [[nodiscard]] Status AdmitInterfaces(const model::Device& device, const std::set<std::uint8_t>& numbers) override {
    if (Status status = Begin({Act::kAdmitInterfaces, device.port_path, numbers}); !status.ok()) return status;
    const std::set<std::uint8_t> declared = DeclaredNumbers(device);
    if (numbers.empty() || !std::includes(declared.begin(), declared.end(), numbers.begin(), numbers.end()))
      return Error{ErrorCode::kInvalid, device.port_path, "interface numbers to admit that the device does not have"};
    Place* place = Find(device);
    if (place == nullptr) return Absent(device);
    if (!Same(*place, device)) return Other(device);
    if (Status seen = SeeThrough(*place, numbers); !seen.ok()) return seen;
    std::set<std::uint8_t> present = AllNumbers(place->device);
    std::erase_if(present, [&](std::uint8_t number) { return !numbers.contains(number); });
    Open(*place, present);
    return Status::Ok();
  }
  // Not kept among the calls: it changes nothing that is let in or not.
  [[nodiscard]] Status FinishLettingIn(const model::Device& device) override {
    const Place* place = Find(device);
    if (place == nullptr) return Absent(device);
    if (!Same(*place, device)) return Other(device);
    finished_.push_back(device.port_path);
    return Status::Ok();
  }
  [[nodiscard]] Status Refuse(const model::Device& device) override {
    if (Status status = Begin({Act::kRefuse, device.port_path, {}}); !status.ok()) return status;
    if (device.root_hub)
      return Error{ErrorCode::kUnsupported, device.port_path, "a root hub is part of the machine and is never shut"};
    Place* place = Find(device);
    if (place == nullptr) return Absent(device);
    if (!Same(*place, device)) return Other(device);
    place->admission = {};
    place->device.active_configuration = 0;
    return Status::Ok();
  }

 private:
  struct Place {
    model::Device device;
    model::Admission admission;
    model::Disguised known, unknown;
  };

  static std::set<std::uint8_t> DeclaredNumbers(const model::Device& device) {
    std::set<std::uint8_t> numbers;
    for (const model::Interface& interface : device.interfaces)
      numbers.insert(interface.number);
    return numbers;
  }
  // Of the configuration the kernel would choose: the first.
  static std::set<std::uint8_t> AllNumbers(const model::Device& device) {
    std::set<std::uint8_t> numbers;
    for (const model::Interface& interface : device.interfaces)
      if (interface.configuration == device.interfaces.front().configuration) numbers.insert(interface.number);
    return numbers;
  }
  static void Open(Place& place, const std::set<std::uint8_t>& numbers) {
    place.admission = {true, numbers};
    for (const auto& [number, sentence] : place.unknown)
      if (numbers.contains(number)) place.admission.disguised.emplace(number, sentence);
    if (!place.device.interfaces.empty())
      place.device.active_configuration = place.device.interfaces.front().configuration;
  }
  static bool Same(const Place& place, const model::Device& device) {
    return place.device.address == device.address && place.device.descriptor_hash == device.descriptor_hash;
  }
  static Status SeeThrough(const Place& place, const std::set<std::uint8_t>& numbers) {
    for (const auto& [number, sentence] : place.known)
      if (numbers.contains(number)) return Error{ErrorCode::kUntrusted, place.device.port_path, sentence};
    return Status::Ok();
  }
  static Status Absent(const model::Device& device) {
    return Error{ErrorCode::kNotFound, device.port_path, "no device is there any more"};
  }
  static Status Other(const model::Device& device) {
    return Error{ErrorCode::kConflict, device.port_path, "another device is there by now"};
  }
  Place* Find(const model::Device& device) {
    const auto place = places_.find(device.port_path);
    return place == places_.end() ? nullptr : &place->second;
  }
  Status Begin(const Call& call) {
    calls_.push_back(call);
    if (watcher_) watcher_(call);
    if (const auto failure = failures_.find(call.act); failure != failures_.end()) return failure->second;
    return Status::Ok();
  }

  bool closed_ = false;
  std::vector<std::string> gaps_;
  std::map<std::string, Place> places_;
  std::map<Act, Error> failures_;
  std::function<void(const Call&)> watcher_;
  std::vector<Call> calls_;
  std::vector<std::string> finished_;
};

}  // namespace sekimori::fakes
