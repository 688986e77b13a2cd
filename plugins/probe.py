"""The plugin of Octopus's own tests, with a knob for everything a plugin may do. Useful for trying out a client, too.

Every start and end can be written to a ground-truth file, one JSON object per line, appended and flushed to the disk:
whatever the system believes afterwards can be compared with what really ran.
"""

import json
import os
import signal
import sys
import time


def run(
    run_for_ms=0,
    exit_code=None,
    print_bytes=0,
    ignore_signals=False,
    fail=None,
    value="done",
    ground_truth=None,
):
    """Does what the knobs say, in this order: ground truth, output, waiting, ending.

    run_for_ms: works so long, and notices when it is asked to stop, unless
    ignore_signals: then nothing but a kill ends it.
    print_bytes: so many bytes of output, in lines of 100.
    exit_code: ends the process with it, without a result.
    fail: raises an error with this text.
    value: what is returned.
    ground_truth: the file that start and end are appended to.
    """
    record(ground_truth, "start")
    if ignore_signals:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)
    write_bytes(print_bytes)
    wait_ms(run_for_ms)
    record(ground_truth, "end")
    if exit_code is not None:
        sys.stdout.flush()
        os._exit(exit_code)
    if fail is not None:
        raise RuntimeError(fail)
    return value


def record(path, event):
    """One line for what happened now, on the disk before anything else happens."""
    if path is None:
        return
    line = {
        "event": event,
        "execution": os.environ.get("OCTOPUS_EXECUTION"),
        "attempt": int(os.environ.get("OCTOPUS_ATTEMPT_NUMBER", "0")),
        "fence": int(os.environ.get("OCTOPUS_FENCE", "0")),
        "pid": os.getpid(),
        "at": int(time.time() * 1000),
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, (json.dumps(line) + "\n").encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_bytes(count):
    line = "." * 99 + "\n"
    for _ in range(count // len(line)):
        sys.stdout.write(line)
    if count % len(line):
        sys.stdout.write("." * (count % len(line) - 1) + "\n")


def wait_ms(duration_ms):
    """Waits by a clock that never steps, in short naps: a signal that is ignored must not end it early."""
    until = time.monotonic() + duration_ms / 1000.0
    while time.monotonic() < until:
        time.sleep(max(0.0, min(0.05, until - time.monotonic())))
