import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

import { UsageError } from '#command-line/usage-error.ts'

/** Asks on standard error, so that what is piped stays clean. A secret is not shown. */
export async function askOnTerminal(question: string, secret: boolean): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: secret ? nowhere : process.stderr, terminal: true })
  // Only now: from the first key on, the terminal must not show what is typed.
  process.stderr.write(question)
  try {
    return await new Promise((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => reject(new UsageError('Nothing was entered.')))
      lines.once('close', () => reject(new UsageError('Nothing was entered.')))
    })
  } finally {
    lines.removeAllListeners('close')
    lines.close()
    if (secret) process.stderr.write('\n')
  }
}
