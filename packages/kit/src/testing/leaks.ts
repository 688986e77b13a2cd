import assert from 'node:assert/strict'
import { after } from 'node:test'

/** Kinds of handles that the test runner itself opens and closes at any time. */
const NOT_OURS = new Set(['TTYWrap', 'PipeWrap', 'Immediate', 'CloseReq', 'FSReqPromise', 'MessagePort'])

/** A socket that was closed is gone some turns of the loop later; what is still there after this long stays. */
const CLOSING_MS_MAX = 2_000

/**
 * Call once at the end of a test file: after its tests no timer, socket, server or child process may be left that was
 * not there before.
 */
export function leakCheck(): void {
  const before = countHandles()
  const leftOver = (): [string, number][] =>
    [...countHandles()].filter(([kind, count]) => count > (before.get(kind) ?? 0))
  after(async () => {
    const deadline = performance.now() + CLOSING_MS_MAX
    while (leftOver().length > 0 && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(leftOver(), [], 'something that this file started still runs')
  })
}

function countHandles(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (!NOT_OURS.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}
