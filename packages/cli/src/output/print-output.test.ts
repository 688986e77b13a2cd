import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'
import { ApiWorld } from '@octopus/server/testing/api-world.ts'

import { type Ran, runAgainst } from '#testing/cli-world.ts'
import type { World } from '#world.ts'

leakCheck()

describe('octopus execution output --follow', () => {
  let api: ApiWorld
  let execution: ExecutionId
  before(async () => {
    api = await ApiWorld.ready()
  })
  after(() => api[Symbol.asyncDispose]())

  async function makeExecution(): Promise<void> {
    const body = { plugin: 'greet', owner: 'anyone', type: 'scheduled', intervalSeconds: 3_600, args: [1] }
    const task = (await api.call({ method: 'POST', path: '/api/v1/tasks', body })).json as { id: string }
    const run = (await api.call({ method: 'POST', path: `/api/v1/tasks/${task.id}/runs` })).json as { id: string }
    const { json } = await api.call({ path: `/api/v1/executions?run=${run.id}` })
    execution = (json as { items: { id: ExecutionId }[] }).items[0]?.id as ExecutionId
  }

  const print = async (attempt: number, offset: number, text: string): Promise<void> => {
    const chunk = { execution, attempt, fence: attempt, offset, stream: 'stdout', at: 1, text } as const
    await api.store.appendOutput({ now: 1, chunks: [chunk] })
  }
  const cancel = async (): Promise<void> => {
    await api.call({ method: 'POST', path: `/api/v1/executions/${execution}/cancel` })
  }

  /** Follows it; each time it waits for more, the next step happens. */
  async function follow(steps: readonly (() => Promise<void>)[], ...flags: readonly string[]): Promise<Ran> {
    const waiting = [...steps]
    const system = createSystemClock()
    // A limit of time for an answer is no look.
    const after: World['clock']['after'] = async (ms, signal) =>
      ms < 1_000 ? waiting.shift()?.() : system.after(ms, signal)
    const clock: World['clock'] = { ...system, after }
    return runAgainst(api, ['execution', 'output', execution, '--follow', ...flags], { clock })
  }

  it('begins anew when a second attempt prints, be it less or more than the first one', async () => {
    for (const [of, text] of [
      ['less', 'ok\n'],
      ['more', 'at the second try all went well\n'],
    ] as const) {
      await makeExecution()
      await print(1, 0, 'no answer from ho')
      const { code, out, err } = await follow([() => print(2, 0, text), cancel])
      assert.deepEqual([code, out], [0, `no answer from ho\n${text}`], of)
      assert.equal(err, 'What follows is the output of attempt 2.\n', of)
    }
  })

  it('leaves a program nothing but pages that fit together', async () => {
    await makeExecution()
    await print(1, 0, 'no answer')
    const { out } = await follow([() => print(2, 0, 'all went well in the end'), cancel], '--json')
    const pages = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { attempt: number; items: { offset: number }[]; next: number })
      .flatMap(({ attempt, items, next }) => items.map(({ offset }) => [attempt, offset, next]))
    assert.deepEqual(pages, [
      [1, 0, 9],
      [2, 0, 24],
    ])
  })
})
