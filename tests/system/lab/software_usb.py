"""USB devices made of code: one identity, any set of functions (disk, keyboard, vendor-specific).

A function knows its interface and its endpoints; a `SoftwareDevice` puts functions together and answers what is
asked of the device as a whole. While it is plugged, usbredir.py carries what its functions send to the guest.
"""

import functools
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .scsi_disk import CommandRefused, ScsiDisk, WriteRequest
from .usb_description import BULK, INTERRUPT, Endpoint, Identity, Interface, configuration_descriptor


@dataclass(frozen=True)
class Setup:
    """A control request (USB 2.0, section 9.3)."""

    request_type: int
    request: int
    value: int
    index: int
    length: int


class NoAnswer(Exception):
    """The device says nothing at all to a control request: the guest waits until it gives up."""


class Function:
    """One interface of a device; by itself a vendor-specific one that no driver binds to and that says nothing."""

    triple = (0xFF, 0, 0)

    def __init__(self) -> None:
        self.send: Callable[[bytes], None] = lambda content: None
        """Queues data for the guest on the function's IN endpoint; set while the device is plugged."""

    def interface(self, in_endpoint: int, out_endpoint: int) -> Interface:
        """Its descriptors; the function may use the two endpoint addresses."""
        return Interface(self.triple, (Endpoint(in_endpoint, BULK, 512), Endpoint(out_endpoint, BULK, 512)))

    def control(self, setup: Setup) -> bytes | None:
        """Answers a request to the interface; None is a stall. Raises NoAnswer."""
        return None

    def receive(self, content: bytes) -> None:
        """Takes bulk data from the guest."""


class Disk(Function):
    """A mass storage function: SCSI over bulk-only transport (USB Mass Storage Class, Bulk-Only Transport 1.0).

    It may say that it is something else; the driver then has to know it by the device's numbers.
    """

    _COMMAND = struct.Struct("<4sIIBBB16s")
    _STATUS = struct.Struct("<4sIIB")

    def __init__(self, scsi: ScsiDisk, says: tuple[int, int, int] = (8, 6, 0x50)):
        super().__init__()
        self.triple = says
        self.scsi = scsi
        self._writing: tuple[WriteRequest, int] | None = None

    def control(self, setup: Setup) -> bytes | None:
        get_max_lun, reset = (0xA1, 0xFE), (0x21, 0xFF)
        if (setup.request_type, setup.request) == get_max_lun:
            return b"\0"
        return b"" if (setup.request_type, setup.request) == reset else None

    def receive(self, content: bytes) -> None:
        if self._writing:
            self._store(content)
            return
        if len(content) != self._COMMAND.size or content[:4] != b"USBC":
            return
        _, tag, expected, flags, _, _, command = self._COMMAND.unpack(content)
        try:
            answer = self.scsi.execute(command)
        except CommandRefused:
            self._answer(tag, b"", expected if flags & 0x80 else 0, failed=True)
            return
        if isinstance(answer, WriteRequest):
            self._writing = (answer, tag)
        else:
            self._answer(tag, answer[:expected], expected if flags & 0x80 else 0)

    def _store(self, content: bytes) -> None:
        assert self._writing
        request, tag = self._writing
        self.scsi.write(request.offset, content)
        left = WriteRequest(request.offset + len(content), request.length - len(content))
        self._writing = (left, tag) if left.length > 0 else None
        if not self._writing:
            self.send(self._STATUS.pack(b"USBS", tag, 0, 0))

    def _answer(self, tag: int, data: bytes, expected: int, failed: bool = False) -> None:
        # Instead of stalling an endpoint that has less to say than expected, pad (section 6.7.2).
        residue = expected - len(data)
        if expected:
            self.send(data if data and len(data) % 512 else data.ljust(expected, b"\0"))
        self.send(self._STATUS.pack(b"USBS", tag, residue, 1 if failed else 0))


