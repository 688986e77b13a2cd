import type { Clock } from '@octopus/kit/clock.ts'
import type { AppendFile, Files } from '@octopus/kit/files.ts'
import type { IdMaker } from '@octopus/kit/ids.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ResultItem } from '@octopus/protocol/from-client.ts'

import { keyOf } from '#attempt-key.ts'

import { Book, lostInRestart, type EndedEntry, type Known } from './book.ts'
import { decodeJournal, encodeRecord, type JournalRecord } from './record.ts'

/** Results that wait for the server, together; beyond it the client takes no new work (`disk-full`). */
export const JOURNAL_BODY_BYTES_MAX = 64 * 1_048_576
/** Attempts that wait for the server; beyond it the client takes no new work. */
export const JOURNAL_OPEN_MAX = 10_000
/** A journal below this is not worth rewriting. */
const COMPACT_BYTES_MIN = 4 * 1_048_576
/** After a failed write the disk is asked again at this pace. */
const RETRY_MS = 1_000

/** The client's durable list of attempts and results: what makes a start happen at most once, and a result never lost. */
export interface Journal {
  /** New when the journal is new, or when a damaged one proves nothing any more. */
  readonly id: string
  /** The highest number that a crash cannot take back. */
  seq(): number
  know(key: AttemptKey): Known | undefined
  /** The result that waits for its answer. */
  ended(key: AttemptKey): ResultItem | undefined
  unanswered(): readonly EndedEntry[]
  /** After it resolves the attempt may start. Rejects when the disk refuses: then it is as if it had not been called. */
  writeStarting(key: AttemptKey, fenceProof: string): Promise<void>
  /** After it resolves the result may be sent. Waits while the disk refuses. */
  writeEnded(result: ResultItem, storedBytes: number): Promise<void>
  /** The attempt did not and will not start. Waits while the disk refuses. */
  writeDropped(key: AttemptKey): Promise<void>
  /** The server answered. Needs no fsync: if it is lost, the result is sent once more and answered once more. */
  bury(key: AttemptKey): void
  /** No room for new work: too much waits for the server, or the disk refuses. */
  full(): boolean
  /** Writes what still waits, once, and closes. */
  close(): Promise<void>
}

export interface JournalNeeds {
  readonly files: Files
  readonly path: string
  readonly clock: Clock
  readonly ids: IdMaker
  readonly log: Log
}

/**
 * Reads the journal of the last life and writes it anew: a torn tail is dropped, a damaged record is skipped and
 * reported, and what was starting without an end becomes `lost`.
 */
export async function openJournal(needs: JournalNeeds): Promise<Journal> {
  const { clock, log } = needs
  const text = (await needs.files.read(needs.path))?.toString() ?? ''
  const { records, torn, damaged } = decodeJournal(text)
  const book = new Book()
  let seq = 0
  for (const record of records) {
    book.apply(record)
    seq = Math.max(seq, record.seq)
  }
  const header = records.find((record) => record.kind === 'journal')
  if (torn) log.warn('journal-torn', { path: needs.path })
  // A record that is gone from the middle may be a start: such a journal must not prove that something never started.
  const trusted = header !== undefined && damaged === 0
  if (text !== '' && !trusted) log.error('journal-damaged', { path: needs.path, lines: damaged })
  const id = trusted ? header.id : needs.ids.next()

  for (const entry of book.unanswered()) {
    // The output's tail was in the memory of the dead process.
    const { result, storedBytes } = entry
    if (result.outputBytes > storedBytes) {
      book.apply({ ...entry, result: { ...result, cut: { ...result.cut, output: true } } })
    }
  }
  for (const entry of book.starting()) {
    // Under the number of its start: with one of its own, a journal that was set back to an earlier copy would come up to
    // what the server was told last, and pass for the one that it lost something of.
    book.apply({ kind: 'ended', seq: entry.seq, storedBytes: 0, result: lostInRestart(entry, clock.wall()) })
  }
  book.forgetOld(clock.wall())
  const writer = new Writer(needs, book, { id, seq })
  await writer.begin()
  return journalOver(needs, book, writer)
}

function journalOver({ clock }: JournalNeeds, book: Book, writer: Writer): Journal {
  return {
    id: writer.id,
    seq: () => writer.durableSeq,
    know: (key) => book.know(key),
    ended: (key) => book.ended(key),
    unanswered: () => book.unanswered(),
    writeStarting: async (key, fenceProof) => {
      const at = clock.wall()
      try {
        await writer.write((seq) => ({ kind: 'starting', seq, ...keyOf(key), fenceProof, at }), 'once')
      } catch (error) {
        book.apply({ kind: 'dropped', seq: 0, ...keyOf(key) })
        throw error
      }
    },
    writeEnded: (result, storedBytes) =>
      writer.write((seq) => ({ kind: 'ended', seq, storedBytes, result }), 'until-done'),
    writeDropped: (key) => writer.write((seq) => ({ kind: 'dropped', seq, ...keyOf(key) }), 'until-done'),
    bury: (key) => {
      const at = clock.wall()
      writer.note((seq) => ({ kind: 'tombstone', seq, execution: key.execution, fence: key.fence, at }))
    },
    full: () => writer.failing || book.openCount() >= JOURNAL_OPEN_MAX || book.bodyBytes() >= JOURNAL_BODY_BYTES_MAX,
    close: () => writer.close(),
  }
}

