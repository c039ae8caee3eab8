"""The whole road on this machine: the real agent, collector and command lines of this build, over the loopback."""

import socket
import sqlite3
import ssl
import struct
import tempfile
import unittest
from pathlib import Path

from collector import LOOPBACK, Collector, Event
from terminal_here import INVALID_RECORD, PROGRAMS, TerminalCase, policy

# A FromTerminal that asks for enrolment with a host name that is no UTF-8.
_INVALID_ENROLMENT = b"\x1a\x04\x2a\x02\xff\xfe"


class Road(TerminalCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="sekimori-site-")
        self.addCleanup(folder.cleanup)
        self.collector = Collector(Path(folder.name) / "site", programs=PROGRAMS)
        self.addCleanup(self.collector.stop)

    def token(self) -> str:
        return self.collector.token(host=LOOPBACK)

    def enrol(self) -> None:
        """Starts both, the token being there already."""
        self.collector.start()
        self.terminal.put_token(self.token())
        self.terminal.start()
        self.wait_enrolled()

    def wait_enrolled(self) -> None:
        """Returns when the terminal's own record of it has arrived."""
        def accept(event: Event) -> bool:
            return event["type"] == "enrolled" and event["terminal"] in (row["id"] for row in self.collector.terminals())
        self.collector.wait_event(accept, "the terminal's record of its enrolment")

    def assert_whole(self) -> None:
        """Both ends have the same records, and nothing is wrong with them."""
        self.assertEqual(self.terminal.ask("log", "verify").returncode, 0)
        self.assertTrue(self.collector.verified()["good"])
        (terminal,) = self.collector.terminals()
        arrived = [event for event in self.collector.events() if event["terminal"] == terminal["id"]]
        kept = self.terminal.records()
        self.assertEqual([event["event"] for event in arrived], [record["event"] for record in kept])
        self.assertEqual([event["hash"] for event in arrived], [record["hash"] for record in kept])

    def test_a_token_beside_the_settings_enrols_and_every_record_arrives(self):
        self.enrol()
        self.terminal.wait_status(lambda status: status["collector"]["state"] == "connected", "the connection")
        self.assertFalse(self.terminal.token_file.exists(), "a used token is taken away")
        self.assertEqual(self.terminal.status()["collector"]["address"], f"{LOOPBACK}:{self.collector.port}")
        self.terminal.stop()
        stopped = self.collector.wait_event(lambda event: event["type"] == "agent_stopping", "the stop")
        self.assertEqual(stopped["event"]["agent_stopping"]["reason"], "SIGTERM")
        self.assert_whole()
        self.assert_silent()

    def test_a_token_put_later_is_taken_up_by_a_reload(self):
        self.collector.start()
        self.terminal.start()
        self.terminal.put_token(self.token())
        self.terminal.agent.reload_and_wait()
        self.wait_enrolled()

    def test_a_refused_token_stays_and_is_told(self):
        self.collector.start()
        token = self.token()
        self.collector.check("token", "revoke", self.collector.check("--json", "token", "list").json[0]["id"])
        self.terminal.put_token(token)
        self.terminal.start()
        self.terminal.wait_status(
            lambda status: "enrolment" in {trouble["what"] for trouble in status["troubles"]}, "the trouble")
        self.assertTrue(self.terminal.token_file.exists())

    def test_a_policy_of_the_collector_comes_into_force(self):
        self.enrol()
        version = self.collector.apply_policy(policy("from the collector"))
        told = self.collector.wait_event(
            lambda event: event["type"] == "policy_in_force"
            and event["event"]["policy_in_force"]["source"] == "POLICY_SOURCE_COLLECTOR",
            "the record of the policy",
        )
        self.assertEqual(int(told["event"]["policy_in_force"]["version"]), version)
        in_force = self.terminal.status()["policy"]
        self.assertEqual((in_force["source"], in_force["version"]), ("collector", version))
        self.terminal.stop()
        self.terminal.start()
        self.assertEqual(self.terminal.status()["policy"]["name"], "from the collector", "it is kept")

    def test_records_of_an_outage_arrive_afterwards(self):
        self.enrol()
        self.collector.stop()
        self.terminal.policy_file.write_text(policy("meanwhile"))
        self.terminal.agent.reload_and_wait()
        self.collector.start()
        self.collector.wait_event(
            lambda event: event["event"].get("policy_in_force", {}).get("name") == "meanwhile", "the record", timeout=60)
        self.terminal.stop()
        self.collector.wait_event(lambda event: event["type"] == "agent_stopping", "the stop")
        self.assert_whole()

    def test_a_stranger_s_invalid_text_is_refused_without_a_word_in_the_journal(self):
        self.collector.start()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection((LOOPBACK, self.collector.port)) as plain, context.wrap_socket(plain) as stranger:
            stranger.sendall(struct.pack(">I", len(_INVALID_ENROLMENT)) + _INVALID_ENROLMENT)
            while stranger.recv(4096):
                pass
        self.collector.stop()
        self.assertNotIn("protobuf", self.collector.log.read_text(encoding="utf-8"))

    def test_invalid_text_in_a_stored_record_is_shown_without_a_word_from_the_library(self):
        (database_file,) = self.collector.data.glob("*.db")
        with sqlite3.connect(database_file) as database:
            database.execute("UPDATE records SET payload = ?", (INVALID_RECORD,))
        database.close()
        shown = self.collector.check("events", "--format", "json")
        self.assertGreaterEqual(len(shown.output.splitlines()), 1)
        self.assertNotIn("protobuf", shown.errors)


if __name__ == "__main__":
    unittest.main()
