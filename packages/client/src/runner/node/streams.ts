import { Writable } from 'node:stream'

import type { Channel } from './channel.ts'

/**
 * `process.stdout` and `process.stderr` speak through the channel, so that their order is exact, also with the log.
 * Descriptors 1 and 2 stay for children and native code.
 */
export function replaceStreams(channel: Pick<Channel, 'output'>): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    const stream = Object.assign(streamTo(channel, name), { fd, isTTY: false })
    Object.defineProperty(process, name, { value: stream, configurable: true, enumerable: true })
  }
}

function streamTo(channel: Pick<Channel, 'output'>, name: 'stdout' | 'stderr'): Writable {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return new Writable({
    decodeStrings: false,
    write: (chunk: Buffer | string, encoding, done) => {
      const bytes = typeof chunk === 'string' && !/^utf-?8$/i.test(encoding) ? Buffer.from(chunk, encoding) : chunk
      channel.output(name, typeof bytes === 'string' ? bytes.toWellFormed() : decoder.decode(bytes, { stream: true }))
      done()
    },
  })
}
