"""What no rule admits stays out, whole, at every moment, and the refusal is at the collector."""

from enrolled import desk_keyboard
from lab import input
from lab.devices import HUB, Device, Software, Stick, UasDisk
from lab.scsi_disk import ScsiDisk
from lab.software_usb import Disk, Keyboard, SoftwareDevice
from lab.usb_description import Identity
from lab.watch import usb_device_added
from product import KEYBOARDS, ProductBench, Terminal
from scenario import expect, expect_equal, product_scenario

HOLD_SECONDS = 2.0


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
    keys = input.KeyReader(terminal.guest, watch.wait_for(input.is_event_node, mark).node)
    keyboard.type("sad")
    expect_equal(keys.wait_pressed(3), [input.KEY_CODES[key] for key in "sad"], "keys while it is the keyboard")
    scsi = ScsiDisk(bench.stick())
    with watch.interval() as seen:
        software.become(desk_keyboard(Keyboard(), Disk(scsi)))
        terminal.judged("DESK-1", "refused")
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices")
    expect_equal([event.path for event in seen.events if input.is_event_node(event)], [],
                 "input devices")
    expect_equal(scsi.commands, 0, "SCSI commands")


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
