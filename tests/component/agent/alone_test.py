"""The real agent and its command line on this machine, without a collector."""

import json
import socket
import struct
import time
import unittest
from pathlib import Path

from terminal_here import INVALID_RECORD, LANGUAGES, TerminalCase, policy, with_trouble

# A Release (field 6 of ControlRequest) whose reason is no UTF-8.
_INVALID_TEXT = b"\x32\x04\x0a\x02\xff\xfe"


class Answers(TerminalCase):
    def test_it_runs_and_says_how_it_stands(self):
        self.terminal.start()
        # A machine without USB is told as such, after the first look; the agent waits for it to come.
        controllers = list(Path("/sys/bus/usb/devices").glob("usb*"))
        if not controllers:
            self.terminal.wait_status(lambda status: status["troubles"], "the word that there is no USB")
        status = self.terminal.status()
        self.assertEqual(status["mode"], "observe")
        self.assertEqual(status["policy"]["source"], "built_in")
        self.assertEqual(status["collector"]["state"], "not_enrolled")
        self.assertEqual(status["log"]["head"], len(self.terminal.records()))
        self.assertEqual("devices" in self.terminal.troubles(), not controllers)
        asked = self.terminal.ask("status")
        self.assertEqual(asked.returncode, 1 if status["troubles"] else 0)
        self.assertIn("observe", asked.stdout)
        self.assert_silent()

    def test_devices_are_those_the_status_counts(self):
        self.terminal.start()
        asked = self.terminal.ask("--json", "devices")
        self.assertEqual(asked.returncode, 0)
        self.assertEqual(len(json.loads(asked.stdout)["devices"]), self.terminal.status()["devices"])

    def test_the_log_begins_with_the_start_and_the_policy(self):
        self.terminal.start()
        shown = [json.loads(line) for line in self.terminal.ask("--json", "log", "show").stdout.splitlines()]
        self.assertEqual([record["type"] for record in shown[:2]], ["agent_started", "policy_in_force"])
        self.assertEqual([record["sequence"] for record in shown[:2]], [1, 2])
        for language in LANGUAGES:
            self.assertEqual(len(self.terminal.ask("log", "show", language=language).stdout.splitlines()), len(shown))

    def test_what_it_keeps_is_for_root_alone(self):
        self.terminal.start()
        self.assertEqual(self.terminal.state.stat().st_mode & 0o777, 0o700)
        for file in self.terminal.state.iterdir():
            self.assertEqual(file.stat().st_mode & 0o077, 0, file)

    def test_nobody_answers_once_it_has_stopped(self):
        self.terminal.start()
        self.terminal.stop()
        asked = self.terminal.ask("status")
        self.assertEqual((asked.returncode, asked.stdout), (2, ""))
        self.assertIn("systemctl status sekimori-agent", asked.stderr)


class Policies(TerminalCase):
    def test_a_good_one_comes_into_force_by_a_reload(self):
        self.terminal.start()
        self.terminal.policy_file.write_text(policy("desks", '[[rule]]', 'id = "all"', 'verdict = "deny"', 'match = "everything"'))
        self.terminal.agent.reload_and_wait()
        self.assertEqual(self.terminal.status()["policy"]["name"], "desks")
        recorded = self.terminal.records("policy_in_force")[-1]
        self.assertEqual((recorded["name"], recorded["rules"]), ("desks", 1))

    def test_a_broken_one_is_refused_by_file_and_line(self):
        self.terminal.policy_file.write_text(policy("desks"))
        self.terminal.start()
        self.terminal.policy_file.write_text(policy("broken", "[[rule]]", 'verdict = "perhaps"'))
        self.terminal.agent.reload_and_wait()
        refused = self.terminal.records("policy_refused")[-1]
        self.assertEqual((refused["error_code"], refused["where"].split(":")[0]), ("invalid", "policy.toml"))
        self.assertRegex(self.terminal.troubles()["policy"], r"^policy\.toml:[34]: ")
        self.assertEqual(self.terminal.status()["policy"]["name"], "desks", "the last good one stays")
        self.terminal.policy_file.write_text(policy("mended"))
        self.terminal.agent.reload_and_wait()
        self.assertNotIn("policy", self.terminal.troubles())

    def test_settings_that_need_a_restart_are_told(self):
        self.terminal.start()
        self.terminal.configure(f'policy-file = "{self.terminal.policy_file}"', "[log]", "keep-days = 30")
        self.terminal.agent.reload_and_wait()
        self.assertIn("restart the agent", self.terminal.troubles()["reload"])


