import assert from 'node:assert/strict'
import { test } from 'node:test'

import { firstSteps, successRate } from './tiles.ts'

test('a single failure never shows as 100 %', () => {
  assert.equal(successRate({ succeeded: 0, failed: 0 }), '–')
  assert.equal(successRate({ succeeded: 5, failed: 0 }), '100 %')
  assert.equal(successRate({ succeeded: 9_999, failed: 1 }), '99 %')
  assert.equal(successRate({ succeeded: 1, failed: 2 }), '33 %')
})

test('the first steps tick themselves off', () => {
  const stats = {
    clients: { known: 1, online: 0, pending: 0 },
    executions: { queued: 0, assigned: 0, running: 0, disconnected: 0 },
    last24h: { succeeded: 0, failed: 0, runs: 0 },
    tasks: { created: 0, active: 0, completed: 0 },
    plugins: { total: 2, inSync: 0 },
    needsYou: [],
    workStopped: false,
    version: '0.1.0',
  }
  assert.deepEqual(firstSteps(stats), { client: true, plugin: true, task: false, done: false })
  assert.equal(firstSteps({ ...stats, tasks: { created: 0, active: 0, completed: 1 } }).done, true)
})