class Keyboard(Function):
    """A boot keyboard (Device Class Definition for HID 1.11, appendix B.1 and E.6)."""

    _REPORT = bytes.fromhex(
        "05010906a101050719e029e71500250175019508810295017508810395057501050819012905910295017503910195067508"
        "150025650507190029658100c0"
    )
    _KEYS = {letter: 4 + number for number, letter in enumerate("abcdefghijklmnopqrstuvwxyz1234567890")} | {"\n": 0x28}

    triple = (3, 1, 1)

    def interface(self, in_endpoint: int, out_endpoint: int) -> Interface:
        return Interface(self.triple, (Endpoint(in_endpoint, INTERRUPT, 8, 4),), self._hid_descriptor())

    def _hid_descriptor(self) -> bytes:
        return struct.pack("<BBHBBBH", 9, 0x21, 0x0111, 0, 1, 0x22, len(self._REPORT))

    def control(self, setup: Setup) -> bytes | None:
        match setup.request_type, setup.request, setup.value >> 8:
            case 0x81, 6, 0x22:
                return self._REPORT
            case 0x81, 6, 0x21:
                return self._hid_descriptor()
            case 0xA1, 1, _:
                return bytes(8)
            case 0x21, _, _:  # set report, idle or protocol: taken
                return b""
            case _:
                return None

    def type(self, text: str) -> None:
        """Presses and releases each key (letters, digits, newline) as fast as the guest polls."""
        for letter in text:
            self.send(bytes((0, 0, self._KEYS[letter], 0, 0, 0, 0, 0)))
            self.send(bytes(8))


class SilentKeyboard(Keyboard):
    """A keyboard that never says what its reports look like. usbhid asks four times and waits 5 s each time."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def control(self, setup: Setup) -> bytes | None:
        if (setup.request_type, setup.request, setup.value >> 8) == (0x81, 6, 0x22):
            self.asked.set()
            raise NoAnswer
        return super().control(setup)


class ModemControl(Function):
    """The first of a modem's two interfaces (CDC 1.2, PSTN subclass 1.2): cdc_acm takes both or neither."""

    triple = (2, 2, 1)

    def interface(self, in_endpoint: int, out_endpoint: int) -> Interface:
        version, calls, lines, union = "0524001001", "0524010001", "04240202", "0524060001"
        described = bytes.fromhex(version + calls + lines + union)
        return Interface(self.triple, (Endpoint(in_endpoint, INTERRUPT, 8, 4),), described)

    def control(self, setup: Setup) -> bytes | None:
        return b"" if setup.request_type == 0x21 else None


class ModemData(Function):
    """The second: what is sent and received."""

    triple = (0x0A, 0, 0)


class SoftwareDevice:
    """Functions under one identity. The function in place n (from 1) has the endpoints n and 0x80 + n."""

    def __init__(self, identity: Identity, functions: Sequence[Function]):
        self.identity = identity
        self._functions = tuple(functions)
        numbered = enumerate(self._functions, start=1)
        self.interfaces = tuple(function.interface(0x80 | number, number) for number, function in numbered)
        self.configured = threading.Event()
        """Set when the guest has chosen the configuration, which it does only for an authorized device."""

    def connect(self, send: Callable[[int, bytes], None]) -> None:
        """The device is in a port: its functions may send to their endpoints from now on."""
        self.configured.clear()
        for number, function in enumerate(self._functions, start=1):
            function.send = functools.partial(send, 0x80 | number)

    def control(self, setup: Setup) -> bytes | None:
        """Answers a request to the device or to one of its functions; None is a stall. Raises NoAnswer."""
        to_interface = setup.request_type & 0x1F == 1
        if to_interface:
            number = setup.index & 0xFF
            return self._functions[number].control(setup) if number < len(self._functions) else None
        match setup.request_type, setup.request:
            case 0x80, 6:
                return self._descriptor(setup.value >> 8, setup.value & 0xFF)
            case 0x80, 0:  # status: bus-powered, no wake-up
                return b"\0\0"
            case (0x00 | 0x02), _:  # features set or cleared: taken
                return b""
            case _:
                return None

    def _descriptor(self, kind: int, index: int) -> bytes | None:
        match kind:
            case 1:
                return self.identity.device_descriptor()
            case 2:
                return configuration_descriptor(self.interfaces)
            case 3:
                return self.identity.string_descriptor(index)
            case _:
                return None

    def receive(self, endpoint: int, content: bytes) -> None:
        """Takes bulk data from the guest."""
        if 1 <= endpoint <= len(self._functions):
            self._functions[endpoint - 1].receive(content)
