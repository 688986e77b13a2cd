"""Creates an incident record, as a service desk would file it.

Shows named parameters with defaults, checks of what came in, and a result that is a plain dictionary.
"""

import hashlib
import logging
import socket
from datetime import datetime, timezone

logger = logging.getLogger("octopus")

PRIORITIES = ("low", "medium", "high", "critical")


def run(title="Untitled incident", description="", priority="medium", assignee=None):
    """Creates one incident and returns it.

    A priority that does not exist is answered with the status "error": the execution fails, and the dictionary is
    still shown as its result.
    """
    if priority not in PRIORITIES:
        return {"status": "error", "message": "priority must be one of %s, not %r" % (", ".join(PRIORITIES), priority)}
    created_at = datetime.now(timezone.utc)
    incident = {
        "id": incident_id(title, created_at),
        "title": title,
        "description": description,
        "priority": priority,
        "assignee": assignee,
        "host": socket.gethostname(),
        "createdAt": created_at.isoformat(timespec="seconds"),
    }
    logger.info("incident %s created: %s (%s)", incident["id"], title, priority)
    if priority == "critical":
        logger.warning("incident %s is critical: somebody should look at it now", incident["id"])
    return {"status": "success", "incident": incident}


def incident_id(title, created_at):
    """A short number that people can read out; the time makes it differ for incidents of the same title."""
    digest = hashlib.sha256(("%s %s" % (created_at.isoformat(), title)).encode("utf-8")).hexdigest()
    return "INC-" + digest[:8].upper()
