"""The tree keeps to its rooms, and the check would notice if it did not."""
import pathlib
import tempfile
import unittest

import rooms
import tree


class TheTree(unittest.TestCase):
    def test_includes_only_what_each_room_may(self):
        self.assertEqual([], rooms.include_faults(tree.ROOT))

    def test_links_only_what_each_room_may_include(self):
        self.assertEqual([], rooms.link_faults(tree.ROOT))

    def test_is_really_read(self):
        self.assertGreater(len(tree.files(tree.ROOT)), 30)
        self.assertGreater(len(list(rooms._room_targets(tree.ROOT))), 5)


class ThePlantedFault(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def plant(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def test_in_an_include_is_found_with_file_and_line(self):
        cases = {
            "agent/model/a.h": '#include "proto/result.h"\n',
            "agent/model/b.h": "#include <unistd.h>\n",
            "agent/policy/a.cc": "#include <toml++/toml.h>\n",
            "agent/policy/b.cc": '#include "agent/core/decider.h"\n',
            "agent/core/a.cc": '#include "proto/event.pb.h"\n',
            "agent/core/b.cc": '#include "drivers/linux/gate.h"\n',
            "agent/core/c.cc": "#include <sys/socket.h>\n",
            "agent/core/d.cc": '#include "agent/agent.h"\n',
            "agent/login/a.cc": '#include "agent/authenticators/totp.h"\n',
            "agent/login/b.cc": "#include <sys/socket.h>\n",
            "agent/authenticators/a.cc": '#include "agent/login/lockout.h"\n',
            "agent/authenticators/b.cc": "#include <sqlite3.h>\n",
            "agent/policy/c.cc": "#include <liboath/oath.h>\n",
            "agent/audit_log/a.cc": "#include <Poco/Net/Socket.h>\n",
            "agent/audit_log/b.cc": '#include "agent/policy/decide.h"\n',
            "agent/login_store/a.cc": '#include "agent/login/lockout.h"\n',
            "agent/login_store/b.cc": '#include "agent/audit_log/schema.h"\n',
            "agent/sqlite/a.cc": '#include "agent/audit_log/schema.h"\n',
            "agent/sqlite/b.cc": "#include <unistd.h>\n",
            "drivers/linux/a.cc": '#include "agent/policy/decide.h"\n',
            "drivers/linux/b.cc": "#include <libusb-1.0/libusb.h>\n",
            "drivers/linux/c.cc": '#include "drivers/linux/pam/phase.h"\n',
            "drivers/linux/d.cc": "#include <security/pam_modules.h>\n",
            "drivers/linux/pam/a.c": '#include "drivers/linux/scoped_fd.h"\n',
            "drivers/linux/pam/b.c": '#include "proto/frame/frame.h"\n',
            "drivers/linux/pam/c.c": '#include "agent/model/device.h"\n',
            "drivers/linux/pam/d.h": "#include <systemd/sd-login.h>\n",
            "proto/login/a.c": "#include <unistd.h>\n",
            "proto/login/b.c": '#include "proto/signing/key.h"\n',
            "server/intake/a.cc": '#include "agent/model/device.h"\n',
            "server/intake/b.cc": "#include <sqlite3.h>\n",
            "server/store/a.cc": '#include "server/intake/session.h"\n',
            "proto/frame/a.cc": "#include <openssl/evp.h>\n",
            "proto/words/a.cc": '#include "agent/model/device.h"\n',
            "nowhere.txt": "",
        }
        for path, text in cases.items():
            self.plant(path, "// first line\n" + text)
        faults = rooms.include_faults(self.root)
        for path in cases:
            if path != "nowhere.txt":
                self.assertTrue(any(fault.startswith(f"{path}:2: ") for fault in faults), f"{path} in {faults}")
        self.assertEqual(len(cases) - 1, len(faults), faults)

    def test_a_file_outside_every_room_is_found(self):
        self.plant("drivers_of_old/a.cc", "")
        self.plant("server/x/a.cc", "")
        self.plant("proto/new/a.cc", '#include "proto/signing/key.h"\n')
        self.assertEqual(["proto/new/a.cc:1: proto may not include \"proto/signing/key.h\""],
                         rooms.include_faults(self.root))

    def test_in_a_link_is_found(self):
        self.plant("agent/policy/CMakeLists.txt", "sekimori_room(policy SOURCES a.cc LINKS sekimori_model Poco::Net)\n")
        self.plant("agent/core/CMakeLists.txt", "sekimori_room(core SOURCES a.cc\n  LINKS sekimori_audit_log)\n")
        self.plant("agent/audit_log/CMakeLists.txt", "sekimori_room(audit_log SOURCES a.cc LINKS SQLite::SQLite3)\n")
        self.plant("agent/CMakeLists.txt", "sekimori_room(model)\n")
        self.plant("drivers/linux/pam/CMakeLists.txt", "sekimori_room(pam SOURCES a.c LINKS sekimori_policy PkgConfig::libpam)\n")
        (self.root / "agent/model").mkdir()
        self.assertEqual(["agent/core/CMakeLists.txt: core may not link sekimori_audit_log",
                          "agent/policy/CMakeLists.txt: policy may not link Poco::Net",
                          "drivers/linux/pam/CMakeLists.txt: pam may not link sekimori_policy"],
                         sorted(rooms.link_faults(self.root)))

    def test_what_is_allowed_passes(self):
        self.plant("agent/policy/a.cc", '#include <vector>\n#include "agent/model/device.h"\n')
        self.plant("agent/main_linux.cc", '#include "agent/agent.h"\n')
        self.plant("agent/agent.cc", '#include "drivers/linux/gate.h"\n#include "agent/core/decider.h"\n')
        self.plant("agent/authenticators/a.cc", '#include <liboath/oath.h>\n#include "agent/ports/authenticator.h"\n')
        self.plant("drivers/linux/a.cc", '#include <sys/socket.h>\n#include "agent/ports/device_gate.h"\n')
        self.plant("drivers/linux/pam/a.c", '#include <poll.h>\n#include <security/pam_ext.h>\n#include "proto/login/login.h"\n'
                                            '#include "proto/result.h"\n#include "drivers/linux/pam/phase.h"\n')
        self.plant("agent/audit_log/a.cc", '#include <sqlite3.h>\n#include "proto/chain/chain.h"\n')
        self.assertEqual([], rooms.include_faults(self.root))


if __name__ == "__main__":
    unittest.main()
