"""The tree is tidy, and the checks would notice if it were not."""
import pathlib
import tempfile
import unittest

import tidiness
import tree


class TheTree(unittest.TestCase):
    def test_has_no_overlong_file_that_does_not_say_why(self):
        self.assertEqual([], tidiness.size_faults(tree.ROOT))

    def test_has_headers_that_say_what_they_promise(self):
        self.assertEqual([], tidiness.header_faults(tree.ROOT))

    def test_asks_for_the_platform_only_in_drivers_and_packaging(self):
        self.assertEqual([], tidiness.platform_faults(tree.ROOT))

    def test_has_nothing_left_unfinished(self):
        self.assertEqual([], tidiness.unfinished_faults(tree.ROOT))

    def test_has_no_test_that_skips_sleeps_or_asserts_nothing(self):
        self.assertEqual([], tidiness.hollow_faults(tree.ROOT))

    def test_has_no_link_that_leads_nowhere(self):
        self.assertEqual([], tidiness.link_faults(tree.ROOT))


class ThePlantedFault(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def plant(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def test_in_size_is_found(self):
        self.plant("agent/long.cc", "x\n" * 501)
        self.plant("agent/explained.cc", "// Longer than 500 lines because of a table.\n" + "x\n" * 501)
        self.plant("agent/main_linux.cc", "x\n" * 61)
        faults = tidiness.size_faults(self.root)
        self.assertEqual(2, len(faults), faults)
        self.assertTrue(faults[0].startswith("agent/long.cc: 501 lines"))
        self.assertTrue(faults[1].startswith("agent/main_linux.cc: 61 lines"))

    def test_in_a_header_is_found(self):
        self.plant("proto/a.h", "#pragma once\n")
        self.plant("proto/b.h", "// Promises.\n")
        self.plant("proto/c.h", "// Promises.\n#pragma once\n")
        self.assertEqual(2, len(tidiness.header_faults(self.root)))

    def test_in_a_platform_conditional_is_found(self):
        self.plant("agent/a.cc", "#ifdef _WIN32\n")
        self.plant("server/b.cc", "#if defined(__linux__)\n")
        self.plant("drivers/c.cc", "#ifdef _WIN32\n")
        self.assertEqual(2, len(tidiness.platform_faults(self.root)))

    def test_in_a_link_is_found(self):
        self.plant("docs/a.md", "[b](b.md) [c](c.md#x) [web](https://example.org/)\n")
        self.plant("docs/b.md", "[a](a.md)\n")
        self.assertEqual(["docs/a.md: c.md is not there"], tidiness.link_faults(self.root))

    def test_in_words_is_found(self):
        self.plant("agent/a.cc", "int x;  // " + tidiness.UNFINISHED[0] + " later\n")
        self.plant("tests/a_test.cc", "std::this_thread::" + "sleep_" + "for(1s);\n")
        self.assertEqual([f'agent/a.cc:1: "{tidiness.UNFINISHED[0]}"'], tidiness.unfinished_faults(self.root))
        self.assertEqual(1, len(tidiness.hollow_faults(self.root)))


if __name__ == "__main__":
    unittest.main()
