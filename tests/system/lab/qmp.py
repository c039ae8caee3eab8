"""QEMU's control channel (QMP): commands out, answers and events in."""

import json
import queue
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .wait import connect_unix

Event = dict[str, Any]


class QmpError(RuntimeError):
    """QEMU refused a command, or is gone."""


class Qmp:
    """One connection. Commands are sent by one thread at a time; events may be awaited by another."""

    def __init__(self, path: Path, timeout: float = 20.0):
        self._socket = connect_unix(path, timeout)
        self._lines = self._socket.makefile("rwb", buffering=0)
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._events: list[Event] = []
        self._arrived = threading.Condition()
        self._lines.readline()
        threading.Thread(target=self._read, name="qmp", daemon=True).start()
        self.execute("qmp_capabilities")

    def _read(self) -> None:
        while line := self._read_line():
            message = json.loads(line)
            if "event" not in message:
                self._answers.put(message)
                continue
            with self._arrived:
                self._events.append(message)
                self._arrived.notify_all()
        self._answers.put({"error": {"desc": "QEMU closed the connection"}})

    def _read_line(self) -> bytes:
        try:
            return self._lines.readline()
        except (OSError, ValueError):
            return b""

    def execute(self, command: str, arguments: dict[str, Any] | None = None, timeout: float = 120.0) -> Any:
        """Runs one command and returns its answer's value; raises QmpError with QEMU's reason."""
        request = {"execute": command, "arguments": arguments or {}}
        try:
            self._lines.write(json.dumps(request).encode() + b"\n")
            answer = self._answers.get(timeout=timeout)
        except (OSError, queue.Empty) as gone:
            raise QmpError(f"{command}: no answer from QEMU: {gone!r}") from gone
        if "error" in answer:
            raise QmpError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def wait_event(self, name: str, accept: Callable[[dict[str, Any]], bool], timeout: float = 20.0) -> Event:
        """Takes the first event of that name whose data is accepted, waiting for it if need be."""
        deadline = time.monotonic() + timeout
        with self._arrived:
            while True:
                for event in self._events:
                    if event["event"] == name and accept(event.get("data", {})):
                        self._events.remove(event)
                        return event
                left = deadline - time.monotonic()
                if left <= 0:
                    raise QmpError(f"no event {name} within {timeout} s")
                self._arrived.wait(left)

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # QEMU closed its end first.
        self._socket.close()
