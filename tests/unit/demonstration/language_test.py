"""The language rule is the product's (proto/words/words.h), and both catalogues fill in their values."""
import unittest

from demonstration import words


class Language(unittest.TestCase):
    def test_is_japanese_when_nothing_is_said(self):
        self.assertEqual("ja", words.language_of({}))
        self.assertEqual("ja", words.language_of({"LANG": "", "LC_ALL": ""}))

    def test_is_the_first_that_is_set(self):
        self.assertEqual("en", words.language_of({"SEKIMORI_LANG": "en", "LC_ALL": "ja_JP.UTF-8"}))
        self.assertEqual("ja", words.language_of({"SEKIMORI_LANG": "ja", "LANG": "en_US.UTF-8"}))
        self.assertEqual("en", words.language_of({"LC_ALL": "", "LC_MESSAGES": "en_GB.UTF-8", "LANG": "ja_JP.UTF-8"}))

    def test_takes_the_locale_of_no_language_for_english(self):
        for locale in ("C", "POSIX", "C.UTF-8", "en", "en_US"):
            self.assertEqual("en", words.language_of({"LANG": locale}), locale)
        for locale in ("ja_JP.UTF-8", "fr_FR.UTF-8", "Ca"):
            self.assertEqual("ja", words.language_of({"LANG": locale}), locale)

    def test_has_every_sentence_and_fills_in_its_values(self):
        for language in words.LANGUAGES:
            said = words.Words(language)
            for key, text in words.catalogue(language).items():
                filled = said.say(key, **{name: "value" for name in words.names_in(text)})
                self.assertNotIn("{", filled, key)


if __name__ == "__main__":
    unittest.main()