class Endings(TerminalCase):
    def starts_unclean(self) -> bool:
        return self.terminal.records("agent_started")[-1].get("unclean_stop_before", False)

    def test_a_stop_in_good_order_is_the_last_record_and_signed(self):
        self.terminal.start()
        self.assertEqual(self.terminal.stop(), 0)
        self.assertEqual(self.terminal.records()[-1]["event"]["agent_stopping"]["reason"], "SIGTERM")
        verified = self.terminal.ask("--json", "log", "verify")
        self.assertEqual(verified.returncode, 0)
        self.assertEqual(json.loads(verified.stdout)["unsigned_tail"], 0)
        self.terminal.start()
        self.assertFalse(self.starts_unclean())
        self.assert_silent()

    def test_a_kill_is_told_by_the_next_start(self):
        self.terminal.start()
        self.terminal.agent.kill()
        self.terminal.start()
        self.assertTrue(self.starts_unclean())
        self.assertEqual(self.terminal.ask("log", "verify").returncode, 0)

    def test_a_directory_server_that_hangs_holds_up_no_stop(self):
        self.terminal.start(with_trouble("SLOW_NAMES"))
        self.assertEqual(self.terminal.stop(), 0)
        self.terminal.start()
        self.assertFalse(self.starts_unclean())

    def test_a_device_that_does_not_answer_does_not_cost_the_record_of_the_stop(self):
        self.terminal.start(with_trouble("SLOW_USB"))
        self.terminal.agent.ask_to_stop()
        self.terminal.wait_records("agent_stopping", "the record of the stop")
        self.terminal.agent.kill()
        self.terminal.start()
        self.assertFalse(self.starts_unclean())


class Beginnings(TerminalCase):
    def test_it_waits_for_no_device_where_usb_cannot_be_opened(self):
        began = time.monotonic()
        self.terminal.start(with_trouble("NO_USB"))
        # With USB it holds up the login until what is plugged in was judged, for 20 seconds at most.
        self.assertLess(time.monotonic() - began, 15.0)
        self.assertIn("libusb_init", self.terminal.troubles()["devices"])

    def test_a_second_agent_is_refused_and_the_first_goes_on(self):
        self.terminal.start()
        for language, words in {"ja": "すでに別のエージェントが動いています", "en": "Another agent is running already"}.items():
            second = self.terminal.start_in_vain(language)
            self.assertEqual(second.returncode, 1)
            self.assertIn(words, second.stderr)
            self.assertIn(str(self.terminal.run / "lock"), second.stderr)
        self.assertEqual(self.terminal.status()["mode"], "observe")
        self.assertEqual(len(self.terminal.records("agent_started")), 1)

    def test_broken_settings_are_named_by_file_and_line_in_both_languages(self):
        self.terminal.configure("[log]", "keep-days = 0")
        for language, words in {"ja": "内容に誤りがあります", "en": "agent.toml"}.items():
            started = self.terminal.start_in_vain(language)
            self.assertEqual((started.returncode, started.stdout), (1, ""))
            self.assertIn(words, started.stderr)
            self.assertRegex(started.stderr, r"agent\.toml:2: .*keep-days.*1.*36500")
        self.assertFalse(self.terminal.state.exists(), "nothing was begun")


class InvalidText(TerminalCase):
    """What is no UTF-8 is refused, and not a word of it reaches the journal or the screen."""

    def test_from_a_local_user(self):
        self.terminal.start()
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.terminal.run / "control.sock"))
            control.sendall(struct.pack(">I", len(_INVALID_TEXT)) + _INVALID_TEXT)
            answer = control.makefile("rb").read()
        self.assertIn(b"invalid", answer)
        self.assertEqual(self.terminal.stop(), 0)
        self.assert_silent()

    def test_in_a_record(self):
        self.terminal.start()
        self.terminal.stop()
        self.terminal.add_record(INVALID_RECORD)
        shown = self.terminal.ask("log", "show")
        self.assertIn("This record cannot be read.", shown.stdout)
        self.assertEqual(shown.stderr, "")


if __name__ == "__main__":
    unittest.main()
