// Opens one of the guest's virtio-serial ports by the name QEMU gave it, without waiting for udev to name its node.
// Source: virtio 1.2, section 5.3 (console device, port names); the kernel shows them under /sys/class/virtio-ports.

#pragma once

// Returns a descriptor opened with `flags` (open(2)), or -1 if there is no such port.
int OpenControlPort(const char* name, int flags);
