import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { whyLines } from './why-lines.ts'

const at = '2026-11-24T08:00:00.000Z'

describe('the chain of facts on a terminal', () => {
  it('has the summary, a line for each fact with its clock, and the skew', () => {
    const steps = [
      { code: 'queued', text: 'It was queued.', at, clock: 'server', state: 'done' },
      { code: 'started', text: 'pc started it.', at, clock: 'client', state: 'done' },
      { code: 'handed-over', text: 'Never.', at: null, clock: 'server', state: 'never' },
      { code: 'ends-at-latest', text: 'It ends.', at, clock: 'server', state: 'next' },
    ] as const
    const text = whyLines({ summary: 'It runs.', steps: [...steps], clockSkewMs: -3_500, clockSkewFrom: 'output' })
    assert.deepEqual(text.split('\n'), [
      'It runs.',
      '',
      ` ok  ${at}           It was queued.`,
      ` ok  ${at} (client)  pc started it.`,
      ` --  ${' '.repeat(33)}  Never.`,
      ` ..  by ${at}        It ends.`,
      '',
      "The client's clock is at least 3.5 s behind the server's.",
      '',
    ])
  })

  it('says of a skew that a heartbeat told that it is not exact', () => {
    const text = whyLines({ summary: '', steps: [], clockSkewMs: 90_000, clockSkewFrom: 'heartbeat' })
    const line =
      "The client's clock was 90 s ahead of the server's when its last heartbeat came, give or take its time on the way."
    assert.ok(text.split('\n').includes(line), text)
  })

  it('says a step of a kind that only a newer server knows without a mark', () => {
    const step = {
      code: 'archived',
      text: 'It was archived.',
      at,
      clock: 'server',
      state: 'archived' as never,
    } as const
    const [, , line] = whyLines({ summary: '', steps: [step], clockSkewMs: null, clockSkewFrom: null }).split('\n')
    assert.equal(line, `     ${at}  It was archived.`)
  })

  it('shows what would move the cursor as text', () => {
    const step = { code: 'x', text: 'pc\u001b[2J\nok', at: null, clock: 'server', state: 'now' } as const
    const text = whyLines({ summary: '\u001b]0;x', steps: [step], clockSkewMs: null, clockSkewFrom: null })
    assert.ok(!text.includes('\u001b'))
    assert.equal(text.split('\n').length, 4)
  })
})
