"""How both demonstrations begin and end: one at a time, a screen of their own, words for every failure, an exit status."""

import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from lab import cache
from programs import MissingProgram

from .processes import nothing_left_behind
from .screen import Screen
from .trouble import Interrupted, Trouble
from .words import words_of_environment

Play = Callable[[Screen, ExitStack], bool]


def perform(name: str, play: Play) -> int:
    """Runs `play` in order; returns the exit status: 0 when it was good, also when Ctrl-C ended it after that."""
    words = words_of_environment()
    # The product's programs speak the same language.
    os.environ["SEKIMORI_LANG"] = words.language
    screen = Screen(words, os.dup(sys.stdout.fileno()), os.environ)
    log = cache.TREE / "build" / (name + ".log")
    log.parent.mkdir(exist_ok=True)
    try:
        with _only_one(name), _output_to(log), nothing_left_behind():
            return _perform(screen, play, log)
    except Trouble as trouble:
        _explain(screen, trouble)
        return 1


def _perform(screen: Screen, play: Play, log: Path) -> int:
    good = False
    try:
        with ExitStack() as cleanup:
            # Last of all: with it goes every file of a guest.
            cleanup.enter_context(_temporary_folder())
            try:
                good = play(screen, cleanup)
            except Interrupted:
                good = screen.good_so_far
                screen.interrupted()
            except Trouble as trouble:
                _explain(screen, trouble)
            except MissingProgram as missing:
                _explain(screen, Trouble("package", detail=missing))
    except Exception as failure:  # Whatever it is: in words, with the place to look; the rest stands in the log.
        traceback.print_exc()
        _explain(screen, Trouble("unexpected", detail=f"{type(failure).__name__}: {failure}", log=log))
        return 1
    return 0 if good else 1


def _explain(screen: Screen, trouble: Trouble) -> None:
    screen.line()
    screen.result(screen.told(trouble), good=False)
    screen.paragraph("→ " + screen.words.say(trouble.key + "_next", **trouble.values_of_text), "      ")


@contextlib.contextmanager
def _only_one(name: str) -> Iterator[None]:
    with open(cache.TREE / "build" / f".{name}.lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise Trouble("already_running") from taken
        yield


@contextlib.contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """What the programs that prepare the guest print goes to a log, and not between the screen's lines."""
    sys.stdout.flush()
    with open(log, "w", encoding="utf-8") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    yield


@contextlib.contextmanager
def _temporary_folder() -> Iterator[Path]:
    # Short, because the guest's sockets lie below it and a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="sekimori-demo-"))
    tempfile.tempdir = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = None
        shutil.rmtree(folder, ignore_errors=True)
