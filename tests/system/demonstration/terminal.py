"""The guest terminal of the demonstration: made once with the agent installed, continued in a second ever after."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import programs
from collector import GROUP, Collector, Event
from lab import cache, guest, image, states
from lab.command_channel import GuestCommandFailed
from lab.guest import Guest
from lab.machine import HOST_ADDRESS

from .screen import Screen
from .trouble import Trouble

# What the first run takes on two cores; later runs find all of it made.
_IMAGE_SECONDS, _INSTALL_SECONDS, _CONTINUE_SECONDS = 60.0, 20.0, 2.0
# Enough for an emulated machine that shares its two processors with a compiler.
_PATIENCE_SECONDS = 60.0
_TOKEN_FILE = "/etc/sekimori/enrolment-token"


def prepare(screen: Screen) -> Guest:
    """The guest, running, with the agent's package installed; the first time it is made."""
    say = screen.words.say
    package = programs.package("sekimori-agent")
    try:
        with screen.working(say("terminal.making_image"), _IMAGE_SECONDS):
            built = image.build()
        with screen.working(say("terminal.installing", package=package.name), _INSTALL_SECONDS):
            state = states.with_packages(built, [package])
        with screen.working(say("terminal.continuing"), _CONTINUE_SECONDS):
            return guest.restore(state)
    except (GuestCommandFailed, TimeoutError) as failure:
        raise Trouble("guest", detail=failure, console=guest.console_of_last_failure()) from failure
    except subprocess.CalledProcessError as failure:
        raise Trouble("image", command=failure.cmd[0], status=failure.returncode) from failure


class Running:
    """Running guests, as `./dev lab` finds them."""

    @staticmethod
    def link() -> Path:
        return cache.lab_folder() / "running"

    @classmethod
    def refuse_another(cls) -> None:
        """`./dev lab` talks to one guest at a time: raises Trouble if there is one already."""
        if guest.is_running(cls.link().resolve()):
            raise Trouble("other_guest")

    @classmethod
    def announce(cls, terminal: Guest) -> Callable[[], None]:
        """Lets `./dev lab` find this guest; returns what takes that back."""
        link = cls.link()
        link.unlink(missing_ok=True)
        link.symlink_to(terminal.folder)

        def take_back() -> None:
            if link.is_symlink() and link.readlink() == terminal.folder:
                link.unlink()

        return take_back


def enrol(terminal: Guest, collector: Collector) -> Event:
    """Hands the terminal a token, as its administrator would; returns the record of its enrolment."""
    after = collector.cursor()
    terminal.write(_TOKEN_FILE, collector.token() + "\n", 0o600)
    terminal.check("systemctl reload sekimori-agent")
    return wait_event(
        collector, lambda event: event["type"] == "enrolled" and event["terminal"] != "collector", "enrolment", after
    )


def enforce(collector: Collector, policy: Path) -> Event:
    """Signs the policy and waits until the terminal says that it is in force."""
    after = collector.cursor()
    version = collector.check("--json", "policy", "apply", "--group", GROUP, policy).json["version"]

    def in_force(event: Event) -> bool:
        return event["type"] == "policy_in_force" and event["policy_version"] == version

    return wait_event(collector, in_force, f"policy version {version} in force", after)


def wait_event(collector: Collector, accept: Callable[[Event], bool], what: str, after: int) -> Event:
    """The collector's record of what happens in the terminal; Trouble if it does not come."""
    try:
        return collector.wait_event(accept, what, after, _PATIENCE_SECONDS)
    except TimeoutError as failure:
        raise Trouble("no_record", what=what, seconds=int(_PATIENCE_SECONDS)) from failure


def door_is_shut(terminal: Guest) -> bool:
    """Whether the kernel lets in nothing by itself: at every controller present, and at those to come."""
    defaults = terminal.check(
        "cat /sys/bus/usb/devices/usb*/authorized_default /sys/module/usbcore/parameters/authorized_default"
    )
    return set(defaults.split()) == {"0"}


def keep_logs(terminal: Guest, folder: Path) -> None:
    """Saves what the guest saw and said, for whoever wants to look closer."""
    events = "\n".join(str(event) for event in terminal.watch.since())
    (folder / "guest-uevents.log").write_text(events + "\n", encoding="utf-8")
    journal = terminal.run("journalctl --no-pager --output=short-precise", 30.0).output
    (folder / "guest-journal.log").write_text(journal, encoding="utf-8")
    shutil.copyfile(terminal.folder / "serial.log", folder / "guest-console.log")


def address_of(collector: Collector) -> str:
    """How the terminal reaches the collector."""
    return f"{HOST_ADDRESS}:{collector.port}"


def seconds_since(began: float) -> float:
    return time.monotonic() - began
