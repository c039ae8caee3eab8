"""When the kernel is told to shut USB from boot on, when it must not be, and when the boot menu is written anew."""
import os
import pathlib
import subprocess
import tempfile
import unittest

GRUB = pathlib.Path(__file__).resolve().parents[3] / "packaging/grub"
WORDS = GRUB.parent / "words"
PARAMETER = "usbcore.authorized_default=0"


class BootLoader(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("usr/share/initramfs-tools/hooks/sekimori", "#!/bin/sh\n", 0o755)
        self.write("usr/libexec/sekimori/boot-parameter", (GRUB / "boot-parameter").read_text(), 0o755)
        for language in ("ja", "en"):
            self.write(f"usr/share/sekimori/words/boot.{language}", (WORDS / f"boot.{language}").read_text())
        self.command("update-initramfs", "exit 0")
        self.command("findmnt", "echo /dev/sda1")
        self.command("lsblk", "echo; echo sata")
        self.command("update-grub", f'echo ran >>"{self.root}/updates"')

    def write(self, path, text, mode=0o644):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def command(self, name, text):
        self.write(f"bin/{name}", f"#!/bin/sh\n{text}\n", 0o755)

    def enforce(self):
        self.write("var/lib/sekimori/enforcing", "")

    def run_script(self, script, language="en"):
        environment = {"PATH": f"{self.root}/bin:{os.environ['PATH']}", "SEKIMORI_ROOT": str(self.root), "LANG": language}
        return subprocess.run(["sh", str(script)], env=environment, capture_output=True, text=True, timeout=30)

    def parameter(self, language="en"):
        ran = self.run_script(self.root / "usr/libexec/sekimori/boot-parameter", language)
        self.assertEqual(0, ran.returncode)
        return ran.stdout.strip(), ran.stderr.strip()

    def test_observe_mode_never_changes_how_a_machine_boots(self):
        self.assertEqual(("", ""), self.parameter())

    def test_enforcing_shuts_usb_from_boot_on(self):
        self.enforce()
        self.assertEqual((PARAMETER, ""), self.parameter())

    def test_a_system_disk_on_usb_is_never_locked_out(self):
        self.enforce()
        self.command("lsblk", "echo; echo usb")
        printed, why = self.parameter()
        self.assertEqual("", printed)
        self.assertIn("/dev/sda1", why)

    def test_only_the_disk_below_an_encrypted_volume_counts(self):
        self.enforce()
        self.command("findmnt", "echo '/dev/mapper/root[/@]'")
        self.command("lsblk", '[ "$5" = /dev/mapper/root ] && echo && echo nvme')
        self.assertEqual((PARAMETER, ""), self.parameter())

    def test_a_disk_nobody_knows_is_not_risked(self):
        self.enforce()
        for answer in ("echo tank/root", "echo overlay", "echo server:/export"):
            self.command("findmnt", answer)
            printed, why = self.parameter()
            self.assertEqual("", printed, answer)
            self.assertIn("not known", why)

    def test_a_passphrase_can_always_be_typed(self):
        self.enforce()
        (self.root / "usr/share/initramfs-tools/hooks/sekimori").unlink()
        printed, why = self.parameter("ja_JP.UTF-8")
        self.assertEqual("", printed)
        self.assertIn("パスフレーズ", why)

    def drop_in(self):
        """The kernel line as grub-mkconfig has it after sourcing the drop-in, which runs under `set -e`."""
        text = (GRUB / "sekimori.cfg").read_text().replace("/usr/libexec", f"{self.root}/usr/libexec")
        self.write("sekimori.cfg", text)
        self.write("mkconfig", f'set -e\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n. "{self.root}/sekimori.cfg"\n'
                   'echo "[$GRUB_CMDLINE_LINUX_DEFAULT][${GRUB_CMDLINE_LINUX:-}]"\n')
        ran = self.run_script(self.root / "mkconfig")
        self.assertEqual(0, ran.returncode, ran.stderr)
        return ran.stdout.strip()

    def test_the_drop_in_adds_to_ordinary_entries_only(self):
        self.assertEqual("[quiet][]", self.drop_in())
        self.enforce()
        self.assertEqual(f"[quiet {PARAMETER}][]", self.drop_in())

    def test_the_drop_in_outlives_a_removed_or_broken_package(self):
        self.enforce()
        self.write("usr/libexec/sekimori/boot-parameter", "#!/bin/sh\necho half; exit 3\n", 0o755)
        self.assertEqual("[quiet][]", self.drop_in())
        (self.root / "usr/libexec/sekimori/boot-parameter").unlink()
        self.assertEqual("[quiet][]", self.drop_in())

    def refreshes(self):
        ran = self.run_script(GRUB / "refresh-boot-loader")
        self.assertEqual(0, ran.returncode, ran.stderr)
        updates = self.root / "updates"
        return len(updates.read_text().splitlines()) if updates.exists() else 0

    def test_the_menu_is_written_only_when_it_says_otherwise(self):
        self.assertEqual(0, self.refreshes(), "no GRUB on this machine")
        self.write("boot/grub/grub.cfg", "linux /vmlinuz quiet\n")
        self.assertEqual(0, self.refreshes(), "observing, and the menu does not shut USB")
        self.enforce()
        self.assertEqual(1, self.refreshes())
        self.write("boot/grub/grub.cfg", f"linux /vmlinuz quiet {PARAMETER}\n")
        self.assertEqual(1, self.refreshes(), "enforcing, and the menu shuts USB already")
        (self.root / "var/lib/sekimori/enforcing").unlink()
        self.assertEqual(2, self.refreshes())


if __name__ == "__main__":
    unittest.main()
