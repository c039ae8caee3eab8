"""A terminal on the guest's serial console."""

import os
import select
import socket
import sys
import termios
import tty

_LEAVE = b"\x1d"  # Ctrl-]


def run(console: socket.socket) -> None:
    """Connects this process's terminal to the console until Ctrl-] or the guest's end."""
    print("console of the guest; Ctrl-] leaves", flush=True)
    keyboard = sys.stdin.fileno()
    settings = termios.tcgetattr(keyboard)
    tty.setraw(keyboard)
    try:
        console.sendall(b"\r")
        while True:
            readable, _, _ = select.select([keyboard, console], [], [])
            source = os.read(keyboard, 4096) if keyboard in readable else b""
            if _LEAVE in source:
                return
            console.sendall(source)
            if console in readable:
                shown = console.recv(65536)
                if not shown:
                    return
                os.write(sys.stdout.fileno(), shown)
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, settings)
        print()
