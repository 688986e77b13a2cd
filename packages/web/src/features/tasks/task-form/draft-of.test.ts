import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Parameter, Task } from '#features/tasks/task-queries.ts'

import { changesOf, draftOf } from './draft-of.ts'

const TASK = {
  name: 'Disk',
  plugin: 'disk_report',
  action: 'run',
  args: [],
  kwargs: { path: '/', warnAt: 90 },
  owner: 'user',
  user: 'alice',
  type: 'scheduled',
  startAt: '2026-12-01T08:00:00.250Z',
  endAt: '2027-12-01T08:00:00.000Z',
  intervalSeconds: 7_200,
  cron: null,
  timeZone: null,
  timeoutSeconds: 300,
  deadlineSeconds: null,
  onDisconnect: 'continue',
  retry: { maxAttempts: 3, backoffSeconds: 10, on: ['failed', 'timed-out', 'lost'] },
  catchUp: 'last',
  overlap: 'skip',
  priority: 5,
} as unknown as Task

const PARAMETERS: readonly Parameter[] = [
  { name: 'path', kind: 'positional', type: 'string', required: true, hasDefault: false },
  { name: 'warnAt', kind: 'positional', type: 'integer', required: false, hasDefault: true, default: 80 },
]

const written = { args: TASK.args, kwargs: TASK.kwargs }

test('an unchanged form changes nothing, whatever precision its controls have', () => {
  const draft = draftOf(TASK, PARAMETERS)
  assert.deepEqual([draft.argumentsAs, draft.typed], ['form', { path: '/', warnAt: '90' }])
  assert.deepEqual([draft.every, draft.unit, draft.safeTwice], ['2', 'hours', true])
  assert.deepEqual(changesOf({ draft, written }, { draft, written }), {})
})

test('arguments that the form has no place for are shown as JSON', () => {
  assert.equal(draftOf({ ...TASK, args: [1] }, PARAMETERS).argumentsAs, 'json')
  assert.equal(draftOf({ ...TASK, kwargs: { other: 1 } }, PARAMETERS).argumentsAs, 'json')
  assert.equal(draftOf(TASK, undefined).argumentsAs, 'json')
})

test('only what was changed is sent, and what was emptied goes back to its default', () => {
  const draft = draftOf(TASK, PARAMETERS)
  const now = {
    ...draft,
    when: 'cron' as const,
    cron: '0 3 * * *',
    timeZone: 'UTC',
    endAt: '',
    timeoutSeconds: '',
    maxAttempts: '1',
    owner: 'all' as const,
  }
  assert.deepEqual(changesOf({ draft, written }, { draft: now, written: { ...written, kwargs: { path: '/var' } } }), {
    kwargs: { path: '/var' },
    owner: 'all',
    user: null,
    cron: '0 3 * * *',
    timeZone: 'UTC',
    endAt: null,
    timeoutSeconds: null,
    retry: null,
  })
})