type MakeRecord = (seq: number) => JournalRecord

interface Waiting {
  readonly line: string
  readonly seq: number
  /** `once`: the caller is told of a failure. `until-done`: it is tried again. */
  readonly mode: 'once' | 'until-done'
  resolve(): void
  reject(error: unknown): void
}

/**
 * Group commit: while one write and its fsync run, what arrives waits together for the next. A record counts in the
 * book from the moment it is handed in, so that a rewrite of the whole file contains everything that waits.
 */
class Writer {
  readonly id: string
  durableSeq: number
  /** The last write failed; the file may end in half a line, so the next write replaces it whole. */
  failing = false
  readonly #needs: JournalNeeds
  readonly #book: Book
  readonly #life = new AbortController()
  #file: AppendFile | undefined
  #fileBytes = 0
  #compactBytes = COMPACT_BYTES_MIN
  #seq: number
  #waiting: Waiting[] = []
  #noted = ''
  #running: Promise<void> | undefined

  constructor(needs: JournalNeeds, book: Book, state: { readonly id: string; readonly seq: number }) {
    this.#needs = needs
    this.#book = book
    this.id = state.id
    this.#seq = state.seq
    this.durableSeq = state.seq
  }

  /** A disk that is full at the start does not keep the client from telling the server so. */
  async begin(): Promise<void> {
    try {
      await this.#rewrite()
    } catch (error) {
      this.#failed([], error)
      this.#start()
    }
  }

  write(make: MakeRecord, mode: Waiting['mode']): Promise<void> {
    const record = this.#number(make)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: encodeRecord(record), seq: record.seq, mode, resolve, reject })
      this.#start()
    })
  }

  /** Goes along with the next write. */
  note(make: MakeRecord): void {
    this.#noted += encodeRecord(this.#number(make))
  }

  async close(): Promise<void> {
    this.#life.abort(new Error('the journal is closed'))
    await this.#running
    if (this.#noted !== '' && !this.failing) await this.#append('').catch(() => {})
    await this.#file?.close().catch(() => {})
  }

  /** Writes the whole book into a new file. Survives a crash at any point: the old file or the new one is there. */
  async #rewrite(): Promise<void> {
    this.#book.forgetOld(this.#needs.clock.wall())
    const text = this.#book.lines({ id: this.id, seq: this.#seq })
    const seq = this.#seq
    this.#noted = ''
    // Windows does not replace a file that is open.
    await this.#file?.close()
    this.#file = undefined
    await this.#needs.files.replace(this.#needs.path, text, 0o600)
    this.#file = await this.#needs.files.openAppend(this.#needs.path)
    this.#fileBytes = text.length
    this.#compactBytes = Math.max(COMPACT_BYTES_MIN, 2 * text.length)
    this.durableSeq = seq
  }

  #number(make: MakeRecord): JournalRecord {
    const record = make(++this.#seq)
    this.#book.apply(record)
    return record
  }

  #start(): void {
    if (this.#running) return
    this.#running = this.#run()
  }

  /** While the disk refuses it goes on by itself: otherwise nobody would notice that there is room again. */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0 || this.failing) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        if (this.failing || this.#file === undefined || this.#fileBytes > this.#compactBytes) await this.#rewrite()
        else await this.#append(batch.map((item) => item.line).join(''))
        this.durableSeq = Math.max(this.durableSeq, batch.at(-1)?.seq ?? 0)
        if (this.failing) this.#needs.log.info('journal-writable-again', { path: this.#needs.path })
        this.failing = false
        for (const item of batch) item.resolve()
      } catch (error) {
        const goOn = this.#failed(batch, error)
        if (!goOn) break
        await this.#needs.clock.after(RETRY_MS, this.#life.signal).catch(() => {})
      }
    }
    // In the same step as the last look at what waits: later, and a write in between would wait for ever.
    this.#running = undefined
  }

  async #append(text: string): Promise<void> {
    const all = this.#noted + text
    this.#noted = ''
    await this.#file?.appendDurably(all)
    this.#fileBytes += all.length
  }

  /** Answers whether it is tried again. */
  #failed(batch: Waiting[], error: unknown): boolean {
    if (!this.failing) this.#needs.log.error('journal-write-failed', { path: this.#needs.path, error: String(error) })
    this.failing = true
    const closed = this.#life.signal.aborted
    const told = batch.filter((item) => closed || item.mode === 'once')
    for (const item of told) item.reject(error)
    this.#waiting = [...batch.filter((item) => !told.includes(item)), ...this.#waiting]
    return !closed
  }
}
