#!/usr/bin/python3
"""The drivers on a real kernel: the gate's contract suite and what the source tells, in the guest lab.

usage: tests/contract/drivers/on_kernel.py [BUILD_FOLDER] [unittest arguments]      (default: build/dev)

Runs device_gate_on_kernel and usb_probe of that build in a guest that has nothing of Sekimori installed.
"""

import re
import sys
import tempfile
import unittest
from pathlib import Path

TREE = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TREE / "tests/system"))

from lab import cache, guest, image, states, stick  # noqa: E402
from lab.devices import HUB, Controller, Software, Stick  # noqa: E402
from lab.scsi_disk import ScsiDisk  # noqa: E402
from lab.software_usb import Disk, Function, Keyboard, NoAnswer, Setup, SoftwareDevice  # noqa: E402
from lab.usb_description import Identity  # noqa: E402
from lab.watch import block_device_added, usb_device_added  # noqa: E402

_HOLD_SECONDS = 2.0
_PROGRAMS = ("usb_probe", "device_gate_on_kernel")
_LOG = "/run/watch.log"
BUILD = TREE / "build/dev"


def _state():
    programs = [BUILD / "tests/contract/drivers" / name for name in _PROGRAMS]

    def install(terminal):
        for program in programs:
            terminal.put(program, f"/usr/local/bin/{program.name}", 0o755)

    return states.prepared(image.build(), "drivers-" + cache.key_of(*programs), install)


class Mute(SoftwareDevice):
    """Answers what enumeration needs and then, when told to, says nothing to any request for a string."""

    muted = False

    def control(self, setup: Setup):
        if self.muted and (setup.request_type, setup.request, setup.value >> 8) == (0x80, 6, 3):
            raise NoAnswer
        return super().control(setup)


class Broken(SoftwareDevice):
    """Announces a longer configuration than it has."""

    def _descriptor(self, kind, index):
        raw = super()._descriptor(kind, index)
        return raw[:2] + (len(raw) + 20).to_bytes(2, "little") + raw[4:] if kind == 2 else raw


