import { present } from '@octopus/kit/assert.ts'
import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { isoOf } from '@octopus/kit/instant.ts'
import { invalidRequest, refusal } from '@octopus/protocol/errors.ts'
import type { ClientId, ExecutionId } from '@octopus/protocol/ids.ts'
import { OUTPUT_BYTES_MAX } from '@octopus/protocol/limits.ts'

import type { BrakeLever } from '#delivery/brake.ts'
import type { Presence } from '#delivery/door.ts'
import type { Cursors } from '#http/cursor.ts'
import { answerPage } from '#http/paging.ts'
import { Download, type Handlers } from '#http/route.ts'
import { span } from '#http/span.ts'
import type { ServerBus } from '#live/facts.ts'
import { readSound } from '#results/sound-output.ts'
import { retryRun } from '#runs/retry-run.ts'
import { runAnswer } from '#runs/run-answer.ts'
import type { Store } from '#store/store.ts'
import { actorOf } from '#users/access.ts'

import { cancelWork } from './cancel-work.ts'
import { executionAnswer, executionItem, isOutputComplete } from './execution-answer.ts'
import type { ExecutionDetail, ExecutionRecord } from './execution-store.ts'
import { isFinal } from './execution.ts'
import { byWallClock } from './wall-times.ts'

export interface ExecutionRouteNeeds {
  readonly store: Store
  readonly bus: ServerBus
  readonly clock: Clock
  readonly cursors: Cursors
  readonly presence: Presence
  readonly steady: () => EpochMs
  readonly brake: Pick<BrakeLever, 'isOn'>
}

/** One page of output: what a screen shows and a network carries at once. */
const OUTPUT_PAGE_BYTES = 262_144

export function executionRoutes(
  needs: ExecutionRouteNeeds,
): Handlers<'listExecutions' | 'getExecution' | 'cancelExecution' | 'retryExecution' | 'getOutput'> {
  const { store, clock, cursors, presence, steady, brake } = needs
  const aheadMs = (): Ms => steady() - clock.wall()
  const existing = async (id: ExecutionId): Promise<ExecutionDetail> => {
    const execution = await store.readExecution({ id })
    if (!execution) throw refusal('EXECUTION_NOT_FOUND', { execution: id })
    return execution
  }
  const answer = async (id: ExecutionId): Promise<ReturnType<typeof executionAnswer>> => {
    const execution = await existing(id)
    const output = await readSound(store, { execution: id, from: Number.MAX_SAFE_INTEGER, limitBytes: 0 })
    return executionAnswer(byWallClock(execution, aheadMs()), {
      progress: presence.progressOf(id),
      outputBytes: output.storedBytes,
      now: clock.wall(),
      braked: brake.isOn(),
    })
  }
  return {
    listExecutions: async ({ query }) => {
      const { task, run, user, state, digest } = query
      if (digest !== undefined && run === undefined) {
        throw invalidRequest('query', [{ field: 'run', message: 'is missing: digest says which results of a run' }])
      }
      const filter = { task, run, user, state, digest, client: query.client as ClientId | undefined, ...span(query) }
      const list = { name: 'listExecutions', filter, query } as const
      const item = (execution: ExecutionRecord): ReturnType<typeof executionItem> =>
        executionItem(byWallClock(execution, aheadMs()))
      return answerPage(cursors, list, (page) => store.listExecutions({ ...page, filter }), item)
    },

    getExecution: async ({ params }) => answer(params.id),

    cancelExecution: async ({ params, caller }) => {
      const { state } = await existing(params.id)
      if (isFinal(state)) throw refusal('ALREADY_ENDED', { what: 'execution', state })
      await cancelWork(needs, { execution: params.id }, actorOf(caller))
      return answer(params.id)
    },

    retryExecution: async ({ params, caller }) => {
      const { runId, state } = await existing(params.id)
      if (!isFinal(state)) throw refusal('NOT_ENDED', { what: 'execution', state })
      const made = await retryRun(needs, { run: runId, execution: params.id }, actorOf(caller))
      return runAnswer(present(await store.readRun({ id: made }), 'the run just made'))
    },
    getOutput: async ({ params, query }) => {
      const execution = await existing(params.id)
      if (query.raw === '1') return wholeOutput(store, params.id)
      const from = query.from ?? 0
      const { attempt, chunks, storedBytes } = await store.readOutput({
        execution: params.id,
        from,
        limitBytes: OUTPUT_PAGE_BYTES,
      })
      const last = chunks.at(-1)
      const next = last === undefined ? from : last.offset + Buffer.byteLength(last.text)
      const read = { attempt, next, storedBytes, limitBytes: OUTPUT_BYTES_MAX, now: clock.wall() }
      return {
        attempt,
        items: chunks.map(({ offset, stream, at, text }) => ({ offset, stream, at: isoOf(at), text })),
        next,
        complete: isOutputComplete(execution, read),
      }
    },
  }
}

/** As a file: never shown by the browser, whatever a plugin printed. */
async function wholeOutput(store: Store, id: ExecutionId): Promise<Download> {
  let whole = ''
  let from = 0
  let printer: number | null = null
  // A read is bounded in rows too: what was printed byte by byte takes several.
  for (;;) {
    const { attempt, chunks } = await store.readOutput({ execution: id, from, limitBytes: 2 * OUTPUT_BYTES_MAX })
    const last = chunks.at(-1)
    if (from > 0 && attempt !== printer) {
      // A newer attempt has printed meanwhile: the file is of one of them, and begins with its first byte.
      whole = ''
      from = 0
      continue
    }
    if (last === undefined) break
    printer = attempt
    whole += chunks.map(({ text }) => text).join('')
    from = last.offset + Buffer.byteLength(last.text)
  }
  return new Download('text/plain; charset=utf-8', whole, {
    'content-disposition': `attachment; filename="output-${id}.txt"`,
  })
}
