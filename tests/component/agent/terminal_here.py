"""The agent of this build on this machine, in a folder of its own: it observes, and touches nothing."""

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

from lab import wait
from programs import BuiltPrograms
from service import Service

# Given by CMake: where the build left them.
PROGRAMS = BuiltPrograms([Path(file) for file in os.environ["SEKIMORI_PROGRAMS"].split(os.pathsep)])
LANGUAGES = ("ja", "en")
# A serialized Event of an agent that stopped (field 11), for a reason that is no UTF-8.
INVALID_RECORD = b"\x5a\x04\x0a\x02\xff\xfe"

Record = dict[str, Any]


def with_trouble(name: str) -> dict[str, str]:
    """The environment of an agent one of whose libraries behaves as no_usb.c, slow_usb.c or slow_names.c has it."""
    # A sanitizer wants to be the first library; that another one is there does it no harm here.
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return {"LD_PRELOAD": os.environ["SEKIMORI_" + name], "ASAN_OPTIONS": sanitizer}


def policy(name: str, *lines: str) -> str:
    """The text of a policy that observes."""
    return "\n".join(['mode = "observe"', f'name = "{name}"', *lines, ""])


class TerminalHere:
    """One terminal: its settings, its log, and its agent when it runs. `close` ends it, whatever happened."""

    def __init__(self) -> None:
        # Short: the control socket's path has to fit into sockaddr_un.
        self._folder = tempfile.TemporaryDirectory(prefix="sekimori-agent-")
        self.folder = Path(self._folder.name)
        self.settings = self.folder / "etc"
        self.state = self.folder / "state"
        self.run = self.folder / "run"
        self.output = self.folder / "output"
        self.settings.mkdir(mode=0o700)
        self.agent: Service | None = None
        self.configure(f'policy-file = "{self.policy_file}"')

    @property
    def config_file(self) -> Path:
        return self.settings / "agent.toml"

    @property
    def policy_file(self) -> Path:
        return self.settings / "policy.toml"

    @property
    def token_file(self) -> Path:
        return self.settings / "enrolment-token"

    def configure(self, *lines: str) -> None:
        """Writes agent.toml."""
        self.config_file.write_text("\n".join([*lines, ""]), encoding="utf-8")

    def put_token(self, token: str) -> None:
        self.token_file.touch(mode=0o600)
        self.token_file.write_text(token, encoding="ascii")

    # --- the agent ---------------------------------------------------------------------------------------------------

    def _places(self) -> list[str | Path]:
        return ["--config", self.config_file, "--state", self.state, "--run", self.run]

    def start(self, environment: dict[str, str] | None = None, observe: bool = True) -> None:
        """Starts the agent; returns when it says that it is ready. It observes, unless told not to insist on it."""
        command = [PROGRAMS.path("sekimori-agent"), *(["--observe"] if observe else []), *self._places()]
        self.agent = Service(command, self.output, environment)

    def start_in_vain(self, language: str) -> subprocess.CompletedProcess[str]:
        """An agent that is expected to refuse to start."""
        command = [PROGRAMS.path("sekimori-agent"), "--observe", *self._places()]
        return _run(command, language)

    def stop(self) -> int:
        assert self.agent, "the agent is not started"
        return self.agent.stop()

    def close(self) -> None:
        if self.agent:
            self.agent.kill()
        self._folder.cleanup()

    @property
    def said(self) -> str:
        """What the agent wrote to stdout and stderr since it was first started."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    # --- the command line --------------------------------------------------------------------------------------------

    def ask(self, *arguments: str, language: str = "en") -> subprocess.CompletedProcess[str]:
        """Runs `sekimori`."""
        return _run([PROGRAMS.path("sekimori"), *self._places(), *arguments], language)

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs `sekimori` here."""
        return [str(part) for part in (PROGRAMS.path("sekimori"), *self._places(), *arguments)]

    def ask_as_nobody(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `sekimori` as a user who is not root: a copy, because that one need not reach where it was built."""
        self.folder.chmod(0o755)
        program = shutil.copy(PROGRAMS.path("sekimori"), self.folder / "sekimori")
        return _run(["setpriv", "--reuid=nobody", "--clear-groups", program, *self.command(*arguments)[1:]], "en")

    def status(self) -> dict[str, Any]:
        return json.loads(self.ask("--json", "status").stdout)

    def troubles(self) -> dict[str, str]:
        """What the agent says it cannot do, with the reason."""
        return {trouble["what"]: f'{trouble["where"]}: {trouble["detail"]}' for trouble in self.status()["troubles"]}

    def records(self, kind: str = "") -> list[Record]:
        """The log's records, oldest first; of one kind, only their bodies."""
        done = self.ask("log", "export", "--format", "json", *(["--type", kind] if kind else []))
        if done.returncode != 0:
            raise RuntimeError(f"log export ended with {done.returncode}: {done.stderr}")
        records = [json.loads(line) for line in done.stdout.splitlines()]
        return [record["event"][kind] for record in records] if kind else records

    def wait_records(self, kind: str, what: str) -> None:
        """Waits for a record of a kind."""
        wait.until(lambda: bool(self.records(kind)), 60.0, what, 0.05)

    def wait_status(self, holds, what: str) -> None:
        """Waits until `holds(status)`."""
        wait.until(lambda: holds(self.status()), 60.0, what, 0.05)

    def add_record(self, payload: bytes) -> None:
        """What somebody with the right to write the file could put in; the agent does not run meanwhile."""
        with sqlite3.connect(self.state / "log.db") as database:
            (head,) = database.execute("SELECT head_sequence FROM log").fetchone()
            database.execute("INSERT INTO records VALUES (?, ?, ?)", (head + 1, bytes(32), payload))
            database.execute("UPDATE log SET head_sequence = ?", (head + 1,))
        database.close()


def _run(command: list[str | Path], language: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=120, check=False,
        stdin=subprocess.DEVNULL, env={**os.environ, "SEKIMORI_LANG": language},
    )


class TerminalCase(unittest.TestCase):
    """A test with a terminal."""

    def setUp(self) -> None:
        self.terminal = TerminalHere()
        self.addCleanup(self.terminal.close)

    def assert_silent(self) -> None:
        """The agent had nothing to complain about; sanitizers speak here too."""
        self.assertEqual(self.terminal.said, "")
