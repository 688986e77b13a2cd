import assert from 'node:assert/strict'
import { test } from 'node:test'

import { timeline } from './timeline.ts'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

test('steps come in the order of an execution life, each with the time since the one before', () => {
  const steps = timeline({
    dueAt: at(0),
    queuedAt: at(1),
    assignedAt: at(2),
    startedAt: at(4),
    cancelRequestedAt: null,
    endedAt: at(10),
  })
  assert.deepEqual(
    steps.map(({ name, afterMs }) => [name, afterMs]),
    [
      ['Due', undefined],
      ['Queued', 1_000],
      ['Handed to the client', 1_000],
      ['Started', 2_000],
      ['Ended', 6_000],
    ],
  )
})

test('a cancel stands where it was asked', () => {
  const steps = timeline({
    dueAt: at(0),
    queuedAt: at(0),
    assignedAt: null,
    startedAt: null,
    cancelRequestedAt: at(5),
    endedAt: at(6),
  })
  assert.deepEqual(
    steps.map(({ name }) => name),
    ['Due', 'Queued', 'Cancel asked', 'Ended'],
  )
})

test('a PC whose clock goes wrong does not turn its life around', () => {
  const steps = timeline({
    dueAt: at(20),
    queuedAt: at(20),
    assignedAt: at(21),
    startedAt: at(5),
    cancelRequestedAt: null,
    endedAt: at(9),
  })
  assert.deepEqual(
    steps.map(({ name, afterMs }) => [name, afterMs]),
    [
      ['Due', undefined],
      ['Queued', 0],
      ['Handed to the client', 1_000],
      ['Started', 0],
      ['Ended', 4_000],
    ],
  )
})
