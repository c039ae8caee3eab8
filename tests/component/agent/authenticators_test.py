"""Users' authenticators with the real agent and its command line: enrolled, listed, unlocked, revoked."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest
from urllib.parse import parse_qs, unquote, urlsplit

import totp
from terminal_here import LANGUAGES, PROGRAMS, TerminalCase, TerminalHere

# Users that every Debian has.
_USER, _OTHER = "daemon", "nobody"


def _seed(uri: str) -> str:
    return parse_qs(urlsplit(uri).query)["secret"][0]


def _code(uri: str, steps_away: int = 0) -> str:
    return totp.code(_seed(uri), time.time() + steps_away * totp.STEP_SECONDS)


class Enrolling:
    """`sekimori enrol totp` as a program runs it: what it says, and what it is told."""

    def __init__(self, terminal: TerminalHere, *options: str, language: str = "en") -> None:
        command = terminal.command("enrol", "totp", "--reason", "new colleague", *options)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "SEKIMORI_LANG": language})

    def uri(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, str, str]:
        """After the end of what it is told: exit status, the rest of stdout, stderr."""
        out, err = self._process.communicate(timeout=60)
        return self._process.returncode, out, err


class OnATerminal:
    """`sekimori enrol totp` as a person sees it."""

    def __init__(self, terminal: TerminalHere, *options: str) -> None:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.environ.update(SEKIMORI_LANG="ja", TERM="xterm-256color")
            os.system("stty rows 60 cols 120")
            command = terminal.command("enrol", "totp", "--user", _USER, "--reason", "new colleague", *options)
            os.execv(command[0], command)
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Reads on until `text` has come."""
        deadline = time.monotonic() + 60
        while text not in self.seen:
            readable, _, _ = select.select([self._terminal], [], [], deadline - time.monotonic())
            if not readable:
                raise TimeoutError(f"{text!r} did not come: {self.seen!r}")
            self.seen += os.read(self._terminal, 65536).decode("utf-8", "replace")

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def end(self) -> int:
        """Reads to the end; the exit status."""
        while True:
            try:
                more = os.read(self._terminal, 65536)
            except OSError:  # how a terminal ends
                break
            self.seen += more.decode("utf-8", "replace")
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


