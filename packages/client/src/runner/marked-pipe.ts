import type { Readable } from 'node:stream'

import type { RawBytes, RawPipe } from './raw-pipe.ts'

/**
 * A pipe that can only be read as its bytes come (Windows): the worker writes a mark before and after each execution
 * into the same pipe as everything else, so that their order is exact however late it is read. The nonce is new for
 * each execution: nothing left over from an earlier one can imitate it.
 */
export function createMarkedPipe(readable: Readable, bytes: RawBytes): RawPipe {
  const closed = new Promise<void>((resolve) => readable.once('close', resolve))
  let held: Buffer = Buffer.alloc(0)
  let nonce: string | undefined
  let inside = false
  let stray = 0
  let settled: (() => void) | undefined

  const give = (chunk: Buffer): void => {
    if (chunk.length === 0) return
    if (inside) bytes(chunk)
    else stray += chunk.length
  }

  const passMark = (): void => {
    inside = !inside
    if (inside) return
    nonce = undefined
    const done = settled
    settled = undefined
    done?.()
  }

  const feed = (chunk: Buffer): void => {
    let rest = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    held = Buffer.alloc(0)
    while (rest.length > 0) {
      const mark = nonce === undefined ? undefined : markOf(nonce, inside ? '-' : '+')
      const at = mark === undefined ? -1 : rest.indexOf(mark)
      if (mark === undefined || at === -1) {
        const keep = mark === undefined ? 0 : beginningOf(mark, rest)
        give(rest.subarray(0, rest.length - keep))
        held = Buffer.from(rest.subarray(rest.length - keep))
        return
      }
      give(rest.subarray(0, at))
      rest = rest.subarray(at + mark.length)
      passMark()
    }
  }

  readable.on('data', feed)
  return {
    begin: (next) => {
      nonce = next
      inside = false
    },
    settle: (done) => {
      if (nonce === undefined) done()
      else settled = done
    },
    close: async () => {
      await closed
      give(held)
      held = Buffer.alloc(0)
    },
    strayBytes: () => stray,
  }
}

/** As the Python runner writes it. */
export function markOf(nonce: string, sign: '+' | '-'): Buffer {
  return Buffer.from(`\0octopus:${nonce}${sign}\0`)
}

/** How many bytes at the end may be the beginning of the mark. */
function beginningOf(mark: Buffer, bytes: Buffer): number {
  for (let length = Math.min(mark.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(mark.subarray(0, length))) return length
  }
  return 0
}
