// The gate's contract against a real kernel: a virtual controller (dummy_hcd) with gadgets on it. Not run by
// ctest; tests/contract/drivers/on_kernel.py runs it in a guest. Needs root and the modules dummy_hcd, vhci_hcd,
// usb_f_hid, usb_f_mass_storage, usb_f_acm and usb_storage. Source: Linux, Documentation/usb/gadget_configfs.rst.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <utility>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/linux/uevent_socket.h"
#include "drivers/linux/usb_gate.h"
#include "drivers/linux/usb_observer.h"
#include "tests/contract/drivers/device_gate_bench.h"
#include "tests/fakes/fake_usb_bus.h"

namespace sekimori::contract {
namespace {

using std::filesystem::path;

const path kGadgets = "/sys/kernel/config/usb_gadget";
const path kGadget = kGadgets / "contract";
// A serial line by what it says, a disk by its numbers (drivers/usb/storage/unusual_devs.h).
const path kDisguised = kGadgets / "disguised";
constexpr std::chrono::seconds kPatience{20};

void Must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error("cannot " + what);
}

void Shell(const std::string& command) {
  Must(std::system(command.c_str()) == 0, "run: " + command);
}

void Put(const path& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  Must(out.flush().good(), "write " + file.string());
}

std::string Get(const path& file) {
  std::string line;
  std::ifstream in(file);
  std::getline(in, line);
  return line;
}

class Notices {
 public:
  Notices() {
    Result<std::unique_ptr<drivers::UeventSocket>> socket = drivers::UeventSocket::Open();
    Must(socket.ok(), "listen to the kernel");
    socket_ = std::move(socket).value();
  }
  // The first notice from here on that is wanted.
  drivers::Uevent WaitFor(const std::function<bool(const drivers::Uevent&)>& wanted) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      for (const drivers::Uevent& uevent : socket_->Receive().uevents)
        if (wanted(uevent)) return uevent;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      Must(left.count() > 0, "see the kernel's notice in time");
      pollfd waiting{socket_->fd(), POLLIN, 0};
      static_cast<void>(::poll(&waiting, 1, static_cast<int>(left.count())));
    }
  }

 private:
  std::unique_ptr<drivers::UeventSocket> socket_;
};

class KernelBench final : public GateBench {
 public:
  KernelBench() {
    Shell("modprobe -a libcomposite usb_f_hid usb_f_mass_storage usb_f_acm usb_storage dummy_hcd");
    Shell("mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config");
    Shell("truncate -s 4M /run/contract.img");
    BuildGadget();
    BuildDisguised();
  }
  ~KernelBench() override {
    Dismantle(kGadget, {"hid.0", "mass_storage.0"});
    Dismantle(kDisguised, {"acm.0"});
    static_cast<void>(std::system("modprobe -r vhci_hcd dummy_hcd; modprobe -r usbip_core"));
    static_cast<void>(gate_.OpenBarrier());
  }

  ports::DeviceGate& gate() override { return gate_; }
  model::Device PlugKeyboardWithDisk() override { return Plug(kGadget); }
  model::Device PlugDisguisedDisk() override { return Plug(kDisguised); }
  void ReplaceDevice() override {
    Unplug();
    static_cast<void>(PlugKeyboardWithDisk());
  }
  void Unplug() override {
    Notices notices;
    Put(plugged_ / "UDC", "\n");
    static_cast<void>(notices.WaitFor([&](const drivers::Uevent& uevent) {
      return uevent.action == "remove" && uevent.devtype == "usb_device" &&
             drivers::UsbPortPathOf(uevent) == port_path_;
    }));
  }
  model::Device AddController() override {
    Notices notices;
    Shell("modprobe vhci_hcd");
    const drivers::Uevent bound = notices.WaitFor([](const drivers::Uevent& uevent) {
      return uevent.action == "bind" && uevent.devtype == "usb_device" &&
             drivers::IsRootHub(drivers::UsbPortPathOf(uevent));
    });
    return Observe(drivers::UsbPortPathOf(bound));
  }
  model::Admission Admitted() override {
    const path device = path("/sys/bus/usb/devices") / port_path_;
    model::Admission admission;
    admission.authorized = Get(device / "authorized") == "1";
    for (const std::string number : {"0", "1"})
      if (Get(device / (port_path_ + ":1." + number) / "authorized") == "1")
        admission.interfaces.insert(static_cast<std::uint8_t>(number[0] - '0'));
    return admission;
  }
  void OpenFromOutside() override {
    const path device = path("/sys/bus/usb/devices") / port_path_;
    Put(device / "authorized", "1\n");
    for (const std::string number : {"0", "1"})
      Put(device / (port_path_ + ":1." + number) / "authorized", "1\n");
  }

