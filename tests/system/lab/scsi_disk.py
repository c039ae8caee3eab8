"""A SCSI disk over an image file, just large enough for what Linux asks of a stick (SBC-3, SPC-4)."""

import struct
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 512
_ILLEGAL_REQUEST, _INVALID_COMMAND, _OUT_OF_RANGE = 0x05, 0x20, 0x21


class CommandRefused(Exception):
    """The disk answers CHECK CONDITION; the sense data tell why."""


@dataclass(frozen=True)
class WriteRequest:
    """A command that wants data: where they go."""

    offset: int
    length: int


class ScsiDisk:
    """Answers command blocks. Counts what the host read and wrote, and every command it sent."""

    def __init__(self, image: Path, name: str = "Lab disk", serial: str = "LAB-SOFT-1"):
        self._image = open(image, "r+b")
        self._blocks = image.stat().st_size // _BLOCK
        self._name = name.encode("ascii")[:16].ljust(16)
        self._serial = serial.encode("ascii")
        self._sense = (0, 0)
        self.commands = 0
        self.bytes_read = 0
        self.bytes_written = 0

    def execute(self, command: bytes) -> bytes | WriteRequest:
        """Returns the data of a command, or what it wants to write; raises CommandRefused."""
        self.commands += 1
        match command[0]:
            case 0x00 | 0x1B | 0x1E | 0x2F | 0x35:  # test ready, start, lock, verify, flush: nothing to do
                return b""
            case 0x03:
                return self._request_sense()
            case 0x12:
                return self._inquiry(command)
            case 0x1A:  # mode sense (6): no pages
                return b"\x03\0\0\0"
            case 0x5A:  # mode sense (10): no pages
                return b"\0\x06\0\0\0\0\0\0"
            case 0x25:
                return struct.pack(">II", self._blocks - 1, _BLOCK)
            case 0x9E:
                return struct.pack(">QI", self._blocks - 1, _BLOCK).ljust(32, b"\0")
            case 0x28 | 0x88:
                return self._read(*self._extent(command))
            case 0x2A | 0x8A:
                return WriteRequest(*self._extent(command))
            case _:
                raise self._refusal(_INVALID_COMMAND)

    def write(self, offset: int, content: bytes) -> None:
        """Stores data of a WriteRequest."""
        self._image.seek(offset)
        self._image.write(content)
        self._image.flush()
        self.bytes_written += len(content)

    def _read(self, offset: int, length: int) -> bytes:
        self._image.seek(offset)
        self.bytes_read += length
        return self._image.read(length)

    def _extent(self, command: bytes) -> tuple[int, int]:
        ten_bytes = command[0] < 0x80
        if ten_bytes:
            first, count = struct.unpack_from(">I", command, 2)[0], struct.unpack_from(">H", command, 7)[0]
        else:
            first, count = struct.unpack_from(">QI", command, 2)
        if first + count > self._blocks:
            raise self._refusal(_OUT_OF_RANGE)
        return first * _BLOCK, count * _BLOCK

    def _inquiry(self, command: bytes) -> bytes:
        vital_product_data = command[1] & 1
        if not vital_product_data:
            return b"\0\x80\x06\x02\x1f\0\0\0" + b"Lab     " + self._name + b"1.00"
        if command[2] == 0x00:
            return b"\0\0\0\x02\0\x80"
        if command[2] == 0x80:
            return bytes((0, 0x80, 0, len(self._serial))) + self._serial
        raise self._refusal(_INVALID_COMMAND)

    def _request_sense(self) -> bytes:
        key, reason = self._sense
        self._sense = (0, 0)
        return bytes((0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, reason, 0, 0, 0, 0, 0))

    def _refusal(self, reason: int) -> CommandRefused:
        self._sense = (_ILLEGAL_REQUEST, reason)
        return CommandRefused()
