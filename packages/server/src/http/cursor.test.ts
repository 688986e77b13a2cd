import assert from 'node:assert/strict'
import { it } from 'node:test'

import { createCursors } from './cursor.ts'

const cursors = createCursors('secret')

it('a cursor brings back its key, for its own list and filter', () => {
  const key = '["Zoë\u0000","0199"]'
  const cursor = cursors.make('listTasks', { status: 'active', plugin: undefined }, key)
  assert.ok(cursor !== null)
  assert.equal(cursors.read('listTasks', { status: 'active' }, cursor), key)
  assert.equal(cursors.read('listTasks', {}, undefined), null)
  assert.equal(cursors.make('listTasks', {}, null), null)
})

it('a cursor of another list or filter, or one that was changed, is refused', () => {
  const cursor = cursors.make('listTasks', { status: 'active' }, 'key') ?? ''
  const wrong: (() => unknown)[] = [
    () => cursors.read('listRuns', { status: 'active' }, cursor),
    () => cursors.read('listTasks', {}, cursor),
    () => cursors.read('listTasks', { status: 'created' }, cursor),
    () => createCursors('other').read('listTasks', { status: 'active' }, cursor),
    ...Array.from(cursor).map(
      (char, i) => () =>
        cursors.read(
          'listTasks',
          { status: 'active' },
          cursor.slice(0, i) + (char === 'A' ? 'B' : 'A') + cursor.slice(i + 1),
        ),
    ),
    ...['', 'x', '=', 'AAAA', `${cursor}=`, `${cursor} `, cursor.slice(1)].map(
      (text) => () => cursors.read('listTasks', { status: 'active' }, text),
    ),
  ]
  for (const read of wrong) assert.throws(read, { code: 'INVALID_CURSOR' })
})
