"""Finds files of a folder that have not been changed for long, and removes them when told to.

A sample for maintenance. It touches plain files directly in the folder, never folders, links or anything below.
"""

import os
import stat
import time

SECONDS_OF_A_DAY = 86400


def run(folder, days=90, remove=False):
    """Lists what is older than so many days, and removes it with `remove`.

    folder: where to look; `~` is the home folder of the account that the client runs as.
    """
    place = checked(folder, days)
    old = sorted(old_files(place, time.time() - days * SECONDS_OF_A_DAY))
    for name, size in old:
        print("%s %s, %d bytes" % ("removing" if remove else "found", name, size))
        if remove:
            os.remove(os.path.join(place, name))
    return {"files": len(old), "bytes": sum(size for _, size in old), "removed": remove}


def validate(folder, days=90, remove=False):
    """Says whether `run` could look there."""
    return "would look in " + checked(folder, days)


def checked(folder, days):
    if days < 1:
        raise ValueError("days is %s: what is a day old may still be needed, so at least 1" % days)
    place = os.path.realpath(os.path.expanduser(folder))
    if not os.path.isdir(place):
        raise FileNotFoundError("%s is no folder on this PC" % folder)
    if place in (os.path.realpath(os.path.expanduser("~")), os.path.realpath(os.sep)):
        raise ValueError("%s is no folder to tidy up: name one in it" % folder)
    return place


def old_files(place, before):
    """Name and size of each plain file that was changed before that time."""
    for name in os.listdir(place):
        found = os.lstat(os.path.join(place, name))
        if stat.S_ISREG(found.st_mode) and found.st_mtime < before:
            yield name, found.st_size
