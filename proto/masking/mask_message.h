// Masks Individual Numbers in a whole protobuf message before it is serialized. Req: R09
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include <google/protobuf/message.h>

namespace sekimori::masking {

// Walks every string field that is set: nested, repeated, in maps (keys too; entries whose keys become equal merge).
// `bytes` fields are left alone, and so are strings marked `(sekimori.proto.identifier) = true`. Every string, marked
// or not, is made valid UTF-8 first, for a message whose strings are not would be refused by its reader. Says how many
// numbers were masked. Strings longer than `max_text` bytes (at least 3) are cut after masking and end in "…".
std::size_t MaskMessage(google::protobuf::Message& message,
                        std::size_t max_text = std::numeric_limits<std::size_t>::max());

// MaskMessage for who masks many messages: remembers where each kind of message has its strings. One thread.
class MessageMasker {
 public:
  explicit MessageMasker(std::size_t max_text) : max_text_(max_text) {}

  std::size_t Mask(google::protobuf::Message& message);

 private:
  struct Text {
    const google::protobuf::FieldDescriptor* field;
    bool identifier;
  };
  struct Plan {
    std::vector<Text> texts;
    std::vector<const google::protobuf::FieldDescriptor*> messages;
  };
  const Plan& PlanFor(const google::protobuf::Descriptor& descriptor);
  void MaskText(google::protobuf::Message& message, const google::protobuf::Reflection& reflection, const Text& text);
  void MaskNested(google::protobuf::Message& message, const google::protobuf::Reflection& reflection,
                  const google::protobuf::FieldDescriptor& field);
  [[nodiscard]] bool Changes(const std::string& stored, bool identifier);

  std::size_t max_text_;
  std::size_t masked_ = 0;
  std::string changed_;  // what the field must hold instead, when Changes() says so
  std::unordered_map<const google::protobuf::Descriptor*, Plan> plans_;
};

}  // namespace sekimori::masking
