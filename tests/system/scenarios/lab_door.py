"""The lab itself: what the kernel's own switch keeps out and what not, so that a refusal can be told from a fault."""

from lab import gadget
from lab.devices import Controller, Software, Stick, UasDisk
from lab.guest import Guest
from lab.machine import SYSTEM_DISKS
from lab.scsi_disk import ScsiDisk
from lab.software_usb import Disk, Keyboard, SoftwareDevice
from lab.usb_description import Identity
from lab.watch import block_device_added, usb_device_added
from scenario import Bench, expect, expect_equal, lab_scenario

_HOLD_SECONDS = 2.0
_SHUT_PRESENT_CONTROLLERS = "for hub in /sys/bus/usb/devices/usb*; do echo 0 > $hub/authorized_default; done"
_SHUT_LATER_CONTROLLERS = "echo 0 > /sys/module/usbcore/parameters/authorized_default"


def _stick_on_a_late_controller(bench: Bench, guest: Guest, opens: bool) -> list[str]:
    """The block devices that came up, after waiting for one if the stick is to open."""
    with guest.watch.interval() as seen:
        dock = guest.devices.plug(Controller())
        guest.watch.wait_for(lambda event: usb_device_added(event) and event.name.startswith("usb"), seen.begin)
        guest.devices.plug(Stick(bench.stick()), controller=dock.identity)
        guest.watch.wait_for(lambda event: usb_device_added(event) and "-" in event.name, seen.begin)
        if opens:
            guest.watch.wait_for(block_device_added, seen.begin)
        else:
            seen.hold(_HOLD_SECONDS)
    return seen.block_devices


@lab_scenario
def unauthorized_by_default_nothing_opens(bench: Bench) -> None:
    """With authorized_default=0 a stick, a UAS disk and a composite device are seen and never opened."""
    guest = bench.restore()
    guest.check(_SHUT_PRESENT_CONTROLLERS)
    scsi = ScsiDisk(bench.stick("composite"))
    composite = SoftwareDevice(Identity(), [Keyboard(), Disk(scsi)])
    for device in (Stick(bench.stick("bot")), UasDisk(bench.stick("uas")), Software(composite)):
        with guest.watch.interval() as seen:
            guest.devices.plug(device)
            guest.watch.wait_for(usb_device_added, seen.begin)
            seen.hold(_HOLD_SECONDS)
        expect_equal(seen.block_devices, [], f"block devices of {type(device).__name__}")
        bound = [event.path for event in seen.events if event.devtype == "usb_interface"]
        expect_equal(bound, [], "interfaces")
    expect_equal((composite.configured.is_set(), scsi.commands), (False, 0), "composite device configured, commands")


@lab_scenario
def unauthorized_stick_opens_when_authorized(bench: Bench) -> None:
    """Writing 1 to `authorized` opens what the default kept shut: the refusals above are the switch's doing."""
    guest = bench.restore()
    guest.check(_SHUT_PRESENT_CONTROLLERS)
    mark = guest.watch.mark()
    guest.devices.plug(Stick(bench.stick()))
    path = guest.watch.wait_for(usb_device_added, mark).path
    with guest.watch.interval() as seen:
        guest.check(f"echo 1 > /sys{path}/authorized")
        guest.watch.wait_for(lambda event: event.name == "sda1", seen.begin)
    expect_equal(seen.block_devices, ["sda", "sda1"], "block devices")


@lab_scenario
def present_at_boot_stays_shut_by_kernel_argument(bench: Bench) -> None:
    """usbcore.authorized_default=0 keeps a stick shut that was in its port before the machine started."""

    def plug(guest: Guest) -> None:
        guest.devices.plug(Stick(bench.stick()))

    guest = bench.boot("usbcore.authorized_default=0", plug)
    with guest.watch.interval_from_boot(SYSTEM_DISKS) as seen:
        guest.watch.wait_for(lambda event: usb_device_added(event) and "-" in event.name, seen.begin, 120.0)
        guest.wait_booted()
    expect_equal(seen.block_devices, [], "block devices")


@lab_scenario
def present_at_boot_opens_without_the_argument(bench: Bench) -> None:
    """Without the argument the watch sees the stick of the first moment become a block device."""

    def plug(guest: Guest) -> None:
        guest.devices.plug(Stick(bench.stick()))

    guest = bench.boot(before_start=plug)
    with guest.watch.interval_from_boot(SYSTEM_DISKS) as seen:
        guest.watch.wait_for(lambda event: block_device_added(event) and event.name == "sda1", seen.begin, 120.0)
    expect_equal(seen.block_devices, ["sda", "sda1"], "block devices")


@lab_scenario
def late_controller_is_a_hole(bench: Bench) -> None:
    """Shutting the controllers that are there leaves one that comes later open."""
    guest = bench.restore()
    guest.check(_SHUT_PRESENT_CONTROLLERS)
    expect("sda" in _stick_on_a_late_controller(bench, guest, opens=True), "the stick did not open")


@lab_scenario
def late_controller_is_shut_by_the_module_parameter(bench: Bench) -> None:
    """The module parameter shuts controllers that come later, QEMU's and dummy_hcd alike."""
    guest = bench.restore()
    guest.check(_SHUT_LATER_CONTROLLERS)
    expect_equal(_stick_on_a_late_controller(bench, guest, opens=False), [], "block devices on the dock")
    with guest.watch.interval() as seen:
        gadget.plug_disk(guest)
        guest.watch.wait_for(lambda event: usb_device_added(event) and "-" in event.name, seen.begin)
        seen.hold(_HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices on dummy_hcd")
