/**
 * Prints numbered lines, so that a gap or a double in its output can be seen, and writes the ground truth as `probe` does.
 * `ballast` is what makes its arguments large; `answer_bytes`, what makes its result large.
 */
export const COUNTER_SOURCE = `import json, os, time

def run(lines=0, pause_ms=0, ground_truth=None, ballast="", answer_bytes=0):
    record(ground_truth, "start")
    for n in range(lines):
        print("%09d" % n)
        if pause_ms:
            time.sleep(pause_ms / 1000.0)
    record(ground_truth, "end")
    return "x" * answer_bytes

def record(path, event):
    line = {"event": event, "execution": os.environ["OCTOPUS_EXECUTION"], "pid": os.getpid(), "at": int(time.time() * 1000),
            "attempt": int(os.environ["OCTOPUS_ATTEMPT_NUMBER"]), "fence": int(os.environ["OCTOPUS_FENCE"])}
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, (json.dumps(line) + "\\n").encode("ascii"))
    os.fsync(descriptor)
    os.close(descriptor)
`

/** Bytes of one line. */
export const COUNTER_LINE_BYTES = 10

/** What it prints. */
export function counted(lines: number): string {
  return Array.from({ length: lines }, (_, n) => `${String(n).padStart(9, '0')}\n`).join('')
}
