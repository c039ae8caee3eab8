"""Saved guests: booted once, then continued in half a second for every scenario."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from . import cache, guest
from .guest import Guest, State
from .image import Image

Prepare = Callable[[Guest], None]


def bare(image: Image) -> State:
    """A terminal with nothing of ours on it, idle after its boot."""
    return prepared(image, "bare", lambda terminal: None)


def with_packages(image: Image, packages: Sequence[Path]) -> State:
    """A terminal on which the packages have just been installed, as an administrator would."""

    def install(terminal: Guest) -> None:
        for package in packages:
            terminal.put(package, f"/root/{package.name}")
        names = " ".join(f"/root/{package.name}" for package in packages)
        terminal.check(f"DEBIAN_FRONTEND=noninteractive dpkg --install {names} && rm {names}", 300.0)

    return prepared(image, cache.key_of(*packages), install)


def prepared(image: Image, what: str, prepare: Prepare) -> State:
    """A terminal on which `prepare` has run once; `what` names all that goes into it besides the image."""
    # A saved memory is only good for the very machine and the very QEMU that saved it.
    qemu = subprocess.run(["qemu-system-x86_64", "--version"], check=True, capture_output=True).stdout
    source = Path(__file__).resolve().parent
    key = cache.key_of(image.identity, what, qemu, source / "machine.py", source / "states.py")

    def save(folder: Path) -> None:
        with guest.boot(image) as terminal:
            terminal.wait_booted()
            prepare(terminal)
            terminal.save(folder)

    return State(image, cache.cached("state", key, save))
