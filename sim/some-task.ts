import { pickIndex, type Random } from '@octopus/kit/random.ts'
import { ON_DISCONNECT, type Owner, OWNERS, RETRY_ENDS } from '@octopus/protocol/work.ts'
import { NO_RETRY } from '@octopus/server/executions/retry.ts'
import type { TaskDefinition } from '@octopus/server/tasks/task.ts'

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
  if (random.fraction() < 0.4) return { owner, durationMs, failsInPercent: 0, isStubborn, changes: {} }
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
      retry: retry.on.length > 0 ? retry : NO_RETRY,
      onDisconnect: pick(ON_DISCONNECT),
      timeoutMs: pick([300_000, 3_000, 30_000]),
      deadlineMs: pick([400_000, 90_000]),
    },
  }
}
