#include "agent/config/baseline_file.h"

#include "agent/config/toml_writer.h"
#include "proto/policy_text/policy_words.h"
#include "proto/signing/sha256.h"
#include "proto/toml_text/text_bounds.h"
#include "proto/toml_text/toml_reader.h"

namespace sekimori::config {
namespace {

constexpr std::size_t kNameCharacters = 126;

// A device may call itself anything. What cannot stand as text in the file is kept as its bytes in hexadecimal.
std::string SerialLine(const std::string& serial) {
  if (serial.empty()) return {};
  const bool plain = toml_text::IsUtf8(serial) && !toml_text::FirstForbiddenCharacter(serial) &&
                     toml_text::CharacterCount(serial) <= kNameCharacters;
  return plain ? "serial = " + TomlText(serial) + '\n' : "serial-hex = \"" + signing::Hex(serial) + "\"\n";
}

model::AdoptedDevice ReadDevice(const toml::table& table, std::size_t number, toml_text::Faults& faults) {
  const std::string title = "device " + std::to_string(number);
  toml_text::TableReader reader(
      table, title, {"vendor", "product", "serial", "serial-hex", "device-class", "interfaces", "name"}, faults);
  for (const std::string_view key : {"vendor", "product"})
    reader.Require(key, policy_text::kWantId);
  for (const std::string_view key : {"device-class", "interfaces"})
    reader.Require(key, policy_text::kWantPlainClass);
  model::AdoptedDevice device;
  device.vendor = reader.Word("vendor", policy_text::ParseId, policy_text::kWantId).value_or(device.vendor);
  device.product = reader.Word("product", policy_text::ParseId, policy_text::kWantId).value_or(device.product);
  device.serial = reader.Word("serial", policy_text::ParseSerial, policy_text::kWantSerial).value_or("");
  if (reader.Has("serial-hex")) {
    device.serial =
        reader.Word("serial-hex", policy_text::ParseBytes, policy_text::kWantBytes, {.max_characters = 2048})
            .value_or("");
    if (reader.Has("serial")) reader.Fault("serial-hex", "serial and serial-hex; want one of them");
  }
  device.kind =
      reader.Word("device-class", policy_text::ParseClass, policy_text::kWantPlainClass).value_or(device.kind);
  for (const model::InterfaceClass& kind :
       reader.Words("interfaces", policy_text::ParseClass, policy_text::kWantPlainClass))
    device.interfaces.insert(kind);
  device.product_name = reader.Text("name", {.max_characters = kNameCharacters}).value_or("");
  return device;
}

}  // namespace

std::string RenderBaseline(const model::Baseline& baseline) {
  std::string text =
      "# Devices present when this terminal was set up. They stay usable while the policy says\n"
      "# adopted = \"honour\". Written by the agent.\n";
  for (const model::AdoptedDevice& device : baseline) {
    text += "\n[[device]]\nvendor = " + TomlId(device.vendor) + "\nproduct = " + TomlId(device.product) + '\n' +
            SerialLine(device.serial) + "device-class = " + TomlClass(device.kind) + "\ninterfaces = [";
    std::string_view separator;
    for (const model::InterfaceClass& kind : device.interfaces) {
      text += std::string(separator) + TomlClass(kind);
      separator = ", ";
    }
    text += "]\n";
    const std::string name = toml_text::Harmless(device.product_name, kNameCharacters);
    if (!name.empty()) text += "name = " + TomlText(name) + '\n';
  }
  return text;
}

Result<model::Baseline> ParseBaseline(std::string_view toml, const std::string& name) {
  const Result<toml::table> parsed = toml_text::ParseToml(toml, name);
  if (!parsed.ok()) return parsed.error();
  toml_text::Faults faults(name);
  toml_text::TableReader reader(parsed.value(), "the baseline", {"device"}, faults);
  model::Baseline baseline;
  for (const toml::table* table : reader.Tables("device", kMaxAdopted))
    baseline.push_back(ReadDevice(*table, baseline.size() + 1, faults));
  if (faults.any()) return faults.First();
  return baseline;
}

}  // namespace sekimori::config
