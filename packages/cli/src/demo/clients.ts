import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import { createSystemClock, type EpochMs } from '@octopus/kit/clock.ts'
import { makeOwnFolder } from '@octopus/kit/own-folder.ts'
import { createSystemRandom, secretText } from '@octopus/kit/random.ts'
import { packToken } from '@octopus/protocol/enroll.ts'
import type { RunningServer } from '@octopus/server/compose.ts'
import { Outage } from '@octopus/server/outage.ts'

import { stateFolderOf, storedClient } from './client-folder.ts'
import { lastTrouble } from './last-trouble.ts'
import { ACTOR } from './scenery.ts'

/** The PCs of the demo: two users, of whom one has two. */
const PCS = [
  { name: 'alice-desktop', user: 'alice' },
  { name: 'alice-laptop', user: 'alice' },
  { name: 'bob-desktop', user: 'bob' },
] as const
type Pc = (typeof PCS)[number]

/** How long the token of a demo PC is good: it is used at once. */
const TOKEN_MS = 3_600_000
/** A PC that is not there by then is waited for no longer: three processes start, on a PC that may be slow and busy. */
const START_MS_MAX = 60_000
/** A client that has not ended by then is killed. */
const STOP_MS_MAX = 15_000
/** How a client ends that the server has revoked. */
const REVOKED_EXIT_CODE = 3
const clock = createSystemClock()

export interface ClientsNeeds {
  readonly server: RunningServer
  /** Of the demo; each PC has its own in it. */
  readonly dataFolder: string
  readonly print: (line: string) => void
  /** The demo is told to stop; a terminal tells the clients too, so that from then on it is no news that one ends. */
  readonly signal: AbortSignal
}

/** The clients at work. A client that ends by itself is told of, and the demo goes on; disposing ends all of them. */
export interface DemoClients extends AsyncDisposable {
  /** Resolves when each is connected, or will not be: then it was said why. Rejects if none could start at all. */
  readonly settled: Promise<void>
}

interface DemoClient {
  readonly pc: Pc
  readonly folder: string
  readonly startedAt: EpochMs
  /** Resolves when it ends, whoever wanted it. */
  readonly ended: Promise<unknown>
  stop(): Promise<void>
}

/** Starts each PC's client as a process of its own. Whatever fails, none of them stays. */
export async function startClients(needs: ClientsNeeds): Promise<DemoClients> {
  const started: DemoClient[] = []
  const patience = new AbortController()
  await using parts = new AsyncDisposableStack()
  parts.defer(async () => void (await Promise.all(started.map((client) => client.stop()))))
  parts.defer(() => patience.abort(new Error('the clients are stopped')))
  makeOwnFolder(join(needs.dataFolder, 'clients'), '--data-folder')
  for (const pc of PCS) started.push(await startOne(needs, pc))
  const owned = parts.move()
  return { settled: settle(needs, started, patience.signal), [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function startOne(needs: ClientsNeeds, pc: Pc): Promise<DemoClient> {
  const { server, print, signal } = needs
  const { folder, isEnrolled, isAnother } = await stateFolderOf(
    server.store,
    join(needs.dataFolder, 'clients', pc.name),
  )
  const flags = ['--data-folder', folder, '--client-name', pc.name, '--heartbeat-interval', '2', '--server', server.url]
  if (!isEnrolled) {
    if (isAnother) print(`The server has ${pc.name} no more, deleted or revoked: it is enrolled anew.`)
    const tokenFile = `${folder}.token`
    await writeFile(tokenFile, await makeToken(server, pc.user), { mode: 0o600 })
    flags.push('--token-file', tokenFile)
  }
  const startedAt = clock.wall()
  const main = join(import.meta.dirname, '..', 'octopus.ts')
  const child = spawn(process.execPath, [main, 'client', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stopping = false
  let lastWords = ''
  child.stderr.on('data', (text: Buffer) => (lastWords = `${lastWords}${text.toString()}`.slice(-2_000)))
  const ended = once(child, 'close').then(() => {
    if (!stopping && !signal.aborted) print(`The client ${pc.name} has ended: ${whyEnded(child, lastWords)}`)
  })
  const stop = async (): Promise<void> => {
    stopping = true
    await stopChild(child, ended)
  }
  return { pc, folder, startedAt, ended, stop }
}

function whyEnded({ exitCode, signalCode }: ChildProcess, lastWords: string): string {
  if (exitCode === REVOKED_EXIT_CODE) return 'the server has revoked it. The next start of the demo enrols it anew.'
  return lastWords.trim().replace(/^octopus client: /, '') || `exit code ${exitCode ?? signalCode}`
}

async function stopChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  const patience = new AbortController()
  clock.after(STOP_MS_MAX, patience.signal).then(
    () => child.kill('SIGKILL'),
    () => {},
  )
  await ended
  patience.abort(new Error('the client has ended'))
}

async function makeToken(server: RunningServer, user: string): Promise<string> {
  const secret = secretText(createSystemRandom())
  const now = clock.wall()
  const token = { hash: sha256Hex(secret), user, approves: true, maxUses: 1, expiresAt: now + TOKEN_MS }
  await server.store.createEnrollmentToken({ now, actor: ACTOR, ...token })
  return packToken({ server: server.url, secret })
}

async function settle(needs: ClientsNeeds, clients: readonly DemoClient[], stopped: AbortSignal): Promise<void> {
  const ends = await Promise.all(
    clients.map(async (client) => {
      const enough = new AbortController()
      const either = AbortSignal.any([enough.signal, stopped])
      const end = await Promise.race([
        online(needs.server, client, either).then(() => 'online' as const),
        client.ended.then(() => 'ended' as const),
        clock.after(START_MS_MAX, either).then(
          () => 'late' as const,
          () => 'stopped' as const,
        ),
      ])
      enough.abort(new Error('waited enough'))
      if (end === 'late') needs.print(await whyLate(client))
      return end
    }),
  )
  // Each has said why.
  if (ends.every((end) => end === 'ended') && !needs.signal.aborted)
    throw new Outage('No client could start; see above.')
}

async function whyLate({ pc, folder, startedAt }: DemoClient): Promise<string> {
  const why = (await lastTrouble(join(folder, 'logs', 'client.log'), startedAt)) ?? 'it says nothing of why'
  return `The client ${pc.name} is not connected after ${START_MS_MAX / 1_000} s, the demo begins without it: ${why}`
}

/** Resolves when the server hears this client. Which one it is stands in its folder once it is enrolled. */
function online({ engine }: RunningServer, { folder }: DemoClient, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = async (): Promise<void> => {
    const client = await storedClient(folder)
    if (client !== undefined && engine.presence.isOnline(client)) resolve()
  }
  const stop = engine.bus.on('presence-changed', () => void look())
  signal.addEventListener('abort', stop, { once: true })
  void look()
  return promise
}
