import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ClientId } from '@octopus/protocol/ids.ts'

import { execution, MINUTE, NOW, PC, snapshot } from '#testing/why-snapshot.ts'

import type { WhySnapshot } from './snapshot.ts'
import type { HandedBack } from './why-store.ts'
import { explainWhy } from './why.ts'

const OTHER = 'c2' as ClientId
const anyone = { slot: { kind: 'any', value: '' }, slotLabel: 'anyone' } as const
const member = { user: null, inSession: true, online: true, sessionBeganAt: NOW, draining: false, inTouch: true }
const free = { ...member, hasFreeSlot: true, languages: ['python'] } as const
const OFFERED = NOW - 9 * MINUTE

const back = (changes: Partial<HandedBack> = {}): HandedBack => ({
  client: PC,
  name: 'pc-1',
  reason: 'runtime-missing',
  attempt: 1,
  fence: 1,
  assignedAt: OFFERED,
  pausedUntil: null,
  ...changes,
})
/** In passing: it was not to be asked again for half a minute. */
const passing = { reason: 'no-slot', pausedUntil: OFFERED + 30_001 } as const
const ofOther = {
  ...anyone,
  state: 'succeeded',
  reason: 'finished',
  client: OTHER,
  clientName: 'pc-2',
  fence: 2,
  assignedAt: NOW - 8 * MINUTE,
  startedAt: NOW - 8 * MINUTE,
  endedAt: NOW - 7 * MINUTE,
  endsAtLatest: null,
} as const
const earlier = {
  attempt: 1,
  fence: 2,
  client: OTHER,
  clientName: 'pc-2',
  end: 'failed',
  reason: 'exception',
  proved: true,
  assignedAt: NOW - 8 * MINUTE,
  startedAt: null,
  endedAt: NOW - 7 * MINUTE,
  result: null,
} as const

const texts = (given: WhySnapshot): readonly string[] => explainWhy(given).steps.map(({ text }) => text)
const codes = (given: WhySnapshot): string =>
  explainWhy(given)
    .steps.map(({ state, code }) => `${state}:${code}`)
    .join(' ')

