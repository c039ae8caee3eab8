#include "proto/masking/mask_message.h"

#include "proto/masking/individual_number.h"
#include "proto/masking/text.h"
#include "proto/options.pb.h"

namespace sekimori::masking {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

}  // namespace

std::size_t MaskMessage(Message& message, std::size_t max_text) {
  return MessageMasker(max_text).Mask(message);
}

std::size_t MessageMasker::Mask(Message& message) {
  const std::size_t before = masked_;
  // Asked once a message: each question passes a lock of the generated code.
  const Reflection& reflection = *message.GetReflection();
  // Element references of an unordered_map stay valid while nested kinds are added.
  const Plan& plan = PlanFor(*message.GetDescriptor());
  for (const Text& text : plan.texts)
    MaskText(message, reflection, text);
  for (const FieldDescriptor* const field : plan.messages)
    MaskNested(message, reflection, *field);
  return masked_ - before;
}

const MessageMasker::Plan& MessageMasker::PlanFor(const Descriptor& descriptor) {
  const auto [entry, added] = plans_.try_emplace(&descriptor);
  Plan& plan = entry->second;
  for (int i = 0; added && i < descriptor.field_count(); ++i) {
    const FieldDescriptor* const field = descriptor.field(i);
    if (field->type() == FieldDescriptor::TYPE_STRING)
      plan.texts.push_back({field, field->options().GetExtension(proto::identifier)});
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) plan.messages.push_back(field);
  }
  return plan;
}

void MessageMasker::MaskNested(Message& message, const Reflection& reflection, const FieldDescriptor& field) {
  if (!field.is_repeated()) {
    if (reflection.HasField(message, &field)) Mask(*reflection.MutableMessage(&message, &field));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i)
    Mask(*reflection.MutableRepeatedMessage(&message, &field, i));
}

void MessageMasker::MaskText(Message& message, const Reflection& reflection, const Text& text) {
  std::string scratch;
  if (!text.field->is_repeated()) {
    if (Changes(reflection.GetStringReference(message, text.field, &scratch), text.identifier))
      reflection.SetString(&message, text.field, changed_);
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, text.field); ++i)
    if (Changes(reflection.GetRepeatedStringReference(message, text.field, i, &scratch), text.identifier))
      reflection.SetRepeatedString(&message, text.field, i, changed_);
}

bool MessageMasker::Changes(const std::string& stored, bool identifier) {
  if (IsUtf8(stored) && (identifier || !CouldHoldANumber(stored)) && stored.size() <= max_text_) return false;
  changed_ = stored;
  MakeUtf8(changed_);
  if (!identifier) masked_ += MaskIndividualNumbers(changed_);
  CutUtf8(changed_, max_text_);
  return changed_ != stored;
}

}  // namespace sekimori::masking
