"""The guest lab: a Debian terminal in QEMU whose devices are plugged and pulled from the host.

Needs Debian 12's python3 and the packages in `image.HOST_PACKAGES`; nothing from outside the distribution.
"""
