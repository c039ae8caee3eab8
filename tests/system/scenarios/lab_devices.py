"""The lab itself: what is plugged into an unguarded guest is really there."""

from lab import gadget, input
from lab.devices import HUB, KEYBOARD, MOUSE, Software, Stick, UasDisk
from lab.guest import Guest
from lab.machine import SYSTEM_DISKS
from lab.scsi_disk import ScsiDisk
from lab.software_usb import Disk, Keyboard, SoftwareDevice
from lab.stick import README
from lab.usb_description import Identity
from lab.watch import block_device_added, usb_device_added
from scenario import Bench, expect, expect_equal, expect_typed, lab_scenario


def _read_readme(guest: Guest, partition: str) -> str:
    return guest.check(f"mount -o ro /dev/{partition} /mnt && cat /mnt/README.TXT; umount /mnt")


@lab_scenario
def stick_without_a_guard_opens(bench: Bench) -> None:
    """A stick becomes a block device, the watch sees it, and its file can be read."""
    guest = bench.restore()
    with guest.watch.interval() as seen:
        stick = guest.devices.plug(Stick(bench.stick()))
        guest.watch.wait_for(lambda event: event.name == "sda1", seen.begin)
        expect_equal(_read_readme(guest, "sda1"), README.decode(), "the stick's file")
        expect(stick.bytes_read() > len(README), f"the guest read {stick.bytes_read()} bytes")
        stick.unplug()
        guest.watch.wait_for(lambda event: event.name == "sda" and event.action == "remove", seen.begin)
    expect_equal(seen.block_devices, ["sda", "sda1"], "block devices")


@lab_scenario
def uas_disk_without_a_guard_opens(bench: Bench) -> None:
    """A UAS disk is driven by uas and becomes a block device."""
    guest = bench.restore()
    with guest.watch.interval() as seen:
        guest.devices.plug(UasDisk(bench.stick()))
        guest.watch.wait_for(lambda event: event.name == "sda1", seen.begin)
        expect_equal(_read_readme(guest, "sda1"), README.decode(), "the disk's file")
        bound = guest.check("ls -d /sys/bus/usb/drivers/uas/*:*")
        expect(":1.0" in bound, f"uas drives {bound!r}")
    expect_equal(seen.block_devices, ["sda", "sda1"], "block devices")


@lab_scenario
def hub_with_three_sticks_opens_three(bench: Bench) -> None:
    """Three sticks behind a hub become three block devices."""
    guest = bench.restore()
    with guest.watch.interval() as seen:
        guest.devices.plug(HUB, port="1")
        for number in (1, 2, 3):
            stick = Stick(bench.stick(f"stick{number}"), serial=f"LAB-STICK-{number}")
            guest.devices.plug(stick, port=f"1.{number}")
        for name in ("sda1", "sdb1", "sdc1"):
            guest.watch.wait_for(lambda event, name=name: event.name == name, seen.begin)
    expect_equal(seen.block_devices, ["sda", "sda1", "sdb", "sdb1", "sdc", "sdc1"], "block devices")
    expect_equal(sum(usb_device_added(event) for event in seen.events), 4, "USB devices: a hub and three sticks")


@lab_scenario
def keyboard_types(bench: Bench) -> None:
    """Keys pressed on a plugged keyboard arrive at its input device."""
    guest = bench.restore()
    mark = guest.watch.mark()
    guest.devices.plug(KEYBOARD)
    node = guest.watch.wait_for(input.is_event_node, mark).node
    expect_typed(guest, node, lambda word: guest.devices.press(*word))


@lab_scenario
def mouse_appears(bench: Bench) -> None:
    """A mouse becomes an input device and no block device."""
    guest = bench.restore()
    with guest.watch.interval() as seen:
        guest.devices.plug(MOUSE)
        guest.watch.wait_for(input.is_event_node, seen.begin)
    expect_equal(seen.block_devices, [], "block devices")


