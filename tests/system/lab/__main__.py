"""The lab by hand: start a guest, plug into it, look, stop it."""

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import cache, console, guest, image, states, stick, wait
from .devices import HUB, KEYBOARD, MOUSE, Controller, Device, Software, Stick, UasDisk
from .guest import Guest
from .scsi_disk import ScsiDisk
from .software_usb import Disk, Keyboard, SoftwareDevice
from .usb_description import Identity

_SHOW_SECONDS = 3.0
_KINDS = ("stick", "uas", "hub", "keyboard", "mouse", "controller", "composite")


def main() -> int:
    options = parse_arguments()
    try:
        return options.command(options)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as failure:
        sys.exit(f"lab: {failure}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(function, description):
        command = commands.add_parser(function.__name__, help=description, description=description)
        command.set_defaults(command=function)
        return command

    add(build, "build the guest's image, if it is not there")
    command = add(boot, "start a guest and leave it running")
    command.add_argument("--deb", type=Path, action="append", default=[], help="have this package installed in it")
    command.add_argument("--kernel", default="", metavar="ARGUMENTS", help="boot cold with more kernel arguments")
    command = add(sh, "run a command in the guest; without one, open its console")
    command.add_argument("script", nargs=argparse.REMAINDER)
    command = add(put, "copy a file into the guest")
    command.add_argument("source", type=Path)
    command.add_argument("target")
    command = add(plug, "plug a device and show what the guest's kernel makes of it")
    command.add_argument("kind", choices=_KINDS)
    command.add_argument("--image", type=Path, help="the disk's image (default: a new stick)")
    command.add_argument("--id", default="", help="its name, for unplug (default: its kind)")
    command.add_argument("--port", default="", help='"1", or "1.2" for the second port of a hub in port 1')
    command.add_argument("--controller", default="xhci", help="the id of a plugged controller")
    command = add(unplug, "pull a device")
    command.add_argument("id")
    add(stop, "end the guest")
    return parser.parse_args()


def _running_link() -> Path:
    return cache.lab_folder() / "running"


def _attach() -> Guest:
    link = _running_link()
    if not guest.is_running(link.resolve()):
        sys.exit("no guest is running: start one with `boot`")
    return guest.attach(link.resolve(), image.build())


def build(_: argparse.Namespace) -> int:
    start = time.monotonic()
    print(f"{image.build().folder} ({time.monotonic() - start:.1f} s)")
    return 0


def boot(options: argparse.Namespace) -> int:
    link = _running_link()
    if guest.is_running(link.resolve()):
        sys.exit("a guest is running already: `stop` it first")
    start = time.monotonic()
    built = image.build()
    state = states.with_packages(built, options.deb) if options.deb else states.bare(built)
    if options.kernel:
        started = guest.boot(built, state.disk, options.kernel, outlives_us=True)
        started.wait_booted()
    else:
        started = guest.restore(state, outlives_us=True)
    link.unlink(missing_ok=True)
    link.symlink_to(started.folder)
    print(f"guest ready after {time.monotonic() - start:.1f} s; its files are in {started.folder}")
    return 0


def sh(options: argparse.Namespace) -> int:
    if not options.script:
        console.run(wait.connect_unix(_attach().machine.socket_path("serial"), 5.0))
        return 0
    done = _attach().run(" ".join(options.script), timeout=600.0)
    print(done.output, end="")
    return done.status


def put(options: argparse.Namespace) -> int:
    _attach().put(options.source, options.target, options.source.stat().st_mode & 0o777)
    return 0


def plug(options: argparse.Namespace) -> int:
    terminal = _attach()
    identity = options.id or options.kind
    mark = terminal.watch.mark()
    terminal.devices.plug(_device(options, terminal, identity), options.port, options.controller, identity)
    try:
        terminal.watch.wait_for(lambda event: print(event) or False, mark, _SHOW_SECONDS)
    except TimeoutError:
        pass
    if options.kind == "composite":
        print("this device lives in this process: Ctrl-C pulls it", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
        terminal.devices.unplug_all()
    return 0


def _device(options: argparse.Namespace, terminal: Guest, identity: str) -> Device:
    simple = {"hub": HUB, "keyboard": KEYBOARD, "mouse": MOUSE, "controller": Controller()}
    if options.kind in simple:
        return simple[options.kind]
    medium = options.image or stick.make_stick(terminal.folder / f"{identity}.img")
    if options.kind == "stick":
        return Stick(medium)
    if options.kind == "uas":
        return UasDisk(medium)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    return Software(SoftwareDevice(Identity(name="Lab composite"), [Keyboard(), Disk(ScsiDisk(medium))]))


def unplug(options: argparse.Namespace) -> int:
    _attach().devices.unplug(options.id)
    return 0


def stop(_: argparse.Namespace) -> int:
    _attach().stop()
    _running_link().unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
