"""The first user space of the guest: loads what the root disk needs and hands over to systemd."""

import shutil
import subprocess
from pathlib import Path

from . import kernel

_INIT = """#!/bin/sh
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
while read -r module; do insmod "/modules/$module"; done < /modules/order
until [ -b /dev/vda ]; do usleep 10000; done
mount -t ext4 -o rw,noatime /dev/vda /root
mount -o move /proc /root/proc
mount -o move /sys /root/sys
mount -o move /dev /root/dev
exec switch_root /root /lib/systemd/systemd
"""


def make_initrd(kernel_folder: Path, initrd: Path) -> None:
    """Writes a cpio archive with busybox and the boot modules."""
    root = initrd.with_name("initrd.root")
    for name in ("bin", "dev", "modules", "proc", "root", "sys"):
        (root / name).mkdir(parents=True)
    shutil.copy2("/bin/busybox", root / "bin/busybox")
    for applet in ("sh", "mount", "insmod", "usleep", "switch_root"):
        (root / "bin" / applet).symlink_to("busybox")
    release = (kernel_folder / "release").read_text(encoding="ascii")
    modules = kernel.module_closure(kernel_folder, release, kernel.BOOT_MODULES)
    for module in modules:
        shutil.copyfile(module, root / "modules" / module.name)
    (root / "modules/order").write_text("".join(f"{module.name}\n" for module in modules), encoding="ascii")
    (root / "init").write_text(_INIT, encoding="ascii")
    (root / "init").chmod(0o755)
    names = "".join(f"{path.relative_to(root)}\0" for path in sorted(root.rglob("*")))
    with open(initrd, "wb") as archive:
        subprocess.run(
            ["cpio", "--null", "--create", "--format=newc", "--quiet"],
            cwd=root, input=names.encode(), stdout=archive, check=True,
        )
    shutil.rmtree(root)
