"""When the kernel is told to shut USB from boot on, when it must not be, and when the boot menu is written anew."""
import os
import pathlib
import subprocess
import tempfile
import unittest

GRUB = pathlib.Path(__file__).resolve().parents[3] / "packaging/grub"
WORDS = GRUB.parent / "words"
PARAMETER = "usbcore.authorized_default=0"
PROGRAM = "usr/libexec/sekimori/admit-early-input"


class BootLoader(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("usr/share/initramfs-tools/hooks/sekimori", "#!/bin/sh\n", 0o755)
        for script in ("boot-parameter", "unprepared-images"):
            self.write(f"usr/libexec/sekimori/{script}", (GRUB / script).read_text(), 0o755)
        for language in ("ja", "en"):
            self.write(f"usr/share/sekimori/words/boot.{language}", (WORDS / f"boot.{language}").read_text())
        # An image is a list of what is in it; made anew it has our program.
        self.command("lsinitramfs", 'cat "$1"')
        self.command("update-initramfs",
                     f'echo "$*" >>"{self.root}/made"\necho {PROGRAM} >>"{self.root}/boot/initrd.img-$3"')
        self.command("findfs", "exit 1")
        self.mounts()
        self.command("lsblk", "echo; echo sata")
        self.command("update-grub", f'echo ran >>"{self.root}/updates"')

    def write(self, path, text, mode=0o644):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def command(self, name, text):
        self.write(f"bin/{name}", f"#!/bin/sh\n{text}\n", 0o755)

    def mounts(self, device="/dev/sda1", fstab=()):
        """What findmnt answers: the device of every folder, and the lines of fstab."""
        self.write("fstab", "".join(line + "\n" for line in fstab))
        self.command("findmnt", f'[ "$1" = --fstab ] && cat "{self.root}/fstab" || echo "{device}"')

    def kernel(self, version, prepared):
        self.write(f"boot/vmlinuz-{version}", "")
        self.write(f"boot/initrd.img-{version}", f"usr/bin/sh\n{PROGRAM if prepared else ''}\n")

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
        self.mounts("/dev/mapper/root[/@]")
        self.command("lsblk", '[ "$5" = /dev/mapper/root ] && echo && echo nvme')
        self.assertEqual((PARAMETER, ""), self.parameter())

    def test_a_disk_nobody_knows_is_not_risked(self):
        self.enforce()
        for answer in ("tank/root", "overlay", "server:/export"):
            self.mounts(answer)
            printed, why = self.parameter()
            self.assertEqual("", printed, answer)
            self.assertIn("not known", why)

    def test_nothing_that_fstab_asks_for_is_locked_out(self):
        self.enforce()
        self.command("lsblk", '[ "$5" = /dev/sdb1 ] && echo usb || echo sata')
        self.command("findfs", '[ "$1" = UUID=b ] && echo /dev/sdb1')
        for line in ("/srv/data /dev/sdb1 ext4 defaults", "none /dev/sdb1 swap sw", "/srv/data UUID=b ext4 ro",
                     r"/srv/more\x20data UUID=b ext4 defaults"):
            self.mounts(fstab=("/ /dev/sda1 ext4 errors=remount-ro", line))
            printed, why = self.parameter()
            self.assertEqual("", printed, line)
            self.assertIn("/dev/sdb1", why)

    def test_a_disk_of_fstab_that_is_not_there_is_not_risked(self):
        self.enforce()
        self.mounts(fstab=("/srv/data LABEL=gone ext4 defaults",))
        printed, why = self.parameter()
        self.assertEqual("", printed)
        self.assertIn("LABEL=gone", why)

    def test_what_may_be_missing_or_is_no_disk_does_not_matter(self):
        self.enforce()
        self.command("lsblk", '[ "$5" = /dev/sdb1 ] && echo usb || echo sata')
        self.mounts(fstab=("/mnt/a /dev/sdb1 vfat noauto", "/mnt/b /dev/sdb1 vfat ro,nofail",
                           "/mnt/c /dev/sdb1 vfat x-systemd.automount", "/mnt/d /dev/sdb1 ext4 _netdev",
                           "/nfs server:/export nfs defaults", "/cifs //server/share cifs defaults",
                           "/tmp tmpfs tmpfs defaults", "none /swapfile swap sw", "/bind /srv/data none bind",
                           "/home /dev/sda2 ext4 defaults"))
        self.assertEqual((PARAMETER, ""), self.parameter())

    def test_every_kernel_of_the_menu_must_let_keyboards_in(self):
        self.enforce()
        self.kernel("6.1.0-9", prepared=True)
        self.assertEqual((PARAMETER, ""), self.parameter())
        self.kernel("6.1.0-8", prepared=False)
        printed, why = self.parameter()
        self.assertEqual("", printed)
        self.assertIn("update-initramfs -u -k 6.1.0-8", why)

    def test_an_image_made_anew_without_our_program_is_noticed(self):
        self.enforce()
        self.kernel("6.1.0-9", prepared=True)
        self.assertEqual(PARAMETER, self.parameter()[0])
        self.kernel("6.1.0-9", prepared=False)
        self.assertEqual("", self.parameter()[0])

    def test_an_image_is_unpacked_once(self):
        self.enforce()
        self.kernel("6.1.0-9", prepared=True)
        self.assertEqual(PARAMETER, self.parameter()[0])
        self.command("lsinitramfs", "exit 1")
        self.assertEqual(PARAMETER, self.parameter()[0])

    def test_kernels_without_an_image_and_backups_of_images_are_left_aside(self):
        self.enforce()
        self.write("boot/vmlinuz-6.1.0-own", "")
        self.write("boot/initrd.img-6.1.0-9.bak", "")
        self.assertEqual((PARAMETER, ""), self.parameter())

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

    def made(self):
        made = self.root / "made"
        return made.read_text().splitlines() if made.exists() else []

    def test_older_kernels_get_the_program_before_the_menu_shuts_usb(self):
        self.write("boot/grub/grub.cfg", "linux /vmlinuz quiet\n")
        self.kernel("6.1.0-9", prepared=True)
        self.kernel("6.1.0-8", prepared=False)
        self.assertEqual(0, self.refreshes())
        self.assertEqual([], self.made(), "observing")
        self.enforce()
        self.assertEqual(1, self.refreshes())
        self.assertEqual(["-u -k 6.1.0-8"], self.made())
        self.assertEqual(PARAMETER, self.parameter()[0])

    def test_an_image_that_cannot_be_made_keeps_the_menu_open_and_is_tried_once(self):
        self.write("boot/grub/grub.cfg", "linux /vmlinuz quiet\n")
        self.command("update-initramfs", f'echo "$*" >>"{self.root}/made"; exit 1')
        self.kernel("6.1.0-8", prepared=False)
        self.enforce()
        self.assertEqual(0, self.refreshes())
        self.assertEqual(0, self.refreshes())
        self.assertEqual(["-u -k 6.1.0-8"], self.made())
        self.kernel("6.1.0-8", prepared=False)
        os.utime(self.root / "boot/initrd.img-6.1.0-8", (1, 1))
        self.assertEqual(0, self.refreshes())
        self.assertEqual(2, len(self.made()), "the image has changed")

    def test_no_image_is_made_for_a_machine_that_must_not_be_shut(self):
        self.write("boot/grub/grub.cfg", "linux /vmlinuz quiet\n")
        self.command("lsblk", "echo usb")
        self.kernel("6.1.0-8", prepared=False)
        self.enforce()
        self.assertEqual(0, self.refreshes())
        self.assertEqual([], self.made())


if __name__ == "__main__":
    unittest.main()
