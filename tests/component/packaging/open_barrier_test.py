"""Removing the package puts the kernel's defaults back and lets in what was held back."""
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "packaging/barrier/open-barrier"


class OpenBarrier(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.sys = pathlib.Path(folder.name)

    def write(self, path, text):
        file = self.sys / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def read(self, path):
        return (self.sys / path).read_text().strip()

    def run_script(self):
        ran = subprocess.run(["sh", str(SCRIPT)], env={"PATH": "/usr/bin:/bin", "SEKIMORI_SYSFS": str(self.sys)},
                             capture_output=True, text=True, timeout=30)
        self.assertEqual((0, ""), (ran.returncode, ran.stderr))

    def test_opens_hubs_devices_and_interfaces(self):
        self.write("module/usbcore/parameters/authorized_default", "0\n")
        self.write("bus/usb/drivers_probe", "")
        for hub in ("usb1", "usb2"):
            self.write(f"bus/usb/devices/{hub}/authorized_default", "0\n")
            self.write(f"bus/usb/devices/{hub}/interface_authorized_default", "0\n")
            self.write(f"bus/usb/devices/{hub}/authorized", "1\n")
        self.write("bus/usb/devices/1-2/authorized", "0\n")
        self.write("bus/usb/devices/1-2.4/authorized", "1\n")
        self.write("bus/usb/devices/1-2.4:1.0/authorized", "1\n")
        self.write("bus/usb/devices/1-2.4:1.1/authorized", "0\n")
        self.run_script()
        self.assertEqual("-1", self.read("module/usbcore/parameters/authorized_default"))
        for hub in ("usb1", "usb2"):
            self.assertEqual("1", self.read(f"bus/usb/devices/{hub}/authorized_default"))
            self.assertEqual("1", self.read(f"bus/usb/devices/{hub}/interface_authorized_default"))
        self.assertEqual("1", self.read("bus/usb/devices/1-2/authorized"))
        self.assertEqual("1", self.read("bus/usb/devices/1-2.4:1.1/authorized"))
        self.assertEqual("1-2.4:1.1", self.read("bus/usb/drivers_probe"))

    def test_no_driver_is_asked_before_all_interfaces_are_let_in(self):
        interfaces = ("1-2:1.0", "1-2:1.1")
        for interface in interfaces:
            self.write(f"bus/usb/devices/{interface}/authorized", "0\n")
        probe = self.sys / "bus/usb/drivers_probe"
        os.mkfifo(probe)
        asked = []

        def driver():
            while len(asked) < len(interfaces):  # two names may come at once
                for name in probe.read_text().split():
                    asked.append((name, [self.read(f"bus/usb/devices/{each}/authorized") for each in interfaces]))

        listening = threading.Thread(target=driver, daemon=True)
        listening.start()
        self.run_script()
        listening.join(30)
        self.assertEqual([(each, ["1", "1"]) for each in interfaces], asked)

    def test_a_machine_without_usb_is_no_failure(self):
        self.run_script()


if __name__ == "__main__":
    unittest.main()
