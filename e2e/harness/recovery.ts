import { readdirSync, readFileSync } from 'node:fs'

import { processorMs } from './metrics.ts'
import type { Octopus } from './octopus.ts'

/** From the start of the process to its first answer, whatever it finds; what the machine kept from it does not count. */
export const RECOVERY_MS_MAX = 5_000
/** A server that has not come back by then never will. */
const READY_MS_MAX = 60_000
const LOOK_MS = 10
const NS_PER_MS = 1_000_000

/** From the start of the server's process. */
export interface Recovery {
  /** The first 200 of `/readyz`. */
  readonly readyMs: number
  /** What all threads of the server have computed until it was ready: whatever else this machine was doing. */
  readonly processorMs: number
  /** For so long it could have computed, and others did. */
  readonly waitedMs: number
}

/** Starts a server that was killed on its folder again, and measures until it is ready. */
export async function recover(octopus: Octopus): Promise<Recovery> {
  const begun = performance.now()
  const listening = octopus.startAgain()
  // Its end is told below, by what it said.
  listening.catch(() => {})
  const readyMs = await Promise.race([ready(octopus, begun), listening.then(() => new Promise<never>(() => {}))])
  const { pid } = octopus.server
  const recovery = { readyMs, processorMs: processorMs(pid), waitedMs: waitedMs(pid) }
  await listening
  return recovery
}

/**
 * How long the server took on its own account: what it did not spend in the queue for a processor, whether it computed
 * then or waited for something; and not less than it computed, since two of its threads may queue at the same time.
 */
export function ownMs({ readyMs, processorMs: computedMs, waitedMs: queued }: Recovery): number {
  return Math.max(readyMs - queued, Math.min(readyMs, computedMs))
}

async function ready(octopus: Octopus, begun: number): Promise<number> {
  while (performance.now() - begun < READY_MS_MAX) {
    const answer = await fetch(`${octopus.url}/readyz`).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return Math.round(performance.now() - begun)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  throw new Error(`not ready within ${READY_MS_MAX} ms`)
}

/**
 * For how long the process stood in the queue for a processor: its main thread, and the one of the others that stood
 * longest, since the main thread waits for the store's as it starts. 0 where the system does not tell.
 */
function waitedMs(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const others = threads.filter((thread) => thread !== String(pid)).map((thread) => queuedMs(pid, thread))
    return Math.round(queuedMs(pid, String(pid)) + Math.max(0, ...others))
  } catch {
    return 0
  }
}

/** Three numbers: computed, queued, both in nanoseconds; and how many turns it had. */
function queuedMs(pid: number, thread: string): number {
  return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[1]) / NS_PER_MS
}
