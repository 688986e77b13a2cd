"""A business-as-usual task: does its steps one after the other and says what it did.

The smallest useful shape of a plugin: two actions, `run` and `validate`, that take whatever they are given.
"""

import logging
import time

logger = logging.getLogger("octopus")

STEPS = ("collect", "check", "report")


def run(*args, **kwargs):
    """Does the task. `pause_seconds` waits between the steps, to see a task at work."""
    logger.info("started with args=%s kwargs=%s", args, kwargs)
    pause_seconds = float(kwargs.get("pause_seconds", 0))
    for step in STEPS:
        logger.info("step %s", step)
        time.sleep(pause_seconds)
    logger.info("finished")
    return "BAU task completed: %s" % ", ".join(STEPS)


def validate(*args, **kwargs):
    """Says whether `run` would accept these arguments, without doing anything."""
    problems = []
    try:
        if float(kwargs.get("pause_seconds", 0)) < 0:
            problems.append("pause_seconds must not be negative")
    except (TypeError, ValueError):
        problems.append("pause_seconds must be a number, not %r" % (kwargs["pause_seconds"],))
    if problems:
        logger.warning("validation failed: %s", "; ".join(problems))
        return {"status": "error", "message": "; ".join(problems)}
    return "Validation passed"
