"""A conversation on the guest's serial console, as a person at its keyboard has it."""

import codecs
import re
import time

from . import wait
from .guest import Guest

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Dialogue:
    """What the console shows from now on, and what is typed into it. Use it with `with`."""

    def __init__(self, guest: Guest):
        self._socket = wait.connect_unix(guest.machine.socket_path("serial"), 5.0)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._shown = ""

    def __enter__(self) -> "Dialogue":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def type(self, line: str) -> None:
        """Types a line and Enter."""
        self._socket.sendall(line.encode() + b"\r")

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._socket.sendall(b"\x03")

    def expect(self, pattern: str, timeout: float = 60.0) -> re.Match[str]:
        """Waits until what is shown matches; what was shown up to there is taken. Raises TimeoutError with the text."""
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, self._shown)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"the console did not show {pattern!r} within {timeout:g} s but:\n{self._shown}")
            self._socket.settimeout(left)
            try:
                shown = self._socket.recv(65536)
            except TimeoutError:
                continue
            if not shown:
                raise EOFError(f"the console ended before {pattern!r}:\n{self._shown}")
            self._shown = _COLOURS.sub("", self._shown + self._decoder.decode(shown)).replace("\r", "")
        self._shown = self._shown[found.end():]
        return found
