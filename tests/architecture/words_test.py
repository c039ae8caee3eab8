"""Both languages say the same things, and every sentence asked for exists. The checks are checked with planted faults."""
import pathlib
import tempfile
import unittest

import tree
import words


class TheTree(unittest.TestCase):
    def test_speaks_both_languages_alike(self):
        self.assertEqual([], words.catalogue_faults(tree.ROOT))
        self.assertGreater(len(words.catalogue(tree.ROOT, "ja")), 100)

    def test_asks_for_every_key_and_only_for_keys_that_exist(self):
        self.assertEqual([], words.use_faults(tree.ROOT))

    def test_speaks_both_languages_alike_in_the_demonstration_too(self):
        self.assertEqual([], words.catalogue_faults(tree.ROOT, words.DEMONSTRATION))
        self.assertEqual([], words.demonstration_faults(tree.ROOT))

    def test_speaks_both_languages_in_the_login_module_too(self):
        self.assertEqual([], words.login_module_faults(tree.ROOT))

    def test_speaks_both_languages_alike_in_shell_too(self):
        for name, script in {"dev": "dev", "boot": "packaging/grub/boot-parameter"}.items():
            self.assertEqual([], words.shell_faults(tree.ROOT, script, name))


class ThePlantedFault(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / words.CATALOGUES).mkdir(parents=True)

    def plant(self, ja, en, code):
        for language, text in (("ja", ja), ("en", en)):
            (self.root / words.CATALOGUES / f"{language}.toml").write_text(text)
        (self.root / "proto/words/x.cc").write_text(code)

    def test_in_a_catalogue_is_found(self):
        self.plant('[a]\nb = "{x}"\nc = "c"\nd = ""\n', '[a]\nb = "{y}"\nd = "d"\ne = 1\n', "")
        self.assertEqual(["a.b: {names} differ: ['x', 'y']", "a.c: only in ja.toml", "a.e: only in en.toml",
                          "en.toml a.e: empty or not a text", "ja.toml a.d: empty or not a text"],
                         words.catalogue_faults(self.root))

    def test_in_a_use_is_found(self):
        text = '[a]\nused = "x"\nleft = "x"\n[b]\nany = "x"\n'
        self.plant(text, text, 'Say(l, "a.used"); Say(l, "a.missing", {}); Say(l, "z.q"); Say(l, "b." + n); F("a.toml");')
        self.assertEqual(["a.left: nobody asks for it",
                          'proto/words/x.cc: asks for "a.missing", which no catalogue has',
                          'proto/words/x.cc: asks for "z.q", which no catalogue has'], words.use_faults(self.root))

    def test_in_the_demonstration_is_found(self):
        folder = self.root / "tests/system/demonstration"
        folder.mkdir(parents=True)
        for language in words.LANGUAGES:
            (folder / f"words.{language}.toml").write_text(
                '[a]\nstep_title = "x"\nleft = "x"\n[b]\nany = "x"\n[trouble]\nport = "x"\nport_next = "x"\nold = "x"\n'
                '[act]\ngood = "x"\nbad = "x"\n')
        (folder / "x.py").write_text('step("a.step"); say("a.lost"); say("b." + n); Trouble("port"); Trouble("disk")\n'
                                     'ACTS = (\n    ("act", act),\n)\nsay(f"{name}.good")\n')
        self.assertEqual(["a.left: nobody asks for it", "a.lost: asked for, no catalogue has it",
                          "act.bad: nobody asks for it", "trouble.disk: asked for, no catalogue has it",
                          "trouble.old: nobody asks for it"], words.demonstration_faults(self.root))

    def test_in_the_login_module_is_found(self):
        folder = self.root / words.LOGIN_MODULE
        folder.mkdir(parents=True)
        (folder / "words.h").write_text("  kSayGood = 1,\n  kSayAlone,\n  kSayTurned,\n  kSayLong,\n  kSayLeft,\n  kSayLost,\n")
        (folder / "words.c").write_text(
            '    [kSayGood] = {"はい\u3002"\n  "どうぞ", "Yes. "\n "Go on"},\n    [kSayAlone] = {"はい"},\n'
            '    [kSayTurned] = {"Yes", "はい"},\n    [kSayLong] = {"' + "長" * 86 + '", "Long"},\n'
            '    [kSayLeft] = {"はい", "Yes"},\n    [kSayOther] = {"はい", "Yes"},\n')
        (folder / "x.c").write_text("kSayGood kSayAlone kSayTurned kSayLong kSayLost")
        self.assertEqual(["kSayAlone: not in two languages", "kSayLeft: nobody asks for it", "kSayLong: longer than 255 bytes",
                          "kSayLost: not in two languages", "kSayOther: in the table only",
                          "kSayTurned: not Japanese first and English second"], words.login_module_faults(self.root))

    def test_in_a_shell_catalogue_is_found(self):
        folder = self.root / "packaging/words"
        folder.mkdir(parents=True)
        (folder / "x.ja").write_text("a=1 %s\nb=1\nc=1\n")
        (folder / "x.en").write_text("a=1\nb=1\n")
        (self.root / "x").write_text("say a\nsay d\n")
        self.assertEqual(["a: the texts take different values", "b: nobody asks for it", "c: nobody asks for it",
                          "c: only in x.ja", "d: x asks for it, no catalogue has it"],
                         words.shell_faults(self.root, "x", "x"))


if __name__ == "__main__":
    unittest.main()
