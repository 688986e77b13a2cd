import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import type { Answer } from './call-queue.ts'
import { connect } from './connection.ts'
import { Core, type VerbTable } from './core.ts'
import { damagedOutput } from './damaged-output.ts'
import type { Tx } from './tx.ts'

interface Opened {
  readonly database: DatabaseSync
  readonly core: Core
  readonly fatal: unknown[]
  /** Adds a call; the list that it answers holds what became of it. */
  call(verb: string, input: unknown): Answer[]
  rows(): readonly unknown[]
}

function open(
  more: VerbTable = {},
  clock: { monotonic(): number } = createSystemClock(),
  damaged?: (error: unknown) => Error,
): Opened {
  const database = new DatabaseSync(':memory:')
  database.exec('create table row (text text primary key) strict')
  const ids = createUuidV7Maker(createHandClock(), createSeededRandom(1))
  const write = (tx: Tx, text: string): number => tx.run('insert into row values (?)', text)
  const verbs: VerbTable = {
    write,
    storeResults: write,
    writeAndFail: (tx: Tx, text: string) => {
      write(tx, text)
      throw refusal('TASK_NOT_FOUND', { task: text })
    },
    ...more,
  }
  const fatal: unknown[] = []
  const onFatal = (error: unknown): void => void fatal.push(error)
  const tx = connect(database, { ids, later: () => {} })
  const core = new Core({ database, tx, verbs, mode: 'write', clock, onFatal, damaged })
  return {
    database,
    core,
    fatal,
    call: (verb, input) => {
      const answers: Answer[] = []
      core.add({ verb, input, settle: (answer) => answers.push(answer) })
      return answers
    },
    rows: () =>
      database
        .prepare('select text from row order by rowid')
        .all()
        .map((row) => row['text']),
  }
}

