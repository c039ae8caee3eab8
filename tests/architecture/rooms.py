"""Which room may include what: the table, and the check of includes and of CMake links against it."""
import re
from dataclasses import dataclass

import tree

# Headers of the standard library; whatever is neither here nor of a named library belongs to the operating system.
STANDARD = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfloat charconv chrono cinttypes climits cmath
compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring
ctime cwchar deque exception expected filesystem forward_list fstream functional future initializer_list iomanip ios
iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex new numbers numeric optional
ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack
stdexcept stop_token streambuf string string_view syncstream system_error thread tuple type_traits typeindex typeinfo
unordered_map unordered_set utility valarray variant vector version
stdbool.h stddef.h stdint.h string.h
""".split())
LIBRARIES = {
    "sqlite3.h": "sqlite",
    "openssl/": "openssl",
    "Poco/": "poco",
    "toml++/": "toml",
    "libusb": "libusb",
    "liboath/": "oath",
    "systemd/": "systemd",
    "security/": "pam",
    "CLI/": "cli11",
    "nlohmann/": "json",
    "qrencode.h": "qrencode",
    "google/protobuf/": "protobuf",
}
# What a CMake link gives, in the same names.
LINK_LIBRARIES = {
    "SQLite::SQLite3": "sqlite",
    "OpenSSL::SSL": "openssl",
    "OpenSSL::Crypto": "openssl",
    "Poco::Net": "poco",
    "Poco::Foundation": "poco",
    "tomlplusplus::tomlplusplus": "toml",
    "PkgConfig::libusb": "libusb",
    "PkgConfig::liboath": "oath",
    "PkgConfig::libsystemd": "systemd",
    "PkgConfig::libpam": "pam",
    "CLI11::CLI11": "cli11",
    "nlohmann_json::nlohmann_json": "json",
    "PkgConfig::libqrencode": "qrencode",
    "protobuf::libprotobuf": "protobuf",
}


@dataclass(frozen=True)
class Room:
    may: tuple = ()  # folders whose headers it may include, besides its own
    libraries: tuple = ()
    system: bool = False  # may speak to the operating system
    messages: bool = False  # may use the generated messages


# The longest prefix of a file's path decides its room.
ROOMS = {
    "proto": Room(),  # result.h: the standard library alone
    "proto/frame": Room(may=("proto/result.h",)),
    "proto/files": Room(may=("proto/result.h",), system=True),
    "proto/library_log": Room(libraries=("protobuf",)),
    "proto/login": Room(),
    "proto/masking": Room(may=("proto/result.h",), libraries=("protobuf",), messages=True),
    "proto/signing": Room(may=("proto/result.h", "proto/files"), libraries=("openssl",), system=True, messages=True),
    "proto/chain": Room(may=("proto/result.h", "proto/signing"), libraries=("openssl",)),
    "proto/tls": Room(may=("proto/result.h", "proto/signing", "proto/frame", "proto/files"),
                      libraries=("openssl", "poco"), system=True),
    "proto/token": Room(may=("proto/result.h", "proto/signing"), libraries=("openssl",), messages=True),
    "proto/words": Room(may=("proto/result.h",), libraries=("toml", "protobuf"), messages=True),
    "proto/console": Room(may=("proto/result.h", "proto/words"), libraries=("cli11", "json"), system=True),
    "proto/toml_text": Room(may=("proto/result.h",), libraries=("toml",)),
    "proto/policy_values": Room(),
    "proto/policy_text": Room(may=("proto/result.h", "proto/toml_text", "proto/policy_values", "proto/signing"), libraries=("toml",)),
    "agent/model": Room(may=("proto/policy_values",)),
    "agent/policy": Room(may=("agent/model", "proto/result.h")),
    "agent/ports": Room(may=("agent/model", "proto/result.h", "agent/policy")),
    "agent/core": Room(may=("agent/policy", "agent/ports", "agent/model", "proto/result.h")),
    # Logins: the conversation and what it keeps; then one way of proving something per file, each with its library.
    "agent/login": Room(may=("agent/policy", "agent/ports", "agent/model", "proto/result.h")),
    # The login socket's other side: what the module says, carried to the conversation and back, in words.
    "agent/door": Room(may=("agent/login", "agent/policy", "agent/ports", "agent/model", "proto/login", "proto/words",
                            "proto/result.h")),
    "agent/authenticators": Room(may=("agent/ports", "agent/model", "proto"), libraries=("oath",)),
    # What root enrols, revokes and unlocks.
    "agent/enrolment": Room(may=("agent/authenticators", "agent/ports", "agent/model", "proto/result.h")),
    "agent/config": Room(may=("agent/ports", "agent/policy", "agent/model", "proto"), libraries=("toml", "openssl"),
                         system=True, messages=True),
    "agent/messages": Room(may=("agent/model",), messages=True),
    # Handles and errors for the rooms that keep a database.
    "agent/sqlite": Room(may=("proto/result.h",), libraries=("sqlite",)),
    "agent/login_store": Room(may=("agent/ports", "agent/model", "agent/sqlite", "proto"),
                              libraries=("sqlite", "openssl"), system=True),
    "agent/audit_log": Room(may=("agent/ports", "agent/model", "agent/messages", "agent/sqlite", "proto"), libraries=("sqlite", "openssl", "protobuf"),
                            system=True, messages=True),
    "agent/channel": Room(may=("agent/ports", "agent/model", "agent/audit_log", "proto"),
                          libraries=("poco", "openssl", "protobuf"), system=True, messages=True),
    "agent/control": Room(may=("agent/ports", "agent/policy", "agent/model", "agent/messages", "proto"), libraries=("protobuf",),
                          system=True, messages=True),
    "agent/cli": Room(may=("agent/control", "agent/audit_log", "agent/config", "agent/policy", "agent/ports",
                           "agent/model", "proto"),
                      libraries=("cli11", "json", "protobuf", "qrencode"), system=True, messages=True),
    # The composition root and the mains: the one place that knows every room.
    "agent": Room(may=("agent", "drivers", "proto"), libraries=("poco", "systemd", "cli11"), system=True, messages=True),
    "drivers": Room(may=("agent/ports", "agent/model", "proto"), system=True),
    "drivers/portable": Room(may=("agent/ports", "agent/model", "proto"), libraries=("libusb", "openssl"), system=True),
    "drivers/linux": Room(may=("agent/ports", "agent/model", "proto", "drivers/portable", "drivers/linux/password"),
                          libraries=("systemd",), system=True),
    # A program of its own: libpam and whatever the stack loads stay out of the agent.
    "drivers/linux/password": Room(libraries=("pam",), system=True),
    # Inside other people's programs: nothing of ours but the codec, no library but PAM's.
    "drivers/linux/pam": Room(may=("proto/login", "proto/result.h"), libraries=("pam",), system=True),
    "server": Room(may=("server", "proto"), libraries=("poco", "openssl", "systemd", "cli11", "json", "toml"), system=True,
                   messages=True),
    "server/authority": Room(may=("server/store", "proto"), libraries=("openssl",), system=True, messages=True),
    "server/store": Room(may=("proto",), libraries=("sqlite", "openssl", "protobuf"), system=True, messages=True),
    "server/intake": Room(may=("server/store", "server/authority", "proto"),
                          libraries=("poco", "openssl", "protobuf"), system=True, messages=True),
    "server/ctl": Room(may=("server/store", "server/authority", "proto"),
                       libraries=("cli11", "json", "protobuf", "toml"), system=True, messages=True),
}
# Files that may include agent/agent.h.
MAINS = re.compile(r"agent/(main_\w+\.cc|agent\w*\.(h|cc))$")


def room_of(path):
    """The room a file belongs to, by the longest matching folder; None outside the table."""
    parts = str(path).split("/")
    for length in range(len(parts) - 1, 0, -1):
        folder = "/".join(parts[:length])
        if folder in ROOMS:
            return folder
    return None


def _allowed_file(room, included):
    if included.endswith(".pb.h"):
        return ROOMS[room].messages
    if included == room or room_of(included) == room:
        return True
    for folder in ROOMS[room].may:
        if included == folder or room_of(included) == folder or (included + "/").startswith(folder + "/"):
            # "agent" as composition root reaches every room; a narrower name reaches only itself.
            return True
    return False


def _library_of(included):
    for prefix, library in LIBRARIES.items():
        if included.startswith(prefix):
            return library
    return None


def _angled_fault(room, included):
    if included in STANDARD:
        return None
    library = _library_of(included)
    if library is None:
        return None if ROOMS[room].system else f"the operating system (<{included}>) is not this room's"
    return None if library in ROOMS[room].libraries else f"library {library} (<{included}>) is not this room's"


def include_faults(root):
    """Every include that its room may not make, as "file:line: why"."""
    faults = []
    for path in tree.files(root, ("agent", "drivers", "proto", "server"), (".cc", ".h", ".c")):
        room = room_of(path)
        if room is None:
            faults.append(f"{path}:1: belongs to no room of tests/architecture/rooms.py")
            continue
        for line, form, included in tree.includes((root / path).read_text()):
            if form == "angled":
                why = _angled_fault(room, included)
            elif included == "agent/agent.h" and not MAINS.match(str(path)):
                why = "only the mains include agent/agent.h"
            else:
                why = None if _allowed_file(room, included) else f'{room} may not include "{included}"'
            if why:
                faults.append(f"{path}:{line}: {why}")
    return faults


def _room_targets(root):
    """(CMakeLists path, room's folder, links) of every sekimori_room() call."""
    for path in tree.files(root, ("agent", "drivers", "proto", "server"), ("CMakeLists.txt",)):
        for call in re.finditer(r"sekimori_room\(\s*(\w+)([^)]*)\)", (root / path).read_text()):
            links = call[2].partition("LINKS")[2].split()
            folder = path.parent / call[1] if (root / path.parent / call[1]).is_dir() else path.parent
            yield path, call[1], str(folder), links


def link_faults(root):
    """Every link of a room's target that goes beyond what the room may include."""
    targets = list(_room_targets(root))
    folder_of = {f"sekimori_{name}": folder for _, name, folder, _ in targets}
    faults = []
    for path, name, folder, links in targets:
        room = folder if folder in ROOMS else room_of(folder + "/x")
        for link in links:
            if link in LINK_LIBRARIES:
                good = LINK_LIBRARIES[link] in ROOMS[room].libraries
            elif link == "sekimori_result":
                good = True
            elif link == "sekimori_messages":
                good = ROOMS[room].messages
            elif link in folder_of:
                good = folder_of[link] == folder or _allowed_file(room, folder_of[link] + "/x.h")
            else:
                good = link in ("Threads::Threads", "PUBLIC", "PRIVATE")
            if not good:
                faults.append(f"{path}: {name} may not link {link}")
    return faults
