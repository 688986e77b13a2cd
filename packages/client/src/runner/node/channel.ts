import { writeSync } from 'node:fs'

import type { Stream } from '@octopus/protocol/work.ts'

import type { RunnerMessage } from '#runner/messages.ts'
import { cutUtf8 } from '#runner/utf8.ts'

/** Descriptor of the channel to the client. */
export const CHANNEL = 3
/** One message of output carries so many characters at most. */
const OUTPUT_CHARACTERS_MAX = 16_384
/** Output beyond the limit is only counted; the count is told each time so many bytes have come together. */
const SKIPPED_BYTES_TOLD = 1_048_576

/** What a process says to the client: whole messages, one after the other, written before the call returns. */
export interface Channel {
  send(message: RunnerMessage): void
  output(stream: Stream, text: string): void
  /** An execution begins, of whose output so many bytes are kept. */
  begin(outputMax: number): void
  /** Ends it: what comes now belongs to nobody. Answers how many bytes were not kept and not told yet. */
  finish(): number
}

export function createChannel(): Channel {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  let room = 0
  let skipped = 0
  let inside = false

  function send(message: RunnerMessage): void {
    let rest = Buffer.from(`${JSON.stringify(message)}\n`)
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(CHANNEL, rest))
      } catch (error) {
        // Full: the client has to read first. Anything else: it is gone, and so must we be.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return process.kill(process.pid, 'SIGKILL') && undefined
        Atomics.wait(pause, 0, 0, 1)
      }
    }
  }

  return {
    send,
    output: (stream, text) => {
      if (!inside || text === '') return
      const bytes = Buffer.byteLength(text)
      let kept = text
      if (bytes > room) {
        kept = cutUtf8(Buffer.from(text), room).toString()
        skipped += bytes - Buffer.byteLength(kept)
        room = 0
      } else room -= bytes
      for (let at = 0; at < kept.length; at += OUTPUT_CHARACTERS_MAX)
        send({ type: 'output', stream, text: kept.slice(at, at + OUTPUT_CHARACTERS_MAX) })
      if (skipped < SKIPPED_BYTES_TOLD) return
      send({ type: 'skipped', bytes: skipped })
      skipped = 0
    },
    begin: (outputMax) => {
      room = outputMax
      skipped = 0
      inside = true
    },
    finish: () => {
      inside = false
      return skipped
    },
  }
}
