import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'

import { present, unreachable } from '@octopus/kit/assert.ts'
import { createSystemClock, type EpochMs, type Ms } from '@octopus/kit/clock.ts'
import { createUuidV7Maker, type IdMaker } from '@octopus/kit/ids.ts'
import { createSystemRandom } from '@octopus/kit/random.ts'

import { VERBS } from '#store/sqlite/verbs/table.ts'
import { StoreRefused } from '#store/store-refused.ts'

import { connect } from './connection.ts'
import { Core } from './core.ts'
import { damagedOutput } from './damaged-output.ts'
import { toErrorData } from './error-data.ts'
import { filesIn, type FolderLock, lockFolder, prepareFolder } from './folder.ts'
import { KINDS } from './kinds.ts'
import { idsGoOnFrom } from './newest-id.ts'
import { openMain, openOutput, openReader } from './open.ts'
import { isCorrupt, isFatal } from './outage.ts'
import type { Batch, FromWorker, PostedAnswer, PostedCall, ToWorker, WorkerSetup } from './worker-messages.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

// A thread of the store: hosts the core and knows nothing of verbs. It composes itself, since no object can be handed
// to a thread, so it makes its own clock and dice.

interface Hosted {
  readonly cores: { readonly write?: Core; readonly read?: Core }
  /** After every batch. */
  readonly tidy: () => void
  /** Moves what is in the write-ahead log into the main database, beside the writer. */
  readonly checkpoint: () => void
  readonly close: () => void
}

const clock = createSystemClock()
const idsFrom = (after: EpochMs): IdMaker => createUuidV7Maker(clock, createSystemRandom(), after)
const port: MessagePort = present(parentPort, 'the port to the main thread')
const setup = workerData as WorkerSetup

let answers: PostedAnswer[] = []
let batches: Batch[] = []
let followUps: { readonly verb: string; readonly input: object }[] = []

const post = (message: FromWorker): void => port.postMessage(message)
const onFatal = (file: string, error: unknown): void => post({ kind: 'fatal', message: `${file}: ${String(error)}` })

type Damaged = (error: unknown) => Error

/** Every read of damaged output says so: the log is told again after this time. */
const DAMAGE_SAID_EVERY_MS: Ms = 3_600_000

/** Makes what callers hear of a damaged page of output, and has it said in the log. */
function damagedIn(file: string): Damaged {
  let saidAt = -Infinity
  return (error) => {
    if (clock.monotonic() - saidAt >= DAMAGE_SAID_EVERY_MS) {
      saidAt = clock.monotonic()
      post({ kind: 'damaged', damage: { file, error: String(error) } })
    }
    return damagedOutput(error)
  }
}

function openWriter(folder: string): Hosted {
  const { main } = prepareFolder(folder)
  const lock: FolderLock = lockFolder(folder)
  try {
    const database = openMain(main, clock.wall())
    const log = new WriteAheadLog(database)
    return {
      cores: { write: coreOver(main, database, 'write', { ids: idsFrom(idsGoOnFrom(database, clock.wall())) }) },
      tidy: () => move(main, () => log.tidy()),
      checkpoint: () => {},
      close: () => {
        database.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

function openReads(folder: string): Hosted {
  const { main } = filesIn(folder)
  const database = openReader(main)
  const nothing = (): void => {}
  return {
    cores: { read: coreOver(main, database, 'read') },
    tidy: nothing,
    checkpoint: nothing,
    close: () => database.close(),
  }
}

function openOutputs(folder: string): Hosted {
  const files = filesIn(folder)
  const database = openOutput(files.output, clock.wall())
  const beside = openReader(files.main)
  const log = new WriteAheadLog(database)
  const mainLog = new WriteAheadLog(beside)
  const damaged = damagedIn(files.output)
  return {
    cores: {
      write: coreOver(files.output, database, 'write', { damaged }),
      read: coreOver(files.output, database, 'read', { damaged }),
    },
    tidy: () => move(files.output, () => log.tidy(), damaged),
    checkpoint: () => move(files.main, () => mainLog.checkpoint()),
    close: () => {
      database.close()
      beside.close()
    },
  }
}

function coreOver(
  file: string,
  database: DatabaseSync,
  mode: 'write' | 'read',
  { ids = idsFrom(0), damaged }: { readonly ids?: IdMaker; readonly damaged?: Damaged } = {},
): Core {
  const later = (verb: string, input: object): void => void followUps.push({ verb, input })
  const onBatch = (calls: number, tookMs: number): void => void batches.push({ calls, tookMs })
  const tx = connect(database, { ids, later })
  const fatal = (error: unknown): void => onFatal(file, error)
  return new Core({ database, tx, verbs: VERBS, mode, clock, onBatch, onFatal: fatal, damaged })
}

function host(hosted: Hosted): void {
  const cores = Object.values(hosted.cores)
  const take = (message: ToWorker): void => {
    switch (message.kind) {
      case 'open':
        return
      case 'calls':
        for (const call of message.calls) accept(hosted, call)
        return
      case 'checkpoint':
        hosted.checkpoint()
        return
      case 'close':
        hosted.close()
        port.close()
        return
      default:
        unreachable(message)
    }
  }
  port.on('message', (message: ToWorker) => {
    take(message)
    do {
      // What arrived during the last commit goes into the next one together.
      for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
        take(next.message as ToWorker)
      for (const core of cores) core.runBatch()
      flush()
      hosted.tidy()
    } while (cores.some((core) => core.waiting > 0))
  })
}

function accept(hosted: Hosted, [number, verb, input]: PostedCall): void {
  const kind = KINDS[verb as keyof typeof KINDS] ?? 'write'
  const core = present(kind.endsWith('read') ? hosted.cores.read : hosted.cores.write, `a core for ${verb}`)
  core.add({
    verb,
    input,
    settle: (answer) =>
      answers.push(answer.ok ? [number, answer.value, null] : [number, undefined, toErrorData(answer.error)]),
  })
}

/** From the log into the database. */
function move(file: string, checkpoint: () => void, damaged?: Damaged): void {
  try {
    checkpoint()
  } catch (error) {
    // It is tried again; only what puts the file itself in doubt counts.
    if (damaged && isCorrupt(error)) damaged(error)
    else if (isFatal(error)) onFatal(file, error)
  }
}

function flush(): void {
  // First what follows from a read, then its answer: so it goes before all that its caller writes next.
  if (followUps.length > 0) post({ kind: 'follow-ups', calls: followUps })
  if (answers.length > 0) post({ kind: 'answers', answers, batches })
  answers = []
  batches = []
  followUps = []
}

const OPENERS = { writer: openWriter, reader: openReads, output: openOutputs } as const

port.once('message', (message: ToWorker) => {
  if (message.kind !== 'open') return port.close()
  try {
    host(OPENERS[setup.role](setup.folder))
    post({ kind: 'ready' })
  } catch (error) {
    const reason = error instanceof StoreRefused ? error.reason : null
    post({ kind: 'refused', reason, message: (error as Error).message })
    port.close()
  }
})
