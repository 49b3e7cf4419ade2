"""A process of the shop that reads its death in a file: at the nth writing commit from now on, before or after it.

Python imports this module by its name wherever the folder stands on the path; nothing in the product knows of it. The
file named by KILL_ORDERS holds ``before 7`` or ``after 7`` and is counted down by whichever process commits.
"""

import fcntl
import os
import signal
from pathlib import Path

ORDERS = os.environ.get("KILL_ORDERS", "")


def falls():
    """Where this commit kills, or an empty text."""
    try:
        with Path(ORDERS).open("r+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            place, _, left = file.read().partition(" ")
            if not left:
                return ""
            file.seek(0)
            file.truncate()
            if int(left) > 1:
                file.write(f"{place} {int(left) - 1}")
                return ""
            return place
    except FileNotFoundError:
        return ""


def on_commit(connection):
    """As kill -9 would: nothing of the process is left, and nobody is told."""
    if connection.get_execution_options().get("read_only"):
        return
    place = falls()
    if place == "after":
        raw = connection.connection.driver_connection
        if connection.dialect.name == "postgresql":
            raw.commit()
        else:
            raw.execute("COMMIT")
    if place:
        os.kill(os.getpid(), signal.SIGKILL)


if ORDERS:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    event.listen(Engine, "commit", on_commit)
