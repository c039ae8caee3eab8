"""The demonstration from its first step to its last: prepares, plays the acts, proves the records, sums up."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import programs
from collector import Collector
from lab import cache
from lab.command_channel import GuestCommandFailed
from lab.guest import Guest
from lab.qmp import QmpError
from service import ServiceFailed

from . import acts, checks, records, terminal
from .screen import Screen
from .trouble import Trouble

FOLDER = cache.TREE / "build" / "demo"
LOGS = FOLDER / "logs"
_HERE = Path(__file__).resolve().parent
# An act that broke off for one of these has failed; the others still play.
_ACT_FAILURES = (TimeoutError, GuestCommandFailed, QmpError, Trouble)


@dataclass
class Stand:
    """What is up after the preparations."""

    collector: Collector
    guest: Guest


def run(screen: Screen, port: int, cleanup: ExitStack) -> tuple[Stand, list[str]]:
    """Plays it all; returns what stands, and what was not as expected. Whatever it starts is stopped by `cleanup`."""
    screen.title(screen.words.say("story.title"))
    screen.paragraph(screen.words.say("story.about"))
    found = _check(screen, port)
    collector = _collector(screen, found, cleanup)
    guest = _terminal(screen, cleanup)
    with _logs_kept(guest):
        _enrol(screen, guest, collector)
        _enforce(screen, guest, collector)
        differences = _acts(screen, acts.Stage(guest, collector, guest.folder, screen.words))
        differences += _verify(screen, guest, collector)
        _sum_up(screen, collector)
    return Stand(collector, guest), differences


@contextlib.contextmanager
def _logs_kept(guest: Guest) -> Iterator[None]:
    """However it ends, save by Ctrl-C, what the guest saw and said is kept."""
    try:
        yield
    except Exception:
        # What broke may be the guest itself; then that is what has to be told, and not this.
        with contextlib.suppress(Exception):
            terminal.keep_logs(guest, LOGS)
        raise
    terminal.keep_logs(guest, LOGS)


def clear_folder() -> None:
    """Begins afresh: a demonstration's site and records are its own."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    LOGS.mkdir(parents=True)


def check(port: int) -> checks.Found:
    """Raises Trouble with the first thing that stands in the way."""
    terminal.Running.refuse_another()
    return checks.check_machine(port)


# --- preparations ----------------------------------------------------------------------------------------------------


def _check(screen: Screen, port: int) -> checks.Found:
    screen.step("check.step")
    found = check(port)
    key = "check.found" if found.port_is_default or port else "check.found_other_port"
    screen.result(screen.words.say(
        key, memory=f"{found.memory / 1024:.1f}", disk=f"{found.disk / 1024:.0f}", port=found.port,
        default=checks.DEFAULT_PORT,
    ))
    return found


def _collector(screen: Screen, found: checks.Found, cleanup: ExitStack) -> Collector:
    say = screen.words.say
    screen.step("site.step")
    screen.command("sekimorictl init", f"--name {say('site.name')}", "--host 10.0.2.2,127.0.0.1", f"--port {found.port}")
    with screen.working(say("site.making")):
        collector = Collector(FOLDER / "collector", found.port, programs.collector_programs(), say("site.name"))
    screen.result(say("site.made"))
    screen.command("sekimori-collector")
    try:
        with screen.working(say("site.starting")):
            collector.start()
    except ServiceFailed as failure:
        raise Trouble("collector", detail=failure, log=collector.log) from failure
    cleanup.callback(lambda: screen.result(say("story.stopped")))
    cleanup.callback(collector.stop)
    screen.result(say("site.started", port=found.port))
    programs.write_shortcut(FOLDER / "sekimorictl", collector.command())
    return collector


def _terminal(screen: Screen, cleanup: ExitStack) -> Guest:
    say = screen.words.say
    screen.step("terminal.step")
    timer = screen.timer()
    guest = terminal.prepare(screen)
    cleanup.callback(guest.stop)
    version = guest.check("dpkg-query --show --showformat='${Version}' sekimori-agent")
    screen.result(say("terminal.ready", version=version, kernel=guest.check("uname -r").strip()), seconds=timer())
    return guest


