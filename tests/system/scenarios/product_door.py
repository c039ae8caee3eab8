"""The door stays shut around the agent's life: before it starts, after it died, while it hangs; and opens on order."""

from lab import gadget, input
from lab.devices import Controller, Software, Stick
from lab.guest import Guest
from lab.machine import SYSTEM_DISKS
from lab.software_usb import Keyboard
from lab.watch import Uevent, usb_device_added
from enrolled import DESK_PORT, desk_keyboard
from product import SERVICE, STATE, ProductBench, Terminal
from scenario import expect, expect_equal, expect_typed, product_scenario
from scenarios.product_admits import ISSUED
from scenarios.product_refuses import HOLD_SECONDS

# What the package's GRUB drop-in adds while the agent enforces; the lab's guests start without GRUB.
_SHUT_FROM_BOOT = "usbcore.authorized_default=0"


def _behind_a_port(event: Uevent) -> bool:
    return usb_device_added(event) and "-" in event.name


def _expect_shut(bench: ProductBench, guest: Guest) -> None:
    """Neither a present controller, nor one of a dock, nor a virtual one lets a stick through."""
    with guest.watch.interval() as seen:
        guest.devices.plug(Stick(bench.stick("present"), serial="PRESENT-1"))
        guest.watch.wait_for(_behind_a_port, seen.begin)
        dock = guest.devices.plug(Controller())
        guest.watch.wait_for(lambda event: usb_device_added(event) and event.name.startswith("usb"), seen.begin)
        mark = guest.watch.mark()
        guest.devices.plug(Stick(bench.stick("docked"), serial="DOCKED-1"), controller=dock.identity)
        guest.watch.wait_for(_behind_a_port, mark)
        mark = guest.watch.mark()
        gadget.plug_disk(guest)
        guest.watch.wait_for(_behind_a_port, mark)
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices on the present controller, the dock and the virtual one")


def _main_process(terminal: Terminal) -> int:
    return int(terminal.guest.check(f"systemctl show -P MainPID {SERVICE}"))


@product_scenario
def door_is_shut_when_the_agent_is_killed(bench: ProductBench) -> None:
    """After kill -9, and with nothing to start it again, no stick opens on any controller, present or late."""
    terminal = bench.terminal()
    terminal.enforce()
    terminal.guest.check(f"systemctl mask --runtime {SERVICE}; systemctl kill --signal=KILL {SERVICE}")
    terminal.run_until(f"! systemctl is-active --quiet {SERVICE}")
    _expect_shut(bench, terminal.guest)


@product_scenario
def door_is_shut_when_the_agent_hangs(bench: ProductBench) -> None:
    """While the agent is stopped (SIGSTOP) no stick opens on any controller; once it goes on, it refuses them all."""
    terminal = bench.terminal()
    terminal.enforce()
    terminal.guest.check(f"systemctl kill --signal=STOP {SERVICE}")
    _expect_shut(bench, terminal.guest)
    terminal.guest.check(f"systemctl kill --signal=CONT {SERVICE}")
    for serial in ("PRESENT-1", "DOCKED-1", "LAB-GADGET-1"):
        terminal.judged(serial, "refused")


@product_scenario
def door_is_shut_when_the_agent_ends_in_good_order(bench: ProductBench) -> None:
    """`systemctl stop` leaves the door shut; the collector hears of the stop."""
    terminal = bench.terminal()
    terminal.enforce()
    terminal.guest.check(f"systemctl stop {SERVICE}")
    terminal.recorded("agent_stopping", "the stop")
    _expect_shut(bench, terminal.guest)


@product_scenario
def killed_agent_comes_back_and_judges(bench: ProductBench) -> None:
    """After kill -9 the agent is started again; it judges what came meanwhile, and what was open stays open."""
    terminal = bench.terminal()
    terminal.enforce(ISSUED)
    watch = terminal.guest.watch
    mark = watch.mark()
    terminal.guest.devices.plug(Stick(bench.stick("issued"), serial="ISSUED-1"))
    watch.wait_for(lambda event: event.name == "sda1", mark)
    killed = _main_process(terminal)
    with watch.interval() as seen:
        terminal.guest.check(f"kill -KILL {killed}")
        terminal.guest.devices.plug(Stick(bench.stick("meanwhile"), serial="MEANWHILE-1"))
        start = terminal.recorded("agent_started", "the restart")
        terminal.judged("MEANWHILE-1", "refused")
        seen.hold(HOLD_SECONDS)
    expect(start["event"]["agent_started"]["unclean_stop_before"], "the restart does not tell of the unclean end")
    expect_equal([event for event in seen.events if event.subsystem == "block"], [], "block devices that came or went")
    expect(_main_process(terminal) != killed, "the process is the same")


@product_scenario
def present_at_boot_is_judged(bench: ProductBench) -> None:
    """Plugged in before the machine starts: the stick never opens, and the adopted keyboard works."""
    terminal = bench.terminal()
    terminal.enforce()
    keyboard = Keyboard()

    def plug(guest: Guest) -> None:
        guest.devices.plug(Stick(bench.stick(), serial="EARLY-1"), port="3")
        guest.devices.plug(Software(desk_keyboard(keyboard)), port=DESK_PORT)

    guest = bench.reboot(terminal.guest, _SHUT_FROM_BOOT, plug)
    with guest.watch.interval_from_boot(SYSTEM_DISKS) as seen:
        guest.wait_booted()
        terminal.judged("EARLY-1", "refused")
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices")
    # The machine has input devices of its own.
    node = guest.watch.wait_for(lambda event: input.is_event_node(event) and "/usb" in event.path, seen.begin).node
    expect_typed(guest, node, keyboard.type)


