"""The screen: plain lines into a file, one moving line on a terminal, no colour where none is wanted."""
import os
import pty
import tempfile
import threading
import unittest

from demonstration import columns
from demonstration.screen import Screen
from demonstration.words import Words


def lines_in_a_file(act, language="ja", environment=None):
    with tempfile.TemporaryFile() as file:
        act(Screen(Words(language), file.fileno(), environment or {"TERM": "xterm"}))
        file.seek(0)
        return file.read().decode().splitlines()


def text_on_a_terminal(act, environment):
    """What a terminal receives; it is read while `act` writes, as a terminal does."""
    master, slave = pty.openpty()
    received = []

    def read():
        try:
            while chunk := os.read(master, 65536):
                received.append(chunk)
        except OSError:  # The other end was closed.
            pass

    reader = threading.Thread(target=read)
    reader.start()
    act(Screen(Words("en"), slave, environment))
    os.close(slave)
    reader.join(10.0)
    os.close(master)
    return b"".join(received).decode()


def everything(screen):
    screen.title("Title")
    screen.step("check.step")
    screen.result("well " * 60, seconds=12.3)
    screen.result("badly", good=False)
    screen.facts([("コレクターの記録", "長い文 " * 40), ("b", "c")])
    screen.table(("a", "b"), [("1", "とても長い文です。" * 20), ("22", "y")])


class TheScreen(unittest.TestCase):
    def test_keeps_to_the_width_in_both_languages(self):
        for language in ("ja", "en"):
            for line in lines_in_a_file(everything, language):
                self.assertLessEqual(columns.width(line), 92, line)

    def test_writes_a_file_without_any_control_character(self):
        text = "\n".join(lines_in_a_file(everything))
        self.assertNotIn("\033", text)
        self.assertNotIn("\r", text)

    def test_numbers_its_steps(self):
        def steps(screen):
            screen.step("check.step")
            screen.step("verify.step")

        numbered = [line for line in lines_in_a_file(steps, "en") if line and not line.startswith("    ")]
        self.assertEqual([" 1  Check this machine", " 2  Prove that no record was altered"], numbered)

    def test_tells_good_from_bad_without_colour(self):
        lines = lines_in_a_file(everything)
        self.assertTrue(any("✓ well" in line for line in lines))
        self.assertTrue(any("✗ badly" in line for line in lines))

    def test_is_coloured_on_a_terminal_only_where_wanted(self):
        self.assertIn("\033[31m✗", text_on_a_terminal(everything, {"TERM": "xterm"}))
        self.assertNotIn("\033[", text_on_a_terminal(everything, {"TERM": "xterm", "NO_COLOR": "1"}))
        self.assertNotIn("\033[", text_on_a_terminal(everything, {"TERM": "dumb"}))

    def test_counts_on_one_line_of_a_terminal_and_leaves_nothing_of_it(self):
        def work(screen):
            with screen.working("working on it", 10.0):
                threading.Event().wait(0.35)

        text = text_on_a_terminal(work, {"TERM": "xterm", "NO_COLOR": "1"})
        self.assertIn("working on it", text)
        self.assertNotIn("\n", text)
        self.assertTrue(text.endswith("\r\033[K"))

    def test_passes_on_what_goes_wrong_while_it_counts(self):
        def work(screen):
            with self.assertRaises(ZeroDivisionError):
                with screen.working("working on it"):
                    raise ZeroDivisionError

        self.assertEqual([], lines_in_a_file(work))


if __name__ == "__main__":
    unittest.main()
