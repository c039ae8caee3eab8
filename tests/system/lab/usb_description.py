"""The descriptors with which a USB device introduces itself (USB 2.0, section 9.6)."""

import struct
from dataclasses import dataclass

BULK, INTERRUPT = 2, 3
FULL_SPEED, HIGH_SPEED = 1, 2
_LANGUAGE_ENGLISH = b"\x04\x03\x09\x04"


@dataclass(frozen=True)
class Endpoint:
    """One endpoint; the address has bit 7 set when data flows to the host."""

    address: int
    kind: int
    packet_size: int
    interval: int = 0

    def pack(self) -> bytes:
        return struct.pack("<BBBBHB", 7, 5, self.address, self.kind, self.packet_size, self.interval)


@dataclass(frozen=True)
class Interface:
    """One interface; `class_descriptors` stand between it and its endpoints."""

    triple: tuple[int, int, int]
    endpoints: tuple[Endpoint, ...]
    class_descriptors: bytes = b""

    def pack(self, number: int) -> bytes:
        head = struct.pack("<BBBBBBBBB", 9, 4, number, 0, len(self.endpoints), *self.triple, 0)
        return head + self.class_descriptors + b"".join(endpoint.pack() for endpoint in self.endpoints)


@dataclass(frozen=True)
class Identity:
    """Who the device says it is. The default vendor is pid.codes', whose first products are free for tests."""

    vendor: int = 0x1209
    product: int = 0x0001
    serial: str = "LAB-SOFT-1"
    manufacturer: str = "Lab"
    name: str = "Lab device"
    speed: int = HIGH_SPEED
    release: int = 0x0100

    def device_descriptor(self) -> bytes:
        ids = (self.vendor, self.product, self.release)
        strings = (1, 2, 3 if self.serial else 0)
        return struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 0, 0, 0, 64, *ids, *strings, 1)

    def string_descriptor(self, index: int) -> bytes | None:
        if index == 0:
            return _LANGUAGE_ENGLISH
        texts = {1: self.manufacturer, 2: self.name, 3: self.serial}
        if index not in texts:
            return None
        encoded = texts[index].encode("utf-16-le")
        return bytes((2 + len(encoded), 3)) + encoded


def configuration_descriptor(interfaces: tuple[Interface, ...]) -> bytes:
    """The one configuration, whole."""
    body = b"".join(interface.pack(number) for number, interface in enumerate(interfaces))
    bus_powered, hundred_milliamperes = 0x80, 50
    head = struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), len(interfaces), 1, 0, bus_powered, hundred_milliamperes)
    return head + body
