"""The guest's kernel, unpacked from Debian's package: an uncompressed ELF image and the modules the tests use."""

import lzma
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

from . import apt

# Loaded by the initrd, so that the root disk, the control ports and the network are there before systemd starts.
BOOT_MODULES = ("virtio_pci", "virtio_blk", "virtio_net", "virtio_console", "virtio_rng", "ext4")

# Everything a test may plug, from outside (QEMU) or from inside (gadgets, USB over IP). Other modules stay out:
# udev then has nothing else to load, and the boot is shorter.
GUEST_MODULES = (
    # controllers
    "xhci_pci", "ehci_pci", "uhci_hcd", "ahci", "nvme", "sdhci_pci", "dummy_hcd", "vhci_hcd", "usbip_host",
    # storage
    "usb_storage", "uas", "sd_mod", "sr_mod", "sg", "mmc_block", "scsi_debug", "loop", "nbd",
    # input, serial, network
    "usbhid", "hid_generic", "evdev", "uhid", "uinput", "cdc_acm", "cdc_ether", "rndis_host",
    # gadgets
    "libcomposite", "usb_f_mass_storage", "usb_f_hid", "usb_f_ecm", "usb_f_acm", "usb_f_rndis",
    # file systems
    "vfat", "exfat", "isofs", "nls_ascii", "nls_cp437", "nls_iso8859-1", "nls_utf8", "autofs4", "overlay",
)


def unpack(folder: Path) -> None:
    """Fills the folder with `vmlinux`, `release` and `lib/modules/RELEASE`, taken from the newest kernel package."""
    package = apt.newest_kernel_package()
    release = package.removeprefix("linux-image-")
    deb = apt.download(package, folder)
    whole = folder / "whole"
    subprocess.run(["dpkg-deb", "--extract", deb, whole], check=True)
    deb.unlink()
    (folder / "vmlinux").write_bytes(uncompressed_image((whole / "boot" / f"vmlinuz-{release}").read_bytes()))
    (folder / "release").write_text(release, encoding="ascii")
    subprocess.run(["depmod", "--basedir", whole, release], check=True)
    for module in module_closure(whole, release, BOOT_MODULES + GUEST_MODULES):
        kept = folder / module.relative_to(whole)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(module, kept)
    for index in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copyfile(whole / "lib/modules" / release / index, folder / "lib/modules" / release / index)
    subprocess.run(["depmod", "--basedir", folder, release], check=True)
    shutil.rmtree(whole)


def module_closure(root: Path, release: str, names: tuple[str, ...]) -> list[Path]:
    """The files of the named modules and of all they need, in the order in which they load."""
    shown = subprocess.run(
        ["modprobe", "--dirname", root, "--set-version", release, "--show-depends", "--all", *names],
        check=True, capture_output=True, text=True,
    ).stdout
    files = [line.split()[1] for line in shown.splitlines() if line.startswith("insmod ")]
    return [Path(file) for file in dict.fromkeys(files)]


def uncompressed_image(bzimage: bytes) -> bytes:
    """The ELF kernel in a bzImage (Documentation/x86/boot.rst): under emulation, decompressing costs six seconds."""
    setup_sectors = bzimage[0x1F1] or 4
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = bzimage[start:start + length]
    if payload.startswith(b"\xfd7zXZ\0"):
        image = lzma.LZMADecompressor().decompress(payload)
    elif payload.startswith(b"\x1f\x8b"):
        image = zlib.decompressobj(31).decompress(payload)
    elif payload.startswith(b"\x28\xb5\x2f\xfd"):
        image = subprocess.run(["zstd", "-dcq"], input=payload, stdout=subprocess.PIPE, check=True).stdout
    else:
        raise RuntimeError(f"kernel payload of unknown compression: {payload[:6].hex()}")
    if not image.startswith(b"\x7fELF"):
        raise RuntimeError(f"kernel payload is not ELF: {image[:4].hex()}")
    return image