class OnKernel(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sekimori-drivers-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.guest = guest.restore(_state())
        self.addCleanup(self.guest.stop)

    def medium(self, name="stick"):
        return stick.make_stick(self.folder / f"{name}.img")

    def plug(self, device, **where):
        """Plugs the device and returns it with its port path."""
        mark = self.guest.watch.mark()
        plugged = self.guest.devices.plug(device, **where)
        name = self.guest.watch.wait_for(lambda event: usb_device_added(event) and "-" in event.name, mark, 60.0).name
        return plugged, name

    def probe(self, arguments, status=0):
        done = self.guest.run(f"usb_probe {arguments}", 120.0)
        self.assertEqual(status, done.status, done.output)
        return done.output

    def start(self, what="watch"):
        self.guest.check(f"usb_probe {what} >> {_LOG} 2>&1 & echo $! > /run/probe.pid")
        self.told("all" if what == "watch" else "listening")

    def told(self, pattern, seconds=20, count=1):
        """Waits until the log has that many lines that match; returns the last of them."""
        script = f"timeout {seconds} sh -c 'until test $(grep -cE \"$0\" {_LOG}) -ge {count}; do sleep 0.1; done' '{pattern}'"
        done = self.guest.run(script, seconds + 30.0)
        log = self.log()
        self.assertEqual(0, done.status, f"no line like {pattern!r} in:\n{log}")
        return [line for line in log.splitlines() if re.search(pattern, line)][-1]

    def log(self):
        return self.guest.run(f"cat {_LOG}").output

    def block_devices_while(self, action):
        with self.guest.watch.interval() as seen:
            action()
            seen.hold(_HOLD_SECONDS)
        return seen.block_devices

    def bound_driver(self, interface):
        return self.guest.run(f"basename $(readlink /sys/bus/usb/devices/{interface}/driver)").output.strip()


class Gate(OnKernel):
    def test_contract(self):
        done = self.guest.run("device_gate_on_kernel", 600.0)
        self.assertEqual(0, done.status, done.output)
        self.assertRegex(done.output, r"\[  PASSED  \] [1-9]\d* tests")

    def test_stick_is_shut_then_open_then_gone_when_the_refusal_returns(self):
        self.probe("barrier close")
        names = []
        shut = self.block_devices_while(lambda: names.append(self.plug(Stick(self.medium()))[1]))
        self.assertEqual([], shut)
        mark = self.guest.watch.mark()
        self.probe(f"admit {names[0]}")
        self.guest.watch.wait_for(lambda event: block_device_added(event) and event.name == "sda1", mark)
        self.assertNotRegex(self.guest.check(f"usb_probe refuse {names[0]}; ls /sys/class/block"), r"(?m)^sd")

    def test_keyboard_is_let_in_and_the_disk_beside_it_is_not(self):
        self.probe("barrier close")
        scsi = ScsiDisk(self.medium())
        _, name = self.plug(Software(SoftwareDevice(Identity(), [Keyboard(), Disk(scsi)])))
        self.guest.check("modprobe -a usb_storage uas usbhid")
        self.assertEqual([], self.block_devices_while(lambda: self.probe(f"admit {name} 0")))
        self.assertEqual(("usbhid", 0), (self.bound_driver(f"{name}:1.0"), scsi.commands))
        mark = self.guest.watch.mark()
        self.probe(f"admit {name}")
        self.guest.watch.wait_for(block_device_added, mark)
        self.assertNotRegex(self.guest.check(f"usb_probe admit {name} 0; ls /sys/class/block"), r"(?m)^sd")
        self.assertEqual("usbhid", self.bound_driver(f"{name}:1.0"), "the keyboard stayed in while the disk went")

    def test_controller_that_comes_later_is_shut(self):
        self.probe("barrier close")
        mark = self.guest.watch.mark()
        dock = self.guest.devices.plug(Controller())
        self.guest.watch.wait_for(lambda event: usb_device_added(event) and event.name.startswith("usb"), mark)
        shut = self.block_devices_while(lambda: self.plug(Stick(self.medium()), controller=dock.identity))
        self.assertEqual([], shut)
        self.assertEqual("closed=1", self.probe("barrier read").strip())

    def test_open_barrier_names_every_gap(self):
        self.probe("barrier close")
        self.probe("barrier open")
        self.assertEqual(
            "closed=0 usbcore.authorized_default=-1 usb1.authorized_default=1 usb2.authorized_default=1",
            self.probe("barrier read").strip(),
        )


class Source(OnKernel):
    def test_reads_strings_while_unauthorized(self):
        self.probe("barrier close")
        self.start()
        identity = Identity(serial="A\u202eB\x07", name="関守 鍵")
        _, name = self.plug(Software(SoftwareDevice(identity, [Keyboard()])))
        line = self.told(f"seen {name} ")
        self.assertIn('serial="A\ufffdB\ufffd" product="関守 鍵" manufacturer="Lab" complete=1 config=0 in=0', line)
        self.assertIn('interfaces=[ 1.0.0=03:01:01"" ]', line)

    def test_tells_departure_and_another_device_in_the_place(self):
        self.start()
        software = Software(SoftwareDevice(Identity(serial="FIRST"), [Keyboard()]))
        plugged, name = self.plug(software)
        self.told(f'seen {name} .*"FIRST"')
        software.become(SoftwareDevice(Identity(serial="SECOND"), [Function()]))
        self.told(f'seen {name} .*"SECOND".*ff:00:00')
        self.told(f"left {name}$")
        plugged.unplug()
        self.told(f"left {name}$", count=2)

    def test_tells_what_others_do_to_a_device(self):
        self.start()
        _, name = self.plug(Software(SoftwareDevice(Identity(), [Keyboard(), Disk(ScsiDisk(self.medium()))])))
        self.told(f"seen {name} .*config=1 in=1 in-interfaces=. 0 1 .")
        folder = f"/sys/bus/usb/devices/{name}"
        self.guest.check(f"echo 0 > {folder}:1.1/authorized")
        self.told(f"seen {name} .*config=1 in=1 in-interfaces=. 0 . ")
        self.guest.check(f"echo 0 > {folder}/authorized")
        self.told(f"seen {name} .*config=0 in=0 ")
        self.guest.check(f"echo 1 > {folder}/authorized")
        self.told(f"seen {name} .*config=1 in=1 in-interfaces=. 0 1 .", count=2)
        self.guest.check(f"echo 0 > {folder}/bConfigurationValue")
        self.told(f"seen {name} .*config=0 in=1 ")

    def test_sees_what_hangs_on_a_hub(self):
        self.start()
        _, hub = self.plug(HUB, port="1")
        for number in (1, 2, 3):
            self.guest.devices.plug(Stick(self.medium(f"s{number}"), serial=f"HUB-{number}"), port=f"1.{number}")
        for number in (1, 2, 3):
            self.told(f'seen {hub}.{number} .*"HUB-{number}"')

    def test_device_that_does_not_answer_is_seen_without_strings_and_the_next_one_too(self):
        self.probe("barrier close")
        self.start()
        mute = Mute(Identity(), [Keyboard()])
        plugged, name = self.plug(Software(mute))
        self.told(f'seen {name} .*"LAB-SOFT-1"')
        mute.muted = True
        self.guest.check("kill $(cat /run/probe.pid)")
        self.start()
        self.assertIn('serial="" product="" manufacturer="" complete=0', self.told(f"present {name} "))
        _, next_name = self.plug(Stick(self.medium()))
        self.told(f'seen {next_name} .*"LAB-STICK-1"')
        # Asked again after 1, 2 and 4 s, it is taken not to have any.
        self.told(f'seen {name} .*serial="" product="" manufacturer="" complete=1', seconds=40)

    def test_contradictory_descriptors_are_incomplete(self):
        self.start()
        _, name = self.plug(Software(Broken(Identity(), [Keyboard()])))
        self.assertIn("complete=0", self.told(f"seen {name} .*1.0.0=03:01:01"))

    def test_stopped_source_catches_up(self):
        self.start()
        plugged, name = self.plug(Stick(self.medium()))
        self.told(f"seen {name} ")
        self.guest.check("kill -STOP $(cat /run/probe.pid)")
        plugged.unplug()
        _, second = self.plug(Stick(self.medium("second"), serial="SECOND"))
        self.guest.check("kill -CONT $(cat /run/probe.pid)")
        self.told(f"left {name}$")
        self.told(f'seen {second} .*"SECOND"')

    def test_sleeps_while_nothing_happens(self):
        self.start()
        _, name = self.plug(Stick(self.medium()))
        self.told(f"seen {name} .*in-interfaces=. 0 .")
        count = "cat /proc/$(cat /run/probe.pid)/task/*/status | grep voluntary"
        self.guest.check("udevadm settle")
        self.assertEqual("same", self.guest.check(
            f"a=$({count}); sleep 10; b=$({count}); [ \"$a\" = \"$b\" ] && echo same || echo \"$a\" \"$b\"").strip())


class SystemNotices(OnKernel):
    def test_clock_set_forth_and_back(self):
        self.start("notices")
        self.guest.check("date --set='+1 hour'")
        self.told("clock-set by=(3600|3599)")
        self.guest.check("date --set='-1 hour'")
        self.told("clock-set by=-(3600|3599)")

    def test_logind_that_begins_later(self):
        self.guest.check("systemctl stop systemd-logind; rm -r /run/systemd/sessions")
        self.start("notices")
        self.guest.check("mkdir /run/systemd/sessions; systemctl start systemd-logind")
        self.told("sessions-changed")
        manager = "org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager"
        session = "'uusssssussbssa(sv)' 0 $$ lab tty user '' '' 0 '' '' false '' '' 0"
        self.guest.check(f"busctl call {manager} CreateSession {session}")
        self.told("sessions-changed", count=2)

    def test_resume(self):
        self.start("notices")
        # Suspends everything but the processor itself for five seconds: this machine cannot sleep deeper.
        # Source: Linux, Documentation/power/basic-pm-debugging.rst
        self.guest.check("echo core > /sys/power/pm_test; echo mem > /sys/power/state")
        self.told("resumed slept=[1-9]")


if __name__ == "__main__":
    if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir():
        BUILD = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2, warnings="ignore")
