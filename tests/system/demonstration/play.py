"""After the acts: collector and guest stay up, what happens is shown as it is recorded, until Ctrl-C."""

from contextlib import ExitStack

from lab import cache

from . import follow, terminal
from .screen import Screen
from .story import FOLDER, Stand


def until_interrupted(screen: Screen, stand: Stand, cleanup: ExitStack) -> None:
    """Explains how to play, and follows; ends by Interrupted, or when guest or collector end."""
    # The guest takes one connection at a time: from here on it belongs to `./dev lab`.
    stand.guest.detach()
    cleanup.callback(terminal.Running.announce(stand.guest))
    _explain(screen)
    ended = follow.until_an_end(
        screen, stand.collector, stand.collector.cursor(), {stand.guest.pid: "play.guest_ended"}
    )
    screen.line()
    screen.result(screen.words.say(ended), good=False)


def _explain(screen: Screen) -> None:
    say = screen.words.say
    shortcut = (FOLDER / "sekimorictl").relative_to(cache.TREE)
    policy = (FOLDER / "policy.toml").relative_to(cache.TREE)
    language = "" if screen.words.language == "ja" else f"SEKIMORI_LANG={screen.words.language} "
    screen.title(say("play.title"))
    screen.paragraph(say("play.about"), indent="")
    for heading, commands in (
        ("play.plug", (
            ("./dev lab plug stick", "play.plug_stick"),
            ("./dev lab plug composite", "play.plug_composite"),
            ("./dev lab plug keyboard", "play.plug_keyboard"),
            ("./dev lab unplug stick", "play.unplug"),
        )),
        ("play.look", (
            (f"./dev lab sh {language}sekimori status", "play.status"),
            (f"./dev lab sh {language}sekimori devices", "play.devices"),
            ("./dev lab sh lsblk", "play.lsblk"),
            ("./dev lab sh", "play.console"),
        )),
        ("play.ask", (
            (f"{shortcut} events --outcome refused", "play.refused"),
            (f"{shortcut} terminal list", "play.terminals"),
            (f"{shortcut} verify", "play.verify"),
        )),
        ("play.change", (
            (f"{shortcut} policy apply {policy}", "play.apply"),
        )),
    ):
        screen.line()
        screen.line("  " + say(heading))
        screen.facts([(command, say(key)) for command, key in commands])
    screen.line()
    screen.paragraph(say("play.end"), indent="")
    screen.line()
