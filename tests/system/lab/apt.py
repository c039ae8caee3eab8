"""What this machine's own apt knows: where Debian comes from, and how it is fetched."""

import subprocess
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def debian_sources(codename: str) -> list[str]:
    """The `deb` lines of this machine's sources that serve the Debian release, its updates and its security fixes."""
    fields = "$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)"
    lines = set()
    for target in _output("apt-get", "indextargets", "--format", fields, "Created-By: Packages").splitlines():
        origin, component, release, uri = target.split(" ", 3)
        if origin == "Debian" and component == "main" and release.split("-")[0] == codename:
            lines.add(f"deb [signed-by={KEYRING}] {uri} {release} {component}")
    if not lines:
        raise RuntimeError(f"apt lists no source for Debian {codename}; run apt-get update first")
    return sorted(lines)


def fetch_options() -> list[str]:
    """This machine's apt settings that decide whether a fetch works at all: proxies and snapshot mirrors."""
    wanted = ("Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::Check-Valid-Until")
    return [line for line in _output("apt-config", "dump").splitlines() if line.startswith(wanted)]


def newest_kernel_package() -> str:
    """The package that linux-image-amd64 currently stands for, e.g. linux-image-6.1.0-37-amd64."""
    for line in _output("apt-cache", "--no-all-versions", "show", "linux-image-amd64").splitlines():
        if line.startswith("Depends: "):
            return line.split()[1]
    raise RuntimeError("apt knows no linux-image-amd64; run apt-get update first")


def download(package: str, folder: Path) -> Path:
    """Fetches one .deb into the folder."""
    subprocess.run(
        ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package], check=True, cwd=folder
    )
    (found,) = folder.glob(package + "_*.deb")
    return found
