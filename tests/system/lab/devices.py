"""Plugs and pulls devices: what can be pushed into a terminal's ports while it runs, or before it starts."""

import itertools
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from . import wait
from .machine import USB_CONTROLLER
from .qmp import Qmp, QmpError
from .software_usb import SoftwareDevice
from .usbredir import RedirServer


@dataclass(frozen=True)
class Place:
    """Where a device goes, and what undoes each step of plugging it."""

    qmp: Qmp
    folder: Path
    controller: str
    port: str
    undo: ExitStack

    def add(self, driver: str, identity: str, **properties: object) -> None:
        """Adds a device to the USB tree."""
        where = {"bus": f"{self.controller}.0"} | ({"port": self.port} if self.port else {})
        self.add_anywhere(driver, identity, **where, **properties)

    def add_anywhere(self, driver: str, identity: str, **properties: object) -> None:
        """Adds a device to the machine."""
        self.qmp.execute("device_add", {"driver": driver, "id": identity, **properties})
        self.undo.callback(remove_device, self.qmp, identity)

    def open_image(self, node: str, image: Path, read_only: bool = False) -> None:
        """Opens a medium's image."""
        file = {"driver": "file", "filename": str(image)}
        self.qmp.execute("blockdev-add", {"driver": "raw", "node-name": node, "read-only": read_only, "file": file})
        self.undo.callback(_close_image, self.qmp, node)

    def open_channel(self, channel: str, socket: Path) -> None:
        """Connects QEMU to a listening socket."""
        address = {"type": "unix", "data": {"path": str(socket)}}
        backend = {"type": "socket", "data": {"server": False, "addr": address}}
        self.qmp.execute("chardev-add", {"id": channel, "backend": backend})
        self.undo.callback(_close_channel, self.qmp, channel)


class Device(Protocol):
    """A kind of device that can be plugged."""

    def plug(self, place: Place, identity: str) -> None:
        """Plugs it under that identity."""


@dataclass(frozen=True)
class Stick:
    """A USB stick (bulk-only transport)."""

    image: Path
    serial: str = "LAB-STICK-1"
    read_only: bool = False

    def plug(self, place: Place, identity: str) -> None:
        node = f"{identity}-medium"
        place.open_image(node, self.image, self.read_only)
        place.add("usb-storage", identity, drive=node, serial=self.serial, removable=True)


@dataclass(frozen=True)
class UasDisk:
    """A disk that speaks USB Attached SCSI."""

    image: Path
    serial: str = "LAB-UAS-1"

    def plug(self, place: Place, identity: str) -> None:
        node = f"{identity}-medium"
        place.open_image(node, self.image)
        place.add("usb-uas", identity, serial=self.serial)
        unit = {"driver": "scsi-hd", "id": f"{identity}-unit", "bus": f"{identity}.0", "drive": node}
        # The unit goes when its transport goes: it has no undo of its own.
        place.qmp.execute("device_add", unit | {"lun": 0, "serial": self.serial})
        # Only now is the device shown to the guest, with its unit in it.
        attached = {"path": f"/machine/peripheral/{identity}", "property": "attached", "value": True}
        place.qmp.execute("qom-set", attached)


@dataclass(frozen=True)
class Simple:
    """A device that QEMU offers ready-made, with QEMU's serial number or another."""

    driver: str
    serial: str = ""

    def plug(self, place: Place, identity: str) -> None:
        place.add(self.driver, identity, **({"serial": self.serial} if self.serial else {}))


KEYBOARD = Simple("usb-kbd")
MOUSE = Simple("usb-mouse")
HUB = Simple("usb-hub")


@dataclass(frozen=True)
class Controller:
    """A further USB controller, as a dock brings one: its id is then a `controller` to plug into."""

    model: str = "qemu-xhci"

    def plug(self, place: Place, identity: str) -> None:
        place.add_anywhere(self.model, identity)


