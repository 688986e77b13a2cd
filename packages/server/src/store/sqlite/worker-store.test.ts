import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

import { idFloor } from '@octopus/kit/ids.ts'
import { OctopusError } from '@octopus/protocol/errors.ts'

import { deletedContract } from '#store/deleted.contract.ts'
import { onceContract } from '#store/once.contract.ts'
import { policiesContract } from '#store/policies.contract.ts'
import { premisesContract } from '#store/premises.contract.ts'
import { storeContract } from '#store/store.contract.ts'
import type { Store } from '#store/store.ts'

import { filesIn } from './folder.ts'
import { WAITING_MAX } from './thread.ts'
import { openWorkerStore } from './worker-store.ts'

const root = mkdtempSync(join(tmpdir(), 'octopus-store-'))
after(() => rmSync(root, { recursive: true }))

let folders = 0
const freshFolder = (): string => join(root, `data-${++folders}`)
const programPath = (name: string): string => fileURLToPath(new URL(`testing/${name}.ts`, import.meta.url))
const fatal = (message: string): void => assert.fail(message)
const open = (folder = freshFolder()): Promise<Store> => openWorkerStore({ folder, onFatal: fatal })
const actor = { kind: 'system', name: 'test' } as const

storeContract('in threads', open)
onceContract('in threads', open)
deletedContract('in threads', open)
policiesContract('in threads', open)
premisesContract('in threads', open)

describe('a store in threads', () => {
  it('brings errors over as what they are', async () => {
    await using store = await open()
    await assert.rejects(store.listApiTokens({ limit: 1, after: null, user: 'nobody' }), (error: unknown) => {
      assert.ok(error instanceof OctopusError)
      assert.equal(error.status, 404)
      assert.match(error.message, /There is no user "nobody"\./)
      return true
    })
    const details = 'no JSON'
    await assert.rejects(store.recordAudit({ now: 1, actor, action: 'x', subject: 'x', details }), {
      name: 'SyntaxError',
    })
    // What cannot be copied to another thread fails its caller only.
    const bad = store.readUser({ name: (() => '') as never })
    const good = store.readSetupDone({})
    await assert.rejects(bad, { name: 'DataCloneError' })
    assert.equal(await good, false)
  })

  it('finishes what waits before it is closed, and takes nothing after', async () => {
    const folder = freshFolder()
    const store = await open(folder)
    const writes = Array.from({ length: 500 }, (_, n) =>
      store.recordAudit({ now: 1, actor, action: 'x', subject: String(n), details: '{}' }),
    )
    const closed = store[Symbol.asyncDispose]()
    await assert.rejects(store.readSetupDone({}), { code: 'SHUTTING_DOWN' })
    await Promise.all(writes)
    await closed
    await store[Symbol.asyncDispose]()
    const { main } = filesIn(folder)
    assert.equal(existsSync(`${main}-wal`), false)
    await using again = await open(folder)
    assert.equal(await again.readSetupDone({}), false)
  })

  it('makes younger ids than those it finds, though the clock was set back; not after a clock that was broken', async () => {
    const day = 86_400_000
    const now = Date.now()
    for (const [aheads, goesOn] of [
      [[day / 2], true],
      [[2 * day], false],
      // What a broken clock made once is passed over: ids go on from the last sound one.
      [[day / 2, 365 * day], true],
    ] as const) {
      const folder = freshFolder()
      await (await open(folder))[Symbol.asyncDispose]()
      const database = new DatabaseSync(filesIn(folder).main)
      const there = aheads.map((aheadMs) => `${idFloor(now + aheadMs)}-7000-8000-000000000000`)
      const insert = database.prepare(`insert into audit values (?, 1, 'system', 'test', 'x', 'x', '{}')`)
      for (const id of there) insert.run(id)
      database.close()
      await using store = await open(folder)
      await store.recordAudit({ now: 1, actor, action: 'y', subject: 'y', details: '{}' })
      const { items } = await store.listAudit({ limit: 10, after: null, filter: { action: 'y' } })
      assert.deepEqual(
        items.map(({ id }) => id > (there[0] ?? '')),
        [goesOn],
      )
    }
  })

  it('refuses a call when too many wait already; what waits is done, and others are taken again', async () => {
    await using store = await openWorkerStore({ folder: freshFolder(), onFatal: fatal })
    // Not one of them is answered before all are asked for: the thread is heard in another turn of the loop.
    const waiting = Array.from({ length: WAITING_MAX }, () => store.readSetupDone({}))
    assert.equal(store.waiting().reader, WAITING_MAX)
    await assert.rejects(store.readSetupDone({}), { code: 'STORE_UNAVAILABLE', status: 503 })
    // Each thread has a queue of its own.
    await store.recordAudit({ now: 1, actor, action: 'x', subject: 'x', details: '{}' })
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set([false]))
    assert.equal(store.waiting().reader, 0)
    assert.equal(await store.readSetupDone({}), false)
  })

  it('refuses a folder that a store has open, with one sentence', async () => {
    const folder = freshFolder()
    await using _store = await open(folder)
    await assert.rejects(open(folder), { name: 'StoreRefused', reason: 'locked', message: /Another Octopus server/ })
  })

  it('refuses a damaged database and leaves it alone', async () => {
    const folder = freshFolder()
    mkdirSync(folder)
    writeFileSync(filesIn(folder).main, 'a letter to my aunt '.repeat(100))
    await assert.rejects(open(folder), { name: 'StoreRefused', reason: 'corrupt' })
  })

  it('keeps its log short while it is written to', async () => {
    const folder = freshFolder()
    await using store = await open(folder)
    const details = JSON.stringify('x'.repeat(1_000))
    const write = async (): Promise<void> => {
      for (let n = 0; n < 250; n++) await store.recordAudit({ now: 1, actor, action: 'x', subject: 'x', details })
    }
    await Promise.all(Array.from({ length: 80 }, write))
    const bytes = statSync(`${filesIn(folder).main}-wal`).size
    assert.ok(bytes < 48 * 1_048_576, `the log has ${bytes} bytes`)
  })
})

