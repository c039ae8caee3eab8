"""The guest's root file system: a small Debian with systemd, and the lab's two programs in it."""

import shutil
import subprocess
from pathlib import Path

from . import apt

SUITE = "bookworm"

PACKAGES = (
    # a terminal that boots, lets people in and manages devices
    "systemd-sysv", "udev", "dbus", "kmod", "login", "passwd", "libpam-modules", "libpam-runtime", "iproute2",
    "procps", "util-linux", "mount", "usbutils", "less", "ncurses-base", "debconf", "ca-certificates",
    # what Sekimori's packages depend on, so that `dpkg -i` needs no network
    "adduser", "libpocofoundation80", "libpoconet80", "libpoconetssl80", "libpocoutil80", "libpocojson80",
    "libpococrypto80", "libusb-1.0-0", "libsqlite3-0", "libprotobuf32", "libssl3", "libsystemd0",
    "libtomlplusplus3", "openssl",
    "liboath0", "libqrencode4",
    # other ways in than the console; sshd runs only when a scenario starts it
    "openssh-server", "openssh-client", "sudo",
    # to look at what it wrote
    "sqlite3",
)

# Units that only lengthen the boot of a machine that lives for minutes, or make block devices of their own.
MASKED = (
    "systemd-timesyncd.service", "systemd-random-seed.service", "systemd-update-utmp.service",
    "systemd-binfmt.service", "systemd-pstore.service", "systemd-tmpfiles-clean.timer", "fstrim.timer",
    "e2scrub_all.timer", "e2scrub_reap.service", "dpkg-db-backup.timer", "getty@tty1.service",
    "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "dev-mqueue.mount", "dev-hugepages.mount",
    "modprobe@loop.service", "ssh.service", "ssh.socket",
)

IN_GUEST = Path(__file__).resolve().parent / "in_guest"
PROGRAMS = ("command_agent", "uevent_stream")
PROGRAM_FOLDER = "usr/local/lib/lab"
IMAGE_BYTES = 2 << 30


def bootstrap(folder: Path) -> None:
    """Fills the folder with `root.tar`: the packages, unconfigured by the lab."""
    options = [f"--aptopt={line}" for line in apt.fetch_options()]
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
    command = ["mmdebstrap", "--quiet", "--variant=essential", "--include=" + ",".join(PACKAGES)]
    command += options + excluded + ["--dpkgopt=force-unsafe-io", SUITE, folder / "root.tar"]
    subprocess.run(command + apt.debian_sources(SUITE), check=True)


def make_image(root_tar: Path, kernel: Path, image: Path) -> None:
    """Writes the guest's root disk: the packages, the kernel's modules, the lab's programs and settings."""
    root = image.with_name("root")
    root.mkdir()
    subprocess.run(["tar", "--extract", "--file", root_tar, "--directory", root], check=True)
    shutil.copytree(kernel / "lib/modules", root / "lib/modules", dirs_exist_ok=True)
    _install_programs(root)
    _configure(root)
    with open(image, "wb") as disk:
        disk.truncate(IMAGE_BYTES)
    # Checksums off: under emulation they cost, and the disk lives in this machine's memory.
    subprocess.run(
        ["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^metadata_csum", "-m", "0", "-d", root, image], check=True
    )
    shutil.rmtree(root)


def _install_programs(root: Path) -> None:
    folder = root / PROGRAM_FOLDER
    folder.mkdir(parents=True)
    for program in PROGRAMS:
        subprocess.run(
            ["gcc", "-std=c17", "-O2", "-static", "-Wall", "-Wextra", "-Werror", "-o", folder / program,
             IN_GUEST / f"{program}.c", IN_GUEST / "control_port.c"],
            check=True,
        )
    for unit in IN_GUEST.glob("*.service"):
        shutil.copyfile(unit, root / "etc/systemd/system" / unit.name)
        _systemctl(root, "enable", unit.name)


def _systemctl(root: Path, *arguments: str) -> None:
    subprocess.run(["systemctl", "--quiet", f"--root={root}", *arguments], check=True)


def _configure(root: Path) -> None:
    settings = {
        "etc/hostname": "terminal\n",
        "etc/hosts": "127.0.0.1 localhost terminal\n",
        "etc/fstab": "",
        "etc/machine-id": "",
        # The bootstrap left documents and translations out; a package under test installs whole.
        "etc/dpkg/dpkg.cfg.d/99mmdebstrap": "force-unsafe-io\n",
        "etc/systemd/journald.conf.d/lab.conf": "[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n",
        "etc/systemd/system/serial-getty@ttyS0.service.d/lab.conf":
            "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --keep-baud 115200 %I $TERM\n",
    }
    for name, text in settings.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    _systemctl(root, "mask", *MASKED)
    _systemctl(root, "set-default", "multi-user.target")