class Software:
    """A device made of our own code (software_usb.py): any identity, any set of interfaces."""

    def __init__(self, device: SoftwareDevice):
        self._device = device
        self._server: RedirServer | None = None

    def plug(self, place: Place, identity: str) -> None:
        self._server = RedirServer(place.folder / f"{identity}.socket", self._device)
        place.undo.callback(self._server.close)
        place.open_channel(f"{identity}-channel", self._server.path)
        place.add("usb-redir", identity, chardev=f"{identity}-channel")

    def become(self, device: SoftwareDevice) -> None:
        """The plugged device leaves the bus and comes back in the same port as another one."""
        assert self._server, "become() is for a plugged device"
        self._server.become(device)


class Plugged:
    """A device that is in a port."""

    def __init__(self, qmp: Qmp, identity: str, undo: ExitStack):
        self.identity = identity
        self._qmp = qmp
        self._undo = undo

    def unplug(self) -> None:
        """Pulls it; the second time does nothing."""
        self._undo.close()

    def bytes_read(self) -> int:
        """How much the guest has read from the medium of a QEMU-made disk."""
        statistics = self._qmp.execute("query-blockstats")
        own = (f"/machine/peripheral/{self.identity}/", f"/machine/peripheral/{self.identity}-unit")
        found = [entry for entry in statistics if (entry.get("qdev", "") + "/").startswith(own)]
        if not found:
            raise LookupError(f"{self.identity} has no medium; known: {[e.get('qdev') for e in statistics]}")
        return sum(entry["stats"]["rd_bytes"] for entry in found)


class Devices:
    """All that is plugged into one guest."""

    def __init__(self, qmp: Qmp, folder: Path):
        self._qmp = qmp
        self._folder = folder
        self._plugged: list[Plugged] = []

    def plug(self, device: Device, port: str = "", controller: str = USB_CONTROLLER, identity: str = "") -> Plugged:
        """Plugs the device and returns at once: what the guest makes of it is for the watch to tell.

        A port is "1", or "1.2" for the second port of the hub in port 1; "" is any free port. The controller is
        the terminal's own or the identity of a plugged `Controller`.
        """
        identity = identity or self._free_identity()
        with ExitStack() as undo:
            device.plug(Place(self._qmp, self._folder, controller, port, undo), identity)
            self._plugged.append(Plugged(self._qmp, identity, undo.pop_all()))
        return self._plugged[-1]

    def _free_identity(self) -> str:
        taken = self.identities()
        return next(name for name in map("device{}".format, itertools.count(1)) if name not in taken)

    def identities(self) -> list[str]:
        """Everything with an identity in QEMU's tree, whoever plugged it."""
        return [entry["name"] for entry in self._qmp.execute("qom-list", {"path": "/machine/peripheral"})]

    def unplug(self, identity: str) -> None:
        """Pulls a device that another process may have plugged."""
        remove_device(self._qmp, identity)
        nodes = {node["node-name"] for node in self._qmp.execute("query-named-block-nodes")}
        if f"{identity}-medium" in nodes:
            _close_image(self._qmp, f"{identity}-medium")

    def unplug_all(self) -> None:
        """Pulls everything, what was plugged last first."""
        while self._plugged:
            self._plugged.pop().unplug()

    def press(self, *keys: str) -> None:
        """Presses and releases keys (QEMU's key names) one after the other on the keyboard plugged last."""
        for key in keys:
            self._qmp.execute("send-key", {"keys": [{"type": "qcode", "data": key}], "hold-time": 20})


def remove_device(qmp: Qmp, identity: str) -> None:
    """Removes a device from QEMU's tree and waits until it is gone."""
    qmp.execute("device_del", {"id": identity})
    qmp.wait_event("DEVICE_DELETED", lambda data: data.get("device") == identity)


def _close_channel(qmp: Qmp, channel: str) -> None:
    """Closes a channel, unless the device that used it took it along, as usb-redir does."""
    if any(entry["label"] == channel for entry in qmp.execute("query-chardev")):
        qmp.execute("chardev-remove", {"id": channel})


def _close_image(qmp: Qmp, node: str) -> None:
    """Closes a medium's image, which QEMU refuses until it has taken apart the device that held it."""

    def closed() -> bool:
        try:
            qmp.execute("blockdev-del", {"node-name": node})
        except QmpError as error:
            if "in use" in str(error):
                return False
            raise
        return True

    wait.until(closed, 20.0, f"{node} closed")
