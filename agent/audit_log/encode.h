// model::Event → the protobuf that is stored. The one place where the two meet. Req: R05, R07, R09
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <google/protobuf/arena.h>

#include "agent/model/event.h"
#include "proto/masking/mask_message.h"

namespace sekimori::audit_log {

// So much of an event is kept, so that no device and no peer can make a record that does not fit a frame. Text is
// masked before it is cut (a cut number would not be recognised); a cut text ends in "…".
inline constexpr std::size_t kMaxText = 2048;  // bytes of one string
inline constexpr std::size_t kMaxUsers = 64;
inline constexpr std::size_t kMaxUserName = 128;  // bytes
// Of a device's interfaces; the rest is counted in Device.interfaces_left_out. A device can claim hundreds and come
// back twice a second, so this is kept near what the largest honest devices have. Of every class there is one among
// them as long as that is possible, so that no class hides behind the others.
inline constexpr std::size_t kMaxInterfaces = 64;
inline constexpr std::size_t kMaxInterfaceName = 64;  // bytes
// Of a device that left: one of each class, without names. What it was in full stands in the judgement before.
inline constexpr std::size_t kMaxClassesOfGone = 16;

class EventEncoder {
 public:
  // `payload` becomes the serialized proto::Event, its strings valid UTF-8, masked and bounded. False: it could not be
  // serialized, which is a defect.
  [[nodiscard]] bool Encode(const model::Event& event, std::string_view boot_id, std::string& payload);

 private:
  masking::MessageMasker masker_{kMaxText};
  google::protobuf::Arena arena_;  // begun anew for each event
};

}  // namespace sekimori::audit_log
