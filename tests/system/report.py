"""What went on in a guest, printed when something failed."""

from lab.guest import Guest

_TAIL_LINES = 60


def show(terminal: Guest, title: str) -> None:
    """Prints what a guest saw and said, last things last."""
    print(f"--- {title}: uevents")
    print("\n".join(str(event) for event in terminal.watch.since()[-_TAIL_LINES:]))
    print(f"--- {title}: journal")
    try:
        print(terminal.run(f"journalctl --no-pager --lines={_TAIL_LINES}", 20.0).output)
    except Exception as unreachable:  # The guest may be what broke; its console still tells.
        print(f"no journal ({unreachable}); console:")
        print("\n".join(terminal.serial_log().splitlines()[-_TAIL_LINES:]))
    print(f"--- end of {title}", flush=True)
