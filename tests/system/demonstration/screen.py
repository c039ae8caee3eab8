"""The demonstration's pages: numbered steps, results with a mark and a word, and progress for what takes time.

On a terminal progress is a line that counts; elsewhere (a file, a CI log) everything is plain lines. NO_COLOR and a
dumb terminal are respected, and colour never carries meaning alone.
"""

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from . import columns
from .trouble import Trouble
from .words import Words

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_BAR_COLUMNS = 20
_INDENT = "    "
_FRAME_SECONDS = 0.1
_PLAIN_SECONDS = 15.0
_LEAST_COLUMNS, _MOST_COLUMNS, _PLAIN_COLUMNS = 60, 100, 92
# A result that took longer says so.
_WORTH_TELLING_SECONDS = 1.0

BOLD, DIM, GREEN, RED, CYAN = "1", "2", "32", "31", "36"


class Screen:
    """Writes to a file descriptor of its own, so that nothing else that prints can fall between its lines."""

    def __init__(self, words: Words, descriptor: int, environment: Mapping[str, str]):
        self.words = words
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._live = os.isatty(descriptor) and environment.get("TERM", "dumb") != "dumb"
        self._coloured = self._live and not environment.get("NO_COLOR")
        self._step = 0
        self.good_so_far = False
        """Whether everything seen so far was as it should be; what an interrupted demonstration is judged by."""

    # --- lines -------------------------------------------------------------------------------------------------------

    @property
    def columns(self) -> int:
        """The width to fill; follows the terminal's."""
        if not self._live:
            return _PLAIN_COLUMNS
        with contextlib.suppress(OSError):
            return max(_LEAST_COLUMNS, min(_MOST_COLUMNS, os.get_terminal_size(self._descriptor).columns))
        return min(_MOST_COLUMNS, shutil.get_terminal_size().columns)

    def styled(self, text: str, style: str) -> str:
        """The text in a style, if this screen has styles."""
        return f"\033[{style}m{text}\033[0m" if self._coloured else text

    def line(self, text: str = "") -> None:
        """One line, as it is."""
        self._write(text + "\n")

    def paragraph(self, text: str, indent: str = _INDENT, style: str = "") -> None:
        """Text broken into lines; none for an empty text but an empty line."""
        for each in columns.wrapped(text, self.columns - columns.width(indent)):
            self.line((indent + (self.styled(each, style) if style else each)).rstrip())

    def _write(self, text: str) -> None:
        with self._lock:
            content = text.encode("utf-8", "replace")
            while content:
                content = content[os.write(self._descriptor, content):]

    # --- parts of a page ---------------------------------------------------------------------------------------------

    def title(self, text: str) -> None:
        self.line()
        self.line(self.styled(text, BOLD))
        self.line(self.styled("─" * self.columns, DIM))

    def step(self, key: str) -> None:
        """Begins the next numbered step: its headline, and a sentence or two on what it is about."""
        self._step += 1
        self.line()
        number = f"{self._step:2}  "
        self.line(self.styled(number + self.words.say(key + "_title"), BOLD))
        self.paragraph(self.words.say(key + "_about"), style=DIM)

    def command(self, *words: str, where: str = "") -> None:
        """A command as one would type it, here or on another machine."""
        self.paragraph(f"{where}$ " + " ".join(words), style=CYAN)

    def result(self, text: str, good: bool = True, seconds: float = 0.0) -> None:
        """How something went: a mark, the words, and the time if it was long."""
        took = self.words.say("screen.seconds", seconds=f"{seconds:.1f}") if seconds >= _WORTH_TELLING_SECONDS else ""
        mark = self.styled("✓", GREEN) if good else self.styled("✗", RED)
        room = self.columns - len(_INDENT) - 2 - (columns.width(took) + 2 if took else 0)
        lines = columns.wrapped(text, room)
        for number, each in enumerate(lines):
            head = f"{_INDENT}{mark} " if number == 0 else f"{_INDENT}  "
            tail = "  " + self.styled(took, DIM) if took and number == 0 else ""
            self.line(head + (columns.padded(each, room) + tail if tail else each))

    def told(self, failure: BaseException) -> str:
        """A failure in a sentence."""
        return self.words.say(failure.key, **failure.values_of_text) if isinstance(failure, Trouble) else str(failure)

    def interrupted(self) -> None:
        """Answers Ctrl-C, of which a terminal shows ^C."""
        self.line()
        self.line(_INDENT + self.words.say("screen.interrupted"))

    @staticmethod
    def timer() -> Callable[[], float]:
        """Begins to take the time; returns what tells the seconds."""
        began = time.monotonic()
        return lambda: time.monotonic() - began

    def broken(self, text: str, head: str) -> list[str]:
        """Text in lines: room for `head` before the first, the others under it with the same indent."""
        indent = " " * (len(_INDENT) + columns.width(head))
        first, *rest = columns.wrapped(text, self.columns - len(indent))
        return [first, *(indent + each for each in rest)]

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names and values, one under the other."""
        names = max((columns.width(name) for name, _ in pairs), default=0)
        for name, value in pairs:
            indent = _INDENT + "  " + columns.padded(name, names) + "  "
            lines = columns.wrapped(value, self.columns - columns.width(indent))
            for number, each in enumerate(lines):
                head = _INDENT + "  " + self.styled(columns.padded(name, names), DIM) + "  "
                self.line((head if number == 0 else " " * columns.width(indent)) + each)

    def table(self, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table, one line a row: the last column takes what is left and is cut there."""
        fixed = [
            max(columns.width(row[number]) for row in [heading, *rows]) for number in range(len(heading) - 1)
        ]
        left = self.columns - len(_INDENT) - sum(fixed) - 2 * len(fixed)
        lines = ["  ".join([*map(columns.padded, row, fixed), columns.cut(row[-1], left)]) for row in [heading, *rows]]
        self.line(_INDENT + self.styled(lines[0], BOLD))
        self.line(_INDENT + self.styled("─" * (self.columns - len(_INDENT)), DIM))
        for line in lines[1:]:
            self.line(_INDENT + line)

    # --- progress ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def working(self, text: str, expected: float = 0.0) -> Iterator[None]:
        """Shows that something is under way and for how long; `expected` seconds give it a bar."""
        began, done = time.monotonic(), threading.Event()
        counter = threading.Thread(target=self._count, args=(text, began, expected, done), daemon=True)
        counter.start()
        try:
            yield
        finally:
            done.set()
            counter.join()
            if self._live:
                self._write("\r\033[K")

    def _count(self, text: str, began: float, expected: float, done: threading.Event) -> None:
        pause = _FRAME_SECONDS if self._live else _PLAIN_SECONDS
        while not done.wait(pause):
            elapsed = time.monotonic() - began
            if self._live:
                self._write("\r\033[K" + self._moving(text, elapsed, expected))
            else:
                self.line(f"{_INDENT}… {text}  {self.words.say('screen.seconds', seconds=f'{elapsed:.0f}')}")

    def _moving(self, text: str, elapsed: float, expected: float) -> str:
        frame = _FRAMES[int(elapsed / _FRAME_SECONDS) % len(_FRAMES)]
        clock = self.words.say("screen.seconds", seconds=f"{elapsed:.0f}")
        bar = ""
        if expected:
            # Never full while it lasts: an estimate is no promise.
            filled = min(_BAR_COLUMNS - 1, int(_BAR_COLUMNS * elapsed / expected))
            bar = "━" * filled + self.styled("╌" * (_BAR_COLUMNS - filled), DIM) + " "
        room = self.columns - len(_INDENT) - 2 - (_BAR_COLUMNS + 1 if bar else 0) - columns.width(clock) - 2
        shown = columns.cut(text, room)
        return f"{_INDENT}{self.styled(frame, CYAN)} {shown}  {bar}{self.styled(clock, DIM)}"
