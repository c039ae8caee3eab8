"""Leaving: every process started below is gone, orphans too, and the answer to Ctrl-C comes once."""
import os
import signal
import subprocess
import sys
import textwrap
import unittest
from pathlib import Path

PRELUDE = """
import os, signal, subprocess, sys, time
from demonstration.processes import nothing_left_behind
from demonstration.trouble import Interrupted
"""


def run(program, *signals):
    """Runs a program that prints "ready" when it may be signalled; returns its status and the rest of its words."""
    process = subprocess.Popen(
        [sys.executable, "-B", "-c", PRELUDE + textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    )
    ready = process.stdout.readline()
    for number in signals:
        process.send_signal(number)
    rest, _ = process.communicate(timeout=30)
    return process.returncode, ready + rest


def alive(pid):
    return Path(f"/proc/{pid}").exists()


class Leaving(unittest.TestCase):
    def test_ends_children_and_orphans(self):
        status, words = run("""
            with nothing_left_behind():
                child = subprocess.Popen(["sleep", "1000"])
                # The shell ends at once; what it left in the background is nobody's child but ours.
                shell = subprocess.run(["sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!"], capture_output=True)
                print("ready", child.pid, int(shell.stdout), flush=True)
            """)
        self.assertEqual(0, status)
        pids = [int(word) for word in words.split()[1:]]
        self.assertEqual(2, len(pids))
        self.assertEqual([], [pid for pid in pids if alive(pid)])

    def test_ends_what_does_not_listen_to_sigterm(self):
        status, words = run("""
            import demonstration.processes as processes
            processes._TERMINATE_SECONDS = 0.2
            with nothing_left_behind():
                child = subprocess.Popen([sys.executable, "-c",
                    "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()"],
                    stdout=subprocess.PIPE)
                child.stdout.readline()
                print("ready", child.pid, flush=True)
            """)
        self.assertEqual(0, status)
        self.assertFalse(alive(int(words.split()[1])))

    def test_answers_the_first_signal_only(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            status, words = run("""
                with nothing_left_behind():
                    try:
                        print("ready", flush=True)
                        signal.pause()
                    except Interrupted:
                        os.kill(os.getpid(), signal.SIGINT)
                        os.kill(os.getpid(), signal.SIGTERM)
                        print("cleaned up", flush=True)
                """, number)
            self.assertEqual((0, "ready\ncleaned up\n"), (status, words), number)


if __name__ == "__main__":
    unittest.main()
