import { homedir } from 'node:os'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { createSystemRandom } from '@octopus/kit/random.ts'

import { EXIT } from './exit-codes.ts'
import type { Sink, World } from './world.ts'

/** A terminal's width when it does not say, or says 0. */
const COLUMNS_DEFAULT = 80
/** A terminal sends Ctrl-C to everybody, and npm passes it on once more: that is one wish, not two. */
const SAME_SIGNAL_MS = 500

/** The machine as it is. */
export function nodeWorld(env: World['env']): World {
  const clock = createSystemClock()
  return {
    env,
    platform: process.platform,
    homeFolder: homedir(),
    workFolder: process.cwd(),
    out: sink(process.stdout),
    err: sink(process.stderr),
    clock,
    random: createSystemRandom(),
    fetch: globalThis.fetch,
    canAsk: process.stdin.isTTY && process.stderr.isTTY,
    ask: async (question, secret) => (await import('#account/prompt.ts')).askOnTerminal(question, secret),
    readInput: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString()
    },
    onInterrupt: (listen) => {
      let lastAt = Number.NEGATIVE_INFINITY
      const onSignal = (): void => {
        const at = clock.monotonic()
        if (at - lastAt > SAME_SIGNAL_MS) listen()
        lastAt = at
      }
      process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
      return () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    },
  }
}

function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT.nobodyReads)
}

/** Requests and WebSockets go through the proxies that the environment names, but for those to this machine. */
export async function useProxies(env: NodeJS.ProcessEnv): Promise<void> {
  if (!['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].some((name) => env[name])) return
  const { setGlobalProxyFromEnv } = await import('node:http')
  const { withThisMachine } = await import('@octopus/client/host/proxies.ts')
  setGlobalProxyFromEnv({ ...env, no_proxy: withThisMachine(env['no_proxy'] || env['NO_PROXY']) })
}

function sink(stream: NodeJS.WriteStream): Sink {
  let used = false
  return {
    write: (text) => {
      // `octopus task list | head`: when nobody reads any more, there is nothing left to do and nothing to complain of.
      if (!used) stream.on('error', (error: NodeJS.ErrnoException) => endWithReader(error))
      used = true
      stream.write(text)
    },
    isTerminal: stream.isTTY,
    columns: () => stream.columns || COLUMNS_DEFAULT,
  }
}
