import { isoOf, isoOrNull } from '@octopus/kit/instant.ts'
import type { Run } from '@octopus/protocol/rest/runs.ts'

import type { RunRecord } from './run-store.ts'

/** A run as the API shows it. */
export function runAnswer(run: RunRecord): Run {
  return {
    id: run.id,
    task: { id: run.taskId, name: run.taskName, plugin: run.plugin, action: run.action },
    occurrence: run.occurrence,
    dueAt: isoOf(run.dueAt),
    cause: run.cause,
    status: run.status,
    outcome: run.outcome,
    note: run.note,
    try: run.try,
    audienceSize: run.audienceSize,
    counts: run.counts,
    cancelRequestedAt: isoOrNull(run.cancelRequestedAt),
    createdAt: isoOf(run.createdAt),
    endedAt: isoOrNull(run.endedAt),
  }
}
