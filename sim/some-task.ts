import { pickIndex, type Random } from '@octopus/kit/random.ts'
import { ON_DISCONNECT, type Owner, OWNERS, RETRY_ENDS } from '@octopus/protocol/work.ts'
import { NO_RETRY } from '@octopus/server/executions/retry.ts'
import type { TaskDefinition } from '@octopus/server/tasks/task.ts'

import { FOREIGN_PLUGIN } from './sim-server.ts'

/** What somebody may want: an owner, how long it takes, how often it fails, and its policies. */
export interface SomeTask {
  readonly owner: Owner
  readonly durationMs: number
  readonly failsInPercent: number
  /** It takes no hint to end: the whole kill ladder is needed. */
  readonly isStubborn: boolean
  readonly changes: Partial<TaskDefinition>
}

/** Any task at all: most are plain, some are tried again, some have a short timeout or the other way to disconnect. */
export function someTask(random: Random): SomeTask {
  const pick = <T>(from: readonly [T, ...T[]]): T => from[pickIndex(random, from.length)] ?? from[0]
  const owner = pick(OWNERS)
  const durationMs = pick([0, 20, 400, 5_000, 60_000])
  const isStubborn = random.fraction() < 0.2
  if (random.fraction() < 0.25) return { owner, durationMs, failsInPercent: 0, isStubborn, changes: {} }
  const retry = {
    maxAttempts: pick([1, 2, 3, 5]),
    backoffMs: pick([0, 1_000, 60_000]),
    on: RETRY_ENDS.filter(() => random.fraction() < 0.7),
  }
  return {
    owner,
    durationMs: random.fraction() < 0.2 ? 200_000 : durationMs,
    failsInPercent: pick([0, 30, 100]),
    isStubborn,
    changes: {
      ...(random.fraction() < 0.06 && { plugin: FOREIGN_PLUGIN }),
      retry: retry.on.length > 0 ? retry : NO_RETRY,
      onDisconnect: pick(ON_DISCONNECT),
      timeoutMs: pick([300_000, 3_000, 30_000]),
      deadlineMs: pick([900_000, 400_000, 90_000, 20_000]),
    },
  }
}

/** Safe to run twice, and for anyone: whoever vanishes with it is not waited for. */
export function safeTwice(random: Random): SomeTask {
  const retry = { maxAttempts: 3, backoffMs: 1_000, on: RETRY_ENDS }
  const changes = { retry, onDisconnect: 'stop', deadlineMs: 900_000 } as const
  return { owner: 'anyone', durationMs: 60_000, failsInPercent: 0, isStubborn: random.fraction() < 0.2, changes }
}

/** Each client has it in hand for a while. */
export function longForAll(random: Random): SomeTask {
  return { owner: 'all', durationMs: 60_000, failsInPercent: 0, isStubborn: random.fraction() < 0.2, changes: {} }
}

/** Soon or never: the server does not wait long to hear of it either. */
export function soonOrNever(): SomeTask {
  const changes = { deadlineMs: 20_000, timeoutMs: 3_000 }
  return { owner: 'all', durationMs: 20, failsInPercent: 0, isStubborn: false, changes }
}

/** Each client refuses it as soon as it hears of it. */
export function refusedByAll(): SomeTask {
  return { owner: 'all', durationMs: 20, failsInPercent: 0, isStubborn: false, changes: { plugin: FOREIGN_PLUGIN } }
}
