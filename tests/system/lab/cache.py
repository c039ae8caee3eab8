"""Where the lab keeps what is slow to make: folders named by a hash of all that went into them."""

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

_KEPT_PER_KIND = 4

TREE = Path(__file__).resolve().parents[3]


def lab_folder() -> Path:
    """The cache folder: SEKIMORI_LAB_DIR, or `build/lab` of this tree."""
    folder = Path(os.environ.get("SEKIMORI_LAB_DIR") or TREE / "build" / "lab").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def key_of(*inputs: str | bytes | Path) -> str:
    """A short hash of the inputs; a path counts with its file's content."""
    digest = hashlib.sha256()
    for item in inputs:
        content = item.read_bytes() if isinstance(item, Path) else item
        content = content.encode() if isinstance(content, str) else content
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def _lock(name: str) -> Iterator[None]:
    with open(lab_folder() / f".{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cached(kind: str, key: str, build: Callable[[Path], None]) -> Path:
    """Returns the folder `kind-key`, calling `build(folder)` first if it is not there.

    Only a finished folder ever gets the name, so an interrupted build is built again; two processes that want the
    same folder build it once. Of each kind the folders used last are kept.
    """
    folder = lab_folder() / f"{kind}-{key}"
    with _lock(kind):
        if not folder.is_dir():
            unfinished = folder.with_name(f"unfinished-{kind}")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            build(unfinished)
            unfinished.rename(folder)
        os.utime(folder)
        for unused in sorted(lab_folder().glob(f"{kind}-*"), key=lambda path: -path.stat().st_mtime)[_KEPT_PER_KIND:]:
            shutil.rmtree(unused)
    return folder
