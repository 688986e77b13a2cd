"""Reports how this PC is: host, operating system, disk, load and memory.

Needs nothing but Python itself. What a system does not tell is null, never a guess.
"""

import os
import platform
import shutil
import socket
import sys

WARN_AT_PERCENT = 90


def run(path=None, warn_at_percent=WARN_AT_PERCENT):
    """Reports on the disk that holds `path` (the home folder unless told otherwise) and on the PC."""
    disk = disk_of(path or os.path.expanduser("~"))
    report = {
        "host": socket.gethostname(),
        "os": platform.platform(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load": load(),
        "memory": memory(),
        "disk": disk,
        "warnings": [],
    }
    if disk["usedPercent"] >= warn_at_percent:
        report["warnings"].append("%s is %.1f %% full" % (disk["path"], disk["usedPercent"]))
    for warning in report["warnings"]:
        print(warning, file=sys.stderr)
    print("%(host)s, %(os)s: %(cpus)s CPUs, disk %(used).1f %% used" % dict(report, used=disk["usedPercent"]))
    return report


def disk_of(path):
    usage = shutil.disk_usage(path)
    return {
        "path": path,
        "totalBytes": usage.total,
        "freeBytes": usage.free,
        "usedPercent": round(100.0 * usage.used / usage.total, 1) if usage.total else 0.0,
    }


def load():
    """Load averages of 1, 5 and 15 minutes; Windows has none."""
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None


def memory():
    """Total and available memory, as far as the system says it without further packages."""
    try:
        with open("/proc/meminfo") as file:
            fields = dict(line.split(":", 1) for line in file)
        total = int(fields["MemTotal"].split()[0]) * 1024
        return {"totalBytes": total, "availableBytes": int(fields["MemAvailable"].split()[0]) * 1024}
    except (OSError, KeyError, ValueError):
        pass
    try:
        return {"totalBytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), "availableBytes": None}
    except (AttributeError, OSError, ValueError):
        return None