def _enrol(screen: Screen, guest: Guest, collector: Collector) -> None:
    say = screen.words.say
    screen.step("enrol.step")
    screen.command("sekimorictl token create --uses 1 --ttl 1h --group default --out enrolment-token")
    timer = screen.timer()
    with screen.working(say("enrol.working")):
        record = terminal.enrol(guest, collector)
    screen.result(say("enrol.done"), seconds=timer())
    records.show(screen, record)


def _enforce(screen: Screen, guest: Guest, collector: Collector) -> None:
    say = screen.words.say
    screen.step("enforce.step")
    policy = FOLDER / "policy.toml"
    shutil.copyfile(_HERE / f"policy.{screen.words.language}.toml", policy)
    screen.command("sekimorictl policy apply", str(policy.relative_to(cache.TREE)))
    timer = screen.timer()
    with screen.working(say("enforce.working")):
        record = terminal.enforce(collector, policy)
    shut = terminal.door_is_shut(guest)
    screen.result(say("enforce.shut" if shut else "enforce.open"), shut, timer())
    records.show(screen, record)
    if not shut:
        raise Trouble("door_open")


# --- the acts --------------------------------------------------------------------------------------------------------


def _acts(screen: Screen, stage: acts.Stage) -> list[str]:
    differences: list[str] = []
    for name, play in acts.ACTS:
        screen.step(f"{name}.step")
        differences += _act(screen, stage, name, play)
    return differences


def _act(screen: Screen, stage: acts.Stage, name: str, play: Callable[[acts.Stage], acts.Outcome]) -> list[str]:
    say = screen.words.say
    title = say(f"{name}.step_title")
    timer = screen.timer()
    try:
        with screen.working(say("acts.watching")):
            outcome = play(stage)
    except _ACT_FAILURES as failure:
        stage.terminal.devices.unplug_all()
        told = screen.told(failure)
        screen.result(say("acts.broke", detail=told), good=False, seconds=timer())
        return [f"{title}: {told}"]
    verdict = screen.words.say("outcome." + outcome.verdict)
    screen.result(say(f"{name}.good") if outcome.good else say("acts.differs", verdict=verdict), outcome.good, timer())
    screen.facts([(fact.name, fact.seen if fact.good else say("acts.not_so", seen=fact.seen)) for fact in outcome.facts])
    records.show(screen, outcome.record)
    if outcome.good:
        return []
    wrong = [f"{fact.name}: {fact.seen}" for fact in outcome.facts if not fact.good]
    return [f"{title}: {verdict}; " + ", ".join(wrong)]


# --- the proof -------------------------------------------------------------------------------------------------------


def _verify(screen: Screen, guest: Guest, collector: Collector) -> list[str]:
    say = screen.words.say
    screen.step("verify.step")
    differences = []
    screen.command("sekimori log verify", where=say("verify.in_guest"))
    done = guest.run(f"SEKIMORI_LANG={screen.words.language} sekimori log verify")
    differences += _verdict(screen, "sekimori log verify", done.status == 0, done.output)
    screen.command("sekimorictl verify")
    answer = collector.run("verify", language=screen.words.language)
    differences += _verdict(screen, "sekimorictl verify", answer.status == 0, answer.output + answer.errors)
    return differences


def _verdict(screen: Screen, command: str, good: bool, output: str) -> list[str]:
    screen.result(screen.words.say("verify.good" if good else "verify.bad"), good)
    for each in output.strip().splitlines():
        screen.paragraph(each, "      ")
    return [] if good else [f"{command}: {output.strip()}"]


def _sum_up(screen: Screen, collector: Collector) -> None:
    screen.step("table.step")
    screen.command("sekimorictl events")
    told = collector.check("events", "--format", "json", language=screen.words.language).output.splitlines()
    records.table(screen, [records.parse(line) for line in told])


def judge(screen: Screen, differences: list[str]) -> None:
    """Says whether all was as it should be; if not, what differed and where the traces are."""
    screen.line()
    if not differences:
        screen.result(screen.words.say("story.all_good"))
        return
    screen.result(screen.words.say("story.differs", count=len(differences)), good=False)
    for each in differences:
        screen.paragraph("- " + each, "      ")
    screen.paragraph(screen.words.say("story.logs", folder=LOGS.relative_to(cache.TREE)))

