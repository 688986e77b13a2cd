import assert from 'node:assert/strict'
import { test } from 'node:test'

import { EMPTY_DRAFT, intervalOf, missing, toNewTask } from './draft.ts'

const none = { args: [], kwargs: {} }

test('what was not filled in is not sent, so that the server defaults hold', () => {
  assert.deepEqual(toNewTask({ ...EMPTY_DRAFT, plugin: 'disk_report' }, none), {
    plugin: 'disk_report',
    args: [],
    kwargs: {},
    owner: 'all',
    type: 'ad-hoc',
  })
})

test('a schedule is sent with its interval in seconds and its times as instants', () => {
  const draft = {
    ...EMPTY_DRAFT,
    name: ' Disk ',
    plugin: 'disk_report',
    action: 'run',
    owner: 'user' as const,
    user: 'alice',
    when: 'every' as const,
    every: '1.5',
    unit: 'hours' as const,
    startAt: '2026-12-01T08:00',
    timeoutSeconds: '300',
    maxAttempts: '3',
    safeTwice: true,
    overlap: 'queue' as const,
  }
  assert.deepEqual(toNewTask(draft, { args: ['/'], kwargs: { warnAt: 90 } }), {
    name: 'Disk',
    plugin: 'disk_report',
    action: 'run',
    args: ['/'],
    kwargs: { warnAt: 90 },
    owner: 'user',
    user: 'alice',
    type: 'scheduled',
    intervalSeconds: 5_400,
    startAt: new Date('2026-12-01T08:00').toISOString(),
    timeoutSeconds: 300,
    overlap: 'queue',
    retry: { maxAttempts: 3, backoffSeconds: 10, on: ['failed', 'timed-out', 'lost'] },
  })
})

test('a calendar is sent with its zone', () => {
  const draft = { ...EMPTY_DRAFT, plugin: 'p', when: 'cron' as const, cron: ' 0 3 * * * ', timeZone: 'Europe/Berlin' }
  const { cron, timeZone, intervalSeconds, type } = toNewTask(draft, none)
  assert.deepEqual([type, cron, timeZone, intervalSeconds], ['scheduled', '0 3 * * *', 'Europe/Berlin', undefined])
  assert.deepEqual(Object.keys(missing({ ...draft, cron: ' ' })), ['cron'])
})

test('the form says what is missing before the server has to', () => {
  assert.deepEqual(Object.keys(missing({ ...EMPTY_DRAFT, owner: 'user', when: 'at' })), ['plugin', 'user', 'at'])
  assert.deepEqual(missing({ ...EMPTY_DRAFT, plugin: 'p', when: 'every', every: '0' }), {
    every: 'At least one second',
  })
  assert.deepEqual(missing({ ...EMPTY_DRAFT, plugin: 'p' }), {})
})

test('an interval is a number of whole seconds', () => {
  assert.equal(intervalOf({ every: '5', unit: 'minutes' }), 300)
  assert.ok(Number.isNaN(intervalOf({ every: '', unit: 'hours' })))
})
