"""What removing the package does before and after the agent stops, and what it leaves alone."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "packaging/debian/sekimori-agent.prerm"
WITHDRAWN = "pam-auth-update --package --remove sekimori"
RECORDED = "sekimori release --removal --reason package sekimori-agent removed"


class Removal(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "run/systemd/system").mkdir(parents=True)
        self.command("bin/sekimori")
        self.command("bin/pam-auth-update")
        self.command("usr/libexec/sekimori/open-barrier")
        self.command("usr/libexec/sekimori/refresh-boot-loader")
        self.marker = self.root / "var/lib/sekimori/enforcing"

    def command(self, path, status=0):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'#!/bin/sh\necho "${{0##*/}} $*" >>"{self.root}/ran"\nexit {status}\n')
        file.chmod(0o755)

    def enforce(self):
        self.marker.parent.mkdir(parents=True)
        self.marker.touch()

    def ran(self, *arguments, status=0, **environment):
        environment = {"PATH": f"{self.root}/bin:{os.environ['PATH']}", "SEKIMORI_ROOT": str(self.root), **environment}
        ran = subprocess.run(["sh", str(SCRIPT), *arguments], env=environment, capture_output=True, text=True, timeout=30)
        self.assertEqual(status, ran.returncode, ran.stderr)
        self.said = ran.stderr
        done = self.root / "ran"
        return [line.strip() for line in done.read_text().splitlines()] if done.exists() else []

    def test_what_was_shut_is_opened_once_it_is_recorded(self):
        self.enforce()
        self.assertEqual([WITHDRAWN, RECORDED, "open-barrier", "refresh-boot-loader"], self.ran("remove"))
        self.assertFalse(self.marker.exists())

    def test_while_observing_it_is_recorded_and_nothing_is_opened(self):
        self.assertEqual([WITHDRAWN, RECORDED, "refresh-boot-loader"], self.ran("remove"))
        self.assertEqual("", self.said)

    def test_a_log_that_refuses_does_not_hold_up_root(self):
        self.enforce()
        self.command("bin/sekimori", status=2)
        self.assertEqual([WITHDRAWN, RECORDED, "open-barrier", "refresh-boot-loader"], self.ran("remove"))
        self.assertIn("not recorded", self.said)

    def test_while_logins_ask_for_the_module_it_stays(self):
        asking = self.root / "etc/pam.d/common-auth"
        asking.parent.mkdir(parents=True)
        asking.write_text("auth required pam_unix.so\nauth required pam_sekimori.so # by hand\n")
        self.assertEqual([WITHDRAWN], self.ran("remove", status=1))
        self.assertIn(str(asking), self.said)
        asking.write_text("# pam_sekimori.so was here\nauth required pam_unix.so\n")
        self.assertEqual([WITHDRAWN, WITHDRAWN, RECORDED, "refresh-boot-loader"], self.ran("remove"))

    def test_an_upgrade_opens_nothing(self):
        self.enforce()
        self.assertEqual([], self.ran("upgrade", "0.2.0"))
        self.assertTrue(self.marker.exists())

    def test_in_another_root_nothing_of_this_machine_is_touched(self):
        self.enforce()
        self.assertEqual([], self.ran("remove", DPKG_ROOT="/target"))


if __name__ == "__main__":
    unittest.main()
