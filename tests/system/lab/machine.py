"""The terminal's hardware, as QEMU's command line: what is always there. Everything else is plugged."""

from dataclasses import dataclass
from pathlib import Path

from . import tsc
from .image import Image

KERNEL_ARGUMENTS = (
    "console=ttyS0 root=/dev/vda quiet net.ifnames=0 mitigations=off nokaslr random.trust_cpu=on "
    "tsc=reliable no_timer_check cryptomgr.notests "
    # usb-storage waits a second before it looks at a stick. Without the wait a stick that gets through is a
    # block device at once, so a guard that is a moment late is caught.
    "usb_storage.delay_use=0"
)
SYSTEM_DISKS = frozenset({"vda"})
USB_CONTROLLER = "xhci"
HOST_ADDRESS = "10.0.2.2"


@dataclass(frozen=True)
class Machine:
    """One start of the terminal. `folder` takes the sockets, the serial log and the writable disk."""

    image: Image
    folder: Path
    kernel_arguments: str = ""

    @property
    def disk(self) -> Path:
        return self.folder / "disk.qcow2"

    def command(self) -> list[str]:
        """QEMU's command line; it starts paused, so that nothing the guest does goes unseen."""
        return [
            "qemu-system-x86_64", "-name", "sekimori-lab", "-nodefaults", "-no-user-config", "-display", "none", "-S",
            "-machine", "pc,usb=off", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "Nehalem",
            "-smp", "2", "-m", "512", "-rtc", "base=utc,clock=host",
            "-kernel", str(self.image.vmlinux), "-initrd", str(self.image.initrd),
            "-append", f"{KERNEL_ARGUMENTS} tsc_early_khz={tsc.kilohertz()} {self.kernel_arguments}".strip(),
            *self._socket("qmp"), "-mon", "chardev=qmp,mode=control",
            *self._socket("serial", f",logfile={self.folder / 'serial.log'}"), "-serial", "chardev:serial",
            "-device", "virtio-serial-pci",
            *self._socket("command"), "-device", "virtserialport,chardev=command,name=lab.command",
            *self._socket("uevents"), "-device", "virtserialport,chardev=uevents,name=lab.uevents",
            "-drive", f"file={self.disk},format=qcow2,if=virtio,cache=unsafe",
            "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
            "-object", "rng-random,id=random,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=random",
            "-device", f"qemu-xhci,id={USB_CONTROLLER},p2=8,p3=8",
        ]

    def socket_path(self, name: str) -> Path:
        return self.folder / f"{name}.socket"

    def _socket(self, name: str, more: str = "") -> list[str]:
        return ["-chardev", f"socket,id={name},path={self.socket_path(name)},server=on,wait=off{more}"]
