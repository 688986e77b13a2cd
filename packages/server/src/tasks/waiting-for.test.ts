import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ClientId } from '@octopus/protocol/ids.ts'
import type { Counts } from '@octopus/protocol/rest/tasks.ts'

import type { Member } from '#clients/fleet.ts'
import { noCounts } from '#runs/run.ts'

import { waitingFor, type WaitingFacts } from './waiting-for.ts'

const NOW = Date.UTC(2026, 0, 1)
const counts = (changes: Partial<Counts>): Counts => ({ ...noCounts(), total: 1, ...changes })
const member = (changes: Partial<Member> = {}): Member => ({
  id: 'c' as ClientId,
  user: null,
  inSession: true,
  online: true,
  sessionBeganAt: NOW,
  draining: false,
  inTouch: true,
  hasFreeSlot: true,
  languages: ['python'],
  ...changes,
})
const task = (changes: Partial<Parameters<typeof waitingFor>[0]> = {}): Parameters<typeof waitingFor>[0] => ({
  status: 'active',
  owner: 'anyone',
  userName: null,
  pausedAt: null,
  counts: counts({ queued: 1 }),
  nextRunAt: null,
  startAt: null,
  intervalMs: null,
  createdAt: NOW - 5e3,
  ...changes,
})
const facts = (members: readonly Member[], changes: Partial<WaitingFacts> = {}): WaitingFacts => ({
  now: NOW,
  workStopped: false,
  braked: false,
  oldStore: false,
  diskFull: false,
  rejections: [],
  fleet: { members },
  language: 'python',
  ...changes,
})
const off = member({ online: false, inTouch: false, hasFreeSlot: false })
const fresh = member({ inTouch: false })
const busy = member({ hasFreeSlot: false })
const done = counts({ succeeded: 1 })

const cases: readonly [string, ReturnType<typeof task>, WaitingFacts, string | undefined][] = [
  ['is done', task({ status: 'completed' }), facts([]), undefined],
  ['runs', task({ counts: counts({ running: 1 }) }), facts([member()]), undefined],
  ['is just being handed out', task(), facts([member()]), undefined],
  ['waits while all work is stopped', task(), facts([member()], { workStopped: true }), 'work-stopped'],
  ['has nobody at all', task(), facts([]), 'no-client'],
  ['has nobody who is connected', task(), facts([off]), 'no-client-online'],
  ['has only clients that drain', task(), facts([off, member({ draining: true })]), 'draining'],
  ['has nobody who speaks its language', task(), facts([member({ languages: ['shell'] })]), 'no-runtime'],
  ['has only busy clients', task(), facts([busy, off]), 'no-free-slot'],
  ['has only clients that are about to be ready', task(), facts([fresh, off]), 'connecting'],
  ['has a new client, of which nothing is known', task(), facts([member({ ...fresh, languages: [] })]), 'connecting'],
  ['has a busy one that can do it, and one about to be ready', task(), facts([busy, fresh]), 'no-free-slot'],
  [
    'has one about to be ready that does not speak its language',
    task(),
    facts([member({ ...fresh, languages: ['shell'] })]),
    'no-runtime',
  ],
  [
    'was rejected by all who are connected',
    task(),
    facts([member(), off], { rejections: [{ client: 'c' as ClientId, name: 'pc', reason: 'policy-forbids' }] }),
    'all-rejected',
  ],
  [
    'was rejected by one, and another is there',
    task(),
    facts([member(), member({ id: 'd' as ClientId })], {
      rejections: [{ client: 'c' as ClientId, name: 'pc', reason: 'policy-forbids' }],
    }),
    undefined,
  ],
  ['waits for the brake', task({ counts: counts({ disconnected: 1 }) }), facts([off], { braked: true }), 'brake'],
  ['waits for a store that is not older than its clients', task(), facts([member()], { oldStore: true }), 'old-store'],
  ['waits for a user without a PC', task({ owner: 'user', userName: 'ann' }), facts([member()]), 'no-client-of-user'],
  [
    'waits for a PC that is off',
    task({ owner: 'user', userName: 'ann' }),
    facts([{ ...off, user: 'ann' }, member()]),
    'user-offline',
  ],
  [
    'waits for a PC that is busy',
    task({ owner: 'user', userName: 'ann' }),
    facts([{ ...busy, user: 'ann' }, member()]),
    'no-free-slot',
  ],
  [
    'waits for the PC that connected last, though another one is free',
    task({ owner: 'user', userName: 'ann' }),
    facts([{ ...busy, user: 'ann' }, member({ user: 'ann', sessionBeganAt: NOW - 1 })]),
    'no-free-slot',
  ],
  [
    'goes to the PC that connected last, though another one is busy',
    task({ owner: 'user', userName: 'ann' }),
    facts([member({ user: 'ann' }), { ...busy, user: 'ann', sessionBeganAt: NOW - 1 }]),
    undefined,
  ],
  ['of all waits for those that are off', task({ owner: 'all' }), facts([member(), off]), 'client-offline'],
  ['of all waits for those that are busy', task({ owner: 'all' }), facts([busy, busy]), 'no-free-slot'],
  ['waits for its time', task({ counts: done, nextRunAt: NOW + 1 }), facts([]), 'not-due'],
  ['is due and is being planned', task({ counts: noCounts(), nextRunAt: NOW }), facts([]), undefined],
  [
    'is due and waits for room on the disk',
    task({ counts: noCounts(), nextRunAt: NOW }),
    facts([], { diskFull: true }),
    'disk-full',
  ],
  [
    'is not due, and a full disk is no reason yet',
    task({ counts: done, nextRunAt: NOW + 1 }),
    facts([], { diskFull: true }),
    'not-due',
  ],
  [
    'is due while all work is stopped: what is left when that is over is said then',
    task({ counts: noCounts(), nextRunAt: NOW }),
    facts([], { diskFull: true, workStopped: true }),
    'work-stopped',
  ],
  ['is paused', task({ pausedAt: NOW, counts: done, nextRunAt: NOW + 1 }), facts([]), 'paused'],
]

describe('why a task waits', () => {
  for (const [what, one, given, code] of cases) {
    it(`it ${what}: ${code ?? 'nothing'}`, () => assert.equal(waitingFor(one, given)[0]?.code, code))
  }

  it('says of a run that is due beside one that waits that the disk is full', () => {
    const codes = (diskFull: boolean) =>
      waitingFor(task({ nextRunAt: NOW }), facts([busy], { diskFull })).map(({ code }) => code)
    assert.deepEqual([codes(false), codes(true)], [['no-free-slot'], ['no-free-slot', 'disk-full']])
  })

  it('says since when: since its last time, or since it was made', () => {
    assert.equal(waitingFor(task(), facts([]))[0]?.since, NOW - 5_000)
    const repeating = task({ createdAt: 0, intervalMs: 60_000, nextRunAt: NOW + 50_000 })
    assert.equal(waitingFor(repeating, facts([]))[0]?.since, NOW - 10_000)
  })

  it('names the time it waits for', () => {
    const text = waitingFor(task({ counts: done, nextRunAt: NOW + 1 }), facts([]))[0]?.text
    assert.equal(text, 'It waits for its time: 2026-01-01T00:00:00.001Z.')
  })
})
