"""Builds the guest once: kernel, initrd and root disk, kept in the cache and rebuilt only when their recipe changes."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from . import cache, initrd, kernel, rootfs

# What building and running the lab needs on the host (Debian 12).
HOST_PACKAGES = (
    "qemu-system-x86", "qemu-utils", "seabios", "ipxe-qemu", "mmdebstrap", "e2fsprogs", "dosfstools", "mtools",
    "cpio", "zstd", "kmod", "busybox-static", "gcc", "libc6-dev", "python3", "debian-archive-keyring",
)


@dataclass(frozen=True)
class Image:
    """A bootable guest; all its files are read-only from here on."""

    folder: Path

    @property
    def identity(self) -> str:
        """Differs for every build, also of the same recipe: what was saved on one image fits no other."""
        return f"{self.folder} {(self.folder / 'identity').read_text(encoding='ascii')}"

    @property
    def vmlinux(self) -> Path:
        return self.folder / "vmlinux"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd"

    @property
    def disk(self) -> Path:
        return self.folder / "disk.img"


def build() -> Image:
    """Returns the guest's image. The first time takes two minutes and a package mirror; later, nothing."""
    source = Path(__file__).resolve().parent
    kernel_key = cache.key_of(source / "kernel.py", source / "apt.py")
    packages_key = cache.key_of(rootfs.SUITE, " ".join(rootfs.PACKAGES), source / "apt.py")
    own = [source / "image.py", source / "rootfs.py", source / "initrd.py", *sorted(rootfs.IN_GUEST.iterdir())]
    key = cache.key_of(kernel_key, packages_key, *own)

    def assemble(folder: Path) -> None:
        (folder / "identity").write_text(str(uuid.uuid4()), encoding="ascii")
        kernel_folder = cache.cached("kernel", kernel_key, kernel.unpack)
        packages = cache.cached("packages", packages_key, rootfs.bootstrap)
        (folder / "vmlinux").hardlink_to(kernel_folder / "vmlinux")
        initrd.make_initrd(kernel_folder, folder / "initrd")
        rootfs.make_image(packages / "root.tar", kernel_folder, folder / "disk.img")

    return Image(cache.cached("image", key, assemble))