describe('a hand-over that came back not started', () => {
  it('stands in the chain with its fence, before the one that followed it', () => {
    const given = snapshot({ client: null, execution: execution(ofOther), handedBack: [back()] })
    assert.equal(
      codes(given),
      'done:run-created done:targeted done:queued done:handed-over done:handed-back done:handed-over done:started done:ended',
    )
    assert.deepEqual(texts(given).slice(3, 6), [
      'Attempt 1 was handed to pc-1, with fence 1.',
      'pc-1 handed it back: it would not do it (runtime-missing).',
      'Attempt 1 was handed to pc-2, with fence 2.',
    ])
    assert.deepEqual(
      explainWhy(given)
        .steps.slice(3, 5)
        .map(({ at }) => at),
      [OFFERED, null],
    )
  })

  it('is told of a rejection in passing, with the time of it', () => {
    const { steps } = explainWhy(snapshot({ execution: execution(ofOther), handedBack: [back(passing)] }))
    const step = steps.find(({ code, state }) => code === 'handed-back' && state === 'done')
    assert.deepEqual([step?.text, step?.at], ['pc-1 handed it back: it could not take it then (no-slot).', OFFERED + 1])
  })

  it('stands with its own attempt, among several', () => {
    const second = execution({ ...ofOther, attempt: 2, attempts: [earlier], fence: 4 })
    const handedBack = [back({ attempt: 2, fence: 3 }), back(passing)]
    const handed = texts(snapshot({ client: null, execution: second, handedBack })).flatMap(
      (text) => /fence \d|handed it back|Attempt 1 ended/.exec(text)?.[0] ?? [],
    )
    const first = ['fence 1', 'handed it back', 'fence 2', 'Attempt 1 ended']
    assert.deepEqual(handed, [...first, 'fence 3', 'handed it back', 'fence 4'])
  })

  it('of an attempt that never began comes after the one that was the last', () => {
    const last = execution({ ...ofOther, state: 'failed', reason: 'exception' })
    const handed = texts(snapshot({ client: null, execution: last, handedBack: [back({ attempt: 2, fence: 3 })] }))
    assert.ok(
      handed.indexOf('Attempt 1 was handed to pc-2, with fence 2.') < handed.findIndex((text) => /fence 3/.test(text)),
    )
  })

  it('is told without a fence where an older server has stored it', () => {
    const old = back({ attempt: null, fence: null, assignedAt: null })
    const given = snapshot({ client: null, execution: execution(ofOther), handedBack: [old] })
    assert.equal(texts(given)[3], 'It was handed to pc-1, which handed it back: it would not do it (runtime-missing).')
    assert.match(codes(given), / done:queued done:handed-back done:handed-over /)
  })

  const asked: readonly [title: string, given: Partial<WhySnapshot>, summary: string][] = [
    [
      'would not do what another one did',
      { execution: execution(ofOther), handedBack: [back()] },
      'It was for anyone; pc-1 would not do it (runtime-missing), and pc-2 got it.',
    ],
    [
      'could not take what another one did',
      { execution: execution(ofOther), handedBack: [back(passing)] },
      'It was for anyone; pc-1 could not take it when it was handed to it (no-slot), and pc-2 got it.',
    ],
    [
      'would not do it in the end, after it could not take it',
      { execution: execution(ofOther), handedBack: [back(passing), back({ fence: 2 })] },
      'It was for anyone; pc-1 would not do it (runtime-missing), and pc-2 got it.',
    ],
    [
      'would not do what nobody did',
      {
        execution: execution({ ...anyone, state: 'expired', reason: 'deadline', endedAt: NOW, endsAtLatest: null }),
        handedBack: [back()],
      },
      'It was for anyone; pc-1 would not do it (runtime-missing), and nobody else did it.',
    ],
    [
      'was never asked, though another one would not do it',
      { execution: execution(ofOther), handedBack: [back({ client: 'c3' as ClientId, name: 'pc-3' })] },
      'It was for anyone, and pc-2 got it, not pc-1.',
    ],
  ]
  for (const [title, given, summary] of asked) {
    it(`is the answer about a client that ${title}`, () => assert.equal(explainWhy(snapshot(given)).summary, summary))
  }

  it('is the answer about a client that has just refused in passing, while another one is about to take it', () => {
    const again = NOW + 20_000
    const waits = execution({ ...anyone, avoided: [{ client: PC, name: 'pc-1', until: again }] })
    const fleet = {
      members: [
        { ...free, id: PC },
        { ...free, id: OTHER },
      ],
    }
    const given = snapshot({ execution: waits, fleet, handedBack: [back({ ...passing, pausedUntil: again })] })
    const nothing = 'Nothing stands in its way: it is handed over at the next look.'
    const refused = 'pc-1 could not take it a moment ago, and is asked again at 2026-11-24T08:00:20.000Z.'
    assert.equal(explainWhy(given).summary, `${nothing} ${refused}`)
    assert.match(
      codes({ ...given, lacks: 'the disk is full' }),
      / now:about-to-go now:rejected-for-now now:plugin-missing /,
    )
    assert.equal(explainWhy({ ...given, client: null }).summary, nothing, 'nobody has asked about pc-1')
    assert.equal(explainWhy({ ...given, now: again }).summary, nothing, 'it may be asked again')
  })

  it('is not passed over where nobody had it for good', () => {
    const ended = { state: 'expired', reason: 'deadline', endedAt: NOW, endsAtLatest: null } as const
    const given = snapshot({ client: null, execution: execution({ ...anyone, ...ended }), handedBack: [back()] })
    assert.match(codes(given), / done:handed-over done:handed-back never:handed-over done:ended$/)
    assert.equal(texts(given).at(-2), 'It was never handed to a client that kept it.')
  })

  it('keeps a hostile name as it is, as text', () => {
    const name = '<img src=x onerror=alert(1)>\u001b[2J'
    const given = snapshot({ client: null, execution: execution(ofOther), handedBack: [back({ name })] })
    assert.ok(texts(given).some((text) => text.startsWith(`${name} handed it back`)))
  })
})