/** What SQLite says, thrown by a verb. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error('from the disk'), { code: 'ERR_SQLITE_ERROR', errcode })
}

const DISK_FULL = 13
const DAMAGED = 11
const FSYNC_FAILED = 1034

describe('a group of calls', () => {
  it('is committed together, and each caller hears of it after the commit', () => {
    const { core, call, rows } = open()
    const answers = ['a', 'b', 'c'].map((text) => call('write', text))
    assert.deepEqual(answers, [[], [], []])
    core.runBatch()
    assert.deepEqual(answers, [[{ ok: true, value: 1 }], [{ ok: true, value: 1 }], [{ ok: true, value: 1 }]])
    assert.deepEqual(rows(), ['a', 'b', 'c'])
  })

  it('loses only the verb that throws, with all that it had written', () => {
    const { core, call, rows } = open()
    const [before, bad, after] = [call('write', 'a'), call('writeAndFail', 'b'), call('write', 'c')]
    core.runBatch()
    assert.deepEqual([before[0]?.ok, bad[0]?.ok, after[0]?.ok], [true, false, true])
    assert.equal(bad[0]?.ok === false && (bad[0].error as { code: string }).code, 'TASK_NOT_FOUND')
    assert.deepEqual(rows(), ['a', 'c'])
  })

  it('loses only the verb that breaks a rule of the tables', () => {
    const { core, call, rows } = open()
    const answers = ['a', 'a', 'b'].map((text) => call('write', text))
    core.runBatch()
    assert.deepEqual(
      answers.map(([answer]) => answer?.ok),
      [true, false, true],
    )
    assert.deepEqual(rows(), ['a', 'b'])
  })

  it('is refused as a whole when the commit fails, and the next one goes through', () => {
    const { core, call, rows, database } = open({
      writeOrphan: (tx: Tx, text: string) => tx.run('insert into child values (?)', text),
    })
    // A rule that is checked only at the commit: the one way to make SQLite itself refuse it.
    database.exec('create table child (text text references row (text) deferrable initially deferred) strict')
    const answers = [call('write', 'a'), call('writeOrphan', 'nobody'), call('write', 'b')]
    core.runBatch()
    assert.deepEqual(
      answers.map(([answer]) => answer?.ok),
      [false, false, false],
    )
    assert.deepEqual(rows(), [])
    const [next] = [call('write', 'c')]
    core.runBatch()
    assert.equal(next?.[0]?.ok, true)
    assert.deepEqual(rows(), ['c'])
  })

  it('takes results first, then what came first', () => {
    const { core, call, rows } = open()
    for (const [verb, text] of [
      ['write', 'a'],
      ['storeResults', 'r1'],
      ['write', 'b'],
      ['storeResults', 'r2'],
    ] as const)
      call(verb, text)
    core.runBatch()
    assert.deepEqual(rows(), ['r1', 'r2', 'a', 'b'])
  })

  it('does about 20 ms of work, and the rest goes to the next', () => {
    const clock = createHandClock()
    let ms = 0
    const slow = (tx: Tx, text: string): void => {
      ms += 8
      tx.run('insert into row values (?)', text)
    }
    const { core, call, rows } = open({ slow }, { ...clock, monotonic: () => ms })
    for (const text of ['a', 'b', 'c', 'd', 'e']) call('slow', text)
    core.runBatch()
    assert.deepEqual(rows(), ['a', 'b', 'c'])
    assert.equal(core.waiting, 2)
    core.runBatch()
    assert.equal(core.waiting, 0)
  })

  it('takes one other call even when results fill it', () => {
    let ms = 0
    const storeResults = (tx: Tx, text: string): void => {
      ms += 100
      tx.run('insert into row values (?)', text)
    }
    const { core, call, rows } = open({ storeResults }, { monotonic: () => ms })
    for (const [verb, text] of [
      ['storeResults', 'r1'],
      ['storeResults', 'r2'],
      ['write', 'a'],
      ['write', 'b'],
    ] as const)
      call(verb, text)
    core.runBatch()
    assert.deepEqual(rows(), ['r1', 'a'])
  })

  it('refuses a verb that does not exist, as a bug of its caller', () => {
    const { core, call } = open()
    const [answer, other] = [call('nonsense', 1), call('write', 'a')]
    core.runBatch()
    assert.match(String(answer[0]?.ok === false && answer[0].error), /no verb nonsense/)
    assert.equal(other[0]?.ok, true)
  })
})

describe('when the disk fails', () => {
  const failing = (errcode: number): VerbTable => ({
    fail: () => {
      throw sqliteError(errcode)
    },
  })
  const code = (answer: Answer | undefined): unknown =>
    answer?.ok === false ? (answer.error as { code: string }).code : null

  it('nothing of the batch is stored, every caller may try again, and the next batch goes through', () => {
    const { core, call, rows, fatal } = open(failing(DISK_FULL))
    const answers = [call('write', 'a'), call('fail', ''), call('write', 'b')]
    core.runBatch()
    assert.deepEqual(
      answers.slice(0, 2).map(([answer]) => code(answer)),
      ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'],
    )
    assert.deepEqual(rows(), [])
    core.runBatch()
    assert.deepEqual(rows(), ['b'])
    assert.deepEqual(fatal, [])
  })

  it('a full database refuses writes, and takes them again when there is room, without repair', () => {
    const { core, call, database, rows } = open()
    const big = 'x'.repeat(20_000)
    const pages = Number(database.prepare('pragma page_count').get()?.['page_count'])
    database.exec(`pragma max_page_count = ${pages + 2}`)
    const refused = call('write', big)
    core.runBatch()
    assert.equal(code(refused[0]), 'STORE_UNAVAILABLE')
    database.exec('pragma max_page_count = 100000')
    const taken = call('write', big)
    core.runBatch()
    assert.equal(taken[0]?.ok, true)
    assert.equal(rows().length, 1)
  })

  it('nobody waits for ever when no transaction can begin', () => {
    const { core, call, database } = open()
    database.exec('begin')
    const answers = [call('write', 'a'), call('write', 'b')]
    core.runBatch()
    assert.deepEqual(
      answers.map(([answer]) => answer?.ok),
      [false, false],
    )
  })

  it('the process must end after an fsync that failed, and nothing is acknowledged any more', () => {
    const { core, call, fatal, rows } = open(failing(FSYNC_FAILED))
    const first = call('fail', '')
    core.runBatch()
    assert.equal(fatal.length, 1)
    assert.equal(code(first[0]), 'STORE_UNAVAILABLE')
    const second = call('write', 'a')
    core.runBatch()
    assert.equal(code(second[0]), 'STORE_UNAVAILABLE')
    assert.equal(fatal.length, 1)
    assert.deepEqual(rows(), [])
  })

  it('a damaged page is fatal, unless the file may be used for what is sound: then its caller alone hears of it', () => {
    for (const [mayGoOn, expected] of [
      [false, { fatal: 1, codes: ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'], rows: [] }],
      [true, { fatal: 0, codes: [null, 'OUTPUT_DAMAGED', null], rows: ['a', 'b'] }],
    ] as const) {
      const damage: VerbTable = {
        fail: (tx: Tx) => {
          tx.run('insert into row values (?)', 'half')
          throw sqliteError(DAMAGED)
        },
      }
      const { core, call, rows, fatal } = open(damage, undefined, mayGoOn ? damagedOutput : undefined)
      const answers = [call('write', 'a'), call('fail', ''), call('write', 'b')]
      core.runBatch()
      core.runBatch()
      assert.deepEqual({ fatal: fatal.length, codes: answers.map(([answer]) => code(answer)), rows: rows() }, expected)
    }
  })
})
