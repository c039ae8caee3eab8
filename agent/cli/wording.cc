#include "agent/cli/wording.h"

#include <cstdio>
#include <string_view>

#include "proto/signing/sha256.h"
#include "proto/words/describe.h"
#include "proto/words/time_text.h"

namespace sekimori::cli {

namespace {

// "VERDICT_ALLOW_INTERFACES" without "VERDICT_", in small letters.
std::string Lower(std::string_view name, std::string_view prefix) {
  std::string word(name.substr(std::min(prefix.size(), name.size())));
  for (char& c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return word;
}

std::string Hexadecimal(std::uint32_t value, int digits) {
  char text[9];
  std::snprintf(text, sizeof text, "%0*x", digits, value);
  return text;
}

}  // namespace

std::string ModeText(words::Language language, proto::Mode mode) {
  return words::Say(language, mode == proto::MODE_ENFORCE ? "mode.enforce" : "mode.observe");
}

std::string PolicySourceText(words::Language language, proto::PolicySource source) {
  if (source == proto::POLICY_SOURCE_LOCAL) return words::Say(language, "policy_source.local");
  if (source == proto::POLICY_SOURCE_COLLECTOR) return words::Say(language, "policy_source.collector");
  return words::Say(language, "policy_source.built_in");
}

std::string PolicyText(words::Language language, const std::string& name, std::uint64_t version) {
  if (version == 0) return words::Say(language, "policy_name.without_version", {{"name", name}});
  return words::Say(language, "policy_name.with_version", {{"name", name}, {"version", std::to_string(version)}});
}

std::string TimeText(std::int64_t time_us) {
  return time_us == 0 ? "-" : words::LocalTimeText(words::TimeOfMessage(time_us));
}

std::string Word(proto::Mode mode) {
  return Lower(proto::Mode_Name(mode), "MODE_");
}
std::string Word(proto::Verdict verdict) {
  return Lower(proto::Verdict_Name(verdict), "VERDICT_");
}
std::string Word(proto::Basis basis) {
  return Lower(proto::Basis_Name(basis), "BASIS_");
}
std::string Word(proto::PolicySource source) {
  return Lower(proto::PolicySource_Name(source), "POLICY_SOURCE_");
}
std::string Word(proto::Trigger trigger) {
  return Lower(proto::Trigger_Name(trigger), "TRIGGER_");
}
std::string Word(proto::LoginMethod method) {
  return Lower(proto::LoginMethod_Name(method), "METHOD_");
}

Json TimeJson(std::int64_t time_us) {
  return time_us == 0 ? Json(nullptr) : Json(words::UtcTimeText(words::TimeOfMessage(time_us)));
}

Json DeviceJson(const proto::Device& device) {
  Json interfaces = Json::array();
  for (const proto::Interface& interface : device.interfaces())
    interfaces.push_back(
        {{"configuration", interface.configuration()},
         {"number", interface.number()},
         {"alternate", interface.alternate()},
         {"class", Hexadecimal(interface.kind().class_code(), 2) + ":" + Hexadecimal(interface.kind().subclass(), 2) +
                       ":" + Hexadecimal(interface.kind().protocol(), 2)},
         {"name", interface.name()}});
  return {{"port", device.port_path()},
          {"parent", device.parent()},
          {"vendor", Hexadecimal(device.vendor(), 4)},
          {"product", Hexadecimal(device.product(), 4)},
          {"release", Hexadecimal(device.release(), 4)},
          {"manufacturer", device.manufacturer()},
          {"product_name", device.product_name()},
          {"serial", device.serial()},
          {"hub", device.hub()},
          {"root_hub", device.root_hub()},
          {"complete", device.complete()},
          {"interfaces", std::move(interfaces)},
          {"descriptor_hash", signing::Hex(device.descriptor_hash())}};
}

Json DecisionJson(const proto::Decision& decision) {
  return {{"verdict", Word(decision.verdict())},
          {"interfaces", Json(std::vector<std::uint32_t>(decision.interfaces().begin(), decision.interfaces().end()))},
          {"basis", Word(decision.basis())},
          {"rule", decision.rule()},
          {"reason", decision.reason()},
          {"policy_name", decision.policy_name()},
          {"policy_version", decision.policy_version()},
          {"policy_source", Word(decision.policy_source())}};
}

Json DeviceStateJson(const proto::DeviceState& state) {
  const bool judged = state.judged_us() != 0;
  Json json = {{"device", DeviceJson(state.device())},
               {"decision", judged ? DecisionJson(state.decision()) : Json(nullptr)},
               {"admitted", state.admitted()}};
  json["admitted_interfaces"] =
      std::vector<std::uint32_t>(state.admitted_interfaces().begin(), state.admitted_interfaces().end());
  json["judged"] = TimeJson(state.judged_us());
  json["trigger"] = judged ? Json(Word(state.trigger())) : Json(nullptr);
  return json;
}

}  // namespace sekimori::cli
