"""The tree as the architecture checks read it: files by folder and kind, generated and built ones left out."""
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PRODUCT = ("agent", "drivers", "proto", "server", "packaging")
CODE = (".cc", ".h", ".c", ".py", ".sh", ".bash")


def files(root, folders=PRODUCT, endings=(".cc", ".h")):
    """Every file under `folders` with one of `endings`, as paths relative to `root`."""
    found = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.name.endswith(endings) and "__pycache__" not in path.parts:
                found.append(path.relative_to(root))
    return found


def includes(text):
    """(line number, "quoted" or "angled", path) of every include."""
    pattern = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
    for match in pattern.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, "angled" if match[1] == "<" else "quoted", match[2]
