import { isoOf, isoOrNull } from '@octopus/kit/instant.ts'
import { JsonText } from '@octopus/kit/json-text.ts'
import type { Task } from '@octopus/protocol/rest/tasks.ts'

import { retryAnswer } from '#executions/retry.ts'
import { scheduleText } from '#schedules/words.ts'

import type { Missed, TaskRecord } from './task.ts'
import type { Waiting } from './waiting-for.ts'

type TaskAnswer = Omit<Task, 'args' | 'kwargs'> & { readonly args: JsonText; readonly kwargs: JsonText }

/** A task as the API shows it. */
export function taskAnswer(task: TaskRecord, waiting: readonly Waiting[]): TaskAnswer {
  return {
    id: task.id,
    name: task.name,
    plugin: task.plugin,
    action: task.action,
    args: new JsonText(task.argsJson),
    kwargs: new JsonText(task.kwargsJson),
    owner: task.owner,
    user: task.userName,
    type: task.type,
    startAt: isoOrNull(task.startAt),
    endAt: isoOrNull(task.endAt),
    intervalSeconds: task.intervalMs === null ? null : task.intervalMs / 1_000,
    cron: task.cron,
    timeZone: task.timeZone,
    scheduleText: scheduleText(task),
    timeoutSeconds: task.timeoutMs / 1_000,
    deadlineSeconds: task.deadlineMs === null ? null : task.deadlineMs / 1_000,
    onDisconnect: task.onDisconnect,
    retry: retryAnswer(task.retry),
    catchUp: task.catchUp,
    overlap: task.overlap,
    priority: task.priority,
    status: task.status,
    outcome: task.outcome,
    paused: task.pausedAt !== null,
    pausedAt: isoOrNull(task.pausedAt),
    nextRunAt: isoOrNull(task.pausedAt === null ? task.nextRunAt : null),
    missed: { count: task.missed.count, last: missedAnswer(task.missed.last) },
    waitingFor: waiting.map(({ code, text, since }) => ({ code, text, since: isoOf(since) })),
    counts: task.counts,
    lastRun: task.lastRun,
    revision: task.revision,
    createdAt: isoOf(task.createdAt),
    createdBy: task.createdBy,
    deletedAt: isoOrNull(task.deletedAt),
  }
}

function missedAnswer(missed: Missed | null): Task['missed']['last'] {
  return missed === null ? null : { ...missed, from: isoOf(missed.from), to: isoOf(missed.to) }
}
