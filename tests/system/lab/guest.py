"""A running guest: started cold or from a saved state, driven over QMP and the two control ports."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import cache, wait
from .command_channel import CommandChannel, Completed, GuestCommandFailed
from .devices import Devices
from .image import Image
from .machine import Machine
from .qmp import Qmp, QmpError
from .watch import Watch

_BOOT_SECONDS = 240.0
_POWER_OFF_SECONDS = 120.0


@dataclass(frozen=True)
class State:
    """A guest frozen while it ran: its disk and its memory. Each restored guest writes to its own copy."""

    image: Image
    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "disk.qcow2"

    @property
    def memory(self) -> Path:
        return self.folder / "memory"


class Guest:
    """The terminal under test. Use `boot`, `restore` or `attach`, and `stop` at the end (or `with`)."""

    def __init__(self, machine: Machine, pid: int):
        self.machine = machine
        self._pid = pid
        self.qmp = Qmp(machine.socket_path("qmp"))
        self.watch = Watch(wait.connect_unix(machine.socket_path("uevents"), 5.0))
        self._commands = CommandChannel(wait.connect_unix(machine.socket_path("command"), 5.0))
        self.devices = Devices(self.qmp, machine.folder)
        self._detached = False

    def __enter__(self) -> "Guest":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self.keep_console()
        self.stop()

    @property
    def folder(self) -> Path:
        """The run's own folder, gone after `stop`."""
        return self.machine.folder

    def run(self, script: str, timeout: float = 60.0) -> Completed:
        """Runs a shell script as root."""
        return self._commands.run(script, timeout)

    def check(self, script: str, timeout: float = 60.0) -> str:
        """Runs a shell script as root that must succeed; returns what it printed."""
        done = self.run(script, timeout)
        if done.status != 0:
            raise GuestCommandFailed(f"`{script}` ended with {done.status}:\n{done.output}")
        return done.output

    def put(self, source: Path, target: str, mode: int = 0o644) -> None:
        """Copies a file of the host into the guest."""
        self._commands.put(target, source.read_bytes(), mode)

    def write(self, target: str, text: str, mode: int = 0o644) -> None:
        """Writes a text file in the guest."""
        self._commands.put(target, text.encode(), mode)

    def serial_log(self) -> str:
        """All the guest's console has shown since the start."""
        return (self.folder / "serial.log").read_text(encoding="utf-8", errors="replace")

    def keep_console(self) -> None:
        """Leaves what the console has shown where it can be read when the guest is gone."""
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(self.folder / "serial.log", console_of_last_failure())

    def wait_ready(self, timeout: float = _BOOT_SECONDS) -> None:
        """Returns once commands run in the guest, with its clock set to the host's."""
        self._commands.wait_ready(timeout)
        self.check(f"date --set=@{time.time():.3f}")

    def wait_booted(self, timeout: float = _BOOT_SECONDS) -> None:
        """Returns once systemd has started all it should and udev is idle; raises if a unit failed."""
        self.wait_ready(timeout)
        state = self.run("systemctl is-system-running --wait", timeout).output.strip()
        if state != "running":
            raise GuestCommandFailed(f"the guest is {state}:\n" + self.run("systemctl --failed").output)
        self.check("udevadm settle")

    def save(self, folder: Path) -> State:
        """Freezes the guest into the folder and ends it. No device may be plugged."""
        # The saved disk must also boot cold, as after a power cut.
        self.check("udevadm settle; sync")
        self.qmp.execute("stop")
        state = State(self.machine.image, folder)
        self.qmp.execute("migrate-set-parameters", {"max-bandwidth": 1 << 40})
        self.qmp.execute("migrate", {"uri": f"exec:cat > {shlex.quote(str(state.memory))}"})
        self._wait_migrated()
        self._quit()
        shutil.move(self.machine.disk, state.disk)
        self.stop()
        return state

    def power_off(self, disk: Path) -> Path:
        """Shuts the guest down in good order and keeps its disk, for a `boot` on the same machine."""
        self.check("systemctl poweroff --no-block")
        wait.until(lambda: not _is_our_qemu(self._pid, self.folder), _POWER_OFF_SECONDS, "the guest's power off")
        shutil.move(self.machine.disk, disk)
        self.stop()
        return disk

    def _wait_migrated(self) -> None:
        def done() -> bool:
            status = self.qmp.execute("query-migrate").get("status")
            if status == "failed":
                raise QmpError("QEMU could not move the guest's state; see " + str(self.folder / "qemu.log"))
            return status == "completed"

        wait.until(done, 120.0, "the guest's state moved")

    def _quit(self) -> None:
        with contextlib.suppress(QmpError):
            self.qmp.execute("quit", timeout=10.0)
        with contextlib.suppress(TimeoutError):
            wait.until(lambda: not _is_our_qemu(self._pid, self.folder), 10.0, "QEMU's end")

    def detach(self) -> None:
        """Gives up the connections, of which the guest takes one at a time, so that another process can `attach`."""
        self._detached = True
        self.watch.close()
        self._commands.close()
        self.qmp.close()

    @property
    def running(self) -> bool:
        return _is_our_qemu(self._pid, self.folder)

    @property
    def pid(self) -> int:
        return self._pid

    def stop(self) -> None:
        """Ends the guest, as by pulling its plug, and removes its folder; the second time does nothing."""
        if not self.folder.exists():
            return
        if self._detached:
            _ask_qemu_to_end(self._pid, self.folder)
        else:
            self._quit()
            self.detach()
        _end_qemu(self._pid, self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)


