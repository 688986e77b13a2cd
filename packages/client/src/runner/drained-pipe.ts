import { readSync } from 'node:fs'

import type { RawBytes, RawPipe } from './raw-pipe.ts'
import { openPipe } from './spawn.ts'

/** A read of one pipe's usual capacity. */
const READ_BYTES = 65_536
/** No pipe of an ordinary user holds more; a child that writes for ever must not be drained for ever. */
const DRAIN_BYTES_MAX = 1_048_576

/**
 * A named pipe (Linux, macOS). Whatever was written before the worker sent its result is in the pipe when the result
 * arrives: reading until the pipe is empty is exact, and costs the worker nothing. Marks in the stream, as on Windows,
 * are as exact, but cost four writes, each of which wakes the client.
 */
export function createDrainedPipe(path: string, bytes: RawBytes): RawPipe {
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  let inside = false
  let stray = 0

  const give = (chunk: Buffer): void => {
    if (inside) bytes(chunk)
    else stray += chunk.length
  }

  const drain = (): void => {
    for (let read = 0; read < DRAIN_BYTES_MAX && !readable.destroyed;) {
      const count = readWaiting(fd, buffer)
      if (count === 0) return
      give(buffer.subarray(0, count))
      read += count
    }
  }

  const { fd, readable } = openPipe(path, buffer, give)
  const closed = new Promise<void>((resolve) => readable.once('close', resolve))
  return {
    begin: () => {
      drain()
      inside = true
    },
    settle: (done) => {
      drain()
      inside = false
      done()
    },
    close: () => closed,
    strayBytes: () => stray,
  }
}

/** How many bytes were waiting; 0 at the end of the pipe too. */
function readWaiting(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer)
  } catch {
    // EAGAIN: nothing is waiting. Anything else is heard of as the pipe's end.
    return 0
  }
}
