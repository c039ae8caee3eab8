"""What the module's file offers, needs and keeps: it is loaded into login, sshd, sudo and the screen lock."""

import os
import re
import subprocess
import unittest

MODULE = os.environ["SEKIMORI_MODULE"]
ENTRIES = {"pam_sm_authenticate", "pam_sm_setcred", "pam_sm_acct_mgmt", "pam_sm_open_session", "pam_sm_close_session",
           "pam_sm_chauthtok"}
# What would end the host, change its signals, its locale or its environment, or run another program.
NEVER = re.compile(r"_?exit|abort|raise|kill|signal|sigaction|sigprocmask|alarm|setitimer|setlocale|setenv|putenv|unsetenv"
                   r"|fork|vfork|exec\w*|posix_spawn|system|popen|dlopen|sleep|usleep|nanosleep")
# What every shared object has from the compiler's own start-up code.
STARTUP = {"_DYNAMIC", "_GLOBAL_OFFSET_TABLE_", "__TMC_END__", "__dso_handle", "completed.0",
           "__do_global_dtors_aux_fini_array_entry", "__frame_dummy_init_array_entry"}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def symbols(*options):
    """(kind, name) of each symbol, its version left out."""
    lines = (line.split() for line in output("nm", *options, MODULE).splitlines())
    return [(words[-2], words[-1].split("@")[0]) for words in lines]


class SharedObject(unittest.TestCase):
    def test_offers_the_six_entry_points_and_nothing_else(self):
        self.assertEqual({("T", name) for name in ENTRIES}, set(symbols("-D", "--defined-only")))

    def test_needs_libc_and_libpam_and_nothing_else(self):
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", MODULE))
        self.assertEqual({"libc.so.6", "libpam.so.0"}, set(needed))

    def test_can_neither_end_its_host_nor_change_it(self):
        used = {name for _, name in symbols("-D", "--undefined-only")}
        self.assertIn("pam_get_item", used)
        self.assertEqual(set(), {name for name in used if NEVER.fullmatch(name)})

    def test_keeps_nothing_that_changes(self):
        kept = {name for kind, name in symbols() if kind in "bBdDsSC"}
        self.assertEqual(set(), kept - STARTUP)

    def test_is_bound_when_loaded_and_read_only_then(self):
        dynamic, segments = output("readelf", "-d", MODULE), output("readelf", "-lW", MODULE)
        self.assertIn("BIND_NOW", dynamic)
        self.assertNotIn("TEXTREL", dynamic)
        self.assertIn("GNU_RELRO", segments)
        self.assertRegex(segments, r"GNU_STACK\s.* RW ")


if __name__ == "__main__":
    unittest.main()
