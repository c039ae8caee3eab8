"""The agent is confined, a refused device is root's alone, and a broken agent locks nobody out."""

from enrolled import DESK_PORT, desk_keyboard
from lab.devices import Software, Stick
from lab.input import is_event_node
from lab.software_usb import Keyboard
from lab.watch import usb_device_added
from product import SERVICE, ProductBench
from scenario import expect, expect_equal, product_scenario
from scenarios.product_admits import ISSUED
from scenarios.product_refuses import HOLD_SECONDS


@product_scenario
def agent_holds_no_privilege(bench: ProductBench) -> None:
    """The running agent has no capability, cannot gain one, filters its system calls, and sees a read-only system."""
    guest = bench.restore()
    status = guest.check(f"cat /proc/$(systemctl show -P MainPID {SERVICE})/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    expect_equal((fields["CapEff"], fields["CapBnd"]), ("0000000000000000",) * 2, "capabilities")
    expect_equal((fields["NoNewPrivs"], fields["Seccomp"]), ("1", "2"), "no new privileges, seccomp filter")
    inside = f"nsenter --target $(systemctl show -P MainPID {SERVICE}) --mount"
    expect(guest.run(f"{inside} touch /usr/x").status != 0, "the agent's file system can be written to")


@product_scenario
def refused_node_belongs_to_root(bench: ProductBench) -> None:
    """Nobody but root can talk to a refused device through its node; an admitted one gets its usual permissions."""
    terminal = bench.terminal()
    terminal.enforce(ISSUED)
    guest = terminal.guest
    for serial, wanted in (("REFUSED-1", "600"), ("ISSUED-1", "664")):
        mark = guest.watch.mark()
        guest.devices.plug(Stick(bench.stick(serial.lower()), serial=serial))
        path = guest.watch.wait_for(lambda event: usb_device_added(event) and "-" in event.name, mark).path
        node = "/dev/" + guest.check(f"sed -n s/^DEVNAME=//p /sys{path}/uevent").strip()
        terminal.run_until(f"udevadm settle; [ $(stat -c %a {node}) = {wanted} ]")


@product_scenario
def adopted_keyboard_works_though_the_agent_cannot_start(bench: ProductBench) -> None:
    """With broken settings the agent cannot start; the adopted keyboard is let in all the same, and no stick is."""
    terminal = bench.terminal()
    terminal.enforce()
    guest = terminal.guest
    guest.write("/etc/sekimori/agent.toml", "this is not toml", 0o600)
    guest.run(f"systemctl restart {SERVICE}")
    with guest.watch.interval() as seen:
        guest.devices.plug(Stick(bench.stick()))
        guest.devices.plug(Software(desk_keyboard(Keyboard())), port=DESK_PORT)
        guest.watch.wait_for(is_event_node, seen.begin, 60.0)
        seen.hold(HOLD_SECONDS)
    expect_equal(seen.block_devices, [], "block devices")
