import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { ApiWorld } from '@octopus/server/testing/api-world.ts'

import { type Ran, runAgainst } from '#testing/cli-world.ts'
import type { World } from '#world.ts'

leakCheck()

/** Short waits end at the next turn of the loop, a limit of time never. */
const clock: World['clock'] = {
  ...createSystemClock(),
  after: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (ms <= 1_000) setImmediate(resolve)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    }),
}

describe('following a task that has no run yet', () => {
  let api: ApiWorld
  before(async () => {
    api = await ApiWorld.ready()
    assert.equal((await runAgainst(api, ['stop-all-work', '--yes'])).code, 0)
  })
  after(() => api[Symbol.asyncDispose]())

  /** Nobody plans here: the run never comes. Calls `then` with the task once it was said why. */
  async function follow(flags: readonly string[], then: (task: string, interrupt: () => void) => void): Promise<Ran> {
    let said = ''
    let listener = (): void => {}
    const err: World['err'] = {
      isTerminal: false,
      columns: () => 80,
      write: (text) => {
        said += text
        if (text.startsWith('All work is stopped.')) void newestTask().then((task) => then(task, listener))
      },
    }
    const onInterrupt: World['onInterrupt'] = (listen) => {
      listener = listen
      return () => {}
    }
    const args = ['run', 'greet', 'hello', '--on', 'all', '--arg', 'x', '--follow', ...flags]
    const { code, out } = await runAgainst(api, args, { clock, err, onInterrupt })
    return { code, out, err: said }
  }

  async function newestTask(): Promise<string> {
    const { out } = await runAgainst(api, ['task', 'list', '--limit', '1', '--json'])
    return (JSON.parse(out) as { items: { id: string }[] }).items[0]?.id ?? ''
  }

  it('says once what it waits for, and ends with 1 when somebody cancels it', async () => {
    const { code, out, err } = await follow([], (task) => void runAgainst(api, ['task', 'cancel', task]))
    assert.deepEqual([code, out], [1, ''])
    assert.equal(
      err,
      'All work is stopped. It goes on when an administrator resumes it.\nThe task was cancelled before it had a run.\n',
    )
  })

  it('ends at a Ctrl-C that cancels it', async () => {
    const { code, err } = await follow(['--cancel-on-interrupt'], (_task, interrupt) => interrupt())
    assert.equal(code, 130)
    assert.match(err, /Cancelling\..*\nThe task was cancelled before it had a run\.\n$/)
  })
})
