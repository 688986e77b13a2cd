import type { Execution } from './execution-queries.ts'

/** One step of an execution's life: when it came, and how long after the step before. */
export interface Step {
  readonly name: string
  readonly at: string
  readonly afterMs: number | undefined
}

type Times = Pick<Execution, 'dueAt' | 'queuedAt' | 'assignedAt' | 'startedAt' | 'cancelRequestedAt' | 'endedAt'>

/** What has happened so far, in the order in which it happened. */
export function timeline(times: Times): readonly Step[] {
  const moments: readonly (readonly [string, string | null])[] = [
    ['Due', times.dueAt],
    ['Queued', times.queuedAt],
    ['Handed to the client', times.assignedAt],
    ['Started', times.startedAt],
    ['Cancel asked', times.cancelRequestedAt],
    ['Ended', times.endedAt],
  ]
  const happened = moments.flatMap(([name, at]) => (at === null ? [] : [{ name, at }]))
  happened.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return happened.map((step, index) => {
    const before = happened[index - 1]
    return { ...step, afterMs: before ? Date.parse(step.at) - Date.parse(before.at) : undefined }
  })
}
