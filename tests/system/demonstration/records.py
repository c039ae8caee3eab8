"""What stands in the collector's records, shown: one record after an act, or all of them as a table."""

import datetime
import json

from collector import Event

from .screen import DIM, GREEN, RED, Screen

_STYLES = {"allowed": GREEN, "refused": RED, "alarm": RED, "would_refuse": RED}


def parse(line: str) -> Event:
    """One line of `sekimorictl events --format json`."""
    return json.loads(line)


def clock_of(event: Event) -> str:
    """The time of day, here, at which the terminal wrote it down."""
    return datetime.datetime.fromisoformat(event["time"]).astimezone().strftime("%H:%M:%S")


def verdict_of(screen: Screen, event: Event) -> str:
    """The outcome in a word, e.g. "[拒否]"."""
    return f"[{screen.words.say('outcome.' + event['outcome'])}]"


def show(screen: Screen, event: Event) -> None:
    """One record as the collector has it."""
    said = event["description"]
    name = screen.words.say("records.name")
    screen.facts([(name, f"{clock_of(event)} {verdict_of(screen, event)} {said}")])


def live(screen: Screen, event: Event) -> None:
    """One record that has just come."""
    verdict = screen.styled(verdict_of(screen, event), _STYLES.get(event["outcome"], DIM))
    head = f"{clock_of(event)} {verdict_of(screen, event)} "
    first, *rest = screen.broken(event["description"], head)
    screen.line(f"    {clock_of(event)} {verdict} {first}")
    for each in rest:
        screen.line(each)


def table(screen: Screen, events: list[Event]) -> None:
    """Records under each other, oldest first."""
    say = screen.words.say
    rows = [
        (clock_of(event), event["hostname"], verdict_of(screen, event), event["description"]) for event in events
    ]
    screen.table((say("records.time"), say("records.terminal"), say("records.outcome"), say("records.said")), rows)
