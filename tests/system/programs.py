"""The programs this machine itself runs: unpacked from the packages, so that what runs is what ships, or as just built."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab import cache

PACKAGES_FOLDER = cache.TREE / "build" / "packages"
_PLACES = ("usr/sbin", "usr/bin")


class MissingProgram(RuntimeError):
    """A package or a program in it is not there."""


def package(name: str) -> Path:
    """The package of that name that `./dev package` left."""
    found = sorted(PACKAGES_FOLDER.glob(f"{name}_*.deb"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise MissingProgram(f"no {name} package in {PACKAGES_FOLDER}: run ./dev package")
    return found[-1]


class Programs:
    """What some packages contain, unpacked and not installed."""

    def __init__(self, packages: Sequence[Path]):
        def unpack(folder: Path) -> None:
            for each in packages:
                subprocess.run(["dpkg-deb", "--extract", str(each), str(folder)], check=True)

        self.folder = cache.cached("programs", cache.key_of(*packages), unpack)

    def path(self, name: str) -> Path:
        """Where a program is, e.g. "sekimorictl"."""
        for place in _PLACES:
            if (found := self.folder / place / name).is_file():
                return found
        raise MissingProgram(f"{name} is in none of the packages unpacked in {self.folder}")


class BuiltPrograms:
    """Programs as a build left them, by their files."""

    def __init__(self, files: Sequence[Path]):
        self._files = {file.name: file for file in files}

    def path(self, name: str) -> Path:
        """Where a program is, e.g. "sekimorictl"."""
        if name not in self._files:
            raise MissingProgram(f"{name} is none of the programs given: {', '.join(self._files)}")
        return self._files[name]


def write_shortcut(file: Path, command: Sequence[str]) -> Path:
    """Leaves a command line as a program of its own, to which further arguments can be given."""
    quoted = " ".join(map(shlex.quote, command))
    file.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n', encoding="utf-8")
    file.chmod(0o755)
    return file


def collector_programs() -> Programs:
    """sekimori-collector and sekimorictl."""
    return Programs([package("sekimori-collector")])
