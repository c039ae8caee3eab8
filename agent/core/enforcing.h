// Enforcing: brings the kernel's state to the targets, in two steps with the log between them. Shut() refuses and finds
// what somebody else changed; LetIn() lets in what is recorded. Deciding thread only. Req: R02
#pragma once

#include <chrono>
#include <optional>

#include "agent/core/device_table.h"
#include "agent/core/judging.h"
#include "agent/core/recorder.h"
#include "agent/core/troubles.h"
#include "agent/ports/clock.h"
#include "agent/ports/device_gate.h"

namespace sekimori::core {

class Enforcing {
 public:
  // Times a device whose authorization was taken away by another hand is let in again in one connection; then it stays
  // shut, so that two programs do not wrestle for ever.
  static constexpr int kMaxLetInAgain = 3;
  // Between two tries of a refusal that fails; twice as long each time.
  static constexpr std::chrono::seconds kFirstRetry{2};
  static constexpr std::chrono::seconds kSlowestRetry{60};

  Enforcing(ports::DeviceGate& gate, const Judging& judging, DeviceTable& table, Recorder& recorder, Troubles& troubles)
      : gate_(gate), judging_(judging), table_(table), recorder_(recorder), troubles_(troubles) {}

  // Before the log: every refusal that is due. Differences from what had been reached are recorded as tampering while
  // `enforcing`.
  void Shut(bool enforcing);
  // After the log: every grant that is due and whose judgement is recorded. A grant that fails is recorded and refused.
  void LetIn();
  // Compare everything with the kernel at the next Shut.
  void LookAtAll();
  // A refusal failed and is to be tried again, with TryAgain and the next Shut.
  [[nodiscard]] bool retry_wanted() const { return retry_wanted_; }
  void TryAgain();
  // Another device sits where we looked: the source is to be asked for everything present. True once.
  [[nodiscard]] bool TakeScanWanted();

 private:
  void ShutOne(Present& present, bool enforcing);
  void LetInOne(Present& present);
  void FoundOpen(Present& present, const Target& target);
  [[nodiscard]] bool Narrow(Present& present);
  // True: it was a disk in disguise, and is dealt with.
  [[nodiscard]] bool Bar(Present& present, const model::Admission& live);
  [[nodiscard]] std::optional<model::Admission> LiveAdmission(Present& present);
  [[nodiscard]] bool LeftMeanwhile(Present& present, const Error& error);
  static void Settled(Present& present, const Target& target);
  // Once for each judgement.
  void RecordFailure(Present& present, const Error& error);
  void Tell(const Present& present, const Error& error);

  ports::DeviceGate& gate_;
  const Judging& judging_;
  DeviceTable& table_;
  Recorder& recorder_;
  Troubles& troubles_;
  bool retry_wanted_ = false;
  bool scan_wanted_ = false;
};

}  // namespace sekimori::core
