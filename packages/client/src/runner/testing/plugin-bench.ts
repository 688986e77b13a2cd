import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import { createSystemClock } from '@octopus/kit/clock.ts'
import { createSystemRandom, secretText } from '@octopus/kit/random.ts'
import { createCapturedLog, type CapturedLog } from '@octopus/kit/testing/capture-log.ts'
import type { Checksum, ExecutionId } from '@octopus/protocol/ids.ts'

import { createRunnerPool, type RunnerPoolOptions } from '#runner/pool.ts'
import type { AttemptEnd, OutputPiece, RunnerPool, RunnerWork, RunningAttempt } from '#runner/runner.ts'
import { createProcessTable } from '#runner/tree.ts'
import { WORK_MARKER } from '#runner/work-folder.ts'

/** Steps of the ladder so short that tests need not wait, and long enough for a busy machine to do the asking. */
export const QUICK_LADDER = { askMs: 400, termMs: 400, killMs: 1_000 }

/** An attempt, and what was heard of it until now. */
export interface ObservedAttempt extends Omit<RunningAttempt, 'ended'> {
  readonly ended: Promise<AttemptEnd>
  /** As the pool tells it, where that may be no end. */
  readonly outcome: RunningAttempt['ended']
  readonly pieces: readonly OutputPiece[]
  readonly progress: readonly (readonly [number | null, string])[]
  readonly started: Promise<void>
  /** Resolves when this text has come out of the plugin. */
  said(text: string): Promise<void>
}

export interface PluginBench {
  readonly pool: RunnerPool
  readonly log: CapturedLog
  readonly clientMark: string
  /** A folder for files that plugins and tests share. */
  readonly folder: string
  start(source: string, work?: Partial<RunnerWork>, mayBegin?: () => boolean): ObservedAttempt
  run(source: string, work?: Partial<RunnerWork>): Promise<FinishedAttempt>
  /** Living processes that carry this bench's mark. */
  processes(): Promise<readonly number[]>
}

export interface FinishedAttempt extends AttemptEnd {
  readonly pieces: readonly OutputPiece[]
  readonly stdout: string
  readonly stderr: string
  readonly logged: string
  readonly value: unknown
}

/**
 * A pool with real Python processes for the tests of one file. After the file it is closed, and then no process with
 * its mark and no folder of a runner may be left.
 */
export async function openPluginBench(options: Partial<RunnerPoolOptions> = {}): Promise<PluginBench> {
  const random = createSystemRandom()
  const folder = await mkdtemp(join(tmpdir(), 'octopus-runner-'))
  const clientMark = `test-${secretText(random, 6)}`
  const log = createCapturedLog()
  const workFolder = join(folder, 'runners')
  const processTable = createProcessTable(process.platform)
  const pool = createRunnerPool({
    clock: createSystemClock(),
    random,
    log,
    workFolder,
    slots: 2,
    cacheTtlMs: 600_000,
    programs: { python: undefined, shell: undefined, powershell: undefined },
    node: { execPath: process.execPath, version: process.versions.node },
    environment: { PATH: ambientPath(), SECRET_OF_THE_CLIENT: 'must not be seen' },
    clientMark,
    platform: process.platform,
    ladder: QUICK_LADDER,
    ...options,
  })
  const processes = async (): Promise<readonly number[]> =>
    (await processTable.list()).filter(({ client, zombie }) => client === clientMark && !zombie).map(({ pid }) => pid)

  after(async () => {
    await pool[Symbol.asyncDispose]()
    const folders = (await readdir(workFolder)).filter((name) => name !== WORK_MARKER)
    await rm(folder, { recursive: true, force: true })
    const left = await processes()
    assert.deepEqual({ left, folders }, { left: [], folders: [] }, 'a plugin outlived its pool')
  })

  const start: PluginBench['start'] = (source, work = {}, mayBegin = () => true) =>
    observe(pool, workFor(source, work), mayBegin)
  return {
    pool,
    log,
    clientMark,
    folder,
    start,
    processes,
    run: async (source, work) => {
      const attempt = start(source, work)
      return finished(await attempt.ended, attempt.pieces)
    },
  }
}

/** The whole output of one stream. */
export function textOf(pieces: readonly OutputPiece[], stream: OutputPiece['stream']): string {
  return pieces
    .filter((piece) => piece.stream === stream)
    .map(({ text }) => text)
    .join('')
}

function finished(end: AttemptEnd, pieces: readonly OutputPiece[]): FinishedAttempt {
  return {
    ...end,
    pieces,
    stdout: textOf(pieces, 'stdout'),
    stderr: textOf(pieces, 'stderr'),
    logged: textOf(pieces, 'log'),
    value: end.valueJson === null ? undefined : JSON.parse(end.valueJson),
  }
}

function observe(pool: RunnerPool, work: RunnerWork, mayBegin: () => boolean): ObservedAttempt {
  const pieces: OutputPiece[] = []
  const progress: (readonly [number | null, string])[] = []
  const started = Promise.withResolvers<void>()
  const waiting = new Map<string, () => void>()
  const attempt = pool.start(work, {
    mayBegin,
    started: () => started.resolve(),
    output: (piece) => {
      pieces.push(piece)
      const all = pieces.map(({ text }) => text).join('')
      for (const [text, resolve] of waiting) if (all.includes(text)) resolve()
    },
    progress: (fraction, text) => void progress.push([fraction, text]),
  })
  const ended = attempt.ended.then((end) =>
    typeof end === 'string' || 'lacks' in end ? assert.fail(JSON.stringify(end)) : end,
  )
  ended.catch(() => {})
  const said = (text: string): Promise<void> => {
    if (pieces.some((piece) => piece.text.includes(text))) return Promise.resolve()
    const heard = Promise.withResolvers<void>()
    waiting.set(text, heard.resolve)
    const silent = ended.then((end) => {
      throw new Error(`it ended without saying ${text}: ${JSON.stringify(end)} ${JSON.stringify(pieces)}`)
    })
    return Promise.race([heard.promise, silent])
  }
  return { ...attempt, ended, outcome: attempt.ended, pieces, progress, started: started.promise, said }
}

function workFor(source: string, work: Partial<RunnerWork>): RunnerWork {
  const bytes = work.source ?? Buffer.from(source)
  return {
    key: { execution: '01890a5d-ac96-774b-bcce-b302099a8057' as ExecutionId, attempt: 1, fence: 7 },
    plugin: 'tested',
    checksum: sha256Hex(bytes) as Checksum,
    language: 'python',
    source: bytes,
    action: 'run',
    argsJson: '[]',
    kwargsJson: '{}',
    timeoutMs: 60_000,
    outputBytesMax: 1_048_576,
    resultBytesMax: 1_048_576,
    onDisconnect: 'continue',
    ...work,
  }
}

/** Where Python is: the only thing the tests need of the machine's environment. */
function ambientPath(): string | undefined {
  // oxlint-disable-next-line eslint/no-restricted-properties -- there is no main.ts that could pass it in
  return process.env['PATH']
}
