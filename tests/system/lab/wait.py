"""Waiting for another process's state, which announces itself by no event this side could block on."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

_POLL_SECONDS = 0.02


def until(holds: Callable[[], bool], timeout: float, what: str, poll: float = _POLL_SECONDS) -> None:
    """Returns as soon as `holds()`; raises TimeoutError, naming what was awaited, if it does not in time."""
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout:g} s: {what}")
        time.sleep(poll)


def connect_unix(path: Path, timeout: float) -> socket.socket:
    """Connects to a listening socket that its owner may still be about to make."""
    connection = socket.socket(socket.AF_UNIX)

    def connected() -> bool:
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    until(connected, timeout, f"a listener on {path}")
    return connection