def boot(
    image: Image,
    disk: Path | None = None,
    kernel_arguments: str = "",
    before_start: Callable[[Guest], None] | None = None,
    outlives_us: bool = False,
) -> Guest:
    """Starts the guest cold, from the image's disk or another, and returns while it is still booting.

    What `before_start` plugs is there from the machine's first moment. The guest ends with this process, however
    that ends, unless it `outlives_us`.
    """
    machine = Machine(image, _new_folder(), kernel_arguments)
    _make_disk(machine, disk or image.disk, "qcow2" if disk else "raw")
    guest = _launch(machine, machine.command(), outlives_us)
    with _stopped_on_error(guest):
        if before_start:
            before_start(guest)
        guest.qmp.execute("cont")
    return guest


def restore(state: State, outlives_us: bool = False) -> Guest:
    """Continues a saved guest in a copy of its own; returns when commands run in it."""
    machine = Machine(state.image, _new_folder())
    _make_disk(machine, state.disk, "qcow2")
    command = [*machine.command(), "-incoming", f"exec:cat {shlex.quote(str(state.memory))}"]
    guest = _launch(machine, command, outlives_us)
    with _stopped_on_error(guest):
        guest._wait_migrated()
        guest.qmp.execute("cont")
        guest.wait_ready(60.0)
        guest.watch.barrier()
    return guest


def attach(folder: Path, image: Image) -> Guest:
    """Connects to a guest that another process started and left running."""
    return Guest(Machine(image, folder), int((folder / "pid").read_text(encoding="ascii")))


def console_of_last_failure() -> Path:
    """Where the console's words are kept of a guest that did not come up."""
    return cache.lab_folder() / "console-of-last-failure.log"


def is_running(folder: Path) -> bool:
    """Whether the folder belongs to a guest that runs."""
    pid = folder / "pid"
    return pid.is_file() and _is_our_qemu(int(pid.read_text(encoding="ascii")), folder)


def _new_folder() -> Path:
    # Not in the cache: the path of a Unix socket must stay under 108 bytes.
    return Path(tempfile.mkdtemp(prefix="sekimori-lab-"))


def _make_disk(machine: Machine, backing: Path, backing_format: str) -> None:
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", backing_format, "-b", str(backing), str(machine.disk)]
    subprocess.run(command, check=True)


def _launch(machine: Machine, command: list[str], outlives_us: bool) -> Guest:
    tie = [] if outlives_us else ["setpriv", "--pdeathsig", "KILL"]
    with open(machine.folder / "qemu.log", "wb") as log:
        process = subprocess.Popen(
            tie + command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    (machine.folder / "pid").write_text(str(process.pid), encoding="ascii")
    try:
        return Guest(machine, process.pid)
    except (OSError, TimeoutError) as failure:
        _end_qemu(process.pid, machine.folder)
        log_text = (machine.folder / "qemu.log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"QEMU did not start: {failure}\n{log_text}") from failure


@contextlib.contextmanager
def _stopped_on_error(guest: Guest):
    try:
        yield
    except BaseException:
        guest.keep_console()
        guest.stop()
        raise


def _is_our_qemu(pid: int, folder: Path) -> bool:
    """Whether the pid still names the QEMU of that folder: neither ended nor taken by another process."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _ask_qemu_to_end(pid: int, folder: Path) -> None:
    if _is_our_qemu(pid, folder):
        os.kill(pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            wait.until(lambda: not _is_our_qemu(pid, folder), 10.0, "QEMU's end")


def _end_qemu(pid: int, folder: Path) -> None:
    if _is_our_qemu(pid, folder):
        os.kill(pid, signal.SIGKILL)
        wait.until(lambda: not _is_our_qemu(pid, folder), 10.0, f"QEMU {pid} killed")
