import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { EXECUTIONS_PER_PROCESS_MAX, mayReuse, pickIdle, pickTooMany, WARM_PER_SLOT } from './reuse.ts'

const idle = (loaded: string | undefined, idleSince: number, kind: 'python' | 'node' = 'python') => ({
  kind,
  loaded,
  idleSince,
})

describe('the reuse of processes', () => {
  it('prefers the one that ran the version last, then the spare, never another version’s', () => {
    const old = idle('a', 1)
    const fresh = idle('a', 3)
    const spare = idle(undefined, 2)
    assert.equal(pickIdle([old, spare, fresh], 'python', 'a'), fresh)
    assert.equal(pickIdle([old, spare, fresh], 'python', 'b'), spare)
    assert.equal(pickIdle([old, fresh], 'python', 'b'), undefined)
    assert.equal(pickIdle([spare], 'node', 'b'), undefined)
  })

  it('is refused to what is worn, or closing', () => {
    const worn = EXECUTIONS_PER_PROCESS_MAX
    assert.deepEqual([mayReuse(worn - 1, false), mayReuse(worn, false), mayReuse(1, true)], [true, false, false])
  })

  it('ends with the time to live, and for the oldest when there are too many', () => {
    const all = Array.from({ length: WARM_PER_SLOT.python + 1 }, (_, n) => idle(`v${n}`, n * 10))
    assert.deepEqual(pickTooMany(all, 1, 1_000, 50), [all[0]])
    assert.deepEqual(pickTooMany(all, 2, 1_000, 50), [])
    assert.deepEqual(pickTooMany(all, 2, 40, 50), [all[0], all[1]])
    const node = Array.from({ length: WARM_PER_SLOT.node + 1 }, (_, n) => idle(`v${n}`, 50, 'node'))
    assert.deepEqual(pickTooMany([...all.slice(1), ...node], 1, 1_000, 50), [node[0]])
  })
})
