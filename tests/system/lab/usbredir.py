"""Serves a SoftwareDevice to QEMU's usb-redir device (USB network redirection protocol 0.7)."""

import socket
import struct
import threading
from collections import defaultdict, deque
from enum import IntEnum
from pathlib import Path

from .software_usb import NoAnswer, Setup, SoftwareDevice


class Kind(IntEnum):
    """Packet types; the ones a device made of control, bulk and interrupt endpoints needs."""

    HELLO = 0
    DEVICE_CONNECT = 1
    DEVICE_DISCONNECT = 2
    RESET = 3
    INTERFACE_INFO = 4
    ENDPOINT_INFO = 5
    SET_CONFIGURATION = 6
    GET_CONFIGURATION = 7
    CONFIGURATION_STATUS = 8
    SET_ALTERNATE = 9
    GET_ALTERNATE = 10
    ALTERNATE_STATUS = 11
    START_INTERRUPT = 15
    STOP_INTERRUPT = 16
    INTERRUPT_STATUS = 17
    CANCEL = 21
    DISCONNECT_ACK = 24
    CONTROL = 100
    BULK = 101
    INTERRUPT = 103


# Capabilities: version in device_connect, disconnect acknowledged, packet sizes, 64-bit ids, 32-bit bulk lengths.
_CAPABILITIES = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6
_PACKET_SIZES, _64_BIT_IDS = 1 << 4, 1 << 5
_MOST_ENDPOINTS = 32
_SUCCESS, _CANCELLED, _STALL = 0, 1, 4
_NO_ENDPOINT = 255
_SHORT_HEADER, _LONG_HEADER = struct.Struct("<III"), struct.Struct("<IIQ")
_CONTROL_HEADER, _BULK_HEADER = struct.Struct("<BBBBHHH"), struct.Struct("<BBHIH")


