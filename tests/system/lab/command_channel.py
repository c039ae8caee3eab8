"""The host's end of the guest's command agent (in_guest/command_agent.c): scripts and files, as root."""

import itertools
import os
import socket
import struct
import time
from dataclasses import dataclass

_REQUEST = struct.Struct("<4sIIII")
_REPLY = struct.Struct("<4sIII")
_RUN, _PUT = 1, 2
_TIMED_OUT = 124
# The agent kills what overruns its limit; this is how much longer its answer may take.
_ANSWER_GRACE_SECONDS = 20.0


class GuestCommandFailed(RuntimeError):
    """A command in the guest ended with another status than was expected."""


@dataclass(frozen=True)
class Completed:
    """How a script in the guest ended, and all it printed."""

    status: int
    output: str


class CommandChannel:
    """Requests to the agent, one at a time."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._received = b""
        # Random start: an answer to an earlier process's request must never be taken for ours.
        self._ids = itertools.count(int.from_bytes(os.urandom(3), "little") << 8)

    def run(self, script: str, timeout: float = 60.0) -> Completed:
        """Runs a shell script. The agent kills it after `timeout` seconds; it then has status 124."""
        status, output = self._request(_RUN, int(timeout * 1000), script.encode(), timeout)
        text = output.decode("utf-8", "replace")
        return Completed(status, text + f"\n[killed after {timeout:g} s]" if status == _TIMED_OUT else text)

    def put(self, path: str, content: bytes, mode: int) -> None:
        """Writes a file, whole."""
        status, _ = self._request(_PUT, mode, path.encode() + b"\0" + content, 60.0)
        if status != 0:
            raise GuestCommandFailed(f"put {path}: {os.strerror(status)}")

    def wait_ready(self, timeout: float) -> None:
        """Returns once the agent answers; for a guest that is still booting."""
        self._request(_RUN, 1000, b"true", timeout)

    def _request(self, kind: int, argument: int, body: bytes, timeout: float) -> tuple[int, bytes]:
        identity = next(self._ids) & 0xFFFFFFFF
        deadline = time.monotonic() + timeout + _ANSWER_GRACE_SECONDS
        self._connection.settimeout(timeout + _ANSWER_GRACE_SECONDS)
        self._connection.sendall(_REQUEST.pack(b"SLRQ", identity, kind, argument, len(body)) + body)
        # Whatever precedes our answer is left over from an earlier connection.
        head = b"SLRP" + identity.to_bytes(4, "little")
        while (start := self._received.find(head)) < 0:
            self._receive(deadline)
        while len(self._received) < start + _REPLY.size:
            self._receive(deadline)
        _, _, status, length = _REPLY.unpack_from(self._received, start)
        end = start + _REPLY.size + length
        while len(self._received) < end:
            self._receive(deadline)
        output = self._received[start + _REPLY.size:end]
        self._received = self._received[end:]
        return status, output

    def _receive(self, deadline: float) -> None:
        self._connection.settimeout(max(0.01, deadline - time.monotonic()))
        chunk = self._connection.recv(1 << 20)
        if not chunk:
            raise GuestCommandFailed("the guest is gone: its command port closed")
        self._received += chunk

    def close(self) -> None:
        self._connection.close()
