import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'

import type { RunId, TaskId } from '@octopus/protocol/ids.ts'
import { EXECUTION_STATES, OUTCOMES, OWNERS, RUN_STATUSES, TASK_STATUSES, TASK_TYPES } from '@octopus/protocol/work.ts'

import { watched } from '#store/sqlite/testing/watched-tx.ts'
import type { StoreVerbs } from '#store/store.ts'

import { MEMORY, openMain } from './open.ts'

const plansOf = (database: DatabaseSync, verb: keyof StoreVerbs, input: object): readonly string[] =>
  watched(database, verb, input as never).plans

const id = '01890000-0000-7000-8000-00000000000a'
const task = id as TaskId
const run = id as RunId
const page = { limit: 50, after: null }
/** The second page of a list, by as many keys as it is in the order of. */
const beyond = (filter: object) => {
  const bySlot = 'run' in filter && !('digest' in filter)
  return { limit: 50, after: JSON.stringify(bySlot ? ['client', id] : [id]) }
}
const span = { from: 1_780_000_000_000, to: 1_790_000_000_000 }

/** Orders that are made by sorting: what is open or deleted is little. */
const SORTED =
  /USING INDEX (?:execution_open_slot|execution_at_client|task_deleted|client_deleted|client_user|client_vanished)/

/** Rows in the order of an index, or found by one: never a walk through a table, never a sort of history. */
function isBounded(plans: readonly string[]): void {
  for (const detail of plans) {
    assert.doesNotMatch(detail, /^SCAN (?:e|r|t|execution|run|task|client)\b(?! USING (?:COVERING )?INDEX)/, detail)
  }
  if (plans.some((detail) => SORTED.test(detail))) return
  assert.ok(!plans.includes('USE TEMP B-TREE FOR ORDER BY'), plans.join('; '))
}

describe('a list never walks through history', () => {
  const database = openMain(MEMORY, 0)
  database.exec(
    `insert into user (id, name, name_key, display_name, revision, created_at) values ('u', 'ann', 'ann', '', 1, 0)`,
  )
  const each = (name: keyof StoreVerbs, filters: readonly object[]): void => {
    for (const filter of filters) {
      it(`${name} by ${
        Object.entries(filter)
          .map(([key, value]) => `${key} ${String(value)}`)
          .join(', ') || 'nothing'
      }`, () => {
        for (const request of [page, beyond(filter)]) isBounded(plansOf(database, name, { ...request, filter }))
      })
    }
  }
  const states = EXECUTION_STATES.map((state) => ({ state }))
  each('listExecutions', [
    {},
    span,
    { run },
    { run, state: 'failed' },
    { run, user: 'ann' },
    { run, digest: 'a' },
    { user: 'ann' },
    { user: 'ann', state: 'failed', ...span },
    ...states,
    ...states.map((state) => ({ ...state, task })),
    ...states.map((state) => ({ ...state, client: id })),
    ...states.map((state) => ({ ...state, ...span })),
    { task, ...span },
    { task, client: id },
    { client: id, ...span },
  ])
  const outcomes = OUTCOMES.map((outcome) => ({ outcome }))
  each('listRuns', [
    {},
    span,
    { task },
    { task, ...span },
    ...RUN_STATUSES.map((status) => ({ status })),
    ...RUN_STATUSES.map((status) => ({ status, task })),
    ...outcomes,
    ...outcomes.map((outcome) => ({ ...outcome, task })),
    ...outcomes.map((outcome) => ({ ...outcome, ...span })),
  ])
  each('listTasks', [
    {},
    { deleted: true },
    { plugin: 'greet' },
    ...TASK_STATUSES.flatMap((status) => [{ status }, { status, plugin: 'greet' }, { status, owner: 'all' }]),
    ...OWNERS.map((owner) => ({ owner })),
    ...TASK_TYPES.map((type) => ({ type })),
  ])
  for (const after of [null, JSON.stringify([5, id])]) {
    it(`listTasks by next run, ${after === null ? 'first' : 'next'} page`, () =>
      isBounded(plansOf(database, 'listTasks', { limit: 50, after, filter: { sort: 'next-run' } })))
  }
  const named = { limit: 50, after: JSON.stringify(['pc', id]) }
  for (const filter of [{}, { status: 'pending' }, { user: 'ann' }, { presence: 'online' }, { deleted: true }]) {
    it(`listClients by ${Object.keys(filter).join(', ') || 'nothing'}`, () => {
      for (const request of [page, named]) isBounded(plansOf(database, 'listClients', { ...request, filter }))
    })
  }
  for (const filter of [
    {},
    { actor: 'root' },
    { action: 'task.create' },
    { subject: id },
    { actor: 'root', action: 'a', ...span },
  ]) {
    it(`listAudit by ${Object.keys(filter).join(', ') || 'nothing'}`, () => {
      for (const request of [page, beyond(filter)]) isBounded(plansOf(database, 'listAudit', { ...request, filter }))
    })
  }
  for (const kind of ['task', 'plugin', 'client', 'user', 'run', 'execution']) {
    for (const text of kind === 'run' || kind === 'execution' ? ['01890000'] : ['di', 'disk', '01890000']) {
      it(`search of ${kind} for ${text}`, () =>
        isBounded(
          plansOf(database, 'search', { text, kinds: [kind], limit: 8 }).filter((plan) => !/VIRTUAL/.test(plan)),
        ))
    }
  }
  it('what needs somebody', () => isBounded(plansOf(database, 'readNeeds', { now: 0 })))
  it('listRunResults groups by the index alone', () => {
    const plans = plansOf(database, 'listRunResults', { ...page, run })
    assert.ok(
      plans.every((detail) => !/execution_by_digest/.test(detail) || /COVERING INDEX/.test(detail)),
      plans.join('; '),
    )
  })
})
