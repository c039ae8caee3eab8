// A folder that looks like /sys to the drivers: usbcore's parameters, root hubs, devices and their interfaces.
// Plain files, so nothing reacts by itself: interfaces are there from the start, as unauthorized as their bus says.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

#include <stdlib.h>

namespace sekimori::fakes {

class FakeSysfs {
 public:
  // With usbcore loaded and everything let in, as a kernel starts; without it there is no USB at all.
  explicit FakeSysfs(bool with_usbcore = true) {
    std::string name = (std::filesystem::temp_directory_path() / "sekimori-sysfs-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    root_ = name;
    if (!with_usbcore) return;
    std::filesystem::create_directories(Devices());
    Put("module/usbcore/parameters/authorized_default", "-1\n");
    Put("bus/usb/drivers_probe", "");
    std::filesystem::create_directories(Drivers());
    Put("lib/modules/modules.alias",
        "# Aliases extracted from modules themselves.\n"
        "alias usb:v*p*d*dc*dsc*dp*ic03isc*ip*in* usbhid\n"
        "alias usb:v*p*d*dc*dsc*dp*ic08isc06ip50in* usb_storage\n"
        "alias usb:v05ABp0060d110[4-9]dc*dsc*dp*ic*isc*ip*in* usb_storage\n"
        "alias usb:v0BDAp0129d*dc*dsc*dp*ic*isc*ip*in* rtsx_usb\n"
        "alias usb:v0BDAp0138d3882dc*dsc*dp*ic*isc*ip*in* ums_realtek\n"
        "alias pci:v00008086d*sv*sd*bc*sc*i* e1000\n");
  }
  ~FakeSysfs() { std::filesystem::remove_all(root_); }
  FakeSysfs(const FakeSysfs&) = delete;
  FakeSysfs& operator=(const FakeSysfs&) = delete;

  // "usb2": takes its default from usbcore's parameter, as the kernel does.
  void AddRootHub(const std::string& name, const std::string& descriptors) {
    const std::string parameter = Get("module/usbcore/parameters/authorized_default");
    AddPlace(name, name.substr(3), 1, descriptors);
    PutIn(name, "authorized", "1\n");
    PutIn(name, "authorized_default", parameter == "-1" ? "1\n" : parameter);
    PutIn(name, "interface_authorized_default", "1\n");
    PutIn(name, "bConfigurationValue", "1\n");
    AddInterface(name, name.substr(3) + "-0:1.0", "1\n");
  }
  // The device comes in as its bus's defaults say. `numbers` are the interfaces of configuration 1.
  void AddDevice(const std::string& port_path, std::uint32_t address, const std::string& descriptors,
                 const std::set<int>& numbers) {
    const std::string bus = port_path.substr(0, port_path.find('-'));
    AddPlace(port_path, bus, address, descriptors);
    const bool in = GetFrom("usb" + bus, "authorized_default") != "0";
    PutIn(port_path, "authorized", in ? "1\n" : "0\n");
    PutIn(port_path, "bConfigurationValue", "1\n");
    std::filesystem::remove(Devices() / port_path / "port");
    std::filesystem::create_symlink("../../usb-port", Devices() / port_path / "port");
    // There also while unauthorized, where the kernel would show none: nobody is there to choose a configuration later.
    const std::string interfaces = GetFrom("usb" + bus, "interface_authorized_default");
    for (const int number : numbers)
      AddInterface(port_path, port_path + ":1." + std::to_string(number), interfaces);
  }
  // A driver that is loaded; its `bind` takes whatever is written.
  void AddDriver(const std::string& name) const { Put(Drivers() / name / "bind", ""); }
  // The driver serves the interface "1-1:1.0".
  void Serve(const std::string& interface, const std::string& driver) const {
    const std::string port_path = interface.substr(0, interface.find(':'));
    const std::filesystem::path link = Devices() / port_path / interface / "driver";
    std::filesystem::remove(link);
    if (!driver.empty()) std::filesystem::create_symlink(Drivers() / driver, link);
  }
  // No configuration is chosen: there are no interfaces.
  void Unconfigure(const std::string& port_path) const {
    for (const auto& entry : std::filesystem::directory_iterator(Devices() / port_path))
      if (entry.is_directory()) std::filesystem::remove_all(entry.path());
  }
  void Remove(const std::string& port_path) { std::filesystem::remove_all(Devices() / port_path); }

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] std::filesystem::path Devices() const { return root_ / "bus/usb/devices"; }
  [[nodiscard]] std::filesystem::path Drivers() const { return root_ / "bus/usb/drivers"; }
  // Where a kernel's modules would be, with the list of what they take.
  [[nodiscard]] std::filesystem::path Modules() const { return root_ / "lib/modules"; }
  // The attribute's text without the newline at its end, if it has one.
  [[nodiscard]] std::string Get(const std::filesystem::path& file) const {
    std::ostringstream text;
    text << std::ifstream(root_ / file, std::ios::binary).rdbuf();
    std::string value = text.str();
    if (value.ends_with('\n')) value.pop_back();
    return value;
  }
  void Put(const std::filesystem::path& file, const std::string& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file, std::ios::binary | std::ios::trunc) << text;
  }
  // Attributes of a device, or of one of its interfaces: "3-1:1.0/authorized".
  [[nodiscard]] std::string GetFrom(const std::string& port_path, const std::string& attribute) const {
    return Get(std::filesystem::path("bus/usb/devices") / port_path / attribute);
  }
  void PutIn(const std::string& port_path, const std::string& attribute, const std::string& text) const {
    Put(std::filesystem::path("bus/usb/devices") / port_path / attribute, text);
  }

 private:
  void AddPlace(const std::string& name, const std::string& bus, std::uint32_t address,
                const std::string& descriptors) const {
    PutIn(name, "busnum", bus + "\n");
    PutIn(name, "devnum", std::to_string(address) + "\n");
    PutIn(name, "speed", "480\n");
    PutIn(name, "descriptors", descriptors);
  }
  void AddInterface(const std::string& device, const std::string& name, const std::string& authorized) const {
    PutIn(device, name + "/authorized", authorized);
    PutIn(device, name + "/bInterfaceClass", ClassOf(GetFrom(device, "descriptors"), name) + "\n");
  }
  // Two hexadecimal digits, from the interface descriptor of that number; "00" without one.
  static std::string ClassOf(const std::string& descriptors, const std::string& name) {
    const int number = std::stoi(name.substr(name.rfind('.') + 1));
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(descriptors[at]); };
    for (std::size_t at = 0; at + 9 <= descriptors.size() && byte(at) > 0; at += byte(at)) {
      if (byte(at + 1) != 4 || byte(at + 2) != number) continue;
      char text[3];
      std::snprintf(text, sizeof text, "%02x", byte(at + 5));
      return text;
    }
    return "00";
  }

  std::filesystem::path root_;
};

}  // namespace sekimori::fakes
