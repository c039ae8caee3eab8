"""The four acts: what is plugged, what the terminal's kernel made of it, and what stands in the collector's records."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from collector import Collector, Event
from lab import input as keys
from lab import stick
from lab.devices import KEYBOARD, Device, Plugged, Software, Stick
from lab.guest import Guest
from lab.scsi_disk import ScsiDisk
from lab.software_usb import Disk, Keyboard, SoftwareDevice
from lab.usb_description import Identity
from lab.watch import Interval, Uevent

from .terminal import wait_event
from .words import Words

PRIVATE_SERIAL, DISGUISED_SERIAL, OFFICE_SERIAL = "HOME-0001", "GIFT-0001", "OFFICE-0012"
_TYPED = "sekimori"
# How long a refused device is watched after the decision: a disk that slips through shows up within a tenth of that.
_HOLD_SECONDS = 3.0
_APPEAR_SECONDS = 30.0


@dataclass(frozen=True)
class Fact:
    """Something that was seen, and whether it is what should be seen."""

    name: str
    seen: str
    good: bool


@dataclass
class Outcome:
    """How an act went: the record at the collector, and what was seen in the terminal meanwhile."""

    verdict: str
    wanted_verdict: str
    record: Event
    facts: list[Fact] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return self.verdict == self.wanted_verdict and all(fact.good for fact in self.facts)


@dataclass(frozen=True)
class Stage:
    """Where the acts play."""

    terminal: Guest
    collector: Collector
    folder: Path
    words: Words

    def medium(self, name: str) -> Path:
        """A new stick's image with one file on it."""
        return stick.make_stick(
            self.folder / (name + ".img"), {"README.TXT": self.words.say("file." + name).encode() + b"\n"}
        )

    def plug(self, device: Device) -> tuple[Plugged, Event]:
        """Plugs a device; returns it, and the collector's record of the decision about it."""
        after = self.collector.cursor()
        plugged = self.terminal.devices.plug(device)
        return plugged, wait_event(self.collector, lambda event: event["type"] == "device_judged", "decision", after)

    def pull(self, plugged: Plugged) -> None:
        """Pulls it, and waits until that too is on record."""
        after = self.collector.cursor()
        plugged.unplug()
        wait_event(self.collector, lambda event: event["type"] == "device_gone", "device gone", after)

    def none(self, name: str, found: list[str], seconds: float) -> Fact:
        """The fact that nothing appeared, all the time."""
        shown = self.words.say("fact.none", seconds=f"{seconds:.1f}") if not found else ", ".join(found)
        return Fact(self.words.say(name), shown, not found)

    def read_nothing(self, count: int) -> Fact:
        return Fact(self.words.say("fact.read"), self.words.say("fact.bytes", count=count), count == 0)


def private_stick(stage: Stage) -> Outcome:
    """A stick that no rule knows."""
    began = time.monotonic()
    with stage.terminal.watch.interval() as seen:
        plugged, record = stage.plug(Stick(stage.medium("private_stick"), PRIVATE_SERIAL))
        seen.hold(_HOLD_SECONDS)
        bytes_read = plugged.bytes_read()
    seconds = time.monotonic() - began
    stage.pull(plugged)
    facts = [stage.none("fact.block_devices", seen.block_devices, seconds), stage.read_nothing(bytes_read)]
    return Outcome(record["outcome"], "refused", record, facts)


def disguised_keyboard(stage: Stage) -> Outcome:
    """A keyboard that is a disk too: no part of it may get in."""
    keyboard, disk = Keyboard(), ScsiDisk(stage.medium("disguised_keyboard"))
    identity = Identity(0x1209, 0x0003, DISGUISED_SERIAL, "Novelty", "Free Gift Keyboard")
    device = SoftwareDevice(identity, [keyboard, Disk(disk)])
    began = time.monotonic()
    with stage.terminal.watch.interval() as seen:
        plugged, record = stage.plug(Software(device))
        keyboard.type(_TYPED)
        seen.hold(_HOLD_SECONDS)
    seconds = time.monotonic() - began
    stage.pull(plugged)
    facts = [
        stage.none("fact.block_devices", seen.block_devices, seconds),
        stage.none("fact.input_devices", _input_nodes(seen), seconds),
        stage.read_nothing(disk.bytes_read),
    ]
    return Outcome(record["outcome"], "refused", record, facts)


def _input_nodes(seen: Interval) -> list[str]:
    return [event.node for event in seen.events if keys.is_event_node(event)]


def plain_keyboard(stage: Stage) -> Outcome:
    """A keyboard and nothing else: what is typed arrives."""
    mark = stage.terminal.watch.mark()
    plugged, record = stage.plug(KEYBOARD)
    node = stage.terminal.watch.wait_for(keys.is_event_node, mark, _APPEAR_SECONDS).node
    reader = keys.KeyReader(stage.terminal, node)
    stage.terminal.devices.press(*_TYPED)
    letters = {code: letter for letter, code in keys.KEY_CODES.items()}
    arrived = "".join(letters.get(code, "?") for code in reader.wait_pressed(len(_TYPED)))
    stage.pull(plugged)
    facts = [
        Fact(stage.words.say("fact.input_device"), f"/dev/{node}", True),
        Fact(stage.words.say("fact.typed"), _TYPED, True),
        Fact(stage.words.say("fact.arrived"), arrived or "-", arrived == _TYPED),
    ]
    return Outcome(record["outcome"], "allowed", record, facts)


def _is_partition(event: Uevent) -> bool:
    return event.action == "add" and event.devtype == "partition"


def office_stick(stage: Stage) -> Outcome:
    """The stick that a rule names: it opens, and a file is read from it."""
    with stage.terminal.watch.interval() as seen:
        plugged, record = stage.plug(Stick(stage.medium("office_stick"), OFFICE_SERIAL))
        partition = stage.terminal.watch.wait_for(_is_partition, seen.begin, _APPEAR_SECONDS)
        text = stage.terminal.check(
            f"udevadm settle && mount -o ro /dev/{partition.name} /mnt && cat /mnt/README.TXT; umount /mnt"
        ).strip()
    stage.pull(plugged)
    facts = [
        Fact(stage.words.say("fact.block_devices"), ", ".join(seen.block_devices), bool(seen.block_devices)),
        Fact(stage.words.say("fact.file"), text, text == stage.words.say("file.office_stick")),
    ]
    return Outcome(record["outcome"], "allowed", record, facts)


ACTS: tuple[tuple[str, Callable[[Stage], Outcome]], ...] = (
    ("private_stick", private_stick),
    ("disguised_keyboard", disguised_keyboard),
    ("plain_keyboard", plain_keyboard),
    ("office_stick", office_stick),
)
