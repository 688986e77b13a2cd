import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import { type Clock, createSystemClock } from '@octopus/kit/clock.ts'
import { createSystemRandom, secretText } from '@octopus/kit/random.ts'
import { packToken } from '@octopus/protocol/enroll.ts'
import type { RunningServer } from '@octopus/server/compose.ts'

import { ACTOR } from './scenery.ts'

/** The PCs of the demo: two users, of whom one has two. */
const PCS = [
  { name: 'alice-desktop', user: 'alice' },
  { name: 'alice-laptop', user: 'alice' },
  { name: 'bob-desktop', user: 'bob' },
] as const

/** How long the token of a demo PC is good: it is used at once. */
const TOKEN_MS = 3_600_000
/** A client that has not ended by then is killed. */
const STOP_MS_MAX = 15_000
const clock = createSystemClock()

export interface DemoClient {
  /** Resolves with an exit code if the client ends without having been told to. */
  readonly ended: Promise<number>
  stop(): Promise<void>
}

/** Starts each PC's client as a process of its own, enrolled the first time, and waits until the server hears all of them. */
export async function startClients(
  server: RunningServer,
  dataFolder: string,
  print: (line: string) => void,
): Promise<readonly DemoClient[]> {
  const clients = await Promise.all(PCS.map((pc) => startOne(server, join(dataFolder, 'clients', pc.name), pc, print)))
  await everybodyOnline(server, clients)
  return clients
}

async function startOne(
  server: RunningServer,
  folder: string,
  pc: (typeof PCS)[number],
  print: (line: string) => void,
): Promise<DemoClient> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const flags = ['--data-folder', folder, '--client-name', pc.name, '--heartbeat-interval', '2', '--server', server.url]
  if (!existsSync(join(folder, 'identity.json'))) {
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, await makeToken(server, pc.user), { mode: 0o600 })
    flags.push('--token-file', tokenFile)
  }
  const main = join(import.meta.dirname, '..', 'octopus.ts')
  const child = spawn(process.execPath, [main, 'client', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stopping = false
  let lastWords = ''
  child.stderr.on('data', (text: Buffer) => (lastWords = `${lastWords}${text.toString()}`.slice(-2_000)))
  const exited = once(child, 'exit')
  const ended = new Promise<number>((resolve) => {
    void exited.then(() => {
      if (stopping) return
      print(`The client ${pc.name} has ended: ${lastWords.trim() || `exit code ${child.exitCode ?? child.signalCode}`}`)
      resolve(1)
    })
  })
  return {
    ended,
    stop: async () => {
      stopping = true
      await stopChild(clock, child, exited)
    },
  }
}

async function stopChild(clock: Clock, child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const patience = new AbortController()
  clock.after(STOP_MS_MAX, patience.signal).then(
    () => child.kill('SIGKILL'),
    () => {},
  )
  await exited
  patience.abort(new Error('the client has ended'))
}

async function makeToken(server: RunningServer, user: string): Promise<string> {
  const secret = secretText(createSystemRandom())
  const now = clock.wall()
  const token = { hash: sha256Hex(secret), user, approves: true, maxUses: 1, expiresAt: now + TOKEN_MS }
  await server.store.createEnrollmentToken({ now, actor: ACTOR, ...token })
  return packToken({ server: server.url, secret })
}

function everybodyOnline(server: RunningServer, clients: readonly DemoClient[]): Promise<void> {
  const { bus, presence } = server.engine
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (presence.onlineCount() < PCS.length) return
      stop()
      resolve()
    }
    const stop = bus.on('presence-changed', look)
    void Promise.race(clients.map((client) => client.ended)).then(() => {
      stop()
      reject(new Error('A client could not start; see above.'))
    })
    look()
  })
}
