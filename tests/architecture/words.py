"""The message catalogues against each other and against every place that asks for a key."""
import re
import tomllib

import tree

CATALOGUES = "proto/words"
LANGUAGES = ("ja", "en")
NOT_KEYS = (".key", ".toml", ".h", ".cc", ".sock", ".db", ".service", ".proto", ".conf", ".txt", ".json", ".csv", ".pem", ".der")


def flatten(table, prefix=""):
    """Dotted key → text; anything that is not text is kept, so that the check can name it."""
    flat = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat


def catalogue(root, language, path=CATALOGUES + "/{}.toml"):
    return flatten(tomllib.loads((root / path.format(language)).read_text()))


def names_in(text):
    return set(re.findall(r"\{([^{}]*)\}", text))


def catalogue_faults(root, path=CATALOGUES + "/{}.toml"):
    """Keys or {names} that one language has and the other lacks, and texts that are empty or not text."""
    first, second = (catalogue(root, language, path) for language in LANGUAGES)
    faults = [f"{key}: only in {LANGUAGES[0]}.toml" for key in first.keys() - second.keys()]
    faults += [f"{key}: only in {LANGUAGES[1]}.toml" for key in second.keys() - first.keys()]
    for language, texts in zip(LANGUAGES, (first, second)):
        faults += [f"{language}.toml {key}: empty or not a text" for key, text in texts.items()
                   if not isinstance(text, str) or not text]
        faults += [f"{language}.toml {key}: {{{name}}} is not a name" for key, text in texts.items()
                   for name in names_in(str(text)) if not re.fullmatch(r"[a-z_]+", name)]
    for key in first.keys() & second.keys():
        if names_in(str(first[key])) != names_in(str(second[key])):
            faults.append(f"{key}: {{names}} differ: {sorted(names_in(first[key]) ^ names_in(second[key]))}")
    return sorted(faults)


def _literals(root):
    """(file, text) of every string literal in the product's code that could be a key or the beginning of one."""
    for path in tree.files(root, ("agent", "drivers", "proto", "server"), (".cc", ".h")):
        for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"', (root / path).read_text()):
            if "." in text and re.fullmatch(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*\.?", text):
                yield path, text


def use_faults(root):
    """Keys that are asked for and do not exist; keys that exist and nobody asks for."""
    keys = set(catalogue(root, LANGUAGES[0]))
    tables = {key.split(".")[0] for key in keys}
    asked, begun, faults = set(), set(), []
    for path, text in _literals(root):
        if text.endswith("."):  # the beginning of keys that the code completes: Say(language, "error." + code)
            begun.add(text)
            continue
        asked.add(text)
        if text.split(".")[0] in tables and text not in keys and not text.endswith(NOT_KEYS):
            faults.append(f"{path}: asks for \"{text}\", which no catalogue has")
    for path in tree.files(root, ("agent", "drivers", "proto", "server"), (".cc", ".h")):
        for key in re.findall(r'\bSay\(\s*[\w.>()-]+,\s*"([^"]+)"\s*[,)]', (root / path).read_text()):
            if key not in keys:
                faults.append(f"{path}: asks for \"{key}\", which no catalogue has")
    faults += [f"{prefix}*: no catalogue has a key that begins so" for prefix in begun
               if prefix.split(".")[0] in tables and not any(key.startswith(prefix) for key in keys)]
    faults += [f"{key}: nobody asks for it" for key in keys
               if key not in asked and not any(key.startswith(prefix) for prefix in begun)]
    return sorted(set(faults))


LOGIN_MODULE = "drivers/linux/pam"


def login_module_faults(root):
    """The login module's own table: each sentence in both languages, Japanese first, within its array, and asked for."""
    table = (root / LOGIN_MODULE / "words.c").read_text()
    names = re.findall(r"^  (kSay\w+)(?: = 1)?,$", (root / LOGIN_MODULE / "words.h").read_text(), re.M)
    asked = "\n".join((root / path).read_text() for path in tree.files(root, (LOGIN_MODULE,), (".c",))
                      if path.name != "words.c")
    texts, faults = {}, []
    for entry in re.finditer(r"\[(kSay\w+)\] =\s*\{(.*?)\},\n", table, re.S):
        parts = re.split(r'"\s*,\s*"', entry[2])
        texts[entry[1]] = ["".join(re.findall(r'"([^"]*)"', f'"{part.strip().strip(chr(34))}"')) for part in parts]
    for name in names:
        languages = texts.get(name, [])
        if len(languages) != 2 or not all(languages):
            faults.append(f"{name}: not in two languages")
        elif languages[0].isascii() or not languages[1].isascii():
            faults.append(f"{name}: not Japanese first and English second")
        elif any(len(text.encode()) > 255 for text in languages):
            faults.append(f"{name}: longer than 255 bytes")
        if not re.search(rf"\b{name}\b", asked):
            faults.append(f"{name}: nobody asks for it")
    faults += [f"{name}: in the table only" for name in texts.keys() - set(names)]
    return sorted(faults)


DEMONSTRATION = "tests/system/demonstration/words.{}.toml"


def demonstration_faults(root):
    """The same for the demonstration, whose keys stand in its Python code: whole, or as the beginning of several."""
    keys = catalogue(root, LANGUAGES[0], DEMONSTRATION).keys()
    tables = {key.split(".")[0] for key in keys}
    code = "\n".join((root / path).read_text() for path in tree.files(root, ("tests/system",), (".py",))
                     if "demonstration" in path.parts or path.name.startswith("demo"))
    asked = {text for text in re.findall(r'''["']([a-z_]+\.[a-z_]*)["']''', code) if text.split(".")[0] in tables}
    asked |= {"trouble." + text for text in re.findall(r'\bTrouble\(\s*"([a-z_]+)"', code)}
    # Each act has a table of its own, and the code that shows acts asks for f"{act}.good" and the like.
    acts = re.findall(r'^    \("([a-z_]+)", [a-z_]+\),$', code, re.M)
    asked |= {act + ending for act in acts for ending in re.findall(r'f"\{name\}(\.[a-z]+)"', code)}

    def answers(key, text):
        return key == text or key.startswith(text if text.endswith(".") else text + "_")

    faults = [f"{text}: asked for, no catalogue has it" for text in asked if not any(answers(key, text) for key in keys)]
    faults += [f"{key}: nobody asks for it" for key in keys if not any(answers(key, text) for text in asked)]
    return sorted(faults)


def shell_catalogue(path):
    """key → text of one of the shell scripts' catalogues (key=text, one a line)."""
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if line and not line.startswith("#"))


def shell_faults(root, script, name):
    """The same for a shell script and its catalogues packaging/words/NAME.{ja,en}."""
    first, second = (shell_catalogue(root / f"packaging/words/{name}.{language}") for language in LANGUAGES)
    text = (root / script).read_text()
    asked = set(re.findall(r"(?:^|[\s(`$;])say '?([a-z_]+)'?", text))
    faults = [f"{key}: only in {name}.{LANGUAGES[0]}" for key in first.keys() - second.keys()]
    faults += [f"{key}: only in {name}.{LANGUAGES[1]}" for key in second.keys() - first.keys()]
    faults += [f"{key}: nobody asks for it" for key in first.keys() - asked]
    faults += [f"{key}: {script} asks for it, no catalogue has it" for key in asked - first.keys()]
    faults += [f"{key}: the texts take different values" for key in first.keys() & second.keys()
               if first[key].count("%s") != second[key].count("%s")]
    return sorted(faults)