@product_scenario
def release_opens_and_close_shuts(bench: ProductBench) -> None:
    """`sekimori release` lets everything in and is recorded with its reason; `sekimori close` shuts it out again."""
    terminal = bench.terminal()
    terminal.enforce()
    watch = terminal.guest.watch
    terminal.guest.devices.plug(Stick(bench.stick(), serial="LATER-1"))
    terminal.judged("LATER-1", "refused")
    with watch.interval() as released:
        terminal.guest.check("sekimori release --reason 'the fire brigade needs the plans'")
        watch.wait_for(lambda event: event.name == "sda1", released.begin)
    body = terminal.recorded("barrier_released", "the release")["event"]["barrier_released"]
    expect_equal((body["user"], body["reason"]), ("root", "the fire brigade needs the plans"), "who and why")
    mark = watch.mark()
    terminal.guest.check("sekimori close --reason 'they have left'")
    watch.wait_for(lambda event: event.name == "sda" and event.action == "remove", mark)
    terminal.recorded("barrier_closed", "the closing")
    _expect_shut(bench, terminal.guest)


def _release_without_an_agent(bench: ProductBench, end_the_agent: str, let_it_start: str) -> str:
    """With the agent ended, release opens a stick that is plugged in, on the record; the next start shuts it again.

    Returns what release said."""
    terminal = bench.terminal()
    terminal.enforce()
    watch = terminal.guest.watch
    terminal.guest.devices.plug(Stick(bench.stick(), serial="LOCKED-1"))
    terminal.judged("LOCKED-1", "refused")
    terminal.guest.check(end_the_agent)
    terminal.run_until(f"! systemctl is-active --quiet {SERVICE}")
    mark = watch.mark()
    said = terminal.guest.check("sekimori release --reason 'the agent does not start' 2>&1")
    opened = watch.wait_for(lambda event: event.name == "sda", mark)
    terminal.guest.check(f"sekimori log verify --state {STATE}")
    mark = watch.mark()
    terminal.guest.check(let_it_start)
    watch.wait_for(lambda event: event.name == "sda" and event.action == "remove", mark)
    released = terminal.recorded("barrier_released", "the release")["event"]
    body = released["barrier_released"]
    expect_equal((body["user"], body["reason"]), ("root", "the agent does not start"), "who and why")
    for record in (released, terminal.judged("LOCKED-1", "allowed")["event"]):
        recorded = int(record["boottime_us"]) / 1e6
        expect(recorded < opened.guest_time, f"opened at {opened.guest_time:.3f} s, before its record: {record}")
    start = terminal.recorded("agent_started", "the start after it")["event"]["agent_started"]
    expect(not start.get("unclean_stop_before"), "the release is told as an unclean end of the agent")
    terminal.guest.check("sekimori log verify")
    _expect_shut(bench, terminal.guest)
    return said


@product_scenario
def release_works_without_an_agent(bench: ProductBench) -> None:
    """The agent is stopped and may not start: release opens, is recorded before, and the next start shuts again."""
    _release_without_an_agent(
        bench, f"systemctl mask --runtime --now {SERVICE}",
        f"systemctl unmask --runtime {SERVICE}; systemctl start {SERVICE}",
    )


@product_scenario
def release_works_with_settings_the_agent_cannot_read(bench: ProductBench) -> None:
    """The agent cannot start for its settings: release looks in the usual places, and says so."""
    settings = "/etc/sekimori/agent.toml"
    said = _release_without_an_agent(
        bench, f"cp {settings} {settings}.kept; echo 'keep-days = ' >> {settings}; systemctl --no-block restart {SERVICE}",
        f"mv {settings}.kept {settings}",
    )
    expect("agent.toml:" in said and ("usual places" in said or "通常の場所" in said), f"release said: {said}")


@product_scenario
def tampering_is_put_back_and_told(bench: ProductBench) -> None:
    """Root writes 1 to a refused stick's `authorized`: it is shut again at once, and the collector hears of it."""
    terminal = bench.terminal()
    terminal.enforce()
    watch = terminal.guest.watch
    mark = watch.mark()
    terminal.guest.devices.plug(Stick(bench.stick(), serial="FORCED-1"))
    path = watch.wait_for(_behind_a_port, mark).path
    terminal.judged("FORCED-1", "refused")
    terminal.guest.check(f"echo 1 > /sys{path}/authorized")
    body = terminal.recorded("barrier_tampered", "the tampering")["event"]["barrier_tampered"]
    expect_equal((body["device"]["serial"], body["restored"]), ("FORCED-1", True), "what was done")
    expect_equal(terminal.guest.check(f"cat /sys{path}/authorized").strip(), "0", "authorized")
    with watch.interval() as after:
        after.hold(HOLD_SECONDS)
    expect_equal(after.present_after, SYSTEM_DISKS, "block devices afterwards")


@product_scenario
def tampered_defaults_are_put_back_and_told(bench: ProductBench) -> None:
    """Root opens the kernel's defaults: the next look shuts them, and the collector hears of it."""
    terminal = bench.terminal()
    terminal.guest.check(
        "printf '[barrier]\\ncheck-seconds = 2\\n' >> /etc/sekimori/agent.toml; systemctl restart " + SERVICE
    )
    terminal.enforce()
    terminal.guest.check("echo 1 > /sys/module/usbcore/parameters/authorized_default;"
                         " echo 1 > /sys/bus/usb/devices/usb1/authorized_default")
    body = terminal.recorded("barrier_tampered", "the tampering")["event"]["barrier_tampered"]
    expect(body["restored"] and "usb1" in body["what"], f"what was done: {body}")
    _expect_shut(bench, terminal.guest)