class RedirServer:
    """Listens for QEMU, which connects once, and plays the device to it until QEMU hangs up."""

    def __init__(self, path: Path, device: SoftwareDevice):
        self.path = path
        self._session = _Session(device)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        threading.Thread(target=self._serve, name="usbredir", daemon=True).start()

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
            with connection:
                self._session.serve(connection)
        except (OSError, EOFError):
            pass  # The device was pulled, or QEMU ended.

    def become(self, device: SoftwareDevice) -> None:
        """The device leaves the bus and comes back at once as another one, as a mode-switching modem does."""
        self._session.become(device)

    def close(self) -> None:
        """Stops listening, in case QEMU never came."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # Nobody waits on it any more.
        self._listener.close()
        self.path.unlink(missing_ok=True)


class _Session:
    """One connection. Its own thread handles what QEMU sends; other threads only `send` and `become`."""

    def __init__(self, device: SoftwareDevice):
        self._device = device
        self._successor: SoftwareDevice | None = None
        self._agreed = 0
        self._header = _SHORT_HEADER
        self._sending = threading.RLock()
        self._forget_transfers()

    def _forget_transfers(self) -> None:
        with self._sending:
            self._queued: defaultdict[int, deque[bytes]] = defaultdict(deque)
            self._awaited: defaultdict[int, deque[tuple[int, int]]] = defaultdict(deque)
            self._receiving: set[int] = set()
            self._unanswered: dict[int, tuple[int, Setup]] = {}
            self._configuration = 0

    def serve(self, connection: socket.socket) -> None:
        """Plays the device until the connection ends (EOFError, OSError)."""
        self._connection = connection
        self._packet(Kind.HELLO, b"sekimori lab".ljust(64, b"\0") + struct.pack("<I", _CAPABILITIES))
        while True:
            kind, length, identity = self._header.unpack(self._receive(self._header.size))
            self._handle(kind, identity, self._receive(length))

    def become(self, device: SoftwareDevice) -> None:
        self._successor = device
        self._packet(Kind.DEVICE_DISCONNECT)

    def send(self, endpoint: int, content: bytes) -> None:
        with self._sending:
            self._queued[endpoint].append(content)
            self._deliver(endpoint)

    def _deliver(self, endpoint: int) -> None:
        queued = self._queued[endpoint]
        while queued and endpoint in self._receiving:
            content = queued.popleft()
            self._packet(Kind.INTERRUPT, struct.pack("<BBH", endpoint, _SUCCESS, len(content)) + content)
        while queued and self._awaited[endpoint]:
            identity, room = self._awaited[endpoint].popleft()
            content = queued.popleft()
            if len(content) > room:
                queued.appendleft(content[room:])
            self._bulk_done(identity, endpoint, _SUCCESS, content[:room])

    def _bulk_done(
        self, identity: int, endpoint: int, status: int, content: bytes = b"", length: int | None = None
    ) -> None:
        length = len(content) if length is None else length
        head = _BULK_HEADER.pack(endpoint, status, length & 0xFFFF, 0, length >> 16)
        self._packet(Kind.BULK, head + content, identity)

    def _packet(self, kind: int, body: bytes = b"", identity: int = 0) -> None:
        with self._sending:
            self._connection.sendall(self._header.pack(kind, len(body), identity) + body)

    def _receive(self, length: int) -> bytes:
        received = bytearray()
        while len(received) < length:
            chunk = self._connection.recv(length - len(received))
            if not chunk:
                raise EOFError
            received += chunk
        return bytes(received)

    def _handle(self, kind: int, identity: int, body: bytes) -> None:
        match kind:
            case Kind.HELLO:
                self._greeted(body)
            case Kind.RESET:
                self._forget_transfers()
            case Kind.SET_CONFIGURATION:
                self._configuration = body[0]
                self._describe_endpoints()
                self._packet(Kind.CONFIGURATION_STATUS, bytes((_SUCCESS, self._configuration)), identity)
                self._device.configured.set()
            case Kind.GET_CONFIGURATION:
                self._packet(Kind.CONFIGURATION_STATUS, bytes((_SUCCESS, self._configuration)), identity)
            case Kind.SET_ALTERNATE | Kind.GET_ALTERNATE:  # There is only setting 0.
                self._packet(Kind.ALTERNATE_STATUS, bytes((_SUCCESS, body[0], 0)), identity)
            case Kind.START_INTERRUPT | Kind.STOP_INTERRUPT:
                self._receive_interrupts(body[0], kind == Kind.START_INTERRUPT, identity)
            case Kind.CANCEL:
                self._cancel(identity)
            case Kind.DISCONNECT_ACK if self._successor:
                self._device, self._successor = self._successor, None
                self._connect()
            case Kind.CONTROL:
                self._control(body, identity)
            case Kind.BULK:
                self._bulk(body, identity)

    def _greeted(self, body: bytes) -> None:
        (theirs,) = struct.unpack_from("<I", body, 64)
        self._agreed = theirs & _CAPABILITIES
        if self._agreed & _64_BIT_IDS:
            self._header = _LONG_HEADER
        self._connect()

    def _connect(self) -> None:
        self._forget_transfers()
        self._device.connect(self.send)
        interfaces = self._device.interfaces
        parts = [bytes(range(len(interfaces)))]
        parts += [bytes(interface.triple[part] for interface in interfaces) for part in range(3)]
        padded = b"".join(part.ljust(_MOST_ENDPOINTS, b"\0") for part in parts)
        self._packet(Kind.INTERFACE_INFO, struct.pack("<I", len(interfaces)) + padded)
        self._describe_endpoints()
        who = self._device.identity
        ids = struct.pack("<HHH", who.vendor, who.product, 0x0100)
        self._packet(Kind.DEVICE_CONNECT, bytes((who.speed, 0, 0, 0)) + ids)

    def _describe_endpoints(self) -> None:
        kinds = bytearray([_NO_ENDPOINT] * _MOST_ENDPOINTS)
        intervals, owners = bytearray(_MOST_ENDPOINTS), bytearray(_MOST_ENDPOINTS)
        sizes = [0] * _MOST_ENDPOINTS
        kinds[0] = kinds[16] = 0  # The control endpoint, both ways.
        for number, interface in enumerate(self._device.interfaces):
            for endpoint in interface.endpoints:
                place = (endpoint.address & 0x80) >> 3 | endpoint.address & 0x0F
                kinds[place], intervals[place], owners[place] = endpoint.kind, endpoint.interval, number
                sizes[place] = endpoint.packet_size
        body = bytes(kinds + intervals + owners)
        if self._agreed & _PACKET_SIZES:
            body += struct.pack(f"<{_MOST_ENDPOINTS}H", *sizes)
        self._packet(Kind.ENDPOINT_INFO, body)

    def _receive_interrupts(self, endpoint: int, start: bool, identity: int) -> None:
        with self._sending:
            (self._receiving.add if start else self._receiving.discard)(endpoint)
            self._packet(Kind.INTERRUPT_STATUS, bytes((_SUCCESS, endpoint)), identity)
            self._deliver(endpoint)

    def _cancel(self, identity: int) -> None:
        if identity in self._unanswered:
            endpoint, setup = self._unanswered.pop(identity)
            self._control_done(identity, endpoint, setup, _CANCELLED, b"", 0)
        with self._sending:
            for endpoint, awaited in self._awaited.items():
                for transfer in [transfer for transfer in awaited if transfer[0] == identity]:
                    awaited.remove(transfer)
                    self._bulk_done(identity, endpoint, _CANCELLED)

    def _control(self, body: bytes, identity: int) -> None:
        endpoint, request, request_type, _, value, index, length = _CONTROL_HEADER.unpack_from(body)
        setup = Setup(request_type, request, value, index, length)
        try:
            answer = self._device.control(setup)
        except NoAnswer:
            self._unanswered[identity] = (endpoint, setup)
            return
        status = _STALL if answer is None else _SUCCESS
        to_host = request_type & 0x80
        content = (answer or b"")[:length] if to_host else b""
        moved = len(content) if to_host or answer is None else length
        self._control_done(identity, endpoint, setup, status, content, moved)

    def _control_done(
        self, identity: int, endpoint: int, setup: Setup, status: int, content: bytes, moved: int
    ) -> None:
        head = _CONTROL_HEADER.pack(
            endpoint, setup.request, setup.request_type, status, setup.value, setup.index, moved
        )
        self._packet(Kind.CONTROL, head + content, identity)

    def _bulk(self, body: bytes, identity: int) -> None:
        endpoint, _, low, _, high = _BULK_HEADER.unpack_from(body)
        length = low | high << 16
        if endpoint & 0x80:
            with self._sending:
                self._awaited[endpoint].append((identity, length))
                self._deliver(endpoint)
        else:
            self._bulk_done(identity, endpoint, _SUCCESS, length=length)
            self._device.receive(endpoint, body[_BULK_HEADER.size:])
