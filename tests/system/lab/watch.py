"""Watches the guest's kernel from outside: every uevent as it happens, and proof that none was missed.

The stream (in_guest/uevent_stream.c) starts before the first USB module is loaded. `barrier` proves that all
the kernel has announced until now has arrived here, so "nothing appeared" is an observation and not a hope.
"""

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class WatchBroken(RuntimeError):
    """The stream lost events or ended; nothing may be concluded from silence any more."""


@dataclass(frozen=True)
class Uevent:
    """One kernel uevent. `host_time` is this machine's monotonic clock, `guest_time` the guest's, in seconds."""

    host_time: float
    guest_time: float
    action: str
    subsystem: str
    devtype: str
    path: str
    node: str

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    def __str__(self) -> str:
        return f"{self.guest_time:10.3f} {self.action:7} {self.subsystem}/{self.devtype} {self.path}"


@dataclass
class Interval:
    """What happened between entering and leaving `Watch.interval`; complete only after leaving."""

    watch: "Watch"
    begin: int
    present_before: frozenset[str]
    events: list[Uevent] = field(default_factory=list)
    present_after: frozenset[str] = frozenset()

    @property
    def block_devices(self) -> list[str]:
        """Each block device that was there at any moment of the interval and not before it."""
        announced = {event.name for event in self.events if event.subsystem == "block" and event.action == "add"}
        # A removal of what was not there before is an appearance too.
        announced |= {event.name for event in self.events if event.subsystem == "block"} - self.present_before
        return sorted(announced | (self.present_after - self.present_before))

    def hold(self, seconds: float) -> None:
        """Keeps watching for that long; ends early only when a block device has already shown up."""
        try:
            self.watch.wait_for(lambda event: event.subsystem == "block", self.begin, seconds)
        except TimeoutError:
            pass


class Watch:
    """The host's end of the uevent stream."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._tokens = itertools.count(time.monotonic_ns())
        self._arrived = threading.Condition()
        self._events: list[Uevent] = []
        self._present: set[str] = set()
        self._synced: dict[str, tuple[int, frozenset[str]]] = {}
        self._lines = 0
        self._broken = ""
        threading.Thread(target=self._read, name="watch", daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._connection.makefile("r", encoding="utf-8", errors="replace"):
                with self._arrived:
                    self._take(line.rstrip("\n").split("\t"))
                    self._arrived.notify_all()
        except (OSError, ValueError):
            pass  # Closed under us; told below like any other end.
        with self._arrived:
            self._broken = self._broken or "the stream ended"
            self._arrived.notify_all()

    def _take(self, fields: list[str]) -> None:
        self._lines += 1
        match fields:
            case ["start"] if self._lines == 1:
                pass
            case ["event", microseconds, *rest] if len(rest) == 5:
                self._events.append(Uevent(time.monotonic(), int(microseconds) / 1e6, *rest))
            case ["present", name]:
                self._present.add(name)
            case ["sync", token]:
                self._synced[token] = (len(self._events), frozenset(self._present))
                self._present.clear()
            case _:
                self._broken = self._broken or "in the guest: " + " ".join(fields)

    def _wait(self, ready: Callable[[], bool], deadline: float) -> bool:
        """Waits, holding the lock, until ready or the deadline; returns whether ready."""
        while not ready():
            if self._broken:
                raise WatchBroken(self._broken)
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._arrived.wait(left)
        return True

    def barrier(self, timeout: float = 60.0) -> tuple[int, frozenset[str]]:
        """Waits until every uevent the kernel has sent so far is here.

        Returns the number of events up to now and the block devices present now.
        """
        token = str(next(self._tokens))
        self._connection.sendall(f"sync {token}\n".encode())
        with self._arrived:
            if not self._wait(lambda: token in self._synced, time.monotonic() + timeout):
                raise WatchBroken(f"no answer to a barrier within {timeout:g} s")
            if self._broken:
                raise WatchBroken(self._broken)
            return self._synced.pop(token)

    def mark(self) -> int:
        """A point in the stream: after all that has happened until now."""
        return self.barrier()[0]

    def since(self, mark: int = 0) -> list[Uevent]:
        """The events that have arrived after the mark; 0 is the guest's boot."""
        with self._arrived:
            return self._events[mark:]

    def wait_for(self, accept: Callable[[Uevent], bool], mark: int, timeout: float = 30.0) -> Uevent:
        """Returns the first accepted event after the mark; raises TimeoutError if none comes in time."""
        found: list[Uevent] = []
        seen = mark

        def look() -> bool:
            nonlocal seen
            found.extend(event for event in self._events[seen:] if accept(event))
            seen = len(self._events)
            return bool(found)

        with self._arrived:
            if not self._wait(look, time.monotonic() + timeout):
                raise TimeoutError(f"the awaited uevent did not come within {timeout:g} s")
        return found[0]

    @contextmanager
    def interval(self) -> Iterator[Interval]:
        """Observes from entering to leaving; the result is read after leaving."""
        begin, present = self.barrier()
        seen = Interval(self, begin, present)
        yield seen
        end, seen.present_after = self.barrier()
        seen.events = self.since(begin)[:end - begin]

    @contextmanager
    def interval_from_boot(self, system_disks: frozenset[str]) -> Iterator[Interval]:
        """As `interval`, from the guest's first moment on; only the system's own disks may be there."""
        seen = Interval(self, 0, system_disks)
        yield seen
        end, seen.present_after = self.barrier()
        seen.events = [
            event for event in self.since(0)[:end] if event.subsystem != "block" or event.name not in system_disks
        ]

    def close(self) -> None:
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # QEMU closed its end first.
        self._connection.close()


def usb_device_added(event: Uevent) -> bool:
    return event.action == "add" and event.devtype == "usb_device"


def block_device_added(event: Uevent) -> bool:
    return event.action == "add" and event.subsystem == "block"
