import type { Execution } from './execution-queries.ts'

/** One step of an execution's life: when it came, and how long after the step before. */
export interface Step {
  readonly name: string
  readonly at: string
  readonly afterMs: number | undefined
}

type Times = Pick<Execution, 'dueAt' | 'queuedAt' | 'assignedAt' | 'startedAt' | 'cancelRequestedAt' | 'endedAt'>

/**
 * What has happened so far. Server and PC have different clocks, so the steps stand in the order of an execution's life
 * and not in the order of their times; only the cancel stands where it was asked.
 */
export function timeline(times: Times): readonly Step[] {
  const life: readonly (readonly [string, string | null])[] = [
    ['Due', times.dueAt],
    ['Queued', times.queuedAt],
    ['Handed to the client', times.assignedAt],
    ['Started', times.startedAt],
    ['Ended', times.endedAt],
  ]
  const happened = life.flatMap(([name, at]) => (at === null ? [] : [{ name, at }]))
  const asked = times.cancelRequestedAt
  if (asked !== null) {
    const later = happened.findIndex(({ name, at }) => name === 'Ended' || Date.parse(at) > Date.parse(asked))
    happened.splice(later === -1 ? happened.length : later, 0, { name: 'Cancel asked', at: asked })
  }
  return happened.map((step, index) => {
    const before = happened[index - 1]
    return { ...step, afterMs: before ? Math.max(0, Date.parse(step.at) - Date.parse(before.at)) : undefined }
  })
}
