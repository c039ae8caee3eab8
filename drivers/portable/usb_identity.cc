#include "drivers/portable/usb_identity.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <libusb.h>

#include "drivers/portable/usb_string.h"

namespace sekimori::drivers {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint16_t kUsEnglish = 0x0409;

struct HandleCloser {
  void operator()(libusb_device_handle* handle) const { libusb_close(handle); }
};
using Handle = std::unique_ptr<libusb_device_handle, HandleCloser>;

struct ConfigurationFreer {
  void operator()(libusb_config_descriptor* configuration) const { libusb_free_config_descriptor(configuration); }
};
using Configuration = std::unique_ptr<libusb_config_descriptor, ConfigurationFreer>;

std::string PortPathOf(libusb_device* device) {
  std::array<std::uint8_t, 7> ports{};
  const int depth = libusb_get_port_numbers(device, ports.data(), static_cast<int>(ports.size()));
  const std::string bus = std::to_string(libusb_get_bus_number(device));
  if (depth < 0) return {};
  if (depth == 0) return "usb" + bus;
  std::string path = bus;
  for (int i = 0; i < depth; ++i)
    path += (i == 0 ? "-" : ".") + std::to_string(ports[static_cast<std::size_t>(i)]);
  return path;
}

// Reads strings of one device until its time is used up; afterwards every answer is empty.
class StringReader {
 public:
  explicit StringReader(libusb_device_handle* handle) : handle_(handle) {}

  // kNotFound only: the device left. A device that refuses gives empty text; so does one that dawdles, which is noted.
  Result<std::string> Read(std::uint8_t index) {
    if (index == 0) return std::string{};
    if (!language_) {
      Result<std::size_t> length = Request(0, 0);
      if (!length.ok()) return length.error();
      language_ = FirstLanguage(Received(length.value())).value_or(kUsEnglish);
    }
    Result<std::size_t> length = Request(index, *language_);
    if (!length.ok()) return length.error();
    return DecodeUsbString(Received(length.value()));
  }

  [[nodiscard]] bool unanswered() const { return unanswered_; }

 private:
  [[nodiscard]] std::span<const std::byte> Received(std::size_t length) const {
    return std::as_bytes(std::span(buffer_).first(length));
  }
  Result<std::size_t> Request(std::uint8_t index, std::uint16_t language) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - steady_clock::now());
    // libusb takes a timeout of 0 for "wait for ever".
    if (left < milliseconds{1}) {
      unanswered_ = true;
      return std::size_t{0};
    }
    const auto timeout = static_cast<unsigned>(std::min(left, kStringTimeout).count());
    const int got = libusb_control_transfer(handle_, LIBUSB_ENDPOINT_IN, LIBUSB_REQUEST_GET_DESCRIPTOR,
                                            static_cast<std::uint16_t>(LIBUSB_DT_STRING << 8 | index), language,
                                            buffer_.data(), static_cast<std::uint16_t>(buffer_.size()), timeout);
    if (got == LIBUSB_ERROR_NO_DEVICE)
      return Error{ErrorCode::kNotFound, "libusb", "the device left while it was read"};
    // A stall is an answer: there is no such string. Anything else may go well another time.
    if (got < 0 && got != LIBUSB_ERROR_PIPE) unanswered_ = true;
    return got < 0 ? std::size_t{0} : static_cast<std::size_t>(got);
  }

  libusb_device_handle* handle_;
  steady_clock::time_point deadline_ = steady_clock::now() + kStringBudget;
  std::optional<std::uint16_t> language_;
  std::array<unsigned char, 255> buffer_{};
  bool unanswered_ = false;
};

Status ReadStrings(StringReader& reader, const ParsedDescriptors& parsed, UsbIdentity& identity) {
  // The serial number first: it is what rules ask for, and a slow device may use up its time.
  const std::array<std::pair<std::uint8_t, std::string*>, 3> wanted = {
      {{parsed.serial_index, &identity.serial},
       {parsed.product_index, &identity.product_name},
       {parsed.manufacturer_index, &identity.manufacturer}}};
  for (const auto& [index, text] : wanted) {
    Result<std::string> read = reader.Read(index);
    if (!read.ok()) return read.error();
    *text = std::move(read).value();
  }
  std::map<std::uint8_t, std::string> names{{0, {}}};
  for (const ParsedInterface& one : parsed.interfaces) {
    if (!names.contains(one.name_index) && names.size() <= kMaxInterfaceNames) {
      Result<std::string> read = reader.Read(one.name_index);
      if (!read.ok()) return read.error();
      names.emplace(one.name_index, std::move(read).value());
    }
    const auto name = names.find(one.name_index);
    identity.interface_names.push_back(name == names.end() ? std::string{} : name->second);
  }
  return Status::Ok();
}

bool Holds(const libusb_config_descriptor& configuration, const std::set<model::Interface>& ours) {
  for (const libusb_interface& group : std::span(configuration.interface, configuration.bNumInterfaces)) {
    for (const libusb_interface_descriptor& one :
         std::span(group.altsetting, static_cast<std::size_t>(group.num_altsetting))) {
      const model::Interface theirs{.configuration = configuration.bConfigurationValue,
                                    .number = one.bInterfaceNumber,
                                    .alternate = one.bAlternateSetting,
                                    .kind = {one.bInterfaceClass, one.bInterfaceSubClass, one.bInterfaceProtocol},
                                    .name = {}};
      if (!ours.contains(theirs)) return false;
    }
  }
  return true;
}

