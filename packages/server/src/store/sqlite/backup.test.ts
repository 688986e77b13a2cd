import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { writeBackup } from './backup.ts'
import { filesIn } from './folder.ts'
import { beginRestore } from './restore.ts'
import { openWorkerStore } from './worker-store.ts'

const root = mkdtempSync(join(tmpdir(), 'octopus-backup-'))
after(() => rmSync(root, { recursive: true }))

let numbers = 0
const fresh = (word: string): string => join(root, `${word}-${++numbers}`)
const actor = { kind: 'system', name: 'test' } as const
const now = Date.UTC(2026, 5, 1, 12)
const open = (folder: string) => openWorkerStore({ folder, onFatal: (message) => assert.fail(message) })

async function write(folder: string, entries: number): Promise<void> {
  await using store = await open(folder)
  await store.startServer({ now, freshServerId: 'server', freshSecret: 'secret' })
  for (let n = 0; n < entries; n++) {
    await store.recordAudit({ now, actor, action: 'x', subject: String(n), details: '{}' })
  }
}

function entriesIn(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return Number(database.prepare('select count(*) as n from audit').get()?.['n'])
  } finally {
    database.close()
  }
}

async function backup(entries = 3): Promise<{ readonly folder: string; readonly file: string }> {
  const [folder, file] = [fresh('data'), fresh('backup')]
  await write(folder, entries)
  writeBackup({ folder, file, now, program: '1' })
  return { folder, file }
}

describe('a backup', () => {
  it('is taken while the server writes, and is one state of the store', async () => {
    const [folder, file] = [fresh('data'), fresh('backup')]
    await using store = await open(folder)
    await store.startServer({ now, freshServerId: 'server', freshSecret: 'secret' })
    const chunk = {
      execution: 'e' as never,
      attempt: 1,
      fence: 1,
      offset: 0,
      stream: 'stdout',
      at: 5,
      text: 'hi',
    } as const
    await store.appendOutput({ now, chunks: [chunk] })
    const written: Promise<void>[] = []
    for (let n = 0; n < 200; n++) {
      written.push(store.recordAudit({ now, actor, action: 'x', subject: String(n), details: '{}' }))
      if (n === 100) {
        await written[n]
        writeBackup({ folder, file, now, program: '1' })
      }
    }
    await Promise.all(written)
    const other = fresh('data')
    const restore = beginRestore({ folder: other, file, now })
    assert.deepEqual([restore.head.madeAt, restore.head.program], [now, '1'])
    restore.finish()
    const entries = entriesIn(filesIn(other).main)
    assert.ok(entries >= 101 && entries <= 200, String(entries))
    await using again = await open(other)
    assert.equal((await again.readOutput({ execution: 'e' as never, from: 0, limitBytes: 9 })).storedBytes, 2)
  })

  it('can be read by nobody else, and leaves nothing else behind', async () => {
    const { file } = await backup()
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual(
      readdirSync(root).filter((name) => name.includes('.part')),
      [],
    )
  })

  it('is never written over another file', async () => {
    const { folder, file } = await backup()
    const before = readFileSync(file)
    assert.throws(() => writeBackup({ folder, file, now, program: '1' }), /exists already/)
    assert.deepEqual(readFileSync(file), before)
  })

  it('takes nothing away that another one to the same file is writing', async () => {
    const folder = fresh('data')
    await write(folder, 3)
    const file = fresh('backup')
    // As the old one named them; whoever writes them is not asked.
    const others = [`${file}.part`, `${file}.main.part`, `${file}.output.part`]
    for (const path of others) writeFileSync(path, 'of another')
    writeBackup({ folder, file, now, program: '1' })
    for (const path of others) {
      assert.equal(readFileSync(path, 'utf8'), 'of another')
      rmSync(path)
    }
  })

  it('of a damaged file is refused with its name, and leaves nothing behind', async () => {
    const folder = fresh('data')
    await write(folder, 3)
    const { output } = filesIn(folder)
    const size = statSync(output).size
    writeFileSync(output, Buffer.concat([readFileSync(output).subarray(0, 4_096), Buffer.alloc(size - 4_096, 0x5a)]))
    const file = fresh('backup')
    assert.throws(
      () => writeBackup({ folder, file, now, program: '1' }),
      /output\.db is damaged .*no backup can be made of it/,
    )
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith(basename(file))),
      [],
    )
  })

  it('of a folder without a store is refused', () => {
    const folder = fresh('data')
    mkdirSync(folder)
    assert.throws(() => writeBackup({ folder, file: fresh('backup'), now, program: '1' }), /There is no database in/)
    assert.deepEqual(readdirSync(folder), [])
  })

  it('in a folder that does not exist is refused with what to do', async () => {
    const { folder } = await backup()
    const file = join(fresh('nowhere'), 'backup')
    assert.throws(() => writeBackup({ folder, file, now, program: '1' }), /cannot be written \(ENOENT\)/)
  })
})

