"""What arrives at the guest's input devices, read as a program there would read it."""

import struct

from .guest import Guest
from .watch import Uevent

# struct input_event on a 64-bit kernel (linux/input.h).
_EVENT = struct.Struct("<qqHHi")
_EV_KEY, _PRESSED = 1, 1
# Linux key codes (linux/input-event-codes.h) of the keys the tests press.
KEY_CODES = {
    "a": 30, "s": 31, "d": 32, "k": 37, "e": 18, "y": 21, "1": 2, "2": 3, "i": 23, "m": 50, "o": 24, "r": 19,
}


def is_event_node(event: Uevent) -> bool:
    """Whether the uevent announces a node from which key presses can be read."""
    return event.action == "add" and event.subsystem == "input" and event.node.startswith("input/event")


class KeyReader:
    """Collects in the guest what one input device sends, until `pressed` is asked."""

    def __init__(self, guest: Guest, node: str):
        self._guest = guest
        self._file = "/run/lab-keys." + node.replace("/", "-")
        unit = "lab-keys-" + node.replace("/", "-")
        guest.check(
            f"systemd-run --quiet --unit={unit} sh -c 'exec cat /dev/{node} > {self._file}';"
            # Reading has begun when the device is open: what is pressed before is nobody's.
            f"until ls -l /proc/$(systemctl show -P MainPID {unit})/fd 2>/dev/null | grep -q /dev/{node};"
            " do sleep 0.05; done"
        )

    def wait_pressed(self, count: int, timeout: float = 20.0) -> list[int]:
        """The codes of the keys pressed so far, waiting until there are `count`; fewer if they do not come."""
        self._guest.run(f"until [ $(stat -c %s {self._file}) -ge {count * 2 * 2 * _EVENT.size} ]; do sleep 0.1; done",
                        timeout)
        content = bytes.fromhex(self._guest.check(f"od -An -v -tx1 {self._file}"))
        events = (_EVENT.unpack_from(content, at) for at in range(0, len(content) - _EVENT.size + 1, _EVENT.size))
        return [code for _, _, kind, code, value in events if kind == _EV_KEY and value == _PRESSED]
