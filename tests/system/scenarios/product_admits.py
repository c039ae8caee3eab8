"""What a rule or the adoption admits works, and only as far as that goes."""

import itertools
import time

from lab import input
from lab.devices import KEYBOARD, Software, Stick
from lab.scsi_disk import ScsiDisk
from lab.software_usb import Disk, Keyboard, ModemControl, ModemData, SilentKeyboard, SoftwareDevice
from lab.stick import README
from lab.usb_description import Identity
from lab.watch import usb_device_added
from product import KEYBOARDS, SERVICE, ProductBench, rule, serial_of
from scenario import expect, expect_equal, expect_typed, product_scenario
from scenarios.product_refuses import HOLD_SECONDS, plug_refused

PULLS = 16
PULL_STEP_SECONDS = 0.05
ISSUED = rule("issued", "allow", 'vendor = "46f4", product = "0001", serial = "ISSUED-1"')


@product_scenario
def adopted_keyboard_works(bench: ProductBench) -> None:
    """The keyboard that was there at installation works under a policy without rules, and its keys arrive."""
    terminal = bench.terminal()
    terminal.enforce()
    mark = terminal.guest.watch.mark()
    _, keyboard = terminal.plug_desk_keyboard()
    expect_typed(terminal.guest, terminal.guest.watch.wait_for(input.is_event_node, mark).node, keyboard.type)
    judged = terminal.judged("DESK-1", "allowed")["event"]["device_judged"]
    expect_equal(judged["decision"]["basis"], "BASIS_ADOPTED", "why it was admitted")


@product_scenario
def new_keyboard_works_by_rule(bench: ProductBench) -> None:
    """A keyboard that was not there at installation works when a rule admits plain keyboards."""
    terminal = bench.terminal()
    terminal.enforce(KEYBOARDS)
    mark = terminal.guest.watch.mark()
    terminal.guest.devices.plug(KEYBOARD)
    node = terminal.guest.watch.wait_for(input.is_event_node, mark).node
    expect_typed(terminal.guest, node, lambda word: terminal.guest.devices.press(*word))


@product_scenario
def keyboard_works_when_its_driver_comes_later(bench: ProductBench) -> None:
    """A keyboard let in before usbhid is loaded works once it is, and also when both happen at the same moment."""
    terminal = bench.terminal()
    terminal.enforce(KEYBOARDS)
    guest = terminal.guest
    unload = "modprobe -r hid_generic usbhid"
    guest.check(f"{unload}; echo blacklist usbhid > /etc/modprobe.d/late.conf")
    keyboard = Keyboard()
    mark = guest.watch.mark()
    late = guest.devices.plug(Software(SoftwareDevice(Identity(serial="LATE-1"), [keyboard])))
    terminal.judged("LATE-1", "allowed")
    guest.check("udevadm settle && rm /etc/modprobe.d/late.conf && modprobe usbhid")
    expect_typed(guest, guest.watch.wait_for(input.is_event_node, mark).node, keyboard.type)
    for number in range(5):
        late.unplug()
        guest.check(f"udevadm settle; {unload}")
        mark = guest.watch.mark()
        late = guest.devices.plug(Software(SoftwareDevice(Identity(serial=f"RACE-{number}"), [Keyboard()])))
        guest.watch.wait_for(input.is_event_node, mark)


@product_scenario
def silent_keyboard_holds_nothing_up(bench: ProductBench) -> None:
    """While drivers wait for an admitted device that does not answer, others are judged, let in and shut."""
    terminal = bench.terminal()
    terminal.enforce(KEYBOARDS)
    guest = terminal.guest
    started = guest.check(f"systemctl show -P ActiveEnterTimestampMonotonic {SERVICE}")
    silent = SilentKeyboard(), SilentKeyboard()
    held = guest.devices.plug(Software(SoftwareDevice(Identity(serial="SILENT-1"), silent)))
    expect(silent[0].asked.wait(30), "the keyboard was asked nothing")
    mark = guest.watch.mark()
    keyboard = Keyboard()
    guest.devices.plug(Software(SoftwareDevice(Identity(serial="KEYS-2"), [keyboard])))
    expect_typed(guest, guest.watch.wait_for(input.is_event_node, mark).node, keyboard.type)
    expect(not silent[1].asked.is_set(), "the silent keyboard was done with: nothing was seen")
    guest.devices.plug(Stick(bench.stick(), serial="MEANWHILE-1"))
    terminal.judged("MEANWHILE-1", "refused")
    held.unplug()
    expect_equal(guest.check(f"systemctl show -P ActiveEnterTimestampMonotonic {SERVICE}"), started, "the agent's start")


@product_scenario
def keyboard_half_let_in_by_a_killed_agent_is_finished_by_the_next(bench: ProductBench) -> None:
    """The agent is killed while a driver waits for one interface of a device; the next agent offers the others."""
    terminal = bench.terminal()
    terminal.enforce(KEYBOARDS)
    guest = terminal.guest
    slow, keyboard = SilentKeyboard(), Keyboard()
    guest.devices.plug(Software(SoftwareDevice(Identity(serial="SLOW-1"), [slow, keyboard])))
    expect(slow.asked.wait(30), "the slow interface was asked nothing")
    mark = guest.watch.mark()
    guest.check(f"systemctl kill --signal=KILL {SERVICE}")
    expect_typed(guest, guest.watch.wait_for(input.is_event_node, mark, 60.0).node, keyboard.type)


