import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { ROOT } from './root.ts'

/** Where the states of the table in `executions/execution.ts` become rows; the first state of each row stands in the other. */
const WRITES_STATES = 'packages/server/src/store/sqlite/verbs/changes.ts'
const MAKES_ROWS = 'packages/server/src/store/sqlite/verbs/create-run.ts'

const paths = globSync('packages/server/src/**/*.{ts,sql}', { cwd: ROOT })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !/\.(?:test|contract)\.ts$|\/testing\//.test(path))
const files = paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

/** What each `update execution` sets: its columns, without the conditions. */
function updatesOf(text: string): readonly string[] {
  return [...text.matchAll(/\bupdate\s+execution\s+set\s+([^;]*?)(?:\bwhere\b|[;`']|$)/gi)].map(([, set = '']) => set)
}

const setsState = (set: string): boolean => /(?:^|,)\s*state\s*=/.test(set) || /^\((?:[^)]*,)?\s*state\s*[,)]/.test(set)

const where = (fits: (text: string) => boolean): readonly string[] =>
  files.filter(({ text }) => fits(text)).map(({ path }) => path)

describe('the statements of the store', () => {
  it('are found', () => {
    const updates = files.flatMap(({ text }) => updatesOf(text))
    assert.ok(updates.length > 10, `only ${updates.length} statements change an execution: look at the pattern`)
    assert.ok(['state = ?, reason = ?', 'reason = ?,\n state = ?', '(a, state) = (1, 2)'].every(setsState))
    assert.ok(
      ['reason = ?', '(a, statement) = (1, 2)', 'error = (select state from x)'].every((set) => !setsState(set)),
    )
  })

  it('write the state of an execution in one place, which asks the table what becomes of it', () => {
    assert.deepEqual(
      where((text) => updatesOf(text).some(setsState)),
      [WRITES_STATES],
      'Let Changes apply an event to the row: the table says what becomes of it, and counters follow.',
    )
    assert.deepEqual(
      where((text) => /\binsert\s+(?:or\s+\w+\s+)?into\s+execution\s*\(/i.test(text)),
      [MAKES_ROWS],
    )
  })

  it('never ask what time it is: it is given, so that a test and a second server have the same', () => {
    const store = files.filter(({ path }) => path.startsWith('packages/server/src/store/'))
    assert.ok(store.length > 100)
    const asks =
      /\b(?:now|datetime|unixepoch|julianday|strftime|date|time)\s*\(\s*(?:'now'|\)|'unixepoch')|\bcurrent_(?:timestamp|time|date)\b/i
    assert.ok(
      ["datetime('now')", 'select unixepoch()', 'default current_timestamp', 'now()'].every((sql) => asks.test(sql)),
    )
    assert.deepEqual(
      store.filter(({ text }) => asks.test(text)).map(({ path }) => path),
      [],
      'Hand the time in as a value.',
    )
  })
})
