"""The lab itself: restoring, files, the way to the host, and a watch that cannot be fooled."""

import hashlib
import os
import socket
import threading
import time
from pathlib import Path

from lab.devices import Stick
from lab.machine import HOST_ADDRESS, SYSTEM_DISKS
from lab.watch import WatchBroken
from scenario import Bench, expect, expect_equal, lab_scenario


@lab_scenario
def restored_guests_share_nothing(bench: Bench) -> None:
    """A restored guest continues the saved one, with the host's time, and leaves no trace in the next."""
    first = bench.restore()
    first.check("echo changed > /root/trace; echo changed > /run/trace; sync")
    second = bench.restore()
    expect_equal(second.run("ls /root/trace /run/trace 2>/dev/null").output, "", "traces")
    boots = {guest.check("cat /proc/sys/kernel/random/boot_id") for guest in (first, second)}
    expect_equal(len(boots), 1, "boots")
    behind = abs(time.time() - float(second.check("date +%s.%N")))
    expect(behind < 2.0, f"the guest's clock is {behind:.1f} s off")


@lab_scenario
def shut_down_guest_boots_from_its_disk(bench: Bench) -> None:
    """A guest that is shut down in good order boots again with what it wrote, and with other kernel arguments."""
    first = bench.restore()
    first.check("echo kept > /root/trace")
    second = bench.reboot(first, "usbcore.authorized_default=0")
    second.wait_booted()
    expect_equal(second.check("cat /root/trace"), "kept\n", "the file")
    expect("usbcore.authorized_default=0" in second.check("cat /proc/cmdline"), "the kernel argument is missing")


@lab_scenario
def files_arrive_whole(bench: Bench) -> None:
    """A file of several megabytes arrives unchanged, with its mode."""
    guest = bench.restore()
    content = os.urandom(6_000_001)
    source = guest.folder / "source"
    source.write_bytes(content)
    guest.put(source, "/root/target", mode=0o750)
    expect_equal(guest.check("stat -c %a /root/target").strip(), "750", "mode")
    wanted = hashlib.sha256(content).hexdigest()
    expect_equal(guest.check("sha256sum < /root/target").split()[0], wanted, "digest")


@lab_scenario
def commands_end_and_tell(bench: Bench) -> None:
    """Status and output of a command come back; what overruns its time is killed, and the next one runs."""
    guest = bench.restore()
    done = guest.run("echo out; echo err >&2; exit 7")
    expect_equal((done.status, done.output), (7, "out\nerr\n"), "status and output")
    expect_equal(guest.run("sleep 1000", timeout=0.5).status, 124, "status of what was killed")
    expect_equal(guest.check("pgrep -c sleep || true").strip(), "0", "processes left")


@lab_scenario
def guest_reaches_a_listener_of_the_host(bench: Bench) -> None:
    """The guest reaches the host's loopback through the user network's gateway."""
    guest = bench.restore()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30.0)
        port = listener.getsockname()[1]
        received: list[bytes] = []

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                received.append(connection.recv(100))
                connection.sendall(b"heard")

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        talk = f"exec 3<>/dev/tcp/{HOST_ADDRESS}/{port} && echo hello >&3 && cat <&3"
        expect_equal(guest.check(f"bash -c '{talk}'"), "heard", "answer")
        server.join(30.0)
    expect_equal(received, [b"hello\n"], "what the host heard")


@lab_scenario
def watch_sees_what_was_there_for_a_moment(bench: Bench) -> None:
    """A block device that comes and goes between two looks is in the interval."""
    guest = bench.restore()
    with guest.watch.interval() as seen:
        guest.check("modprobe scsi_debug && udevadm settle && rmmod scsi_debug")
    expect_equal(seen.present_after, seen.present_before, "block devices present afterwards and before")
    expect_equal(seen.block_devices, ["sda"], "block devices")


@lab_scenario
def watch_sees_what_is_there_unannounced(bench: Bench) -> None:
    """A block device that is present is noticed by that alone, without any uevent."""
    guest = bench.restore()
    with guest.watch.interval() as seen:
        guest.devices.plug(Stick(bench.stick()))
        guest.watch.wait_for(lambda event: event.name == "sda1", seen.begin)
    seen.events = []
    expect_equal(seen.block_devices, ["sda", "sda1"], "block devices")


@lab_scenario
def watch_says_when_it_may_have_missed_something(bench: Bench) -> None:
    """When the stream in the guest is restarted, silence is no longer taken for peace."""
    guest = bench.restore()
    guest.check("systemctl restart lab-uevents")
    try:
        guest.watch.barrier()
    except WatchBroken:
        return
    raise AssertionError("a restarted stream went unnoticed")


@lab_scenario
def boot_makes_no_block_device_but_the_system_disk(bench: Bench) -> None:
    """From the first moment of a boot with empty ports, the system disk is the only block device."""
    guest = bench.boot()
    with guest.watch.interval_from_boot(SYSTEM_DISKS) as seen:
        guest.wait_booted()
    expect_equal(seen.block_devices, [], "block devices")
    expect(any(event.subsystem == "usb" for event in seen.events), "the watch began after USB")
    expect_equal(Path(guest.folder / "qemu.log").read_text(encoding="utf-8"), "", "QEMU's complaints")
