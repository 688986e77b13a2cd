import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'

import { filesIn, prepareFolder } from './folder.ts'
import { openMain } from './open.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

const root = mkdtempSync(join(tmpdir(), 'octopus-log-'))
after(() => rmSync(root, { recursive: true }))

let folders = 0
const freshFolder = (): string => join(root, `data-${++folders}`)
const fill = (database: DatabaseSync, rows: number): void => {
  for (let n = 0; n < rows; n++) {
    database.prepare('insert or replace into meta values (?, ?)').run(`key ${n}`, 'x'.repeat(40_000))
  }
}

describe('the write-ahead log of a database', () => {
  it('is begun anew when it is long, and never by SQLite itself', () => {
    const { main } = prepareFolder(freshFolder())
    const database = openMain(main, 1)
    const log = new WriteAheadLog(database)
    const longest = (tidy: () => void): number => {
      for (let n = 0; n < 20; n++) {
        fill(database, 100)
        tidy()
      }
      return statSync(`${main}-wal`).size
    }
    assert.ok(longest(() => log.tidy()) < 32 * 1_048_576)
    assert.ok(longest(() => {}) > 64 * 1_048_576)
    database.close()
  })

  it('that a crash left is moved into the database at the next start, before anything is promised', () => {
    const folder = freshFolder()
    const { main } = prepareFolder(folder)
    const database = openMain(main, 1)
    fill(database, 10)
    const crashed = filesIn(freshFolder()).main
    prepareFolder(join(crashed, '..'))
    for (const end of ['', '-wal']) copyFileSync(main + end, crashed + end)
    database.close()
    const before = statSync(crashed).size
    const again = openMain(crashed, 1)
    assert.ok(statSync(crashed).size >= before + 400_000)
    assert.equal(again.prepare(`select count(*) as n from meta where key like 'key %'`).get()?.['n'], 10)
    again.close()
  })
})