@product_scenario
def modem_works_whose_driver_takes_two_interfaces(bench: ProductBench) -> None:
    """A driver that serves several interfaces of a device finds all of them open, and the modem has its terminal."""
    terminal = bench.terminal()
    terminal.enforce(rule("modem", "allow", 'interfaces = { equals = ["02:02:01", "0a:*:*"] }'))
    # Loaded, or it would come by itself when all is open already.
    terminal.guest.check("modprobe cdc_acm")
    modem = SoftwareDevice(Identity(serial="MODEM-1"), [ModemControl(), ModemData()])
    terminal.guest.devices.plug(Software(modem))
    terminal.judged("MODEM-1", "allowed")
    terminal.run_until("test -c /dev/ttyACM0")


@product_scenario
def pulling_what_was_admitted_alarms_nobody(bench: ProductBench) -> None:
    """Admitted devices pulled in use and at every moment of being let in: no record says that a hand was laid on them."""
    terminal = bench.terminal()
    terminal.enforce(ISSUED, KEYBOARDS, rule("panel", "allow", 'serial = "PANEL-1"'))
    watch = terminal.guest.watch
    medium = bench.stick()
    kinds = {
        "ISSUED-1": lambda: Stick(medium, serial="ISSUED-1"),
        "KEYS-1": lambda: Software(SoftwareDevice(Identity(serial="KEYS-1"), [Keyboard()])),
        "PANEL-1": lambda: Software(SoftwareDevice(Identity(serial="PANEL-1"), [Keyboard() for _ in range(4)])),
    }
    for round_, (serial, make) in itertools.product(range(PULLS), kinds.items()):
        mark = watch.mark()
        # Not all in one port: more than thirty arrivals a minute are not judged one by one.
        plugged = terminal.guest.devices.plug(make(), port=str(2 + round_ % 7))
        watch.wait_for(usb_device_added, mark)
        if round_ < PULLS // 2:
            watch.wait_for(lambda event: event.action == "bind" and event.devtype == "usb_interface", mark)
        time.sleep(PULL_STEP_SECONDS * (round_ % (PULLS // 2)))
        plugged.unplug()
        watch.wait_for(lambda event: event.devtype == "usb_device" and event.action == "remove", mark)
    plug_refused(terminal, Stick(medium, serial="LAST-1"), "LAST-1")
    alarmed = [(event["type"], serial_of(event), event["event"][event["type"]]) for event in terminal.collector.events()
               if event["type"] in ("barrier_tampered", "enforcement_failed")]
    expect_equal(alarmed, [], "alarms")


@product_scenario
def new_keyboard_is_refused_without_a_rule(bench: ProductBench) -> None:
    """A keyboard that was not there at installation is nobody's until a rule says so."""
    terminal = bench.terminal()
    terminal.enforce()
    plug_refused(terminal, Software(SoftwareDevice(Identity(serial="STRANGE-1"), [Keyboard()])), "STRANGE-1")


@product_scenario
def issued_stick_opens(bench: ProductBench) -> None:
    """A stick admitted by its serial number opens and is readable; another of the same make does not open."""
    terminal = bench.terminal()
    terminal.enforce(ISSUED)
    watch = terminal.guest.watch
    with watch.interval() as seen:
        issued = terminal.guest.devices.plug(Stick(bench.stick("issued"), serial="ISSUED-1"))
        watch.wait_for(lambda event: event.name == "sda1", seen.begin)
        text = terminal.guest.check("mount -o ro /dev/sda1 /mnt && cat /mnt/README.TXT; umount /mnt")
    expect_equal(text, README.decode(), "the stick's file")
    judged = terminal.judged("ISSUED-1", "allowed")["event"]["device_judged"]
    expect_equal(judged["decision"]["rule"], "issued", "the rule that admitted")
    mark = watch.mark()
    issued.unplug()
    watch.wait_for(lambda event: event.devtype == "usb_device" and event.action == "remove", mark)
    plug_refused(terminal, Stick(bench.stick("private"), serial="PRIVATE-1"), "PRIVATE-1")


@product_scenario
def keyboard_part_of_a_composite_works_alone(bench: ProductBench) -> None:
    """A verdict on interfaces lets the keyboard of a composite device in and keeps its disk out."""
    terminal = bench.terminal()
    terminal.enforce(rule("keys-only", "allow-interfaces", 'interfaces = { any = ["03:01:01"] }', admit="03:*:*"))
    keyboard, scsi = Keyboard(), ScsiDisk(bench.stick())
    watch = terminal.guest.watch
    with watch.interval() as seen:
        terminal.guest.devices.plug(
            Software(SoftwareDevice(Identity(serial="PARTLY-1"), [keyboard, Disk(scsi)]))
        )
        expect_typed(terminal.guest, watch.wait_for(input.is_event_node, seen.begin).node, keyboard.type)
        judged = terminal.judged("PARTLY-1", "allowed")["event"]["device_judged"]
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices")
    expect_equal(scsi.commands, 0, "SCSI commands")
    expect_equal((judged["decision"]["verdict"], judged["decision"].get("interfaces", [])),
                 ("VERDICT_ALLOW_INTERFACES", [0]), "the verdict")
