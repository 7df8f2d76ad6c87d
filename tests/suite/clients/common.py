"""What the scripts of the clients share."""

import faulthandler
import json
import os
import threading

# Whoever waits for ever says where.
faulthandler.dump_traceback_later(240, exit=True)

# A statement that takes hours, and stops at once when it is asked to.
LONG = "select count(*) from generate_series(1, 1000000000000) where value % 7 = 3"

# A well that is there, and a statement about it with two parameters.
WELL = "Well 0001"


def until_stopped(stop, call):
    """Has a statement that takes hours stopped; returns what its call says then."""
    ended = threading.Event()

    def again():
        # What comes before the statement has begun stops nothing, so it comes again.
        while not ended.wait(1.5):
            stop()

    stopper = threading.Thread(target=again)
    stopper.start()
    try:
        return call()
    finally:
        ended.set()
        stopper.join()


def given():
    """Returns what the test gives: addresses by face, "token", "wrong", "directory", "run", "rows"."""
    return json.loads(os.environ["DATAFORGE_CLIENT"])


def tell(**what):
    """Prints what was seen, for the test to compare."""
    print(json.dumps(what))


def refused(kinds, call):
    """Returns the words of the error that a call must end with."""
    try:
        call()
    except kinds as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("it was not refused")
