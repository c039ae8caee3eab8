"""Whether this machine can run the demonstration, before anything is begun."""

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from collector import LOOPBACK, free_port
from lab import cache

from .trouble import Trouble

DEFAULT_PORT = 7443
_TOOLS = ("qemu-system-x86_64", "qemu-img", "mmdebstrap", "mke2fs", "mkfs.vfat", "mcopy", "setpriv", "dpkg-deb", "gcc")
_MEBIBYTE = 1 << 20
_MEMORY_MEBIBYTES = 1200
# The first run makes the guest's image (twice for a moment, while it is assembled); later ones only copies of changes.
_FIRST_DISK_MEBIBYTES, _LATER_DISK_MEBIBYTES = 4000, 500


@dataclass(frozen=True)
class Found:
    """What was looked at."""

    memory: int  # MiB available
    disk: int  # MiB free where the guest's image goes
    port: int
    port_is_default: bool


def check_machine(port: int) -> Found:
    """Raises Trouble with the first thing that is missing. `port` 0: the default one, or another that is free."""
    if os.geteuid() != 0:
        raise Trouble("not_root")
    if missing := [tool for tool in _TOOLS if not shutil.which(tool)]:
        raise Trouble("tools", tools=", ".join(missing))
    memory, disk = _memory(), _disk(cache.lab_folder())
    if memory < _MEMORY_MEBIBYTES:
        raise Trouble("memory", found=memory, wanted=_MEMORY_MEBIBYTES)
    built = any(cache.lab_folder().glob("state-*"))
    wanted = _LATER_DISK_MEBIBYTES if built else _FIRST_DISK_MEBIBYTES
    if disk < wanted:
        raise Trouble("disk", found=disk, wanted=wanted, folder=cache.lab_folder())
    chosen = choose_port(port)
    return Found(memory, disk, chosen, chosen == DEFAULT_PORT)


def _memory() -> int:
    """MiB that a new program could use: what the kernel says, or less where this shell's control group has a limit."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    available = int(fields["MemAvailable"].split()[0]) >> 10
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if limit.is_file() and used.is_file() and (most := limit.read_text(encoding="ascii").strip()) != "max":
        available = min(available, (int(most) - int(used.read_text(encoding="ascii"))) // _MEBIBYTE)
    return available


def _disk(folder: Path) -> int:
    return shutil.disk_usage(folder).free // _MEBIBYTE


def choose_port(port: int) -> int:
    """That port, or with 0 the default one or another that is free; Trouble if it is taken."""
    if _is_free(port or DEFAULT_PORT):
        return port or DEFAULT_PORT
    if port:
        raise Trouble("port", port=port)
    return free_port()


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
