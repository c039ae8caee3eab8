#!/usr/bin/python3
"""Runs the scenarios in the guest lab. The last line is "N passed, N failed"; the exit status is 0 if none failed."""

import argparse
import contextlib
import importlib
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import enrolled  # noqa: E402
import scenario  # noqa: E402
from lab import cache, image, states  # noqa: E402
from product import ProductBench  # noqa: E402
from report import show  # noqa: E402
from scenario import Bench, Scenario  # noqa: E402

MakeBench = Callable[[Path, contextlib.ExitStack], Bench]


def main() -> int:
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    chosen = choose(options)
    if options.list:
        for each in chosen:
            print(f"{each.kind:8} {each.name:50} {each.title}")
        return 0
    failed: dict[str, str] = {}  # What went wrong, by the scenario's name.
    for kind in dict.fromkeys(each.kind for each in chosen):
        try:
            make_bench = timed(f"guest for the {kind} scenarios", lambda: prepare(kind, options.deb))
        except Exception as error:  # All scenarios of the kind have failed then; those of other kinds still run.
            print(f"FAILED  no guest for the {kind} scenarios", flush=True)
            traceback.print_exc(file=sys.stdout)
            failed |= {each.name: f"no guest: {in_short(error)}" for each in chosen if each.kind == kind}
            continue
        for each in chosen:
            if each.kind == kind and (error := run(each, make_bench)):
                failed[each.name] = in_short(error)
    for name, reason in failed.items():
        print(f"FAILED  {name}: {reason}")
    print(f"{len(chosen) - len(failed)} passed, {len(failed)} failed")
    return 0 if chosen and not failed else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern", nargs="*", help="only scenarios whose name contains one of these")
    parser.add_argument("--lab-only", action="store_true", help="only the checks of the lab itself")
    parser.add_argument("--list", action="store_true", help="name the scenarios and stop")
    parser.add_argument(
        "--deb", type=Path, action="append", help="package to install in the guest (default: the agent's just built)"
    )
    return parser.parse_args()


def choose(options: argparse.Namespace) -> list[Scenario]:
    for module in sorted((HERE / "scenarios").glob("*.py")):
        importlib.import_module(f"scenarios.{module.stem}")
    kinds = (scenario.LAB,) if options.lab_only else (scenario.LAB, scenario.PRODUCT)
    return [
        each for kind in kinds for each in scenario.ALL
        if each.kind == kind and (not options.pattern or any(part in each.name for part in options.pattern))
    ]


def prepare(kind: str, packages: list[Path] | None) -> MakeBench:
    """What gives each scenario of a kind its guests."""
    guest_image = image.build()
    if kind == scenario.LAB:
        bare = states.bare(guest_image)
        return lambda folder, cleanup: Bench(bare, folder, cleanup)
    found = packages or sorted((cache.TREE / "build/packages").glob("sekimori-agent_*.deb"))
    if not found:
        sys.exit("no agent package: run ./dev package, or name one with --deb")
    terminal = enrolled.prepare(guest_image, found)
    return lambda folder, cleanup: ProductBench(terminal, folder, cleanup)


def timed(what, action):
    start = time.monotonic()
    result = action()
    print(f"ready  {time.monotonic() - start:6.1f} s  {what}", flush=True)
    return result


def in_short(error: Exception) -> str:
    """One line, for the list that ends a run."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def run(each: Scenario, make_bench: MakeBench) -> Exception | None:
    """Runs one scenario and prints its line; on failure also why, and what the guests went through, and returns it."""
    start = time.monotonic()
    with contextlib.ExitStack() as cleanup:
        folder = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="sekimori-scenario-"))
        bench = make_bench(Path(folder), cleanup)
        try:
            each.run(bench)
        except Exception as error:
            print(f"FAILED {time.monotonic() - start:6.1f} s  {each.name}: {each.title}", flush=True)
            traceback.print_exc(file=sys.stdout)
            for number, terminal in enumerate(bench.guests, start=1):
                if terminal.folder.exists():  # Else the scenario itself has shut it down.
                    show(terminal, f"guest {number} of {each.name}")
            return error
    print(f"passed {time.monotonic() - start:6.1f} s  {each.name}: {each.title}", flush=True)
    return None


if __name__ == "__main__":
    sys.exit(main())
