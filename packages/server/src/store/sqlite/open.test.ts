import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { lockFolder, prepareFolder } from './folder.ts'
import { openMain, openOutput, openReader } from './open.ts'

const root = mkdtempSync(join(tmpdir(), 'octopus-open-'))
after(() => rmSync(root, { recursive: true }))

/** The account without rights, on every Unix. */
const NOBODY = 65_534
let folders = 0
const freshFolder = (): string => join(root, `data-${++folders}`)
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('the files of the store', () => {
  it('are for the account of the server alone', { skip: process.platform === 'win32' }, () => {
    const folder = freshFolder()
    const files = prepareFolder(folder)
    const main = openMain(files.main, 1)
    const lock = lockFolder(folder)
    assert.equal(modeOf(folder), '700')
    for (const path of [files.main, files.output, files.lock, `${files.main}-wal`, `${files.main}-shm`])
      assert.equal(modeOf(path), '600', path)
    lock.release()
    main.close()
    chmodSync(files.main, 0o644)
    prepareFolder(folder)
    assert.equal(modeOf(files.main), '600')
  })

  it('are written so that a commit survives a power cut, except output, which clients send again', () => {
    const files = prepareFolder(freshFolder())
    const [main, output] = [openMain(files.main, 1), openOutput(files.output, 1)]
    assert.equal(main.prepare('pragma synchronous').get()?.['synchronous'], 2)
    assert.equal(output.prepare('pragma synchronous').get()?.['synchronous'], 1)
    for (const database of [main, output]) {
      assert.equal(database.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal')
      assert.equal(database.prepare('pragma foreign_keys').get()?.['foreign_keys'], 1)
      database.close()
    }
  })

  it('have strict tables only', () => {
    const main = openMain(':memory:', 1)
    const loose = main
      .prepare(
        // The tables of the search index are SQLite's own.
        `select name from pragma_table_list where schema = 'main' and strict = 0 and name not like 'sqlite_%'
          and type <> 'virtual' and type <> 'shadow'`,
      )
      .all()
    assert.deepEqual(loose, [])
  })

  it('have no rule that waits for the commit: what breaks one fails for its caller alone, at once', () => {
    const main = openMain(':memory:', 1)
    const statements = main.prepare('select name, sql from sqlite_schema where sql is not null').all()
    assert.ok(statements.length > 50, `only ${statements.length} tables and indexes were looked at`)
    const deferred = statements.filter(({ sql }) => /\bdeferr/i.test(String(sql)))
    assert.deepEqual(
      deferred.map(({ name }) => name),
      [],
    )
    assert.equal(main.prepare('pragma defer_foreign_keys').get()?.['defer_foreign_keys'], 0)
    main.close()
  })

  it('are not written by the connection that reads', () => {
    const files = prepareFolder(freshFolder())
    const main = openMain(files.main, 1)
    const reader = openReader(files.main)
    assert.throws(() => reader.exec("insert into meta values ('a', 'b')"), /readonly/)
    reader.close()
    main.close()
  })
})

describe('the store refuses to open', () => {
  const refused = (reason: string, message: RegExp) => ({ name: 'StoreRefused', reason, message })

  it('a folder that another process has open, and takes it when that process was killed', () => {
    const folder = freshFolder()
    prepareFolder(folder)
    const lock = lockFolder(folder)
    const code = `import { lockFolder } from ${JSON.stringify(new URL('folder.ts', import.meta.url).href)}
      try { lockFolder(process.argv[1]); process.kill(process.pid, 'SIGKILL') } catch (error) { console.log(error.message) }`
    const another = () => spawnSync(process.execPath, ['--input-type=module', '-e', code, folder], { encoding: 'utf8' })
    assert.match(another().stdout, new RegExp(`Another Octopus server is using the data folder ${folder}\\.`))
    assert.throws(() => lockFolder(folder), refused('locked', /Another Octopus server/))
    // A second look from this process must not have taken the lock away, as closing a file of the same name would.
    prepareFolder(folder)
    assert.match(another().stdout, /Another Octopus server/)
    lock.release()
    assert.equal(another().signal, 'SIGKILL')
    lockFolder(folder).release()
  })

  it('a folder that cannot be made or written', () => {
    const path = join(root, 'a-file')
    writeFileSync(path, '')
    assert.throws(
      () => prepareFolder(join(path, 'data')),
      refused('not-writable', /a-file\/data cannot be used \(ENOTDIR\).*DATA_FOLDER/),
    )
  })

  it('a folder without the right to write', { skip: process.platform === 'win32' && 'rights are others there' }, () => {
    const folder = freshFolder()
    mkdirSync(folder, { mode: 0o500 })
    // Root may write everywhere: for a moment the test is nobody.
    const isRoot = process.getuid?.() === 0
    if (isRoot) process.seteuid?.(NOBODY)
    try {
      assert.throws(() => prepareFolder(folder), refused('not-writable', /cannot be used \(EACCES\)/))
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  })

  it('a file that is no database', () => {
    const { main } = prepareFolder(freshFolder())
    writeFileSync(main, 'this is a letter to my aunt, '.repeat(100))
    assert.throws(
      () => openMain(main, 1),
      refused('corrupt', /octopus\.db is damaged \(file is not a database\).*backup/),
    )
    assert.match(readFileSync(main, 'utf8'), /^this is a letter/)
  })

  it('a database with a damaged page', () => {
    const { main } = prepareFolder(freshFolder())
    const database = openMain(main, 1)
    for (let n = 0; n < 200; n++) database.prepare('insert into meta values (?, ?)').run(`key ${n}`, 'x'.repeat(200))
    database.close()
    const file = openSync(main, 'r+')
    const { size } = statSync(main)
    writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, size - 8192)
    assert.throws(() => openMain(main, 1), refused('corrupt', /is damaged/))
  })
})
