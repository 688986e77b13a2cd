import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { RunId } from '@octopus/protocol/ids.ts'

import { cancelWork } from '#executions/cancel-work.ts'
import type { Cursors } from '#http/cursor.ts'
import { answerPage } from '#http/paging.ts'
import type { Handlers } from '#http/route.ts'
import { span } from '#http/span.ts'
import type { ServerBus } from '#live/facts.ts'
import type { Store } from '#store/store.ts'
import { actorOf } from '#users/access.ts'

import { retryRun } from './retry-run.ts'
import { runAnswer } from './run-answer.ts'
import type { RunRecord } from './run-store.ts'

export interface RunRouteNeeds {
  readonly store: Store
  readonly bus: ServerBus
  readonly clock: Clock
  readonly cursors: Cursors
}

export function runRoutes(needs: RunRouteNeeds): Handlers<'listRuns' | 'getRun' | 'cancelRun' | 'retryRun'> {
  const { store, cursors } = needs
  const existing = async (id: RunId): Promise<RunRecord> => {
    const run = await store.readRun({ id })
    if (!run) throw refusal('RUN_NOT_FOUND', { run: id })
    return run
  }
  return {
    listRuns: async ({ query }) => {
      const { task, status, outcome } = query
      const filter = { task, status, outcome, ...span(query) }
      const list = { name: 'listRuns', filter, query } as const
      return answerPage(cursors, list, (page) => store.listRuns({ ...page, filter }), runAnswer)
    },

    getRun: async ({ params }) => runAnswer(await existing(params.id)),

    retryRun: async ({ params, caller }) => {
      await existing(params.id)
      const made = await retryRun(needs, { run: params.id, execution: null }, actorOf(caller))
      return runAnswer(await existing(made))
    },

    cancelRun: async ({ params, caller }) => {
      const before = await existing(params.id)
      if (before.status === 'completed') {
        throw refusal('ALREADY_ENDED', { what: 'run', state: before.outcome ?? before.status })
      }
      await cancelWork(needs, { run: params.id }, actorOf(caller))
      return runAnswer(await existing(params.id))
    },
  }
}
