"""Policy changes reach what is plugged in already, and a wrong policy changes nothing."""

from lab.devices import Stick
from lab.watch import Uevent
from product import POLICY, SERVICE, STATE, ProductBench, Terminal, policy
from scenario import expect, expect_equal, product_scenario
from scenarios.product_admits import ISSUED
from scenarios.product_refuses import HOLD_SECONDS, plug_refused


def _opened(event: Uevent) -> bool:
    return event.name == "sda1" and event.action == "add"


def _shut(event: Uevent) -> bool:
    return event.name == "sda" and event.action == "remove"


def _plug_issued(bench: ProductBench, terminal: Terminal) -> None:
    mark = terminal.guest.watch.mark()
    terminal.guest.devices.plug(Stick(bench.stick("issued"), serial="ISSUED-1"))
    terminal.guest.watch.wait_for(_opened, mark)


@product_scenario
def open_stick_is_shut_when_the_policy_tightens(bench: ProductBench) -> None:
    """A stick that is open loses its block device when the local policy no longer admits it."""
    terminal = bench.terminal()
    terminal.enforce(ISSUED)
    _plug_issued(bench, terminal)
    mark = terminal.guest.watch.mark()
    terminal.enforce()
    terminal.guest.watch.wait_for(_shut, mark, 10.0)
    terminal.judged("ISSUED-1", "refused")


@product_scenario
def broken_policy_is_refused_and_the_last_stays(bench: ProductBench) -> None:
    """A policy with a mistake is refused by file and line, the collector hears of it, and the last good one goes on."""
    terminal = bench.terminal()
    terminal.enforce(ISSUED)
    terminal.guest.write(POLICY, 'mode = "observe"\n\n[[rule]]\nid = "any"\nverdict = "alow"\nmatch = "everything"\n')
    terminal.guest.run(f"systemctl reload {SERVICE}")
    body = terminal.recorded("policy_refused", "the mistake")["event"]["policy_refused"]
    expect(body["where"].endswith("policy.toml:5"), f"where: {body['where']}")
    expect("alow" in body["detail"], f"what: {body['detail']}")
    plug_refused(terminal, Stick(bench.stick(), serial="STILL-1"), "STILL-1")


@product_scenario
def collectors_policy_tightens_and_loosens(bench: ProductBench) -> None:
    """A policy applied at the collector shuts an open stick within seconds, and the next one opens it, without a re-plug."""
    terminal = bench.terminal()
    terminal.enforce(ISSUED)
    _plug_issued(bench, terminal)
    watch = terminal.guest.watch
    mark = watch.mark()
    tight = terminal.collector.apply_policy(policy("enforce"))
    watch.wait_for(_shut, mark, 10.0)
    terminal.judged("ISSUED-1", "refused")
    mark = watch.mark()
    loose = terminal.collector.apply_policy(policy("enforce", ISSUED))
    watch.wait_for(_opened, mark, 10.0)
    expect(loose > tight, f"versions {tight}, {loose}")
    terminal.recorded("policy_in_force", "the loose policy", lambda body: int(body.get("version", 0)) == loose)
    shown = terminal.collector.terminals()[0]
    expect_equal((shown["policy_version"], shown["mode"]), (loose, "enforce"), "what the collector shows")
    # The local file no longer decides.
    terminal.guest.write(POLICY, policy("observe"))
    terminal.guest.run(f"systemctl reload {SERVICE}")
    plug_refused(terminal, Stick(bench.stick("other"), serial="OTHER-1"), "OTHER-1")


@product_scenario
def moved_terminal_takes_the_policy_of_its_new_group(bench: ProductBench) -> None:
    """An operator moves a terminal: within seconds what its new group admits opens and what the old one admitted is shut."""
    terminal = bench.terminal()
    watch, collector = terminal.guest.watch, terminal.collector
    here = collector.apply_policy(policy("enforce"))
    terminal.recorded("policy_in_force", "the first group's policy", lambda body: int(body.get("version", 0)) == here)
    refused = collector.run("terminal", "group", terminal.id, "loans")
    expect_equal(refused.status, 3, "exit status of a move to a group without a policy")
    collector.apply_policy(policy("enforce", ISSUED), group="loans")
    terminal.guest.devices.plug(Stick(bench.stick("issued"), serial="ISSUED-1"))
    terminal.judged("ISSUED-1", "refused")
    mark = watch.mark()
    moved = int(collector.check("--json", "terminal", "group", terminal.id, "loans").json["version"])
    watch.wait_for(_opened, mark, 20.0)
    terminal.recorded("policy_in_force", "the move", lambda body: int(body.get("version", 0)) == moved)
    mark = watch.mark()
    collector.apply_policy(policy("enforce"), group="loans")
    watch.wait_for(_shut, mark, 20.0)
    shown = collector.terminals()[0]
    expect_equal(shown["group"], "loans", "the group the collector shows")


@product_scenario
def older_policy_is_refused(bench: ProductBench) -> None:
    """An older policy of the collector put in the place of the newer one is not taken; what enforced goes on enforcing."""
    terminal = bench.terminal()
    loose = terminal.collector.apply_policy(policy("observe"))
    terminal.recorded("policy_in_force", "the loose policy", lambda body: int(body.get("version", 0)) == loose)
    terminal.guest.check(f"cp -a {STATE}/policy.signed /root/older")
    tight = terminal.collector.apply_policy(policy("enforce"))
    terminal.recorded("policy_in_force", "the tight policy", lambda body: int(body.get("version", 0)) == tight)
    terminal.collector.stop()
    terminal.guest.check(
        f"systemctl stop {SERVICE}; cp -a /root/older {STATE}/policy.signed; systemctl start {SERVICE}"
    )
    with terminal.guest.watch.interval() as seen:
        terminal.guest.devices.plug(Stick(bench.stick(), serial="ROLLED-1"))
        seen.hold(HOLD_SECONDS)
        terminal.collector.start()
        body = terminal.recorded("policy_refused", "the older policy")["event"]["policy_refused"]
        terminal.judged("ROLLED-1", "refused")
    expect_equal(seen.block_devices, [], "block devices")
    expect_equal(body["source"], "POLICY_SOURCE_COLLECTOR", "whose policy")