 private:
  model::Device Plug(const path& gadget) {
    Notices notices;
    Put(gadget / "UDC", "dummy_udc.0\n");
    // "bind" of the device itself follows its configuration, when it gets one.
    const drivers::Uevent bound = notices.WaitFor([](const drivers::Uevent& uevent) {
      return uevent.action == "bind" && uevent.devtype == "usb_device" &&
             uevent.devpath.find("dummy_hcd") != std::string::npos;
    });
    plugged_ = gadget;
    port_path_ = drivers::UsbPortPathOf(bound);
    return Observe(port_path_);
  }
  static void MakeFolders(const path& gadget, std::initializer_list<const char*> folders) {
    for (const char* folder : folders)
      Must(::mkdir((gadget / folder).c_str(), 0755) == 0, std::string("make ") + folder);
  }
  static void Dismantle(const path& gadget, std::initializer_list<std::string> functions) {
    std::ofstream(gadget / "UDC") << "\n";
    for (const std::string& function : functions) {
      std::filesystem::remove(gadget / "configs/c.1" / function);
      static_cast<void>(::rmdir((gadget / "functions" / function).c_str()));
    }
    for (const char* folder : {"configs/c.1", "strings/0x409", ""})
      static_cast<void>(::rmdir((gadget / folder).c_str()));
  }
  static void BuildDisguised() {
    MakeFolders(kDisguised, {"", "strings/0x409", "configs/c.1", "functions/acm.0"});
    Put(kDisguised / "idVendor", "0x05ab\n");
    Put(kDisguised / "idProduct", "0x0060\n");
    Put(kDisguised / "bcdDevice", "0x1104\n");
    std::filesystem::create_symlink(kDisguised / "functions/acm.0", kDisguised / "configs/c.1/acm.0");
  }
  static void BuildGadget() {
    MakeFolders(kGadget, {"", "strings/0x409", "configs/c.1", "functions/hid.0", "functions/mass_storage.0"});
    Put(kGadget / "idVendor", "0x1209\n");
    Put(kGadget / "idProduct", "0x0001\n");
    Put(kGadget / "strings/0x409/serialnumber", "CONTRACT-1\n");
    Put(kGadget / "functions/hid.0/protocol", "1\n");
    Put(kGadget / "functions/hid.0/subclass", "1\n");
    Put(kGadget / "functions/hid.0/report_length", "8\n");
    // A keyboard of one byte of modifiers: Device Class Definition for HID 1.11, appendix E.6.
    Put(kGadget / "functions/hid.0/report_desc",
        std::string("\x05\x01\x09\x06\xa1\x01\x05\x07\x19\xe0\x29\xe7\x15\x00\x25\x01\x75\x01\x95\x08\x81\x02\xc0",
                    23));
    Put(kGadget / "functions/mass_storage.0/lun.0/file", "/run/contract.img\n");
    for (const char* function : {"hid.0", "mass_storage.0"})
      std::filesystem::create_symlink(kGadget / "functions" / function, kGadget / "configs/c.1" / function);
  }
  static model::Device Observe(const std::string& port_path) {
    fakes::FakeUsbBus strings_do_not_matter;
    const Result<drivers::UsbLook> look = drivers::ObserveUsbDevice(strings_do_not_matter, drivers::UsbPaths{},
                                                                    port_path, nullptr, drivers::Ask::kStrings);
    Must(look.ok(), "read " + port_path);
    return look.value().seen.device;
  }

  drivers::UsbGate gate_{"/sys"};
  std::string port_path_;
  path plugged_ = kGadget;
};

}  // namespace

std::vector<GateMaker> GateMakers() {
  return {{"UsbGateOnKernel", [] { return std::make_unique<KernelBench>(); }}};
}

}  // namespace sekimori::contract
