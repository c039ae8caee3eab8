#!/usr/bin/python3
"""The demonstration (`./dev demo`): told step by step, then left running until Ctrl-C. --here: without a guest."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from demonstration import here, play, stage_door, story  # noqa: E402
from demonstration.screen import Screen  # noqa: E402
from demonstration.words import words_of_environment  # noqa: E402


def main() -> int:
    options = parse_arguments()

    def check(screen: Screen, cleanup: ExitStack) -> bool:
        if options.here:
            here.check()
        else:
            story.check(options.port)
        return True

    def observe(screen: Screen, cleanup: ExitStack) -> bool:
        return here.run(screen, options.port, cleanup, not options.no_wait)

    def perform(screen: Screen, cleanup: ExitStack) -> bool:
        story.clear_folder()
        stand, differences = story.run(screen, options.port, cleanup)
        story.judge(screen, differences)
        screen.good_so_far = not differences
        if not options.no_wait:
            play.until_interrupted(screen, stand, cleanup)
        return not differences

    name = "demo-here" if options.here else "demo"
    return stage_door.perform(name, check if options.check else observe if options.here else perform)


def parse_arguments() -> argparse.Namespace:
    say = words_of_environment().say
    parser = argparse.ArgumentParser(prog="./dev demo", description=say("usage.about"), add_help=False)
    parser.add_argument("-h", "--help", action="help", help=say("usage.help"))
    parser.add_argument("--no-wait", action="store_true", help=say("usage.no_wait"))
    parser.add_argument("--check", action="store_true", help=say("usage.check"))
    parser.add_argument("--port", type=int, default=0, metavar="PORT", help=say("usage.port"))
    parser.add_argument("--here", action="store_true", help=say("usage.here"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
