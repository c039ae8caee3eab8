"""Installing, upgrading, removing and purging the package, as dpkg does it."""

from enrolled import install, put_token
from lab.devices import Stick
from lab.watch import usb_device_added
from product import SERVICE, STATE, ProductBench
from scenario import expect, expect_equal, product_scenario
from scenarios.product_admits import ISSUED
from scenarios.product_refuses import HOLD_SECONDS, plug_refused

_DEFAULTS = "cat /sys/module/usbcore/parameters/authorized_default /sys/bus/usb/devices/usb*/authorized_default"


@product_scenario
def unattended_installation_enrols_by_itself(bench: ProductBench) -> None:
    """With a token beside the configuration, installing is all it takes: the terminal is at the collector, observing."""
    guest = bench.fresh()
    site = bench.new_site()
    put_token(guest, site.token())
    install(guest, bench.enrolled.packages)
    enrolled = site.wait_event(lambda event: event["type"] == "enrolled", "the enrolment")
    terminal = enrolled["event"]["enrolled"]["terminal_id"]
    site.wait_event(lambda event: event["type"] == "agent_started" and event["terminal"] == terminal,
                    "its first record")
    expect_equal(guest.run("ls /etc/sekimori/enrolment-token").status, 2, "the used token")
    expect_equal(guest.check(f"systemctl is-active {SERVICE}; systemctl is-enabled {SERVICE}").split(),
                 ["active", "enabled"], "the service")
    shown = next(each for each in site.terminals() if each["id"] == terminal)
    expect_equal((shown["mode"], shown["state"]), ("observe", "good"), "what the collector shows")
    with guest.watch.interval() as seen:
        guest.devices.plug(Stick(bench.stick()))
        guest.watch.wait_for(lambda event: event.name == "sda1", seen.begin)
    expect_equal(seen.block_devices, ["sda", "sda1"], "block devices while it observes")


@product_scenario
def upgrade_keeps_state_and_the_door_shut(bench: ProductBench) -> None:
    """Installing the package once more keeps the terminal's state; a stick plugged meanwhile never opens."""
    terminal = bench.terminal()
    terminal.enforce(ISSUED)
    before = terminal.collector.cursor()
    with terminal.guest.watch.interval() as seen:
        terminal.guest.devices.plug(Stick(bench.stick("before"), serial="BEFORE-1"))
        terminal.guest.check("systemd-run --quiet --unit=upgrade-watch sh -c 'while :; do cat"
                             " /sys/module/usbcore/parameters/authorized_default; sleep 0.02; done > /run/defaults'")
        install(terminal.guest, bench.enrolled.packages)
        terminal.guest.devices.plug(Stick(bench.stick("after"), serial="AFTER-1"))
        terminal.recorded("agent_started", "the new agent", after=before)
        terminal.judged("AFTER-1", "refused")
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices")
    expect_equal(terminal.guest.check("sort -u /run/defaults").split(), ["0"], "the default during the upgrade")
    expect_equal([each["id"] for each in terminal.collector.terminals()], [terminal.id], "terminals at the collector")
    expect(terminal.collector.verified()["good"], "the log does not verify")
    mark = terminal.guest.watch.mark()
    terminal.guest.devices.plug(Stick(bench.stick("issued"), serial="ISSUED-1"))
    terminal.guest.watch.wait_for(lambda event: event.name == "sda1", mark)


@product_scenario
def removal_is_recorded_and_restores_the_defaults(bench: ProductBench) -> None:
    """Removing opens the door, on the record, and keeps the state; installed again, it enforces as before."""
    terminal = bench.terminal()
    terminal.enforce()
    plug_refused(terminal, Stick(bench.stick(), serial="WAITING-1"), "WAITING-1")
    mark = terminal.guest.watch.mark()
    terminal.guest.check("DEBIAN_FRONTEND=noninteractive dpkg --remove sekimori-agent", 120.0)
    terminal.guest.watch.wait_for(lambda event: event.name == "sda1", mark)
    terminal.recorded("barrier_released", "the removal", lambda body: body["removal"])
    terminal.recorded("agent_stopping", "the stop")
    expect_equal(set(terminal.guest.check(_DEFAULTS).split()) <= {"1", "-1"}, True, "the kernel's defaults")
    expect_equal(terminal.guest.run(f"ls {STATE}/log.db /etc/sekimori/policy.toml").status, 0, "what is kept")
    with terminal.guest.watch.interval() as seen:
        terminal.guest.devices.plug(Stick(bench.stick("free"), serial="FREE-1"))
        terminal.guest.watch.wait_for(lambda event: event.name == "sdb1", seen.begin)
    mark = terminal.guest.watch.mark()
    install(terminal.guest, bench.enrolled.packages)
    terminal.guest.watch.wait_for(lambda event: event.name == "sda" and event.action == "remove", mark)
    terminal.judged("FREE-1", "refused")


@product_scenario
def removal_while_observing_is_recorded_and_opens_nothing(bench: ProductBench) -> None:
    """While the agent observes nothing that is shut is its own: removing is recorded, and the defaults stay."""
    terminal = bench.terminal()
    terminal.observe()
    hub = "/sys/bus/usb/devices/usb1/authorized_default"
    terminal.guest.check(f"echo 0 > {hub}")
    removed = terminal.guest.check("DEBIAN_FRONTEND=noninteractive dpkg --remove sekimori-agent 2>&1", 120.0)
    expect("not recorded" not in removed, removed)
    terminal.recorded("barrier_released", "the removal", lambda body: body["removal"])
    expect_equal(terminal.guest.check(f"cat {hub}").strip(), "0", "a default that somebody else set")


@product_scenario
def removal_without_a_running_agent_is_recorded(bench: ProductBench) -> None:
    """The agent is stopped first: the removal stands in the terminal's log all the same, and the door opens."""
    terminal = bench.terminal()
    terminal.enforce()
    plug_refused(terminal, Stick(bench.stick(), serial="WAITING-1"), "WAITING-1")
    terminal.guest.check(f"systemctl stop {SERVICE}")
    mark = terminal.guest.watch.mark()
    removed = terminal.guest.check("DEBIAN_FRONTEND=noninteractive dpkg --remove sekimori-agent 2>&1", 120.0)
    expect("not recorded" not in removed, removed)
    terminal.guest.watch.wait_for(lambda event: event.name == "sda1", mark)
    install(terminal.guest, bench.enrolled.packages)
    terminal.recorded("barrier_released", "the removal", lambda body: body["removal"])


@product_scenario
def purge_removes_all_state(bench: ProductBench) -> None:
    """Purging leaves nothing of ours: no state, no configuration, no unit, no rule; and devices work."""
    terminal = bench.terminal()
    terminal.enforce()
    terminal.guest.check("DEBIAN_FRONTEND=noninteractive dpkg --purge sekimori-agent", 120.0)
    left = terminal.guest.run(
        "find / -xdev -iname '*sekimori*' -not -path '/proc/*' -not -path '/sys/*' -not -path '/var/log/*'"
        " -not -path '/run/*' -not -path '/var/cache/*' -not -path '/tmp/*'"
    ).output
    expect_equal(left.strip(), "", "files left")
    with terminal.guest.watch.interval() as seen:
        terminal.guest.devices.plug(Stick(bench.stick()))
        terminal.guest.watch.wait_for(usb_device_added, seen.begin)
        terminal.guest.watch.wait_for(lambda event: event.name == "sda1", seen.begin)
    expect_equal(seen.block_devices, ["sda", "sda1"], "block devices")
