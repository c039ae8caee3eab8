"""What no rule admits stays out, whole, at every moment, and the refusal is at the collector."""

import contextlib

from enrolled import desk_keyboard
from lab import input
from lab.devices import HUB, Device, Software, Stick, UasDisk
from lab.scsi_disk import ScsiDisk
from lab.software_usb import Disk, Keyboard, SoftwareDevice
from lab.usb_description import Identity
from lab.watch import usb_device_added
from product import KEYBOARDS, ProductBench, Terminal, rule
from scenario import expect, expect_equal, expect_typed, product_scenario

HOLD_SECONDS = 2.0
# A disk's enclosure that usb-storage takes by its numbers, whatever class it shows (drivers/usb/storage/unusual_devs.h:
# releases 1104 to 1110). This release is between them and in no list of the drivers' aliases, which has decimal digits.
IN_SYSTEM = {"vendor": 0x05AB, "product": 0x0060, "release": 0x110A}


def plug_refused(terminal: Terminal, device: Device, serial: str, basis: str = "BASIS_DEFAULT") -> None:
    """Plugs the device, waits for its refusal at the collector and holds on; nothing of it may come up meanwhile."""
    watch = terminal.guest.watch
    with watch.interval() as seen:
        terminal.guest.devices.plug(device)
        watch.wait_for(usb_device_added, seen.begin)
        refusal = terminal.judged(serial, "refused")
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices")
    bound = [event.path for event in seen.events if event.devtype == "usb_interface"]
    expect_equal(bound, [], "interfaces")
    judged = refusal["event"]["device_judged"]
    expect_equal((judged["decision"]["basis"], judged["mode"]), (basis, "MODE_ENFORCE"), "why it was refused")
    expect(judged["decision"]["policy_name"] != "", "the refusal names no policy")


@product_scenario
def stick_is_refused(bench: ProductBench) -> None:
    """A stick no rule admits never becomes a block device."""
    terminal = bench.terminal()
    terminal.enforce()
    plug_refused(terminal, Stick(bench.stick(), serial="STICK-1"), "STICK-1")


@product_scenario
def uas_disk_is_refused(bench: ProductBench) -> None:
    """A UAS disk no rule admits never becomes a block device."""
    terminal = bench.terminal()
    terminal.enforce()
    plug_refused(terminal, UasDisk(bench.stick(), serial="UAS-1"), "UAS-1")


@product_scenario
def three_sticks_behind_a_hub_are_refused(bench: ProductBench) -> None:
    """The adopted hub does not admit what is behind it: each of three sticks is refused and recorded."""
    terminal = bench.terminal()
    terminal.enforce()
    with terminal.guest.watch.interval() as seen:
        terminal.guest.devices.plug(HUB, port="1")
        for number in (1, 2, 3):
            stick = Stick(bench.stick(f"{number}"), serial=f"BEHIND-{number}")
            terminal.guest.devices.plug(stick, port=f"1.{number}")
        for number in (1, 2, 3):
            terminal.judged(f"BEHIND-{number}", "refused")
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices")


@product_scenario
def keyboard_with_a_disk_is_refused_whole(bench: ProductBench) -> None:
    """A keyboard that is also a disk gets neither, though keyboards are admitted: no key and no SCSI command passes."""
    terminal = bench.terminal()
    terminal.enforce(KEYBOARDS)
    scsi = ScsiDisk(bench.stick())
    device = SoftwareDevice(Identity(serial="BOTH-1"), [Keyboard(), Disk(scsi)])
    plug_refused(terminal, Software(device), "BOTH-1")
    expect_equal((device.configured.is_set(), scsi.commands), (False, 0), "configured, SCSI commands")


@product_scenario
def adopted_keyboard_that_returns_with_a_disk_is_refused(bench: ProductBench) -> None:
    """The adopted keyboard is another device once it has a disk, though identity and port are the same."""
    terminal = bench.terminal()
    terminal.enforce()
    watch = terminal.guest.watch
    mark = watch.mark()
    software, keyboard = terminal.plug_desk_keyboard()
    expect_typed(terminal.guest, watch.wait_for(input.is_event_node, mark).node, keyboard.type)
    scsi = ScsiDisk(bench.stick())
    with watch.interval() as seen:
        software.become(desk_keyboard(Keyboard(), Disk(scsi)))
        terminal.judged("DESK-1", "refused")
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices")
    expect_equal([event.path for event in seen.events if input.is_event_node(event)], [],
                 "input devices")
    expect_equal(scsi.commands, 0, "SCSI commands")


