import type { DatabaseSync, StatementSync } from 'node:sqlite'

import { Bug } from '@octopus/kit/assert.ts'
import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import { type Answer, type Call, CallQueue } from './call-queue.ts'
import { FIRST } from './kinds.ts'
import { isCorrupt, isFatal, isOutage } from './outage.ts'
import type { Tx } from './tx.ts'

/** Verbs by name, as the core runs them. Their inputs were typed by the port; here they are only passed on. */
export type VerbTable = Readonly<Record<string, ((tx: Tx, input: never) => unknown) | undefined>>

/** No transaction does more work than this: whoever comes next waits no longer than one of them. */
export const BATCH_MS: Ms = 20

export interface CoreNeeds {
  readonly database: DatabaseSync
  readonly tx: Tx
  readonly verbs: VerbTable
  /** `write` takes the write lock and gives each verb a savepoint; `read` looks at one state of the database. */
  readonly mode: 'write' | 'read'
  readonly clock: Pick<Clock, 'monotonic'>
  /** A batch was committed: so many calls, in so long. */
  readonly onBatch?: (calls: number, tookMs: Ms) => void
  /** The process must end: what is on the disk is unknown, or damaged. Called once. */
  readonly onFatal: (error: unknown) => void
  /**
   * What a caller hears whose rows stand on a damaged page. With it the file goes on to be used for what is sound;
   * without it damage is fatal.
   */
  readonly damaged?: ((error: unknown) => Error) | undefined
}

/**
 * Group commit over one connection, without threads or timers: a host says when a batch runs. What arrives meanwhile
 * waits together for the next one.
 */
export class Core {
  readonly #needs: CoreNeeds
  readonly #queue = new CallQueue(FIRST)
  readonly #statements: ReturnType<typeof prepareStatements>
  #fatal = false

  constructor(needs: CoreNeeds) {
    this.#needs = needs
    this.#statements = prepareStatements(needs.database, needs.mode)
  }

  add(call: Call): void {
    this.#queue.add(call)
  }

  get waiting(): number {
    return this.#queue.length
  }

  /**
   * One transaction over what waits, as much as fits into `BATCH_MS`. Callers hear of it after the commit. A verb that
   * throws fails alone; if the disk fails, or the commit, all callers of the batch fail and nothing was changed.
   */
  runBatch(): void {
    if (this.#queue.length === 0) return
    const answered: { readonly call: Call; readonly answer: Answer }[] = []
    let call: Call | undefined
    try {
      if (this.#fatal) throw refusal('STORE_UNAVAILABLE')
      this.#statements.begin.run()
      const beganAt = this.#needs.clock.monotonic()
      const end = beganAt + BATCH_MS
      let fair = false
      call = this.#queue.take()
      while (call) {
        fair ||= !FIRST.has(call.verb)
        answered.push({ call, answer: this.#answer(call) })
        call = this.#needs.clock.monotonic() < end ? this.#queue.take() : fair ? undefined : this.#queue.takeOther()
      }
      this.#statements.commit.run()
      this.#needs.onBatch?.(answered.length, this.#needs.clock.monotonic() - beganAt)
    } catch (error) {
      const calls = answered.map((one) => one.call)
      if (call) calls.push(call)
      if (calls.length > 1 && this.#needs.damaged && isCorrupt(error)) this.#runApart(calls)
      else this.#failAll(calls, error)
      return
    }
    for (const { call, answer } of answered) call.settle(answer)
  }

  /** SQLite commits no transaction that met damage: with one for each call, damage costs only those who meet it. */
  #runApart(calls: readonly Call[]): void {
    this.#endTransaction()
    for (const call of calls) {
      let answer: Answer
      try {
        if (this.#fatal) throw refusal('STORE_UNAVAILABLE')
        this.#statements.begin.run()
        answer = this.#answer(call)
        this.#statements.commit.run()
      } catch (error) {
        this.#failAll([call], error)
        continue
      }
      call.settle(answer)
    }
  }

  /** Runs one verb. Throws only if the fault is not the verb's. */
  #answer({ verb, input }: Call): Answer {
    const { savepoint, release, rollBackTo } = this.#statements
    savepoint?.run()
    try {
      const run = this.#needs.verbs[verb]
      if (!run) throw new Bug(`the store has no verb ${verb}`)
      const value = run(this.#needs.tx, input as never)
      release?.run()
      return { ok: true, value }
    } catch (error) {
      // SQLite may have rolled back the whole transaction by itself: then nobody's work is in it any more.
      if (isOutage(error) || !this.#needs.database.isTransaction) throw error
      rollBackTo?.run()
      release?.run()
      return { ok: false, error }
    }
  }

  /** Nothing of the batch was committed. If not even a transaction could begin, that holds for all who wait. */
  #failAll(calls: readonly Call[], cause: unknown): void {
    this.#endTransaction()
    if (isCorrupt(cause) && this.#needs.damaged) return this.#settleAll(calls, this.#needs.damaged(cause))
    if (isFatal(cause) && !this.#fatal) {
      this.#fatal = true
      this.#needs.onFatal(cause)
    }
    this.#settleAll(calls, isOutage(cause) ? outageOf(cause) : cause)
  }

  #settleAll(calls: readonly Call[], error: unknown): void {
    const failed = [...calls]
    if (failed.length === 0) for (let one = this.#queue.take(); one; one = this.#queue.take()) failed.push(one)
    for (const call of failed) call.settle({ ok: false, error })
  }

  #endTransaction(): void {
    try {
      if (this.#needs.database.isTransaction) this.#needs.database.exec('rollback')
    } catch (error) {
      // A transaction that can be neither committed nor rolled back would take all later calls with it.
      this.#fatal = true
      this.#needs.onFatal(error)
    }
  }
}

function outageOf(cause: unknown): Error {
  const error = refusal('STORE_UNAVAILABLE')
  error.cause = cause
  return error
}

function prepareStatements(database: DatabaseSync, mode: CoreNeeds['mode']) {
  const one = (sql: string): StatementSync => database.prepare(sql)
  const ends = { begin: one(mode === 'write' ? 'begin immediate' : 'begin'), commit: one('commit') }
  if (mode === 'read') return { ...ends, savepoint: undefined, release: undefined, rollBackTo: undefined }
  return {
    ...ends,
    savepoint: one('savepoint verb'),
    release: one('release verb'),
    rollBackTo: one('rollback to verb'),
  }
}
