"""The demonstration on this machine itself (`./dev demo --here`): the agent observes, touches nothing, and tells."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import programs
from collector import LOOPBACK, Collector
from lab import cache
from service import Service, ServiceFailed

from . import checks, follow, records, terminal
from .screen import Screen
from .trouble import Trouble

FOLDER = cache.TREE / "build" / "demo-here"
_USB = Path("/sys/bus/usb/devices")
_CONFIGURATION = 'policy-file = "{policy}"\n\n[log]\ncheckpoint-seconds = 10\n'


def run(screen: Screen, port: int, cleanup: ExitStack, wait: bool) -> bool:
    """Observes this machine until Ctrl-C; returns whether nothing was altered by it."""
    say = screen.words.say
    check()
    before = authorizations()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    screen.title(say("here.title"))
    screen.paragraph(say("here.about"))
    collector = _collector(screen, port, cleanup)
    # Told after the agent has ended, whatever happens.
    cleanup.callback(_tell_untouched, screen, before)
    agent = _agent(screen, collector, cleanup)
    _tell_devices(screen)
    screen.line()
    screen.paragraph(say("here.wait", command=_shortcut(collector)), indent="")
    screen.line()
    seen = collector.events()
    for event in seen:
        records.live(screen, event)
    screen.good_so_far = True
    if wait:
        after = max((int(event["cursor"]) for event in seen), default=0)
        ended = follow.until_an_end(screen, collector, after, {agent.pid: "here.agent_ended"})
        screen.line()
        screen.result(say(ended), good=False)
        return False
    return True


def check() -> None:
    """Raises Trouble when this cannot work."""
    if os.geteuid() != 0:
        raise Trouble("here_not_root")


def authorizations() -> dict[str, str]:
    """Every authorization of the kernel's USB, by file; what is pulled or plugged meanwhile comes and goes."""
    files = [*_USB.glob("*/authorized"), *_USB.glob("*/authorized_default")]
    files += [*_USB.glob("*/interface_authorized_default"), Path("/sys/module/usbcore/parameters/authorized_default")]
    return {str(file): file.read_text(encoding="ascii").strip() for file in files if file.is_file()}


def _tell_untouched(screen: Screen, before: dict[str, str]) -> None:
    after = authorizations()
    altered = [file for file in before if file in after and before[file] != after[file]]
    if altered:
        screen.result(screen.words.say("here.altered", files=", ".join(altered)), good=False)
    elif before:
        screen.result(screen.words.say("here.untouched", count=len(before)))


def _collector(screen: Screen, port: int, cleanup: ExitStack) -> Collector:
    say = screen.words.say
    screen.step("here.site")
    chosen = checks.choose_port(port)
    collector = Collector(FOLDER / "collector", chosen, programs.collector_programs(), say("site.name"))
    try:
        collector.start()
    except ServiceFailed as failure:
        raise Trouble("collector", detail=failure, log=collector.log) from failure
    cleanup.callback(lambda: screen.result(say("here.stopped")))
    cleanup.callback(collector.stop)
    screen.result(say("site.started", port=chosen))
    return collector


def _agent(screen: Screen, collector: Collector, cleanup: ExitStack) -> Service:
    say = screen.words.say
    screen.step("here.agent")
    settings = FOLDER / "agent"
    settings.mkdir(mode=0o700)
    policy = settings / "policy.toml"
    policy.write_text(f'mode = "observe"\nname = "{say("here.policy")}"\n', encoding="utf-8")
    (settings / "agent.toml").write_text(_CONFIGURATION.format(policy=policy), encoding="utf-8")
    token = settings / "enrolment-token"
    token.touch(mode=0o600)
    token.write_text(collector.check(
        "--json", "token", "create", "--uses", "1", "--ttl", "1h", "--host", LOOPBACK
    ).json["token"], encoding="ascii")
    command = [
        programs.Programs([programs.package("sekimori-agent")]).path("sekimori-agent"), "--observe",
        "--config", settings / "agent.toml", "--state", FOLDER / "state", "--run", FOLDER / "run",
    ]
    after = collector.cursor()
    timer = screen.timer()
    try:
        with screen.working(say("here.starting")):
            agent = Service(command, FOLDER / "agent.log")
            cleanup.callback(agent.stop)
            terminal.wait_event(collector, lambda event: event["type"] == "agent_started", "agent_started", after)
    except ServiceFailed as failure:
        raise Trouble("agent", detail=failure) from failure
    screen.result(say("here.started"), seconds=timer())
    return agent


def _tell_devices(screen: Screen) -> None:
    controllers = list(_USB.glob("usb*")) if _USB.is_dir() else []
    if controllers:
        devices = [entry for entry in _USB.iterdir() if "-" in entry.name and ":" not in entry.name]
        screen.result(screen.words.say("here.has_usb", controllers=len(controllers), devices=len(devices)))
    else:
        screen.result(screen.words.say("here.no_usb"), good=False)


def _shortcut(collector: Collector) -> str:
    shortcut = programs.write_shortcut(FOLDER / "sekimorictl", collector.command())
    return str(shortcut.relative_to(cache.TREE))
