// libusb 1.0 as the drivers use it: which devices there are, notices when one comes or goes, and what an opened device
// says of itself. Nothing here changes a device: no configuration is set and no interface is claimed, so all of it
// works while the device is still unauthorized. Req: R02 Threads: one; notices are given inside Dispatch() and
// ReadIdentity() on the caller's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/model/device.h"
#include "drivers/portable/descriptors.h"
#include "proto/result.h"

struct libusb_context;

namespace sekimori::drivers {

// One string request of a device that answers takes a few milliseconds. A device that does not answer costs at most
// kStringBudget, and 1 s more when it does not even say its configuration (libusb asks for it by itself).
inline constexpr std::chrono::milliseconds kStringTimeout{500};
inline constexpr std::chrono::milliseconds kStringBudget{1000};
// Interface names are asked for at most this many different string indices.
inline constexpr std::size_t kMaxInterfaceNames = 16;

struct UsbIdentity {
  std::string manufacturer;  // as DecodeUsbString gives them; empty if the device has none, refused or did not answer
  std::string product_name;
  std::string serial;
  std::vector<std::string> interface_names;  // one for each of ParsedDescriptors::interfaces, same order
  // libusb's own reading of the descriptors holds no interface that ours does not, and names the same product.
  bool descriptors_agree = false;
  // It did not answer a question in time, or time was up before all were asked: what is empty above may not be.
  bool unanswered = false;
};

// What the source asks of USB. Virtual so that a test can play a bus.
class UsbBus {
 public:
  virtual ~UsbBus() = default;
  // Port paths of every device known ("3-1.2", root hubs "usb3"), in no order.
  [[nodiscard]] virtual Result<std::vector<std::string>> PortPaths() = 0;
  // `device_node` is the open device node (/dev/bus/usb/…, read and write); it stays the caller's. kNotFound: the
  // device left meanwhile. kCorrupt: libusb cannot make sense of its descriptors. kIo.
  [[nodiscard]] virtual Result<UsbIdentity> ReadIdentity(int device_node, const ParsedDescriptors& parsed) = 0;
  // Descriptors to wait on, with poll(2) events; readable means Dispatch() has something to do.
  struct Waitable {
    int fd = -1;
    short events = 0;
  };
  [[nodiscard]] virtual std::vector<Waitable> Waitables() = 0;
  // Gives pending notices to the function set below; never blocks.
  virtual void Dispatch() = 0;
  // `changed` is called with the port path of a device that arrived or left.
  virtual void OnChange(std::function<void(std::string port_path)> changed) = 0;
};

class LibusbBus final : public UsbBus {
 public:
  // kUnsupported: libusb finds no USB on this system or cannot give notices.
  [[nodiscard]] static Result<std::unique_ptr<LibusbBus>> Open();
  ~LibusbBus() override;
  LibusbBus(const LibusbBus&) = delete;
  LibusbBus& operator=(const LibusbBus&) = delete;

  [[nodiscard]] Result<std::vector<std::string>> PortPaths() override;
  [[nodiscard]] Result<UsbIdentity> ReadIdentity(int device_node, const ParsedDescriptors& parsed) override;
  [[nodiscard]] std::vector<Waitable> Waitables() override;
  void Dispatch() override;
  void OnChange(std::function<void(std::string)> changed) override;

 private:
  explicit LibusbBus(libusb_context* context) : context_(context) {}
  [[nodiscard]] Status Listen();

  libusb_context* context_;
  std::function<void(std::string)> changed_;
};

}  // namespace sekimori::drivers
