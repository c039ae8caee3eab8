"""The product as those who run it use it: the terminal's policy file, service and command line, and its collector."""

import contextlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from collector import Collector, Event
from enrolled import DESK_PORT, Enrolled, desk_keyboard
from lab import guest, wait
from lab.devices import Software
from lab.guest import Guest
from lab.software_usb import Keyboard
from scenario import Bench

POLICY = "/etc/sekimori/policy.toml"
SERVICE = "sekimori-agent.service"
STATE = "/var/lib/sekimori"
_RECORD_SECONDS = 40.0

_policy_names = map("lab policy {}".format, itertools.count(1))


def rule(identity: str, verdict: str, match: str, admit: str = "") -> str:
    """One rule of a policy file; `match` is the inside of its table, e.g. 'serial = "A"'."""
    admitted = f"admit = {json.dumps([admit])}\n" if admit else ""
    return f'[[rule]]\nid = "{identity}"\nverdict = "{verdict}"\n{admitted}match = {{ {match} }}\n'


KEYBOARDS = rule("keyboards", "allow", 'interfaces = { equals = ["03:01:01"] }')


def policy(mode: str, *rules: str, name: str = "") -> str:
    """A policy file."""
    return f'mode = "{mode}"\nname = "{name or next(_policy_names)}"\n' + "".join(rules)


class Terminal:
    """An enrolled terminal that has long been up, and its collector."""

    def __init__(self, machine: Guest, collector: Collector):
        self.guest = machine
        self.collector = collector
        self.id: str = collector.terminals()[0]["id"]
        # What the collector has of the terminal's past is not what a scenario waits for.
        self._start = collector.cursor()

    # --- policy ------------------------------------------------------------------------------------------------------

    def enforce(self, *rules: str) -> None:
        """Writes the local policy, and returns when the agent follows it and the collector knows."""
        self.follow_local("enforce", *rules)

    def observe(self, *rules: str) -> None:
        self.follow_local("observe", *rules)

    def follow_local(self, mode: str, *rules: str) -> None:
        name = next(_policy_names)
        self.guest.write(POLICY, policy(mode, *rules, name=name))
        self.guest.check(f"systemctl reload {SERVICE}")
        self.recorded("policy_in_force", f"the policy {name}", lambda body: body["name"] == name)

    # --- records -----------------------------------------------------------------------------------------------------

    def recorded(
        self, kind: str, what: str, accept: Callable[[dict], bool] = lambda body: True, after: int = 0,
        timeout: float = _RECORD_SECONDS,
    ) -> Event:
        """The first event of this terminal of that kind at the collector whose body is accepted, waiting for it."""
        def wanted(event: Event) -> bool:
            return event["type"] == kind and event["terminal"] == self.id and accept(event["event"][kind])
        return self.collector.wait_event(wanted, f"{kind} ({what})", max(after, self._start), timeout)

    def judged(self, serial: str, outcome: str, after: int = 0, timeout: float = _RECORD_SECONDS) -> Event:
        """The first decision of that outcome about the device with that serial number at the collector."""
        def wanted(event: Event) -> bool:
            return (event["type"], event["outcome"]) == ("device_judged", outcome) and serial_of(event) == serial
        return self.collector.wait_event(wanted, f"{serial} {outcome}", max(after, self._start), timeout)

    def connected(self) -> None:
        """Waits until records reach the collector again."""
        self.run_until("sekimori status --json | grep -q '\"connected\"'")

    def run_until(self, script: str, timeout: float = 40.0) -> None:
        """Waits until a command in the guest succeeds."""
        wait.until(lambda: self.guest.run(script).status == 0, timeout, f"in the guest: {script}", 0.1)

    # --- the command line --------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """What `sekimori status` says."""
        return json.loads(self.guest.check("sekimori status --json"))

    def log(self) -> list[dict[str, Any]]:
        """The terminal's own log from its beginning."""
        # Without the sentence for the person in front of it, which goes to stderr.
        exported = self.guest.check("sekimori log export --format json 2>/dev/null")
        return [json.loads(line) for line in exported.splitlines()]

    # --- devices -----------------------------------------------------------------------------------------------------

    def plug_desk_keyboard(self) -> tuple[Software, Keyboard]:
        """The adopted keyboard, back in its port: the device, and what types on it."""
        keyboard = Keyboard()
        software = Software(desk_keyboard(keyboard))
        self.guest.devices.plug(software, port=DESK_PORT)
        return software, keyboard


def serial_of(event: Event) -> str:
    """The serial number of the device an event is about."""
    body = event["event"].get(event["type"], {})
    return body.get("device", {}).get("serial", "")


class ProductBench(Bench):
    """A bench whose guests have the product on them."""

    def __init__(self, enrolled: Enrolled, folder: Path, cleanup: contextlib.ExitStack):
        super().__init__(enrolled.state, folder, cleanup)
        self.enrolled = enrolled

    def terminal(self) -> Terminal:
        """The enrolled terminal, continued, with its collector running."""
        return Terminal(self.restore(), self.collector())

    def fresh(self) -> Guest:
        """A terminal that has never had anything of ours on it."""
        return self._keep(guest.restore(self.enrolled.bare))

    def collector(self) -> Collector:
        """The site the enrolled terminal belongs to, running."""
        return self._started(self.enrolled.collector(self.folder("collector")))

    def new_site(self) -> Collector:
        """A site that knows no terminal yet, running."""
        return self._started(Collector(self.folder("site"), programs=self.enrolled.programs))

    def _started(self, site: Collector) -> Collector:
        site.start()
        self._cleanup.callback(site.stop)
        return site
