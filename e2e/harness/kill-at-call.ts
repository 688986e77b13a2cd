import assert from 'node:assert/strict'
import { join } from 'node:path'

import type { FixedScenario } from './fixed-scenario.ts'
import { nothingOfKilledClients } from './left-over.ts'
import { ownMs, recover, RECOVERY_MS_MAX } from './recovery.ts'
import { type Breaking, strace } from './strace.ts'

/** What is counted until the kill; each thread counts for itself. */
export type Deadly = Pick<Breaking, 'calls' | 'paths'>

const SYNCS = 'fsync,fdatasync'

/** The server's commits. */
export function syncsOfStore(serverFolder: string): Deadly {
  return { calls: SYNCS, paths: ['octopus.db', 'octopus.db-wal'].map((name) => join(serverFolder, name)) }
}

/** Each page that the server writes, also of output. */
export function writesOfStore(serverFolder: string): Deadly {
  const names = ['octopus.db', 'octopus.db-wal', 'output.db', 'output.db-wal']
  return { calls: 'pwrite64', paths: names.map((name) => join(serverFolder, name)) }
}

function journalOf(stateFolder: string): readonly string[] {
  return ['journal', 'journal.new'].map((name) => join(stateFolder, name))
}

/** What makes starts and results of a client durable. */
export function syncsOfJournal(stateFolder: string): Deadly {
  return { calls: SYNCS, paths: journalOf(stateFolder) }
}

/** Dying at the write itself: the record is not even in the system's memory. */
export function writesOfJournal(stateFolder: string): Deadly {
  return { calls: 'write,pwrite64', paths: journalOf(stateFolder) }
}

/**
 * Plays the scenario once with a server that is killed at the k-th of these calls, also in its start, and comes back.
 * Answers whether there were so many. The server is down afterwards.
 */
export async function serverDiesAt(scenario: FixedScenario, deadly: Deadly, k: number): Promise<boolean> {
  const { octopus } = scenario
  if (octopus.server.isAlive) await octopus.server.stop()
  octopus.around = { prefix: prefixOf(deadly, k) }
  // It may be killed before it listens.
  await octopus.startAgain().catch(() => {})
  octopus.around = {}
  const doomed = octopus.server
  const wait = { isOver: false }
  const back = doomed.exited.then(async ({ code, signal }) => {
    if (wait.isOver) return
    assert.equal(signal, 'SIGKILL', `the server ended by itself (${code}):\n${doomed.lines.slice(-20).join('\n')}`)
    const recovery = await recover(octopus)
    assert.ok(ownMs(recovery) < RECOVERY_MS_MAX, `after the ${k}th call: ${JSON.stringify(recovery)}`)
  })
  await Promise.race([scenario.act(), back.then(() => new Promise<never>(() => {}))])
  const died = !doomed.isAlive
  wait.isOver = true
  if (died) await back
  await scenario.assertEnds()
  await nothingOfKilledClients(octopus)
  await octopus.server.stop()
  scenario.assertStore()
  return died
}

/** The same with a client. It loses what it was running; everything else ends as if nothing had happened. */
export async function clientDiesAt(scenario: FixedScenario, name: string, deadly: Deadly, k: number): Promise<boolean> {
  const { octopus, clientFlags } = scenario
  if (!octopus.server.isAlive) await octopus.startAgain()
  await octopus.clients.get(name)?.stop()
  // The thread pool as one thread: so that its calls are counted together.
  const around = { prefix: prefixOf(deadly, k), env: { UV_THREADPOOL_SIZE: '1' } }
  const doomed = octopus.startClient(name, undefined, clientFlags, around)
  const wait = { isOver: false }
  const back = doomed.exited.then(({ code, signal }) => {
    if (wait.isOver) return
    assert.equal(signal, 'SIGKILL', `the client ended by itself (${code}):\n${doomed.lines.slice(-20).join('\n')}`)
    octopus.startClient(name, undefined, clientFlags)
  })
  await Promise.race([octopus.presence(name, 'online'), back])
  if (!doomed.isAlive) {
    // Killed before it was there: what is for all counts it only once it is.
    await back
    await octopus.presence(name, 'online')
  }
  await Promise.race([scenario.act(), back.then(() => new Promise<never>(() => {}))])
  const died = !doomed.isAlive
  wait.isOver = true
  if (died) await back
  await scenario.assertEnds(name)
  await nothingOfKilledClients(octopus)
  await octopus.server.stop()
  scenario.assertStore()
  return died
}

function prefixOf({ calls, paths = [] }: Deadly, k: number): readonly string[] {
  return strace({ calls, how: 'signal=KILL', when: String(k), paths })
}
