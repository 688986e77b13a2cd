import assert from 'node:assert/strict'
import { test } from 'node:test'

import { askedTopics, changedTopics, concerns, topicOf } from './topics.ts'

const id = (n: number): string => `0190a000-0000-7000-8000-${String(n).padStart(12, '0')}`

test('a query key begins with its topic, or has none', () => {
  assert.equal(topicOf(['clients', { status: 'pending' }]), 'clients')
  assert.equal(topicOf([`run:${id(1)}`, 'executions']), `run:${id(1)}`)
  assert.equal(topicOf(['me']), undefined)
  assert.equal(topicOf([{}]), undefined)
})

test('topics are asked for once each, in one order, so that the same page has the same address', () => {
  assert.deepEqual(askedTopics(['tasks', 'clients', 'tasks']), ['clients', 'tasks'])
})

test('too many single topics become their lists', () => {
  const many = Array.from({ length: 60 }, (_, n) => `run:${id(n)}`)
  assert.deepEqual(askedTopics([...many, 'stats']), ['runs', 'stats'])
})

test('news of a list concerns a single thing only where the list stands for it', () => {
  const own = `run:${id(1)}`
  assert.equal(concerns(own, own, new Set([own])), true)
  assert.equal(concerns('runs', own, new Set([own, 'runs'])), false)
  assert.equal(concerns('runs', own, new Set(['runs'])), true)
})

test('an event that is not ours is no news', () => {
  assert.deepEqual(changedTopics('{"topics":["tasks",7]}'), ['tasks'])
  assert.deepEqual(changedTopics('nonsense'), [])
  assert.deepEqual(changedTopics('null'), [])
})
