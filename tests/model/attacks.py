"""Runs all stories: `python3 tests/model/attacks.py`. Fails on a wrong verdict."""

import importlib
import sys

from judge import Judge
from story import STORIES, World, Wrong

PARTS = "removal roles devices invites recover forks writing".split()
for part in PARTS:
    importlib.import_module("attacks_" + part)


def told(judge=Judge):
    """Every story with the world it made, and what went wrong or None."""
    for f in STORIES:
        w = World(judge)
        try:
            f(w)
            yield f.__name__, w, None
        except Wrong as e:
            yield f.__name__, w, str(e)


def main():
    wrong = 0
    for name, w, error in told():
        wrong += error is not None
        print(f"{'WRONG' if error else 'ok   '} {name.replace('_', ' ')}" + (f": {error}" if error else ""))
    print(f"{len(STORIES)} stories, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