class Authenticators(TerminalCase):
    def setUp(self) -> None:
        super().setUp()
        self.terminal.start()

    def list(self, *options: str):
        asked = self.terminal.ask("--json", "authenticators", "list", *options)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        return json.loads(asked.stdout)["authenticators"]

    def enrol(self, user: str = _USER, *options: str) -> str:
        """Enrols; the URI."""
        enrolling = Enrolling(self.terminal, "--user", user, *options)
        uri = enrolling.uri()
        enrolling.say(_code(uri))
        status, _, err = enrolling.end()
        self.assertEqual(status, 0, err)
        return uri

    def changes(self):
        return self.terminal.records("authenticator_changed")

    def test_a_right_code_enrols_and_is_recorded(self):
        uri = self.enrol(_USER, "--label", "業務用")
        self.assertTrue(unquote(uri).startswith("otpauth://totp/Sekimori "))
        self.assertEqual(unquote(urlsplit(uri).path).rsplit(":", 1)[1], _USER)
        self.assertEqual(len(_seed(uri)), 32)
        (one,) = self.list()
        self.assertEqual((one["user"], one["method"], one["label"]), (_USER, "totp", "業務用"))
        self.assertEqual((one["enrolled"], one["revoked"], one["tries"], one["locked"]), (True, False, 0, False))
        (change,) = self.changes()
        self.assertEqual(change["change"], "AUTHENTICATOR_ENROLLED")
        self.assertEqual((change["user"]["name"], change["method"]), (_USER, "METHOD_TOTP"))
        self.assertEqual(change["reason"], "new colleague")
        self.assert_silent()

    def test_it_is_there_after_a_restart(self):
        self.enrol()
        before = self.list()
        self.terminal.stop()
        self.terminal.start()
        self.assertEqual(self.list(), before)

    def test_the_seed_stays_in_no_file(self):
        seed = _seed(self.enrol()).encode()
        self.terminal.stop()
        for file in (*self.terminal.state.iterdir(), self.terminal.output):
            self.assertNotIn(seed, file.read_bytes(), file)

    def test_json_for_programs(self):
        enrolling = Enrolling(self.terminal, "--user", _USER, "--json")
        begun = json.loads(enrolling.uri())
        self.assertEqual(begun["user"], _USER)
        enrolling.say(_code(begun["uri"]))
        status, out, err = enrolling.end()
        self.assertEqual((status, err), (0, ""))
        done = json.loads(out)
        self.assertEqual((done["enrolled"], done["user"], done["others"]), (True, _USER, 0))
        self.assertEqual([each["id"] for each in self.list()], [done["id"]])

    def test_three_wrong_codes_enrol_nothing(self):
        enrolling = Enrolling(self.terminal, "--user", _USER)
        uri = enrolling.uri()
        for _ in range(3):
            enrolling.say(_code(uri, 60))
        status, _, err = enrolling.end()
        self.assertEqual(status, 1)
        self.assertIn("all three codes were wrong", err)
        self.assertEqual((self.list(), self.changes()), ([], []))

    def test_what_is_no_code_costs_no_try(self):
        enrolling = Enrolling(self.terminal, "--user", _USER)
        uri = enrolling.uri()
        for line in ("12345", "1234567", "code", "", _code(uri, 60), _code(uri, 60)):
            enrolling.say(line)
        code = _code(uri)
        enrolling.say(f" {code[:3]} {code[3:]} ")
        status, _, err = enrolling.end()
        self.assertEqual(status, 0, err)

    def test_stopped_or_left_alone_it_enrols_nothing(self):
        for end in (signal.SIGINT, signal.SIGTERM, None):
            enrolling = Enrolling(self.terminal, "--user", _USER)
            enrolling.uri()
            if end:
                enrolling.send(end)
            status, _, err = enrolling.end()
            self.assertEqual(status, 1)
            self.assertIn("Not enrolled: stopped", err)
        self.assertEqual((self.list(), self.changes()), ([], []))

    def test_stopped_it_leaves_no_place_taken(self):
        for _ in range(20):
            enrolling = Enrolling(self.terminal, "--user", _USER)
            self.assertTrue(enrolling.uri().startswith("otpauth://"))
            self.assertEqual(enrolling.end()[0], 1)

    def test_a_file_gets_no_seed(self):
        with tempfile.TemporaryFile() as file:
            command = self.terminal.command("enrol", "totp", "--user", _USER, "--reason", "x")
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(file.seek(0, os.SEEK_END), 0)

    def test_a_name_that_nobody_has_is_told(self):
        asked = self.terminal.ask("enrol", "totp", "--user", "no-such-user", "--reason", "x")
        self.assertEqual((asked.returncode, asked.stdout), (2, ""))
        self.assertIn("no-such-user", asked.stderr)

    def test_a_person_sees_a_code_and_nothing_of_it_afterwards(self):
        person = OnATerminal(self.terminal)
        person.wait_for("Ctrl-C")
        self.assertIn("\x1b[?1049h", person.seen)
        self.assertIn("▀", person.seen)
        self.assertIn(f"利用者 {_USER} の確認コードの登録", person.seen)
        uri = re.search(r"otpauth://\S+", person.seen)[0]
        self.assertIn("関守", unquote(uri))
        person.type(_code(uri) + "\r")
        self.assertEqual(person.end(), 0)
        shown, after = person.seen.split("\x1b[H\x1b[2J\x1b[?1049l")
        self.assertIn(_seed(uri), shown)
        self.assertIn("登録しました", after)
        self.assertNotIn(_seed(uri), after)

    def test_ctrl_c_leaves_nothing_behind(self):
        person = OnATerminal(self.terminal)
        person.wait_for("Ctrl-C")
        person.type("\x03")
        self.assertEqual(person.end(), 1)
        after = person.seen.split("\x1b[H\x1b[2J\x1b[?1049l")[1]
        self.assertIn("登録していません", after)
        self.assertEqual((self.list(), self.changes()), ([], []))

    def test_another_phone_is_told_of_the_first(self):
        self.enrol()
        enrolling = Enrolling(self.terminal, "--user", _USER)
        enrolling.say(_code(enrolling.uri()))
        status, out, err = enrolling.end()
        self.assertEqual(status, 0)
        self.assertIn("has 1 more", err)
        self.assertEqual(len(self.list()), 2)

    def test_revoking_is_for_good_and_recorded(self):
        self.enrol()
        self.enrol(_OTHER)
        (one,) = self.list("--user", _USER)
        for expected in (0, 1):
            asked = self.terminal.ask("authenticators", "revoke", "--user", _USER, one["id"], "--reason", "phone lost")
            self.assertEqual(asked.returncode, expected)
        self.assertTrue(self.list("--user", _USER)[0]["revoked"])
        self.assertFalse(self.list("--user", _OTHER)[0]["revoked"])
        changes = [(change["change"], change["user"]["name"], change["reason"]) for change in self.changes()]
        self.assertEqual(changes[2:], [("AUTHENTICATOR_REVOKED", _USER, "phone lost")])

    def test_revoking_the_last_one_says_what_that_means(self):
        self.enrol()
        (one,) = self.list()
        for language in LANGUAGES:
            asked = self.terminal.ask("authenticators", "revoke", "--user", _USER, one["id"], "--reason", "lost",
                                      language=language)
            self.assertIn("sekimori enrol totp" if asked.returncode == 0 else "", asked.stderr)

    def test_where_nothing_failed_there_is_nothing_to_unlock(self):
        self.enrol()
        asked = self.terminal.ask("authenticators", "unlock", "--user", _USER, "--reason", "asked by telephone")
        self.assertEqual((asked.returncode, asked.stdout), (1, ""))
        self.assertEqual(len(self.changes()), 1)

    def test_others_than_root_are_refused(self):
        # Every command that there is about authenticators.
        commands = (("enrol", "totp", "--user", "nobody", "--reason", "x"), ("authenticators", "list"),
                    ("authenticators", "revoke", "--user", "nobody", "totp-1", "--reason", "x"),
                    ("authenticators", "unlock", "--user", "nobody", "--reason", "x"))
        for command in commands:
            asked = self.terminal.ask_as_nobody(*command)
            self.assertEqual((asked.returncode, asked.stdout), (3, ""), command)

    def test_what_is_typed_for_one_enrolment_is_not_taken_for_the_other(self):
        for command in (("enrol",), ("enrol", "--anew"), ("enrol", "--user", _USER, "--reason", "x"),
                        ("enrol", "totp", "--user", _USER, "--reason", "x", "--token-file", "t"),
                        ("enrol", "--token-file", "t", "--reason", "x")):
            asked = self.terminal.ask(*command)
            self.assertEqual(asked.returncode, 64, command)
            self.assertIn("sekimori enrol totp --user NAME", asked.stderr, command)
            self.assertIn("sekimori enrol --token-file FILE", asked.stderr, command)


class WithoutItsStore(TerminalCase):
    def test_the_agent_runs_and_says_so(self):
        self.terminal.start()
        self.terminal.stop()
        (self.terminal.state / "login.key").write_bytes(b"too short")
        self.terminal.start()
        self.assertIn("logins", self.terminal.troubles())
        asked = self.terminal.ask("enrol", "totp", "--user", _USER, "--reason", "x")
        self.assertEqual((asked.returncode, asked.stdout), (2, ""))
        self.assertEqual(self.terminal.records("authenticator_changed"), [])


if __name__ == "__main__":
    unittest.main()
