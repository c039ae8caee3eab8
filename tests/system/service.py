"""A program of ours on this machine that says when it is ready, the way it says so to systemd (sd_notify(3))."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


class ServiceFailed(RuntimeError):
    """It ended, or did not get ready; the end of what it wrote is in the message."""


class Service:
    """One started program. It ends with this process, however that ends."""

    def __init__(self, command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None):
        self.log = log
        self._name = Path(command[0]).name
        self._address = f"sekimori-lab-{uuid.uuid4()}"
        with self._notices() as notices, open(log, "ab") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *map(str, command)],
                env={**os.environ, **(environment or {}), "NOTIFY_SOCKET": "@" + self._address},
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )
            try:
                self._wait_ready(notices, 60.0)
            except BaseException:
                self.kill()
                raise

    @contextlib.contextmanager
    def _notices(self) -> Iterator[socket.socket]:
        """Its words for the service manager, for as long as they are wanted; at other times they are lost."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.bind("\0" + self._address)
            yield notices

    def _wait_ready(self, notices: socket.socket, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        ended = os.pidfd_open(self._process.pid)
        try:
            while (left := deadline - time.monotonic()) > 0:
                readable, _, _ = select.select([notices, ended], [], [], left)
                if notices in readable and b"READY=1" in notices.recv(4096).split(b"\n"):
                    return
                if ended in readable:
                    raise ServiceFailed(f"{self._name} ended with {self._process.wait()}:\n{self.log_end()}")
        finally:
            os.close(ended)
        raise ServiceFailed(f"{self._name} was not ready within {timeout:g} s:\n{self.log_end()}")

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def log_end(self, lines: int = 20) -> str:
        """The last it wrote."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def reload(self) -> None:
        """Has it read its settings again."""
        self._process.send_signal(signal.SIGHUP)

    def reload_and_wait(self, timeout: float = 60.0) -> None:
        """Has a service that says when it is done read its settings again; returns when it is."""
        with self._notices() as notices:
            self.reload()
            self._wait_ready(notices, timeout)

    def ask_to_stop(self) -> None:
        """Asks it to end in good order, and does not wait."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self, timeout: float = 30.0) -> int:
        """Ends it in good order and returns its exit status; the second time does nothing."""
        if self.running:
            self.ask_to_stop()
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired as expired:
            self.kill()
            raise ServiceFailed(f"{self._name} did not stop within {timeout:g} s:\n{self.log_end()}") from expired

    def kill(self) -> None:
        """Ends it as a crash would."""
        if self.running:
            self._process.kill()
        self._process.wait(10.0)
