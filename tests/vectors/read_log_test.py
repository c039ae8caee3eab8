"""The independent reader against the log in this folder and one that LogStore has just written (SEKIMORI_FRESH_LOG)."""
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
READER = os.path.join(FOLDER, "read_log.py")


def read(folder):
    return subprocess.run([sys.executable, "-B", READER, os.path.join(folder, "log.db"),
                           os.path.join(folder, "terminal.der")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


class Logs(unittest.TestCase):
    def setUp(self):
        self.logs = {"stored": os.path.join(FOLDER, "log"), "fresh": os.environ["SEKIMORI_FRESH_LOG"]}
        self.place = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.place)

    def copy(self, name, sql=""):
        target = os.path.join(self.place, "copy")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.logs[name], target)
        os.chmod(target, 0o700)
        with sqlite3.connect(os.path.join(target, "log.db")) as database:
            database.executescript(sql)
        database.close()
        return target

    def test_holds_as_written(self):
        for name, folder in self.logs.items():
            done = read(folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout, "19 records hold, 4 checkpoints, 6 records not signed yet\n", name)

    def test_no_number_is_in_it(self):
        for name, folder in self.logs.items():
            database = sqlite3.connect("file:%s?immutable=1" % os.path.join(folder, "log.db"), uri=True)
            payloads = b"".join(row[0] for row in database.execute("SELECT payload FROM records"))
            database.close()
            self.assertIn(b"Cruzer ************", payloads, name)
            self.assertIn("＊＊＊＊－＊＊＊＊－＊＊＊＊".encode(), payloads, name)
            self.assertNotIn(b"123456789018", payloads, name)

    def test_every_alteration_is_found(self):
        alterations = {
            "nothing": ("", 0),
            "payload": ("UPDATE records SET payload = x'0801' WHERE sequence = 20", 1),
            "hash": ("UPDATE records SET hash = zeroblob(32) WHERE sequence = 20", 1),
            "deleted": ("DELETE FROM records WHERE sequence = 20", 1),
            "first deleted": ("DELETE FROM records WHERE sequence = 13", 1),
            "last deleted": ("DELETE FROM records WHERE sequence = 31", 1),
            "added": ("INSERT INTO records VALUES (32, zeroblob(32), x'')", 1),
            "swapped": ("UPDATE records SET sequence = 0 WHERE sequence = 20; UPDATE records SET sequence = 20 WHERE"
                        " sequence = 21; UPDATE records SET sequence = 21 WHERE sequence = 0", 1),
            "checkpoint's hash": ("UPDATE checkpoints SET hash = zeroblob(32)", 1),
            "checkpoint's time": ("UPDATE checkpoints SET time_us = time_us + 1 WHERE sequence = 25", 1),
            "checkpoint's signature": ("UPDATE checkpoints SET signature = x'3006020101020101' WHERE sequence = 25", 1),
            "base's checkpoint deleted": ("DELETE FROM checkpoints WHERE sequence = 12", 1),
            "front cut off again": ("UPDATE log SET base_sequence = 19, base_hash = (SELECT hash FROM records WHERE"
                                    " sequence = 19); DELETE FROM records WHERE sequence <= 19;"
                                    " DELETE FROM checkpoints WHERE sequence < 19", 1),
            "acknowledged beyond the end": ("UPDATE uplink SET acknowledged = 32", 1),
            "log id": ("UPDATE log SET log_id = zeroblob(16)", 1),
            "table added": ("CREATE TABLE more (x)", 1),
            "key of another": (None, 1),
        }
        for name in self.logs:
            for what, (sql, code) in alterations.items():
                folder = self.copy(name, sql or "")
                if sql is None:
                    other = "fresh" if name == "stored" else "stored"
                    shutil.copy(os.path.join(self.logs[other], "terminal.der"), folder)
                done = read(folder)
                self.assertEqual(done.returncode, code, "%s, %s: %s" % (name, what, done.stderr))

    def test_damaged_file_is_not_taken_for_a_log(self):
        folder = self.copy("stored")
        path = os.path.join(folder, "log.db")
        with open(path, "r+b") as file:
            file.truncate(4096)
        self.assertNotEqual(read(folder).returncode, 0)
        with open(path, "wb"):
            pass
        self.assertNotEqual(read(folder).returncode, 0)


if __name__ == "__main__":
    unittest.main()