@lab_scenario
def composite_device_is_a_keyboard_and_a_disk(bench: Bench) -> None:
    """A software device with two functions shows both interfaces; its disk is readable, its keys arrive."""
    guest = bench.restore()
    scsi, keyboard = ScsiDisk(bench.stick()), Keyboard()
    identity = Identity(vendor=0x1209, product=0x0003, serial="LAB-0003", name="Lab composite")
    device = SoftwareDevice(identity, [keyboard, Disk(scsi)])
    with guest.watch.interval() as seen:
        guest.devices.plug(Software(device))
        node = guest.watch.wait_for(input.is_event_node, seen.begin).node
        guest.watch.wait_for(lambda event: event.name == "sda1", seen.begin)
        expect_equal(_read_readme(guest, "sda1"), README.decode(), "the disk's file")
        expect_typed(guest, node, keyboard.type)
    expect_equal(seen.block_devices, ["sda", "sda1"], "block devices")
    expect(scsi.bytes_read > len(README), f"the guest read {scsi.bytes_read} bytes")
    classes = guest.check("cat /sys/bus/usb/devices/*/bInterfaceClass | sort -u").split()
    expect_equal(classes, ["03", "08", "09"], "interface classes")
    expect_equal(guest.check("cat /sys/bus/usb/devices/*/serial | grep LAB").strip(), "LAB-0003", "serial number")


@lab_scenario
def software_disk_is_writable(bench: Bench) -> None:
    """What the guest writes to a software disk is in its image."""
    guest = bench.restore()
    image = bench.stick()
    scsi = ScsiDisk(image)
    mark = guest.watch.mark()
    guest.devices.plug(Software(SoftwareDevice(Identity(), [Disk(scsi)])))
    guest.watch.wait_for(lambda event: event.name == "sda1", mark)
    guest.check("mount /dev/sda1 /mnt && echo carried out > /mnt/OUT.TXT && umount /mnt && sync")
    expect(b"carried out" in image.read_bytes(), "the written text is not in the image")
    expect(scsi.bytes_written > 0, "the disk counted no written bytes")


@lab_scenario
def keyboard_comes_back_with_a_disk(bench: Bench) -> None:
    """A software device can change its descriptors in its port, keeping identity and serial number."""
    guest = bench.restore()
    plugged = Software(SoftwareDevice(Identity(), [Keyboard()]))
    with guest.watch.interval() as alone:
        guest.devices.plug(plugged)
        guest.watch.wait_for(input.is_event_node, alone.begin)
    with guest.watch.interval() as returned:
        plugged.become(SoftwareDevice(Identity(), [Keyboard(), Disk(ScsiDisk(bench.stick()))]))
        guest.watch.wait_for(block_device_added, returned.begin)
    expect_equal(alone.block_devices, [], "block devices of the keyboard")
    expect("sda" in returned.block_devices, f"block devices afterwards: {returned.block_devices}")
    ports = {event.path for event in alone.events + returned.events if usb_device_added(event)}
    expect_equal(len(ports), 1, "ports used")


@lab_scenario
def gadget_disk_appears(bench: Bench) -> None:
    """A disk on a virtual controller inside the guest becomes a block device, and goes."""
    guest = bench.restore()
    with guest.watch.interval() as seen:
        gadget.plug_disk(guest)
        guest.watch.wait_for(block_device_added, seen.begin)
        gadget.unplug_disk(guest)
    expect_equal(seen.block_devices, ["sda"], "block devices")


@lab_scenario
def pulled_devices_are_gone(bench: Bench) -> None:
    """Every kind of device can be pulled; the guest sees each go, and the same port takes the next."""
    guest = bench.restore()
    software = SoftwareDevice(Identity(), [Keyboard(), Disk(ScsiDisk(bench.stick("soft")))])
    for device in (Stick(bench.stick("bot")), UasDisk(bench.stick("uas")), KEYBOARD, HUB, Software(software)):
        mark = guest.watch.mark()
        plugged = guest.devices.plug(device, port="2")
        path = guest.watch.wait_for(usb_device_added, mark).path
        # A device pulled in the midst of its enumeration keeps the kernel's hub thread busy for up to 20 s.
        guest.watch.wait_for(lambda event, path=path: event.action == "bind" and event.path == path, mark)
        guest.check("udevadm settle")
        plugged.unplug()
        guest.watch.wait_for(lambda event, path=path: event.action == "remove" and event.path == path, mark)
    expect_equal(guest.watch.barrier()[1], SYSTEM_DISKS, "block devices left")
