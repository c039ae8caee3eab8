// A source whose devices are set by the test. Delivers on the calling thread. Passes the source contract suite.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/ports/device_source.h"

namespace sekimori::fakes {

class FakeDeviceSource final : public ports::DeviceSource {
 public:
  // --- The test's side.
  // Replaces or adds the observation under its port path; told to the sink when started and when it is news.
  void See(const model::Observation& observation) {
    for (model::Observation& known : present_) {
      if (known.device.port_path != observation.device.port_path) continue;
      if (known == observation) return;
      known = observation;
      Tell(ports::DeviceSeen{observation});
      return;
    }
    present_.push_back(observation);
    Tell(ports::DeviceSeen{observation});
  }
  void Lose(const std::string& port_path) {
    const auto gone =
        std::erase_if(present_, [&](const model::Observation& known) { return known.device.port_path == port_path; });
    if (gone > 0) Tell(ports::DeviceLeft{port_path});
  }
  // The kernel dropped notices: the devices present became these without a word.
  void LoseNotices(std::vector<model::Observation> present) {
    present_ = std::move(present);
    Tell(ports::NoticesLost{"uevent", "ENOBUFS"});
    Tell(ports::AllDevices{present_});
  }
  // With false a scan asked for stays open until AnswerScans().
  void AnswerScansAtOnce(bool at_once) { answer_at_once_ = at_once; }
  void AnswerScans() {
    if (!scan_open_) return;
    scan_open_ = false;
    Tell(ports::AllDevices{present_});
  }
  void FailStart(Error error) { start_error_ = std::move(error); }
  [[nodiscard]] int scans_requested() const { return scans_requested_; }
  [[nodiscard]] int refused_deliveries() const { return refused_deliveries_; }
  [[nodiscard]] bool started() const { return sink_ != nullptr; }

  // --- The agent's side.
  [[nodiscard]] Status Start(ports::DeviceSink& sink) override {
    if (start_error_) return *start_error_;
    sink_ = &sink;
    Tell(ports::AllDevices{present_});
    return Status::Ok();
  }
  void RequestScan() override {
    ++scans_requested_;
    scan_open_ = true;
    if (answer_at_once_) AnswerScans();
  }
  void Stop() override { sink_ = nullptr; }

 private:
  void Tell(ports::DeviceNotice notice) {
    if (sink_ != nullptr && !sink_->Deliver(std::move(notice))) ++refused_deliveries_;
  }

  ports::DeviceSink* sink_ = nullptr;
  std::vector<model::Observation> present_;
  std::optional<Error> start_error_;
  bool answer_at_once_ = true;
  bool scan_open_ = false;
  int scans_requested_ = 0;
  int refused_deliveries_ = 0;
};

}  // namespace sekimori::fakes
