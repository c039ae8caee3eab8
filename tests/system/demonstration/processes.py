"""Nothing stays behind: signals end the demonstration in good order, and every process it started ends with it."""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from .trouble import Interrupted

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_TERMINATE_SECONDS = 5.0


@contextlib.contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Within it SIGINT and SIGTERM raise Interrupted, once; on leaving, what still runs below us is ended by its pid."""
    libc = ctypes.CDLL(None, use_errno=True)
    # A grandchild whose parent ended becomes our child, so that none can slip away.
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        _ignore_signals()
        _end_all()


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(*_: object) -> None:
    # Only the first one: cleaning up takes a moment and must not be broken off.
    _ignore_signals()
    raise Interrupted


def _end_all() -> None:
    deadline = time.monotonic() + _TERMINATE_SECONDS
    while left := _descendants(os.getpid()):
        sent = signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sent)
        time.sleep(0.05)
        _reap()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _descendants(pid: int) -> list[int]:
    """Every process below this one, zombies left out."""
    found = []
    for child in _children(pid):
        found += _descendants(child) + ([child] if _lives(child) else [])
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            children += map(int, task.read_text(encoding="ascii").split())
    return children


def _lives(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
