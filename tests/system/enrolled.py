"""The terminal most scenarios start from: package installed, desk keyboard and hub adopted, enrolled at a collector.

Made once, as an administrator does it: a token is put beside the configuration, the package is installed with the desk's
devices plugged in, and the terminal enrols by itself. Kept are the guest and the collector's site, so that every
scenario continues both.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from collector import Collector, free_port
from lab import cache, guest, states
from lab.devices import HUB, Software
from lab.guest import Guest, State
from lab.image import Image
from lab.software_usb import Function, Keyboard, SoftwareDevice
from lab.usb_description import Identity
from programs import Programs, collector_programs
from report import show

TOKEN_FILE = "/etc/sekimori/enrolment-token"
HUB_PORT = "1"
DESK_PORT = "2"


def desk_keyboard(*functions: Function) -> SoftwareDevice:
    """The keyboard that is adopted, by its identity; with other functions, what it may come back as."""
    return SoftwareDevice(Identity(product=0x0010, serial="DESK-1", name="Desk keyboard"), functions)


@dataclass(frozen=True)
class Enrolled:
    """A saved terminal and the site it belongs to."""

    bare: State
    packages: tuple[Path, ...]
    folder: Path
    programs: Programs

    @property
    def state(self) -> State:
        return State(self.bare.image, self.folder / "guest")

    def collector(self, folder: Path) -> Collector:
        """A copy of the site as it was when the terminal was saved, not started."""
        shutil.copytree(self.folder / "collector", folder)
        return Collector(folder, self._port, self.programs)

    @property
    def _port(self) -> int:
        return int((self.folder / "port").read_text(encoding="ascii"))


def install(terminal: Guest, packages: Sequence[Path]) -> None:
    """Installs the packages, or installs them once more."""
    for package in packages:
        terminal.put(package, f"/root/{package.name}")
    names = " ".join(f"/root/{package.name}" for package in packages)
    terminal.check(f"DEBIAN_FRONTEND=noninteractive dpkg --install {names} && rm {names}", 300.0)


def put_token(terminal: Guest, token: str) -> None:
    """What an administrator's script does before it installs."""
    terminal.check("mkdir -p -m 0750 /etc/sekimori")
    terminal.write(TOKEN_FILE, token + "\n", mode=0o600)


def prepare(image: Image, packages: Sequence[Path]) -> Enrolled:
    """The saved terminal with these packages on it; made the first time."""
    bare = states.bare(image)
    programs = collector_programs()
    source = Path(__file__).resolve().parent
    key = cache.key_of(str(bare.folder), str(programs.folder), source / "enrolled.py", *packages)

    def make(folder: Path) -> None:
        port = free_port()
        (folder / "port").write_text(str(port), encoding="ascii")
        (folder / "guest").mkdir()
        with Collector(folder / "collector", port, programs) as collector:
            _make_terminal(bare, packages, collector).save(folder / "guest")

    return Enrolled(bare, tuple(packages), cache.cached("enrolled", key, make), programs)


def _make_terminal(bare: State, packages: Sequence[Path], collector: Collector) -> Guest:
    terminal = guest.restore(bare)
    try:
        terminal.devices.plug(HUB, port=HUB_PORT)
        terminal.devices.plug(Software(desk_keyboard(Keyboard())), port=DESK_PORT)
        for product in ("Desk keyboard", "QEMU USB Hub"):
            terminal.check(f"until grep -qx '{product}' /sys/bus/usb/devices/*/product; do sleep 0.05; done", 20.0)
        put_token(terminal, collector.token())
        install(terminal, packages)
        collector.wait_event(lambda event: event["type"] == "enrolled", "the terminal's enrolment", timeout=60.0)
        terminal.devices.unplug_all()
        for product in ("Desk keyboard", "QEMU USB Hub"):
            collector.wait_event(_left(product), f"the leaving of {product}")
        return terminal
    except BaseException:
        show(terminal, "the terminal to be enrolled")
        terminal.stop()
        raise


def _left(product: str):
    def accept(event) -> bool:
        return event["event"].get("device_gone", {}).get("device", {}).get("product_name") == product
    return accept
