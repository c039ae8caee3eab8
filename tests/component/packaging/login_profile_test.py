"""What the login profile makes of the stacks that every service includes, by the real pam-auth-update in another root."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PACKAGING = pathlib.Path(__file__).parents[3] / "packaging"
TEMPLATES = pathlib.Path("/usr/share/pam")


def stacks() -> dict[str, list[str]]:
    """The lines of each common stack with the profile and the system's own, each without its first word."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        profiles = root / "usr/share/pam-configs"
        for folder in (root / "etc/pam.d", root / "var/lib/pam"):
            folder.mkdir(parents=True)
        profiles.mkdir(parents=True)
        shutil.copy("/usr/share/pam-configs/unix", profiles)
        shutil.copy(PACKAGING / "pam-configs/sekimori", profiles)
        for template in TEMPLATES.glob("common-*"):
            if not template.suffix:
                shutil.copy(template, root / "etc/pam.d")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive",
                                    "DEBCONF_DB_OVERRIDE": f"File{{{root}/debconf.dat}}"}
        subprocess.run(["/usr/sbin/pam-auth-update", "--root", name, "--force", "--enable", "sekimori"], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
        return {file.name: [line.split(maxsplit=1)[1].rstrip() for line in file.read_text().splitlines()
                            if line and not line.startswith("#")]
                for file in (root / "etc/pam.d").glob("common-*") if not file.suffix}


class LoginProfile(unittest.TestCase):
    """Nothing of a stack may come to its end before the login module was asked."""

    stacks: dict[str, list[str]] = {}

    @classmethod
    def setUpClass(cls) -> None:
        cls.stacks = stacks()

    def test_asks_before_any_other_module_in_auth(self) -> None:
        self.assertRegex(self.stacks["common-auth"][0], r"^\[success=2 default=die\]\s+pam_sekimori\.so$")

    def test_asks_before_an_expired_password_ends_the_account_phase(self) -> None:
        """pam_unix ends the stack there and then when the password is to be changed (new_authtok_reqd=done)."""
        account = self.stacks["common-account"]
        self.assertTrue(any("new_authtok_reqd=done" in line for line in account), account)
        self.assertRegex(account[0], r"^requisite\s+pam_sekimori\.so$")

    def test_asks_in_sessions_of_both_kinds(self) -> None:
        for name in ("common-session", "common-session-noninteractive"):
            self.assertTrue(any(line.split() == ["required", "pam_sekimori.so"] for line in self.stacks[name]), name)


if __name__ == "__main__":
    unittest.main()