describe('when the process is killed', { timeout: 60_000 }, () => {
  it('everything that was acknowledged is there, and the database is whole', async () => {
    const folder = freshFolder()
    for (const atLeast of [100, 700, 2_000]) {
      const acknowledged = await runUntil(folder, atLeast)
      assert.ok(acknowledged.length >= atLeast)
      await using _store = await open(folder)
      const database = new DatabaseSync(filesIn(folder).main, { readOnly: true })
      assert.deepEqual({ ...database.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
      const stored = new Set(
        database
          .prepare('select subject from audit')
          .all()
          .map((row) => row['subject']),
      )
      assert.deepEqual(
        acknowledged.filter((subject) => !stored.has(subject)),
        [],
      )
      database.close()
    }
  })
})

/** Starts a program that writes, kills it after so many acknowledgements, and answers what was acknowledged. */
async function runUntil(folder: string, atLeast: number): Promise<readonly string[]> {
  const program = spawn(process.execPath, [programPath('acknowledge-writes'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  let lines = 0
  program.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    lines += chunk.split('\n').length - 1
    if (lines >= atLeast) program.kill('SIGKILL')
  })
  await new Promise((resolve) => program.once('close', resolve))
  return text.split('\n').slice(0, -1)
}

describe('when the disk is full', () => {
  // A mount of its own needs rights that not every machine gives.
  const program = 'unshare'
  const mayMount = spawnSync(program, ['-m', 'true']).status === 0

  it('refuses writes, still reads, and goes on when there is room', { skip: !mayMount, timeout: 60_000 }, () => {
    const folder = freshFolder()
    mkdirSync(folder)
    const script = 'mount -t tmpfs -o size=6m,mode=700 tmpfs "$1" && exec "$2" "$3" "$1"'
    const args = ['-m', 'sh', '-c', script, 'sh', folder, process.execPath, programPath('fill-the-disk')]
    const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    assert.equal(stderr, '')
    const seen = JSON.parse(stdout) as Record<string, unknown>
    assert.ok(Number(seen['acknowledged']) > 10)
    assert.deepEqual(
      { ...seen, acknowledged: 0 },
      {
        fatal: '',
        refusedWith: 'STORE_UNAVAILABLE',
        readWhileFull: 'false',
        acknowledged: 0,
        afterwards: 'written',
      },
    )
  })
})
