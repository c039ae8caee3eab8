"""Images of USB sticks as they come from a shop: an MBR, one FAT partition, some files."""

import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SECTOR = 512
_FIRST_SECTOR = 2048
_FAT32_LBA = 0x0C
README = b"The residents' ledger would be here.\n"


def make_stick(image: Path, files: Mapping[str, bytes] | None = None, megabytes: int = 16) -> Path:
    """Writes a stick's image with the files (8.3 names) in its root; README.TXT if none are given."""
    sectors = megabytes * 1024 * 1024 // _SECTOR - _FIRST_SECTOR
    with open(image, "wb") as disk:
        disk.truncate(megabytes * 1024 * 1024)
        disk.write(_partition_table(sectors))
    subprocess.run(
        ["mkfs.vfat", "-n", "STICK", f"--offset={_FIRST_SECTOR}", image, str(sectors // 2)],
        check=True, capture_output=True,
    )
    partition = f"{image}@@{_FIRST_SECTOR * _SECTOR}"
    for name, content in (files or {"README.TXT": README}).items():
        subprocess.run(["mcopy", "-i", partition, "-", f"::{name}"], input=content, check=True)
    return image


def _partition_table(sectors: int) -> bytes:
    any_cylinder = b"\xfe\xff\xff"  # Too large for cylinders and heads: the sector numbers count.
    entry = struct.pack("<B3sB3sII", 0, any_cylinder, _FAT32_LBA, any_cylinder, _FIRST_SECTOR, sectors)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"
