"""What the demonstration says, in Japanese or English. Catalogues: words.ja.toml, words.en.toml, the same keys in both.

The language is chosen as the product chooses it (proto/words/words.h).
"""

import os
import string
import tomllib
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
LANGUAGES = ("ja", "en")


def language_of(environment: Mapping[str, str]) -> str:
    """From the first of these that is set and not empty; Japanese when none is."""
    for name in ("SEKIMORI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if locale := environment.get(name):
            english = locale.startswith("en") or locale.split(".")[0] in ("C", "POSIX")
            return "en" if english else "ja"
    return "ja"


def catalogue(language: str) -> dict[str, str]:
    """Dotted key → text."""
    tables = tomllib.loads((HERE / f"words.{language}.toml").read_text(encoding="utf-8"))
    return {f"{table}.{key}": text for table, texts in tables.items() for key, text in texts.items()}


def names_in(text: str) -> set[str]:
    """The {names} a text wants values for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


class Words:
    """One language's sentences."""

    def __init__(self, language: str):
        self.language = language
        self._texts = catalogue(language)

    def say(self, key: str, **values: object) -> str:
        """The text under the key, with its {names} filled in."""
        return self._texts[key].format(**values)


def words_of_environment() -> Words:
    return Words(language_of(os.environ))
