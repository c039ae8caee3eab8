"""USB devices made inside the guest: a virtual controller (dummy_hcd) with a gadget on it (configfs).

The controller appears when its module is loaded: to the kernel it is one more that came late.
Source: Linux Documentation/usb/gadget_configfs.rst, mass-storage.rst.
"""

from .guest import Guest

_GADGET = "/sys/kernel/config/usb_gadget/lab"
_IMAGE = "/run/gadget.img"


def plug_disk(guest: Guest, vendor: int = 0x1209, product: int = 0x0002, serial: str = "LAB-GADGET-1") -> None:
    """Loads the virtual controller and plugs a 4 MB disk into it."""
    guest.check(f"""set -e
        modprobe dummy_hcd
        modprobe usb_f_mass_storage
        modprobe libcomposite
        mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
        truncate -s 4M {_IMAGE}
        mkdir {_GADGET}; cd {_GADGET}
        echo {vendor:#06x} > idVendor
        echo {product:#06x} > idProduct
        mkdir strings/0x409 configs/c.1 functions/mass_storage.0
        echo {serial} > strings/0x409/serialnumber
        echo 'Lab gadget' > strings/0x409/product
        echo {_IMAGE} > functions/mass_storage.0/lun.0/file
        ln -s functions/mass_storage.0 configs/c.1/
        ls /sys/class/udc | head -n 1 > UDC""")


def unplug_disk(guest: Guest) -> None:
    """Pulls the disk and removes the controller."""
    guest.check(f"""set -e
        cd {_GADGET}
        echo > UDC
        rm configs/c.1/mass_storage.0
        rmdir functions/mass_storage.0 configs/c.1 strings/0x409 {_GADGET}
        cd /
        rmmod dummy_hcd""")
