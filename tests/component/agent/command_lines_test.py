"""What each program answers to a command line, in the language of whoever typed it. Nothing is started."""

import os
import subprocess
import unittest

from terminal_here import LANGUAGES, PROGRAMS

_NAMES = ("sekimori", "sekimori-agent", "sekimori-collector", "sekimorictl")
# What the library around our texts says of its own.
_FOREIGN = ("Usage", "OPTIONS", "Options", "SUBCOMMAND", "Subcommands", "Positionals", "REQUIRED", "Print this help")


def _run(name: str, *arguments: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SEKIMORI_LANG": language}
    return subprocess.run([PROGRAMS.path(name), *arguments], env=environment, capture_output=True, text=True, timeout=60)


class CommandLines(unittest.TestCase):
    def test_help_is_in_one_language(self):
        questions = [(name, "--help") for name in _NAMES]
        questions += [("sekimori", "enrol", "--help"), ("sekimori", "explain", "--help"), ("sekimorictl", "events", "--help"),
                      ("sekimorictl", "policy", "apply", "--help")]
        for question in questions:
            helped = _run(*question, language="ja")
            self.assertEqual((helped.returncode, helped.stderr), (0, ""), question)
            self.assertIn("使い方: ", helped.stdout, question)
            for word in _FOREIGN:
                self.assertNotIn(word, helped.stdout, question)
            self.assertIn("Usage: ", _run(*question).stdout, question)

    def test_a_wrong_one_ends_with_64_and_names_the_program(self):
        for name in _NAMES:
            for language in LANGUAGES:
                told = _run(name, "--bogus", language=language)
                self.assertEqual((told.returncode, told.stdout), (64, ""), name)
                self.assertIn(f" {name} --help", told.stderr)

    def test_each_tells_its_version(self):
        for name in _NAMES:
            told = _run(name, "--version")
            self.assertEqual((told.returncode, told.stderr), (0, ""), name)
            self.assertRegex(told.stdout, r"^([a-z-]+ )?\d+\.\d+\.\d+\n$")
