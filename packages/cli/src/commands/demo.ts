import { join } from 'node:path'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { openJsonLog } from '@octopus/kit/node-log.ts'
import { makeOwnFolder } from '@octopus/kit/own-folder.ts'
import { type RunningServer, startServer } from '@octopus/server/compose.ts'
import { endAtOnce, STORE_REMEDY } from '@octopus/server/end-at-once.ts'
import { explain } from '@octopus/server/explain.ts'

import { startClients } from '#demo/clients.ts'
import { readDemoFlags } from '#demo/flags.ts'
import { tellWhatHappens } from '#demo/narrator.ts'
import { prepareTasks, prepareUsers, SAMPLES_FOLDER } from '#demo/scenery.ts'

const HELP = `octopus demo: a server, three clients and sample tasks, on this machine

  --port 8000              port of the server
  --data-folder FOLDER     where everything is kept (./demo-data); delete it to begin afresh
`

/** `octopus demo`: everything at work on one machine, until Ctrl-C. A second start finds all of it again. */
export async function run(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    process.stdout.write(HELP)
    return 0
  }
  const stop = new AbortController()
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }))
  let signals = 0
  const onSignal = (): void => {
    signals += 1
    // A terminal sends its signal to everybody, and npm passes it on once more; a person who insists comes later.
    if (signals > 3) process.exit(1)
    stop.abort(new Error('the demo was told to stop'))
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  try {
    const { port, dataFolder } = readDemoFlags(argv)
    makeOwnFolder(dataFolder, '--data-folder')
    using log = openJsonLog({
      clock: createSystemClock(),
      folder: join(dataFolder, 'server', 'logs'),
      name: 'server.log',
      print: () => {},
    })
    const options = { host: '127.0.0.1', port, dataFolder: join(dataFolder, 'server'), pluginsFolder: SAMPLES_FOLDER }
    const onFatal = (message: string): void => {
      process.stderr.write(`octopus demo: ${message}: ${STORE_REMEDY}\n`)
      endAtOnce()
    }
    await using server = await startServer({ ...options, holdMs: 120_000, cacheTtlMs: 600_000, log, onFatal })
    await prepareUsers(server)
    print('Starting three clients …')
    await using clients = await startClients({ server, dataFolder, print, signal: stop.signal })
    await Promise.race([clients.settled, stopped])
    if (!stop.signal.aborted) await show(server, dataFolder, stopped)
    print('\nStopping …')
    return 0
  } catch (error) {
    return explain(error, 'octopus demo')
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal)
  }
}

async function show(server: RunningServer, dataFolder: string, stopped: Promise<void>): Promise<void> {
  await introduce(server, dataFolder)
  using _narrator = tellWhatHappens(server, print)
  await prepareTasks(server)
  await stopped
}

async function introduce(server: RunningServer, dataFolder: string): Promise<void> {
  print(`
Octopus is at work.
  dashboard   ${await server.signInLink('demo')}
              (signs you in as "demo", once, within ten minutes; a new start prints a new link)
  API         ${server.url}/api/docs
  data        ${dataFolder} (delete it to begin afresh)
  stop        Ctrl-C
`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
