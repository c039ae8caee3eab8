"""What a scenario is, and what it gets to work with."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import guest, input, stick
from lab.guest import Guest, State

LAB, PRODUCT = "lab", "product"


class Bench:
    """Guests and sticks for one scenario; everything is gone when it ends."""

    def __init__(self, state: State, folder: Path, cleanup: contextlib.ExitStack):
        self._state = state
        self._folder = folder
        self._cleanup = cleanup
        self.guests: list[Guest] = []

    def restore(self) -> Guest:
        """A guest that has long been up: the saved state, continued."""
        return self._keep(guest.restore(self._state))

    def boot(self, kernel_arguments: str = "", before_start: Callable[[Guest], None] | None = None) -> Guest:
        """A guest that starts from the saved state's disk; returns while it is booting."""
        return self._keep(guest.boot(self._state.image, self._state.disk, kernel_arguments, before_start))

    def reboot(
        self, running: Guest, kernel_arguments: str = "", before_start: Callable[[Guest], None] | None = None
    ) -> Guest:
        """A guest that starts cold from the disk of a running one, which this shuts down."""
        disk = running.power_off(self._folder / f"disk{len(self.guests)}.qcow2")
        return self._keep(guest.boot(self._state.image, disk, kernel_arguments, before_start))

    def folder(self, name: str) -> Path:
        """The path of a new folder, to be made."""
        return self._folder / name

    def stick(self, name: str = "stick", files: dict[str, bytes] | None = None) -> Path:
        """The image of a new stick."""
        return stick.make_stick(self._folder / f"{name}.img", files)

    def folder(self, name: str) -> Path:
        """A place on the host for whatever the scenario keeps; not made yet."""
        return self._folder / name

    def _keep(self, started: Guest) -> Guest:
        self._cleanup.callback(started.stop)
        self.guests.append(started)
        return started


@dataclass(frozen=True)
class Scenario:
    """One behaviour, checked in a real guest. Its title is the first line of the function's docstring."""

    kind: str
    run: Callable[[Any], None]

    @property
    def name(self) -> str:
        return self.run.__name__

    @property
    def title(self) -> str:
        return (self.run.__doc__ or self.name).strip().splitlines()[0]


ALL: list[Scenario] = []


def lab_scenario(function: Callable[[Bench], None]) -> Callable[[Bench], None]:
    """Registers a check of the lab itself; its guests have nothing of Sekimori on them."""
    ALL.append(Scenario(LAB, function))
    return function


def product_scenario(function: Callable[[Any], None]) -> Callable[[Any], None]:
    """Registers a check of the product; it gets a ProductBench (product.py)."""
    ALL.append(Scenario(PRODUCT, function))
    return function


def expect(holds: bool, otherwise: str) -> None:
    """Fails the scenario, saying what was seen instead."""
    if not holds:
        raise AssertionError(otherwise)


def expect_equal(seen: object, wanted: object, what: str) -> None:
    expect(seen == wanted, f"{what}: wanted {wanted!r}, saw {seen!r}")


def expect_typed(machine: Guest, node: str, press: Callable[[str], None]) -> None:
    """Has a word typed and expects its keys, in order, from the guest's input device."""
    word = "sad"
    keys = input.KeyReader(machine, node)
    press(word)
    expect_equal(keys.wait_pressed(len(word)), [input.KEY_CODES[key] for key in word], "keys")
