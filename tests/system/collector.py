"""A collector on this machine's loopback, as the guests reach it: its site, its service, and its operator's commands."""

import json
import os
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import wait
from lab.machine import HOST_ADDRESS
from programs import BuiltPrograms, Programs, collector_programs
from service import Service

LOOPBACK = "127.0.0.1"
GROUP = "default"
_POLL_SECONDS = 0.1

Event = dict[str, Any]


class OperatorFailed(RuntimeError):
    """A sekimorictl command ended with another status than was expected."""


@dataclass(frozen=True)
class Answer:
    """How a sekimorictl command ended, and what it printed."""

    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


def free_port() -> int:
    """A port of the loopback on which nothing listens."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        return listener.getsockname()[1]


class Collector:
    """A site of its own in `folder`, made on first use. Use `with`, or `start` and `stop`."""

    def __init__(self, folder: Path, port: int = 0, programs: Programs | BuiltPrograms | None = None, name: str = "Lab"):
        self.folder = folder
        self.port = port or free_port()
        self.programs = programs or collector_programs()
        self._service: Service | None = None
        if not self.data.exists():
            self._make(name)
        # Every time, because the folder may be the copy of another.
        settings = f'data-dir = "{self.data}"\n[listen]\naddress = "{LOOPBACK}"\nport = {self.port}\n'
        self._settings.write_text(settings, encoding="utf-8")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the collector's service wrote."""
        return self.folder / "collector.log"

    def _make(self, name: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # Made here, so that it stays ours where the machine has a user for a collector of its own.
        self.data.mkdir(mode=0o700)
        hosts = f"{HOST_ADDRESS},{LOOPBACK}"
        self.check("init", "--name", name, "--host", hosts, "--port", str(self.port))

    @property
    def _settings(self) -> Path:
        return self.folder / "collector.toml"

    # --- the service -------------------------------------------------------------------------------------------------

    def __enter__(self) -> "Collector":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the service; returns when it listens. Raises ServiceFailed with its words."""
        self._service = Service([self.programs.path("sekimori-collector"), "--config", self._settings], self.log)

    def stop(self) -> None:
        """Stops the service in good order; the second time does nothing."""
        if self._service:
            self._service.stop()
            self._service = None

    @property
    def running(self) -> bool:
        return self._service is not None and self._service.running

    @property
    def pid(self) -> int:
        assert self._service, "the collector is not started"
        return self._service.pid

    # --- the operator ------------------------------------------------------------------------------------------------

    def command(self, *arguments: str | Path) -> list[str]:
        """The sekimorictl command line, as one would type it."""
        return [str(self.programs.path("sekimorictl")), "--data", str(self.data), *map(str, arguments)]

    def run(self, *arguments: str | Path, language: str = "") -> Answer:
        """Runs sekimorictl."""
        environment = {**os.environ, **({"SEKIMORI_LANG": language} if language else {})}
        done = subprocess.run(
            self.command(*arguments), capture_output=True, env=environment, stdin=subprocess.DEVNULL, check=False
        )
        return Answer(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def check(self, *arguments: str | Path, language: str = "") -> Answer:
        """Runs sekimorictl, which must succeed."""
        answer = self.run(*arguments, language=language)
        if answer.status != 0:
            spoken = " ".join(map(str, arguments))
            raise OperatorFailed(f"sekimorictl {spoken} ended with {answer.status}:\n{answer.output}{answer.errors}")
        return answer

    def token(self, group: str = GROUP, uses: int = 1, ttl: str = "1h", host: str = HOST_ADDRESS) -> str:
        """A new enrolment token, for terminals that reach this machine as `host`."""
        options = ("--group", group, "--uses", str(uses), "--ttl", ttl, "--host", host)
        return self.check("--json", "token", "create", *options).json["token"]

    def apply_policy(self, toml: str, group: str = GROUP) -> int:
        """Signs a policy and gives it to a group; returns its version."""
        file = self.folder / "policy.toml"
        file.write_text(toml, encoding="utf-8")
        return self.check("--json", "policy", "apply", "--group", group, file).json["version"]

    def terminals(self) -> list[dict[str, Any]]:
        """What the collector knows of each terminal."""
        return self.check("--json", "terminal", "list").json

    def verified(self) -> dict[str, Any]:
        """The report of `verify`; its "good" says whether nothing wrong was found."""
        answer = self.run("--json", "verify")
        if answer.status not in (0, 1):
            raise OperatorFailed(f"sekimorictl verify ended with {answer.status}:\n{answer.errors}")
        return answer.json

    # --- events ------------------------------------------------------------------------------------------------------

    def events(self, *filters: str) -> list[Event]:
        """Every stored event that matches, oldest first (`sekimorictl events` names the filters)."""
        lines = self.check("events", "--format", "json", *filters).output.splitlines()
        return [json.loads(line) for line in lines]

    def wait_event(
        self, accept: Callable[[Event], bool], what: str, after: int = 0, timeout: float = 30.0
    ) -> Event:
        """The first accepted event with a cursor greater than `after`, waiting for it; raises TimeoutError."""
        found: list[Event] = []

        def came() -> bool:
            nonlocal after
            for event in self.events():
                if int(event["cursor"]) > after:
                    after = int(event["cursor"])
                    found.extend([event] if accept(event) else [])
            return bool(found)

        wait.until(came, timeout, f"at the collector: {what}", _POLL_SECONDS)
        return found[0]

    def cursor(self) -> int:
        """The newest event's cursor, for `wait_event`; 0 if there is none."""
        return max((int(event["cursor"]) for event in self.events()), default=0)
