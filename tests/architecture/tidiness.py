"""Size, headers, platform conditionals, unfinished words, and tests that could not fail."""
import re

import tree

LONGEST = 500
LONGEST_MAIN = 60
# Written in two halves so that this file does not find itself.
UNFINISHED = [first + second for first, second in
              (("TO", "DO"), ("FIX", "ME"), ("X", "XX"), ("not imple", "mented"), ("for n", "ow"), ("place", "holder"))]
HOLLOW = [first + second for first, second in
          (("DISA", "BLED_"), ("GTEST_", "SKIP"), ("SUCC", "EED()"), ("sleep_", "for"), ("EXPECT_TRUE(", "true)"),
           ("unittest.sk", "ip"))]
PLATFORM = re.compile(r"^\s*#\s*(?:el)?if.*\b(_WIN32|_WIN64|_MSC_VER|__MINGW\w+|__linux__|__unix__|__APPLE__)\b", re.M)


def size_faults(root):
    faults = []
    for path in tree.files(root, tree.PRODUCT + ("tests",), tree.CODE) + [p for p in _dev(root)]:
        text = (root / path).read_text()
        lines = text.count("\n")
        if lines > LONGEST and "lines because" not in "\n".join(text.split("\n")[:10]):
            faults.append(f"{path}: {lines} lines; past {LONGEST} the header says why (\"… lines because …\")")
        if re.search(r"/main_\w+\.cc$", str(path)) and lines > LONGEST_MAIN:
            faults.append(f"{path}: {lines} lines; a main has at most {LONGEST_MAIN}")
    return faults


def _dev(root):
    return [path.relative_to(root) for path in (root / "dev",) if path.exists()]


def header_faults(root):
    """Every header promises something in its first line and guards itself."""
    faults = []
    for path in tree.files(root, tree.PRODUCT, (".h",)):
        text = (root / path).read_text()
        if not text.startswith("// "):
            faults.append(f"{path}: the first line does not say what the header promises")
        if "#pragma once" not in text:
            faults.append(f"{path}: no #pragma once")
    return faults


def platform_faults(root):
    faults = []
    for path in tree.files(root, ("agent", "proto", "server")):
        for match in PLATFORM.finditer((root / path).read_text()):
            faults.append(f"{path}: {match[1]} belongs to drivers and packaging; choose a file by the build instead")
    return faults


def _words_found(root, folders, endings, words):
    faults = []
    for path in tree.files(root, folders, endings):
        text = (root / path).read_text(errors="replace")
        for word in words:
            # A whole word: a template of mkstemp is not an unfinished thought.
            end = r"(?!\w)" if word[-1].isalpha() else ""
            for match in re.finditer(rf"(?<!\w){re.escape(word)}{end}", text):
                line = text.count("\n", 0, match.start()) + 1
                faults.append(f"{path}:{line}: \"{word}\"")
    return faults


def unfinished_faults(root):
    endings = tree.CODE + (".txt", ".toml", ".proto", ".cmake", ".service", ".md")
    return _words_found(root, tree.PRODUCT + ("tests",), endings, UNFINISHED)


def hollow_faults(root):
    return _words_found(root, ("tests",), tree.CODE, HOLLOW)


def link_faults(root):
    """Links of the documentation that lead nowhere in the tree."""
    faults = []
    pages = sorted(root.glob("*.md")) + sorted((root / "docs").rglob("*.md")) + sorted((root / "tests").rglob("*.md"))
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                faults.append(f"{page.relative_to(root)}: {target} is not there")
    return faults
