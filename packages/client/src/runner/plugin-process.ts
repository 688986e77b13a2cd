import { mkdirSync, rmdirSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'

import { createDrainedPipe } from './drained-pipe.ts'
import { type Environment, runnerEnvironment, type RunnerMarks } from './environment.ts'
import { type Fuse, FUSE_EXITS, fuseOf } from './fuses.ts'
import { inheritedMark } from './inherited-mark.ts'
import { createLastLine, type LastLine } from './last-line.ts'
import type { Launch } from './launch.ts'
import { createLines } from './lines.ts'
import { createMarkedPipe } from './marked-pipe.ts'
import {
  parseKeeperMessage,
  parseRunnerMessage,
  type RunnerMessage,
  type RunnerResult,
  type StartOrder,
} from './messages.ts'
import type { ProcessTable } from './process-table.ts'
import type { RawPipe } from './raw-pipe.ts'
import { loadedAs } from './reuse.ts'
import type { ProcessEnd, RunListener, RunnerProcess } from './runner-process.ts'
import { scriptResult } from './script-result.ts'
import { type Spawned, spawnRunner } from './spawn.ts'
import { killTree } from './tree.ts'
import { removeTree } from './work-folder.ts'

export interface PluginProcessNeeds {
  readonly clock: Clock
  readonly log: Log
  readonly processes: ProcessTable
  readonly platform: NodeJS.Platform
  readonly environment: Environment
  /** Private root of all runners' folders. */
  readonly workFolder: string
  /** An interpreter that is not ready by then counts as crashed. */
  readonly readyMs: Ms
}

export interface PluginProcessOptions {
  readonly id: string
  readonly launch: Launch
  readonly marks: RunnerMarks
}

/** After the result the raw pipes are waited for so long: their bytes are there already. */
const PIPES_MS_MAX: Ms = 1_000
/**
 * After the end all pipes are waited for so long. Their writers are dead and the ends are near, but on a PC that is
 * overloaded, reading them may be late; how the worker ended stands there.
 */
const LAST_READ_MS_MAX: Ms = 10_000
/** Of what an interpreter says before it is ready so much is kept. */
const LAST_WORDS_BYTES_MAX = 4_096
/**
 * A fuse may end so much earlier than it might: then the keeper need not be told of every renewal, which would wake it, a
 * second process, for each short execution.
 */
const FUSE_SLACK_MS: Ms = 1_000
/** A line of the worker beyond this and the value (which JSON in JSON may triple) is no message of ours. */
const LINE_BYTES_MAX = 4_194_304
const KEEPER_LINE_BYTES_MAX = 1_024
/** The exit codes the keeper ends with by itself, after the last of its tree. */
const KEEPER_EXITS: ReadonlySet<number> = new Set([0, ...Object.values(FUSE_EXITS)])

/** Of what a script says last on standard error so much is kept. */
const LAST_ERROR_BYTES_MAX = 4_096

/**
 * Starts a runner: a worker for plugins, and the keeper that ends its tree (0010, 0042 in the decisions). Throws when the
 * PC lacks what its start takes (room on the disk, file descriptors).
 */
export function startPluginProcess(needs: PluginProcessNeeds, options: PluginProcessOptions): RunnerProcess {
  const { clock, log, platform } = needs
  const { launch } = options
  const folder = join(needs.workFolder, options.id)
  const home = join(folder, 'work')
  const marks = [`--mark=${options.marks.runner}`]
  if (platform === 'linux') marks.push(`--inherit=${inheritedMark(options.marks.runner)}`)
  const command = { ...launch.command, args: [...launch.command.args, ...marks] }
  const environment = runnerEnvironment(needs.environment, home, options.marks)
  const child = startIn([folder, home], () => spawnRunner(command, home, environment))
  const tree =
    child.pid === undefined ? { runner: options.marks.runner } : { runner: options.marks.runner, group: child.pid }

  let executions = 0
  let loaded: string | undefined
  let plugin: string | undefined
  let valueBytesMax = 0
  let listener: RunListener | undefined
  let order: StartOrder | undefined
  /** Makes the result when all output is here: a script's stands in it. */
  let answer: (() => RunnerResult) | undefined
  let lastLines: Readonly<Record<'stdout' | 'stderr', LastLine>> | undefined
  const ready = { worker: false, keeper: false }
  let end: ProcessEnd = { failed: undefined, code: null, signal: null, fuse: undefined, lastWords: '' }
  let ending = false
  let gone = false
  let exited = false
  let keeperEnds = false
  let proves = false
  /** When the keeper ends the tree by itself, as it was told last. */
  const fuses = new Map<Fuse, Ms>()
  const workerGone = Promise.withResolvers<void>()
  const wholeGone = Promise.withResolvers<ProcessEnd>()
  const watch = new AbortController()

  const pipes: RawPipe[] = []

  /** The result counts when both pipes have given all they had: output never comes after its execution's end. */
  function settle(make: () => RunnerResult): void {
    if (listener === undefined || answer !== undefined) return broken('a result that nobody waits for')
    answer = make
    let open = pipes.length
    for (const pipe of pipes) {
      pipe.settle(() => {
        open -= 1
        if (open === 0) finish(null)
      })
    }
    if (open > 0) void giveUpPipes(make)
  }

  /** A plugin that destroyed the pipes (not only closed them) sees its execution end all the same; no later one does. */
  async function giveUpPipes(of: () => RunnerResult): Promise<void> {
    await clock.after(PIPES_MS_MAX, watch.signal).catch(() => {})
    if (answer === of) finish('pipes')
  }

  function finish(remains: string | null): void {
    if (answer === undefined) return
    const found = answer()
    const heard = listener
    listener = undefined
    answer = undefined
    heard?.finished(remains === null ? found : { ...found, remains })
  }

  function hear(message: RunnerMessage): void {
    switch (message.type) {
      case 'ready':
        if (ready.worker) return broken('a second ready')
        if (!attachPipes()) return broken('pipes that cannot be opened')
        ready.worker = true
        return sendIfReady()
      case 'started':
        return listener?.started()
      case 'output':
        return listener?.output(message.stream, message.text)
      case 'skipped':
        return listener?.skipped(message.bytes)
      case 'progress':
        return listener?.progress(message.fraction, message.text)
      case 'result':
        return settle(() => message)
      case 'exited': {
        const said = lastLines
        if (said === undefined) return broken('the end of a script that was not ordered')
        return settle(() => scriptResult(message, said.stdout.read(), said.stderr.read(), valueBytesMax))
      }
    }
  }

  function attachPipes(): boolean {
    try {
      for (const name of ['stdout', 'stderr'] as const) {
        const bytes = (chunk: Buffer): void => {
          lastLines?.[name].add(chunk)
          listener?.raw(name, chunk)
        }
        pipes.push(
          platform === 'win32' ? createMarkedPipe(child[name], bytes) : createDrainedPipe(join(folder, name), bytes),
        )
      }
      return true
    } catch (error) {
      end = { ...end, lastWords: `${end.lastWords}${String(error)}` }
      return false
    }
  }

  function sendIfReady(): void {
    if (!ready.worker || !ready.keeper || order === undefined) return
    const sent = order
    order = undefined
    if (listener?.mayBegin() !== true) {
      const asked = listener
      listener = undefined
      return asked?.notBegun()
    }
    for (const pipe of pipes) pipe.begin(sent.nonce)
    child.channel.write(`${JSON.stringify(sent)}\n`)
  }

  function broken(what: string): void {
    log.warn('runner-broken', { runner: options.id, what })
    tellKeeper('kill')
  }

  /** A keeper that is about to exit is told nothing more: a write that fails would cost us what it still has to say. */
  function tellKeeper(words: string): void {
    if (keeperEnds || exited) return
    keeperEnds = words === 'kill'
    child.lifeline.write(`${words}\n`)
  }

  function burn(fuse: Fuse, leftMs: Ms | null): void {
    const told = fuses.get(fuse)
    if (leftMs === null) {
      if (fuses.delete(fuse) && ready.keeper) tellKeeper(`${fuse} none`)
      return
    }
    const ends = clock.monotonic() + Math.max(0, leftMs)
    const early = told === undefined ? undefined : ends - told
    if (early !== undefined && early >= 0 && early < FUSE_SLACK_MS) return
    fuses.set(fuse, ends)
    // It counts from when it reads this: one that is still coming up is told when it is there.
    if (ready.keeper) tellKeeper(`${fuse} ${leftUntil(ends)}`)
  }

  function leftUntil(ends: Ms): Ms {
    return Math.max(0, Math.floor(ends - clock.monotonic()))
  }

  function force(): void {
    void killTree(needs, tree)
  }

  function hearKeeper(line: string): void {
    const message = parseKeeperMessage(line)
    if (message?.type === 'ready') {
      ready.keeper = true
      proves = message.proves
      for (const [fuse, ends] of fuses) tellKeeper(`${fuse} ${leftUntil(ends)}`)
      sendIfReady()
    } else if (message?.type === 'gone') {
      end = { ...end, code: message.code, signal: message.signal }
      workerGone.resolve()
      // Nobody is left to report: what else is in the tree goes too, unless it is being ended step by step.
      tellKeeper(listener === undefined || ending ? 'end' : 'kill')
    } else if (message?.type === 'ending') {
      keeperEnds = true
      end = { ...end, fuse: fuseOf(message.code) }
    }
  }

  /** A keeper that adopts every orphan and then exits by itself has no descendants left: that is the proof already. */
  async function over(proven: boolean): Promise<void> {
    if (exited) return
    exited = true
    watch.abort()
    workerGone.resolve()
    if (!proven) await killTree(needs, tree)
    await allRead()
    for (const stream of [child.channel, child.lifeline, child.stdout, child.stderr]) stream.destroy()
    await removeTree(folder).catch((error: unknown) => {
      log.warn('runner-folder-left', { runner: options.id, error: String(error) })
    })
    const strayBytes = pipes.reduce((sum, pipe) => sum + pipe.strayBytes(), 0)
    log.debug('runner-ended', { runner: options.id, executions, code: end.code, signal: end.signal })
    // It is shown nowhere else: whoever misses a line of a plugin finds here that it came when nothing ran.
    if (strayBytes > 0)
      log.info('output-between-executions', { runner: options.id, plugin, executions, bytes: strayBytes })
    gone = true
    wholeGone.resolve(end)
    const heard = listener
    listener = undefined
    // A result that came just before the end is a result.
    if (answer !== undefined) heard?.finished({ ...answer(), remains: 'gone' })
    else heard?.died(end)
  }

  /** All writers are dead, so the ends are near; what was said last (a result, how the worker ended) is still to be read. */
  async function allRead(): Promise<void> {
    const timer = new AbortController()
    const closed = Promise.all([ended(child.channel), ended(child.lifeline), ...pipes.map((pipe) => pipe.close())])
    await Promise.race([closed, clock.after(LAST_READ_MS_MAX, timer.signal).catch(() => {})])
    timer.abort()
  }

  async function limitStart(): Promise<void> {
    await clock.after(needs.readyMs, watch.signal).catch(() => {})
    if (ready.worker || exited) return
    end = { ...end, lastWords: `It was not ready within ${needs.readyMs / 1000} s. ${end.lastWords}` }
    force()
  }

  const keepWords = (chunk: Buffer): void => {
    if (!ready.worker) end = { ...end, lastWords: (end.lastWords + chunk.toString()).slice(0, LAST_WORDS_BYTES_MAX) }
  }
  const hearLine = (line: string): void => {
    const message = parseRunnerMessage(line, valueBytesMax)
    if (message === undefined) broken('a line that is no message')
    else hear(message)
  }
  child.channel.on(
    'data',
    createLines(
      () => LINE_BYTES_MAX + 4 * valueBytesMax,
      hearLine,
      () => broken('a line that is too long'),
    ),
  )
  // Without its channel the worker cannot report any more, even if it goes on.
  child.channel.on('end', () => {
    if (listener !== undefined && !ending) tellKeeper('kill')
  })
  child.lifeline.on(
    'data',
    createLines(
      () => KEEPER_LINE_BYTES_MAX,
      hearKeeper,
      () => broken('a keeper without line breaks'),
    ),
  )
  child.stderr.on('data', keepWords)
  child.stdout.on('data', keepWords)
  child.onExit((code, signal) => {
    log.debug('runner-exited', { runner: options.id, code, signal })
    if (launch.isWorker) end = { ...end, code, signal: signal === null ? null : constants.signals[signal] }
    void over(proves && code !== null && KEEPER_EXITS.has(code))
  })
  child.onFailed((error) => {
    // Also emitted when a signal could not be sent; then the process lives and its exit is still to come.
    if (child.pid !== undefined) return
    end = { ...end, failed: error.message }
    void over(true)
  })
  void limitStart()

  return {
    id: options.id,
    kind: launch.kind,
    loaded: () => loaded,
    executions: () => executions,
    run: (next, nextListener) => {
      executions += 1
      // What an earlier execution left is about to pass; this one's own comes next, if it has one.
      for (const [fuse, ends] of fuses) if (ends - clock.monotonic() < FUSE_SLACK_MS) burn(fuse, null)
      listener = nextListener
      order = next
      loaded = loadedAs(next.language, next.checksum)
      plugin = next.plugin
      valueBytesMax = next.valueMax
      lastLines = next.program === null ? undefined : lastLinesOf(next.valueMax)
      if (gone) nextListener.died(end)
      else sendIfReady()
    },
    burn,
    ask: () => {
      ending = true
      if (listener === undefined) child.channel.end()
      else tellKeeper('ask')
    },
    term: () => tellKeeper('term'),
    kill: () => tellKeeper('kill'),
    force,
    isGone: () => gone,
    workerGone: workerGone.promise,
    gone: wholeGone.promise,
  }
}

/** A process that was not started ends never, so nobody would remove its folders. */
function startIn([folder, home]: readonly [string, string], start: () => Spawned): Spawned {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    return start()
  } catch (error) {
    for (const path of [home, folder]) removeEmpty(path)
    throw error
  }
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // It was not made.
  }
}

function lastLinesOf(valueMax: number): Readonly<Record<'stdout' | 'stderr', LastLine>> {
  return { stdout: createLastLine(valueMax), stderr: createLastLine(LAST_ERROR_BYTES_MAX) }
}

function ended(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) return resolve()
    stream.once('end', resolve).once('close', resolve)
  })
}