def plug_disguised(terminal: Terminal, bench: ProductBench, says: tuple[int, int, int], serial: str) -> str:
    """Plugs a disk that says it is something else, which a rule admits and the kernel knows by its numbers.

    Nothing of it may come up. Returns what the collector was told about it.
    """
    # The attacker's best case: the driver is there and has only to be offered the interface.
    terminal.guest.check("modprobe usb_storage")
    scsi = ScsiDisk(bench.stick())
    device = SoftwareDevice(Identity(**IN_SYSTEM, serial=serial), [Disk(scsi, says)])
    failed: list[str] = []
    with terminal.guest.watch.interval() as seen:
        terminal.guest.devices.plug(Software(device))
        terminal.judged(serial, "allowed")
        # Without a record the time it may take is time for the disk to appear, which says more.
        with contextlib.suppress(TimeoutError):
            event = terminal.recorded("enforcement_failed", serial, lambda body: body["device"]["serial"] == serial)
            failed.append(event["event"]["enforcement_failed"]["error"])
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices")
    expect_equal((device.configured.is_set(), scsi.commands), (False, 0), "configured, SCSI commands")
    expect(failed != [], "the collector was not told")
    return failed[0]


@product_scenario
def disk_that_says_keyboard_is_refused(bench: ProductBench) -> None:
    """A disk that shows itself as HID, where every HID is admitted, stays shut; a keyboard works by the same rule."""
    terminal = bench.terminal()
    terminal.enforce(rule("hid", "allow", 'interfaces = { subset = ["03:*:*"] }'))
    error = plug_disguised(terminal, bench, (3, 1, 1), "DISGUISED-1")
    expect("03:01:01" in error, f"the class is not named: {error}")
    mark = terminal.guest.watch.mark()
    keyboard = Keyboard()
    terminal.guest.devices.plug(Software(SoftwareDevice(Identity(serial="KEYS-1"), [keyboard])))
    expect_typed(terminal.guest, terminal.guest.watch.wait_for(input.is_event_node, mark).node, keyboard.type)


@product_scenario
def disk_that_says_card_reader_is_refused(bench: ProductBench) -> None:
    """A disk that shows itself as a smart card reader, where readers are admitted, stays shut."""
    terminal = bench.terminal()
    terminal.enforce(rule("readers", "allow", 'interfaces = { equals = ["0b:*:*"] }'))
    error = plug_disguised(terminal, bench, (0x0B, 0, 0), "DISGUISED-2")
    expect("usb_storage" in error and "0b:00:00" in error, f"driver or class is not named: {error}")


@product_scenario
def disk_made_of_an_admitted_device_is_shut(bench: ProductBench) -> None:
    """A storage driver that root sends to an admitted device of another kind: shut, recorded, and shut it stays."""
    terminal = bench.terminal()
    terminal.enforce(rule("ours", "allow", 'vendor = "1209", product = "0001"'))
    guest = terminal.guest
    guest.check("modprobe usb_storage")
    guest.devices.plug(Software(SoftwareDevice(Identity(serial="TAKEN-1"), [Disk(ScsiDisk(bench.stick()), (0xFF, 0, 0))])))
    terminal.judged("TAKEN-1", "allowed")
    interface = "/sys/bus/usb/devices/*-*:1.0"
    terminal.run_until(f"grep -l 1 $(grep -l ff {interface}/bInterfaceClass | sed s/bInterfaceClass/authorized/)")
    guest.check("echo 1209 0001 > /sys/bus/usb/drivers/usb-storage/new_id")
    failed = terminal.recorded("enforcement_failed", "TAKEN-1")["event"]["enforcement_failed"]
    expect_equal(failed["error"].split(": ", 1)[1],
                 "interface 0 says class ff:00:00, but the storage driver usb-storage serves it", "the record")
    terminal.run_until("! ls /sys/class/block | grep -q ^sd")
    with guest.watch.interval() as seen:
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices afterwards")


@product_scenario
def observing_opens_and_records(bench: ProductBench) -> None:
    """In observe mode, as installed, the stick opens, and the collector knows that enforcing would have refused it."""
    terminal = bench.terminal()
    with terminal.guest.watch.interval() as seen:
        terminal.guest.devices.plug(Stick(bench.stick(), serial="OBSERVED-1"))
        terminal.guest.watch.wait_for(lambda event: event.name == "sda1", seen.begin)
    expect_equal(seen.block_devices, ["sda", "sda1"], "block devices")
    judged = terminal.judged("OBSERVED-1", "would_refuse")["event"]["device_judged"]
    expect_equal((judged["mode"], judged["decision"]["verdict"]), ("MODE_OBSERVE", "VERDICT_DENY"), "the record")
    expect_equal(terminal.collector.events("--outcome", "refused"), [], "refusals")
