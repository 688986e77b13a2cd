import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Ms } from '@octopus/kit/clock.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import type { Checksum, ExecutionId } from '@octopus/protocol/ids.ts'

import { runAttempt } from './attempt.ts'
import type { Fuse } from './fuses.ts'
import type { RunnerResult } from './messages.ts'
import type { ProcessEnd, RunListener, RunnerProcess } from './runner-process.ts'
import type { AttemptEnd, RunnerWork } from './runner.ts'
import { LADDER } from './terminate.ts'

const WORK: RunnerWork = {
  key: { execution: '01890a5d-ac96-774b-bcce-b302099a8057' as ExecutionId, attempt: 1, fence: 7 },
  plugin: 'tested',
  checksum: 'c' as Checksum,
  language: 'python',
  source: Buffer.from(''),
  action: 'run',
  argsJson: '[]',
  kwargsJson: '{}',
  timeoutMs: 60_000,
  outputBytesMax: 1_000,
  resultBytesMax: 1_000,
  onDisconnect: 'continue',
}

const FAILED: RunnerResult = {
  type: 'result',
  end: 'failed',
  reason: 'exception',
  value: null,
  kind: 'json',
  cut: false,
  error: null,
  skipped: 0,
  remains: 'children',
}

/** Not what says that nothing has begun. */
function isEnd(outcome: object | string): outcome is AttemptEnd {
  return typeof outcome === 'object' && 'end' in outcome
}

/** An attempt in a process that the test plays. */
function attempt({
  begins = 'at once',
  executions = 1,
}: { readonly begins?: 'at once' | 'silent' | 'not'; readonly executions?: number } = {}) {
  const mayBegin = begins !== 'not'
  const clock = createHandClock()
  const cleared = Promise.withResolvers<void>()
  const calls: string[] = []
  const fuses: (readonly [Fuse, Ms | null])[] = []
  let listener: RunListener | undefined
  const step = (name: string) => () => void calls.push(name)
  const process: RunnerProcess = {
    id: 'p',
    kind: 'python',
    loaded: () => undefined,
    executions: () => executions,
    run: (_, next) => (listener = next),
    burn: (fuse, leftMs) => void fuses.push([fuse, leftMs]),
    ask: step('ask'),
    term: step('term'),
    kill: step('kill'),
    force: step('force'),
    isGone: () => false,
    workerGone: new Promise(() => {}),
    gone: new Promise(() => {}),
  }
  const running = runAttempt(
    {
      clock,
      random: createSeededRandom(1),
      ladder: LADDER,
      take: () => ({ process, program: null }),
      release: step('release'),
      discard: () => {
        calls.push('discard')
        return cleared.promise
      },
      startFailed: () => '',
    },
    WORK,
    { mayBegin: () => mayBegin, started: () => {}, output: () => {}, progress: () => {} },
  )
  let end: Awaited<typeof running.ended> | undefined
  void running.ended.then((found) => (end = found))
  if (begins === 'at once') listener?.started()
  return {
    clock,
    running,
    calls,
    fuses,
    cleared,
    end: () => (end === undefined || isEnd(end) ? end : assert.fail(JSON.stringify(end))),
    outcome: () => end,
    ready: () => {
      const begins = listener?.mayBegin()
      if (begins === false) listener?.notBegun()
      return begins
    },
    begin: () => listener?.started(),
    answer: (result: RunnerResult) => listener?.finished(result),
    died: (how: Partial<ProcessEnd>) =>
      listener?.died({ failed: undefined, code: null, signal: null, fuse: undefined, lastWords: '', ...how }),
  }
}

describe('an attempt whose plugin has answered', () => {
  it('ends only when what it left behind is gone, and nothing stops it any more', async () => {
    const { clock, running, calls, cleared, end, answer } = attempt()
    answer(FAILED)
    await clock.advance(WORK.timeoutMs)
    running.stop('cancelled')
    await clock.settle()
    assert.deepEqual([end(), calls], [undefined, ['discard']])
    cleared.resolve()
    await clock.settle()
    assert.deepEqual([end()?.end, end()?.reason, calls], ['failed', 'exception', ['discard']])
  })

  it('ends at once when it left nothing', async () => {
    const { clock, calls, end, answer } = attempt()
    answer({ ...FAILED, end: 'succeeded', reason: 'finished', value: '1', remains: null })
    await clock.settle()
    assert.deepEqual([end()?.end, calls], ['succeeded', ['release']])
  })
})