describe('a restore', () => {
  it('is refused while a server uses the folder', async () => {
    const { folder, file } = await backup()
    await using _ = await open(folder)
    assert.throws(() => beginRestore({ folder, file, now }), /Another Octopus server is using the data folder/)
  })

  it('moves what was there aside', async () => {
    const { folder, file } = await backup(3)
    await write(folder, 5)
    const restore = beginRestore({ folder, file, now })
    assert.equal(entriesIn(filesIn(folder).main), 8)
    const aside = restore.finish()
    assert.equal(entriesIn(filesIn(folder).main), 3)
    assert.ok(aside !== null && aside.endsWith('replaced-2026-06-01T12-00-00Z'))
    assert.equal(entriesIn(join(aside, 'octopus.db')), 8)
  })

  it('knows the highest fence of what it replaces, given or shown by a client', async () => {
    const { folder, file } = await backup()
    const replaced = (): number => {
      const restore = beginRestore({ folder, file, now })
      restore.abandon()
      return restore.replacedFence
    }
    const database = (sql: string): void => {
      const opened = new DatabaseSync(filesIn(folder).main)
      opened.exec(sql)
      opened.close()
    }
    assert.equal(replaced(), 0)
    database(`insert into counter (name, value) values ('fence', 70) on conflict (name) do update set value = 70`)
    assert.equal(replaced(), 70)
    database(`insert into meta (key, value) values ('futureFence', '{"client":"c","fence":90,"since":1}')`)
    assert.equal(replaced(), 90)
    writeFileSync(filesIn(folder).main, 'no database')
    assert.equal(replaced(), 0)
  })

  it('that is given up leaves everything as it was', async () => {
    const { folder, file } = await backup(3)
    await write(folder, 5)
    beginRestore({ folder, file, now }).abandon()
    assert.equal(entriesIn(filesIn(folder).main), 8)
    await using _ = await open(folder)
  })

  const broken: readonly (readonly [what: string, bytes: (whole: Buffer) => Buffer, says: RegExp])[] = [
    ['was cut', (whole) => whole.subarray(0, whole.length - 100), /size is not what its beginning says/],
    ['has one other byte', (whole) => flip(whole, whole.length - 5_000), /checksum is wrong/],
    ['has another date at its beginning', (whole) => flip(whole, 35), /checksum is wrong|beginning cannot be read/],
    ['is a database', () => Buffer.from('SQLite format 3\0'), /does not begin as one/],
    ['is empty', () => Buffer.alloc(0), /does not begin as one/],
    [
      'names a path of its own',
      (whole) => Buffer.from(whole.toString('latin1').replace('output.db', '../out.db'), 'latin1'),
      /beginning cannot be read/,
    ],
  ]
  for (const [what, change, says] of broken) {
    it(`of a file that ${what} is refused, and changes nothing`, async () => {
      const { folder, file } = await backup()
      writeFileSync(file, change(readFileSync(file)))
      assert.throws(() => beginRestore({ folder, file, now }), says)
      assert.equal(existsSync(filesIn(folder).restoring), false)
      await using _ = await open(folder)
    })
  }

  it('that was interrupted while it moved files keeps a server from starting with half of them', async () => {
    const { folder, file } = await backup()
    mkdirSync(filesIn(folder).restoring)
    rmSync(filesIn(folder).main)
    await assert.rejects(open(folder), /was interrupted: its files are not all in place/)
    beginRestore({ folder, file, now }).finish()
    await using _ = await open(folder)
    assert.equal(entriesIn(filesIn(folder).main), 3)
  })
})

describe('a restore that fails', () => {
  it('while it moves files keeps a server from serving what is there, and the old files', async () => {
    const { folder, file } = await backup(3)
    await write(folder, 5)
    const restore = beginRestore({ folder, file, now })
    // Its own file is gone when it is to be moved; the others are moved by then.
    rmSync(restore.files.main)
    assert.throws(() => restore.finish(), /stopped while it moved files .*ENOENT.*Run "octopus restore" again/)
    restore.abandon()
    await assert.rejects(open(folder), /was interrupted: its files are not all in place/)
    const aside = readdirSync(folder).find((name) => name.startsWith('replaced-')) as string
    assert.equal(entriesIn(join(folder, aside, 'octopus.db')), 8)

    const again = beginRestore({ folder, file, now }).finish() as string
    assert.notEqual(again, join(folder, aside), 'two restores within a second must not move one over the other')
    assert.equal(entriesIn(join(folder, aside, 'octopus.db')), 8)
    assert.equal(entriesIn(filesIn(folder).main), 3)
    await using _ = await open(folder)
  })

  it('to move its own log into the database says so, and nothing was moved', async () => {
    const { folder, file } = await backup(3)
    await write(folder, 5)
    const restore = beginRestore({ folder, file, now })
    restore.databases.main.exec('pragma busy_timeout = 0')
    const reader = new DatabaseSync(restore.files.main)
    reader.exec('begin')
    reader.prepare('select count(*) from audit').get()
    restore.databases.main.exec(`insert into counter (name, value) values ('after the reader', 1)`)
    assert.throws(() => restore.finish(), /The log of .*octopus\.db could not be moved into it .*Nothing was changed/)
    restore.abandon()
    reader.close()
    assert.equal(entriesIn(filesIn(folder).main), 8)
    await using _ = await open(folder)
  })

  it('while it unpacks, killed, changes nothing: the server starts with what it had', async () => {
    const { folder, file } = await backup(3)
    const restore = beginRestore({ folder, file, now })
    const copy = fresh('killed')
    cpSync(folder, copy, { recursive: true })
    restore.abandon()
    {
      await using _ = await open(copy)
    }
    beginRestore({ folder: copy, file, now }).finish()
    assert.deepEqual(
      readdirSync(copy).filter((name) => name.startsWith('restoring')),
      [],
    )
  })
})

function flip(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

leakCheck()