bool DescriptorsAgree(libusb_device* device, const ParsedDescriptors& parsed) {
  libusb_device_descriptor descriptor{};
  if (libusb_get_device_descriptor(device, &descriptor) != LIBUSB_SUCCESS) return false;
  if (descriptor.idVendor != parsed.vendor || descriptor.idProduct != parsed.product) return false;
  std::set<model::Interface> ours;
  for (const ParsedInterface& one : parsed.interfaces)
    ours.insert(one.interface);
  for (std::uint8_t i = 0; i < descriptor.bNumConfigurations; ++i) {
    libusb_config_descriptor* raw = nullptr;
    if (libusb_get_config_descriptor(device, i, &raw) != LIBUSB_SUCCESS) return false;
    const Configuration configuration(raw);
    if (!Holds(*configuration, ours)) return false;
  }
  return true;
}

extern "C" int OnHotplug(libusb_context*, libusb_device* device, libusb_hotplug_event, void* user_data) {
  const auto& changed = *static_cast<std::function<void(std::string)>*>(user_data);
  if (std::string path = PortPathOf(device); changed && !path.empty()) changed(std::move(path));
  return 0;  // stay registered
}

}  // namespace

Result<std::unique_ptr<LibusbBus>> LibusbBus::Open() {
  libusb_context* context = nullptr;
  if (const int failure = libusb_init(&context); failure != LIBUSB_SUCCESS)
    return Error{ErrorCode::kUnsupported, "libusb_init", libusb_strerror(static_cast<libusb_error>(failure))};
  std::unique_ptr<LibusbBus> bus(new LibusbBus(context));
  if (Status listening = bus->Listen(); !listening.ok()) return listening.error();
  return bus;
}

LibusbBus::~LibusbBus() {
  libusb_exit(context_);  // deregisters the callback too
}

Status LibusbBus::Listen() {
  if (libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) == 0 || libusb_pollfds_handle_timeouts(context_) == 0)
    return Error{ErrorCode::kUnsupported, "libusb", "this build gives no hot-plug notices one can wait for"};
  const int failure = libusb_hotplug_register_callback(
      context_, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0, LIBUSB_HOTPLUG_MATCH_ANY,
      LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, OnHotplug, &changed_, nullptr);
  if (failure != LIBUSB_SUCCESS)
    return Error{ErrorCode::kUnsupported, "libusb_hotplug_register_callback",
                 libusb_strerror(static_cast<libusb_error>(failure))};
  return Status::Ok();
}

Result<std::vector<std::string>> LibusbBus::PortPaths() {
  libusb_device** list = nullptr;
  const ssize_t count = libusb_get_device_list(context_, &list);
  if (count < 0)
    return Error{ErrorCode::kIo, "libusb_get_device_list", libusb_strerror(static_cast<libusb_error>(count))};
  std::vector<std::string> paths;
  for (libusb_device* device : std::span(list, static_cast<std::size_t>(count)))
    if (std::string path = PortPathOf(device); !path.empty()) paths.push_back(std::move(path));
  libusb_free_device_list(list, /*unref_devices=*/1);
  return paths;
}

Result<UsbIdentity> LibusbBus::ReadIdentity(int device_node, const ParsedDescriptors& parsed) {
  libusb_device_handle* raw = nullptr;
  if (const int failure = libusb_wrap_sys_device(context_, device_node, &raw); failure != LIBUSB_SUCCESS) {
    if (failure == LIBUSB_ERROR_NO_DEVICE) return Error{ErrorCode::kNotFound, "libusb", "the device left"};
    // Also what libusb answers when the configurations contradict their own lengths.
    return Error{ErrorCode::kCorrupt, "libusb_wrap_sys_device", libusb_strerror(static_cast<libusb_error>(failure))};
  }
  const Handle handle(raw);
  UsbIdentity identity;
  identity.descriptors_agree = DescriptorsAgree(libusb_get_device(handle.get()), parsed);
  StringReader reader(handle.get());
  if (Status read = ReadStrings(reader, parsed, identity); !read.ok()) return read.error();
  identity.unanswered = reader.unanswered();
  return identity;
}

std::vector<UsbBus::Waitable> LibusbBus::Waitables() {
  std::vector<Waitable> waitables;
  const libusb_pollfd** list = libusb_get_pollfds(context_);
  for (const libusb_pollfd** one = list; one != nullptr && *one != nullptr; ++one)
    waitables.push_back({(*one)->fd, (*one)->events});
  libusb_free_pollfds(list);
  return waitables;
}

void LibusbBus::Dispatch() {
  timeval now{};
  // A failure here means a notice not given; the kernel's own notices are the first source, so nothing is lost.
  static_cast<void>(libusb_handle_events_timeout_completed(context_, &now, nullptr));
}

void LibusbBus::OnChange(std::function<void(std::string)> changed) {
  changed_ = std::move(changed);
}

}  // namespace sekimori::drivers