describe('an attempt whose process has become ready', () => {
  it('begins while it may', () => {
    assert.equal(attempt().ready(), true)
  })

  it('does not begin when it may not any more: its process is ended, and it can be started again', async () => {
    const { clock, calls, ready, outcome, running } = attempt({ begins: 'not' })
    assert.equal(ready(), false)
    running.stop('cancelled')
    await clock.settle()
    assert.deepEqual([outcome(), calls], ['not-begun', ['discard']])
  })

  it('does not begin when it was given up before: its process is ended, and its death starts no other', async () => {
    const { clock, calls, running, ready, died, outcome } = attempt({ begins: 'not' })
    running.giveUp()
    assert.equal(ready(), false)
    died({ code: 1 })
    await clock.settle()
    assert.deepEqual([outcome(), calls], ['not-begun', ['discard', 'discard']])
  })

  it('is not given up once its plugin was handed over, or while it is being stopped', async () => {
    const begun = attempt()
    begun.ready()
    const stopped = attempt({ begins: 'not' })
    stopped.running.stop('cancelled')
    for (const { clock, running, outcome } of [begun, stopped]) {
      running.giveUp()
      await clock.settle()
      assert.equal(outcome(), undefined)
    }
  })

  it('does not begin when it is being stopped, and ends as that', async () => {
    const { clock, ready, outcome, running } = attempt()
    running.stop('cancelled')
    assert.equal(ready(), false)
    await clock.settle()
    assert.equal(outcome(), undefined, 'the ladder is not over')
    await clock.advance(LADDER.askMs + LADDER.termMs + LADDER.killMs)
    assert.notEqual(outcome(), 'not-begun')
  })
})

describe('an attempt whose process has died before the plugin began', () => {
  for (const [how, lacks] of [
    [{ failed: 'spawn /usr/bin/python3 EAGAIN' }, 'spawn /usr/bin/python3 EAGAIN'],
    [{ lastWords: 'Traceback\nOSError: [Errno 28] No space left\n' }, 'OSError: [Errno 28] No space left'],
  ] as const) {
    it(`has not ended, where the PC lacked something: ${lacks}`, async () => {
      const { clock, calls, outcome, died } = attempt({ begins: 'not' })
      died(how)
      await clock.settle()
      assert.deepEqual([outcome(), calls], [{ lacks }, ['discard']])
    })
  }

  it('has crashed for any other reason, and ends as stopped when it is being stopped', async () => {
    const crashed = attempt({ begins: 'not' })
    crashed.died({ code: 1, lastWords: 'SyntaxError' })
    const stopped = attempt({ begins: 'not' })
    stopped.running.stop('cancelled')
    stopped.died({ lastWords: 'ENOSPC' })
    for (const { clock } of [crashed, stopped]) await clock.settle()
    assert.deepEqual([crashed.end()?.reason, stopped.end()?.reason], ['crashed', 'cancelled'])
  })

  it('has crashed, if the plugin had begun, whatever was said before', async () => {
    const { clock, end, died } = attempt()
    died({ lastWords: 'ENOSPC' })
    await clock.settle()
    assert.equal(end()?.reason, 'crashed')
  })
})

describe('an attempt that was handed to its process', () => {
  it('has its time, and its keeper’s limit, also when that never says that it has begun', async () => {
    const { clock, running, calls, fuses, ready, end } = attempt({ begins: 'silent' })
    assert.equal(ready(), true)
    assert.deepEqual(fuses.at(-1), ['limit', WORK.timeoutMs + 10_000])
    running.giveUp()
    await clock.advance(WORK.timeoutMs - 1)
    assert.deepEqual([end(), calls], [undefined, []])
    await clock.advance(1)
    assert.deepEqual(calls, ['kill'])
  })

  it('has no time to lose while a new process starts for one that died before it began', async () => {
    const { clock, running, calls, ready, died, end } = attempt({ begins: 'silent', executions: 2 })
    ready()
    await clock.advance(WORK.timeoutMs / 2)
    died({ code: 1 })
    await clock.advance(WORK.timeoutMs)
    assert.deepEqual([end(), calls], [undefined, []])
    running.giveUp()
    await clock.settle()
  })

  it('has its whole time from when the plugin begins', async () => {
    const { clock, calls, ready, begin } = attempt({ begins: 'silent' })
    ready()
    await clock.advance(WORK.timeoutMs / 2)
    begin()
    await clock.advance(WORK.timeoutMs - 1)
    assert.deepEqual(calls, [])
    await clock.advance(1)
    assert.deepEqual(calls, ['ask'])
  })
})

describe('an attempt whose client hangs', () => {
  it('leaves its keeper a limit that a client which is well never reaches', async () => {
    const { clock, fuses, calls, end } = attempt()
    assert.deepEqual(fuses.at(-1), ['limit', WORK.timeoutMs + 10_000])
    await clock.advance(WORK.timeoutMs)
    assert.deepEqual([end(), calls.length > 0], [undefined, true])
  })

  for (const [fuse, said] of [
    ['limit', ['timed-out', 'timed-out']],
    ['hold', ['lost', 'stopped-on-disconnect']],
  ] as const) {
    it(`says what its keeper has ended it for: ${fuse}`, async () => {
      const { clock, end, died } = attempt()
      died({ fuse })
      await clock.settle()
      assert.deepEqual([end()?.end, end()?.reason], said)
    })
  }
})
