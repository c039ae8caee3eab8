"""Shows the collector's records as they come, until something ends."""

import os
import select
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack

from collector import Collector

from . import records
from .screen import Screen


def until_an_end(screen: Screen, collector: Collector, after: int, ends: Mapping[int, str]) -> str:
    """Shows each record newer than `after` until the collector or one of the processes `ends` names by pid ends.

    Returns that process's word, or the collector's.
    """
    with ExitStack() as cleanup:
        follower = cleanup.enter_context(_following(collector))
        cleanup.callback(follower.terminate)
        waited = {}
        for pid, word in {**ends, collector.pid: "play.collector_ended"}.items():
            descriptor = os.pidfd_open(pid)
            cleanup.callback(os.close, descriptor)
            waited[descriptor] = word
        return _show_until(screen, follower, after, waited)


def _following(collector: Collector) -> subprocess.Popen[bytes]:
    command = ["setpriv", "--pdeathsig", "KILL", *collector.command("events", "--follow", "--format", "json")]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)


def _show_until(screen: Screen, follower: subprocess.Popen[bytes], after: int, waited: Mapping[int, str]) -> str:
    assert follower.stdout
    source, rest = follower.stdout.fileno(), b""
    while True:
        readable, _, _ = select.select([source, *waited], [], [])
        for descriptor in readable:
            if descriptor in waited:
                return waited[descriptor]
        content = os.read(source, 1 << 16)
        if not content:
            return "play.collector_ended"
        *lines, rest = (rest + content).split(b"\n")
        for line in lines:
            event = records.parse(line.decode("utf-8"))
            if int(event["cursor"]) > after:
                records.live(screen, event)
