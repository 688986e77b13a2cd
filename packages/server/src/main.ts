import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { readGivenFile } from '@octopus/kit/given-file.ts'
import { openJsonLog } from '@octopus/kit/node-log.ts'
import { makeOwnFolder } from '@octopus/kit/own-folder.ts'

import { startServer } from './compose.ts'
import { helpText, readConfig } from './config.ts'
import { endAtOnce, STORE_REMEDY } from './end-at-once.ts'
import { explain } from './explain.ts'

/**
 * By so much the heap may grow before it is collected. V8 itself lets it become several times what lives in it, and the
 * garbage of a flood, half a core of it, then cost more memory than the hundred MB that a flood may.
 */
const HEAP_GROWING_PERCENT = 40

/** Runs the server until a signal. Answers the exit code; a second signal exits at once. */
export async function runServer(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  if (argv.includes('--help')) {
    process.stdout.write(helpText())
    return 0
  }
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`)
  const stopped = Promise.withResolvers<number>()
  let asked = false
  const onSignal = (): void => {
    if (asked) process.exit(1)
    asked = true
    stopped.resolve(0)
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  try {
    const config = readConfig({ argv, env, workFolder: process.cwd(), readText: readGivenFile })
    const {
      host,
      port,
      dataFolder,
      pluginsFolder,
      holdMs,
      notifications,
      publicUrl,
      trustedProxies,
      cacheTtlMs,
      clientBuildsFolder,
    } = config
    makeOwnFolder(dataFolder, 'DATA_FOLDER')
    using log = openJsonLog({
      clock: createSystemClock(),
      folder: join(dataFolder, 'logs'),
      name: 'server.log',
      print: (line) => void process.stdout.write(line),
    })
    const onFatal = (message: string): void => {
      log.error('the store can promise nothing any more', { message, remedy: STORE_REMEDY })
      endAtOnce()
    }
    await using server = await startServer({
      host,
      port,
      dataFolder,
      pluginsFolder,
      holdMs,
      notifications,
      publicUrl,
      trustedProxies,
      cacheTtlMs,
      clientBuildsFolder,
      log,
      onFatal,
    })
    await sayWhereToBegin(server)
    return await stopped.promise
  } catch (error) {
    return explain(error)
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal)
  }
}

/** The setup link is a secret for whoever sits here: it goes to the console, never into the log. */
async function sayWhereToBegin(server: { url: string; setupLink(): Promise<string | null> }): Promise<void> {
  const link = await server.setupLink()
  const text = link === null ? `Dashboard: ${server.url}/dashboard` : `Make the first administrator here, once: ${link}`
  process.stderr.write(`${text}\n`)
}
