"""Every record reaches the collector exactly once, whatever happens on the way; what was altered shows."""

from lab.devices import HUB, Stick
from product import SERVICE, STATE, ProductBench, Terminal
from scenario import expect, expect_equal, product_scenario
from scenarios.product_refuses import plug_refused


_LOG = f"{STATE}/log.db"


def _expect_nothing_lost(terminal: Terminal) -> None:
    """Every record of the terminal's log is at the collector once, hash for hash, and nothing else is."""
    log = {int(record["sequence"]): record["hash"] for record in terminal.log()}
    terminal.collector.wait_event(
        lambda event: event["terminal"] == terminal.id and event["sequence"] >= max(log), "the newest record"
    )
    stored = [event for event in terminal.collector.events() if event["terminal"] == terminal.id]
    expect_equal(sorted(log), list(range(1, len(log) + 1)), "sequences in the terminal's log")
    expect_equal([(event["sequence"], event["hash"]) for event in stored if event["sequence"] in log],
                 sorted(log.items()), "records at the collector")
    verified = terminal.collector.verified()
    expect(verified["good"], f"sekimorictl verify: {verified}")
    expect_equal(terminal.collector.events("--alarms"), [], "alarms")


@product_scenario
def nothing_is_lost_while_the_collector_is_away(bench: ProductBench) -> None:
    """The collector ends, devices come and go, the agent is killed: when the collector is back it gets every record."""
    terminal = bench.terminal()
    terminal.enforce()
    terminal.collector.stop()
    watch = terminal.guest.watch
    terminal.guest.devices.plug(HUB, port="1")
    for number in (1, 2, 3):
        mark = watch.mark()
        stick = terminal.guest.devices.plug(Stick(bench.stick(f"{number}"), serial=f"AWAY-{number}"), port=f"1.{number}")
        watch.wait_for(lambda event: event.devtype == "usb_device" and event.action == "add", mark)
        terminal.run_until(f"sekimori log export --format json | grep -q AWAY-{number}")
        if number == 1:
            stick.unplug()
        if number == 2:
            terminal.guest.check(f"systemctl kill --signal=KILL {SERVICE}")
    terminal.run_until("sekimori log export --format json | grep -q '\"unclean_stop_before\":true'")
    terminal.collector.start()
    for number in (1, 2, 3):
        terminal.judged(f"AWAY-{number}", "refused")
    terminal.recorded("agent_started", "the restart", lambda body: body["unclean_stop_before"])
    _expect_nothing_lost(terminal)


@product_scenario
def revoked_terminal_is_refused(bench: ProductBench) -> None:
    """A revoked terminal's records are not taken and an alarm is raised when it calls; the terminal goes on enforcing."""
    terminal = bench.terminal()
    terminal.enforce()
    terminal.collector.check("terminal", "revoke", terminal.id, "--reason", "lost in a train")
    terminal.guest.check(f"systemctl restart {SERVICE}")
    terminal.collector.wait_event(
        lambda event: event["event"].get("collector_alarm", {}).get("kind") == "ALARM_REVOKED", "the alarm"
    )
    with terminal.guest.watch.interval() as seen:
        terminal.guest.devices.plug(Stick(bench.stick(), serial="REVOKED-1"))
        terminal.run_until("sekimori log export --format json | grep -q REVOKED-1")
        terminal.run_until("sekimori log export --format json | grep -q collector_refused")
        seen.hold(1.0)
    expect_equal(seen.block_devices, [], "block devices")
    expect_equal(terminal.status()["collector"]["state"], "refused", "the link")
    expect_equal([event for event in terminal.collector.events() if "REVOKED-1" in event["device"]], [],
                 "records taken from a revoked terminal")


@product_scenario
def altered_log_is_noticed(bench: ProductBench) -> None:
    """A record altered in the terminal's database: `sekimori log verify` ends with 1 and names the record."""
    terminal = bench.terminal()
    terminal.enforce()
    plug_refused(terminal, Stick(bench.stick(), serial="WITNESS-1"), "WITNESS-1")
    expect_equal(terminal.guest.run("sekimori log verify").status, 0, "verification of the true log")
    terminal.guest.check(f"systemctl stop {SERVICE}")
    witness, forged = b"WITNESS-1".hex().upper(), b"WITNESS-2".hex().upper()
    sequence, record = terminal.guest.check(
        f"sqlite3 -separator ' ' {_LOG} \"SELECT sequence, hex(payload) FROM records"
        f" WHERE hex(payload) LIKE '%{witness}%' LIMIT 1\""
    ).split()
    altered = record.replace(witness, forged)
    terminal.guest.check(f"sqlite3 {_LOG} \"UPDATE records SET payload = x'{altered}' WHERE sequence = {sequence}\"")
    verified = terminal.guest.run("sekimori log verify")
    expect_equal(verified.status, 1, f"exit status of `sekimori log verify` ({verified.output})")
    expect(sequence in verified.output, f"record {sequence} is not named: {verified.output}")
    # The collector has what was true.
    expect(terminal.collector.verified()["good"], "the collector's records do not verify")
