"""The units on machines that are not all alike."""
import pathlib
import unittest

UNITS = pathlib.Path(__file__).resolve().parents[3] / "packaging/systemd"
# Directories that every system has; what a module or an administrator brings may be missing.
ALWAYS_THERE = {"/sys", "/sys/devices"}


def paths(unit, setting):
    lines = (UNITS / unit).read_text().splitlines()
    return [path for line in lines if line.startswith(f"{setting}=") for path in line.split("=", 1)[1].split()]


class Units(unittest.TestCase):
    def test_a_path_that_is_missing_does_not_keep_a_unit_from_starting(self):
        """systemd.exec(5): a path without "-" that does not exist fails the unit, again at every restart."""
        for unit in ("sekimori-agent.service", "sekimori-input.service"):
            for setting in ("ReadWritePaths", "ReadOnlyPaths"):
                named = {path for path in paths(unit, setting) if not path.startswith("-")}
                self.assertLessEqual(named, ALWAYS_THERE, f"{unit}: {setting}")


if __name__ == "__main__":
    unittest.main()
