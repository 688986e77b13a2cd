import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'
import { type Random, secretText } from '@octopus/kit/random.ts'

import { type AttemptNeeds, runAttempt, type TakenProcess } from './attempt.ts'
import type { Environment } from './environment.ts'
import type { Launch } from './launch.ts'
import { startPluginProcess } from './plugin-process.ts'
import { type Idle, loadedAs, mayReuse, pickIdle, pickTooMany } from './reuse.ts'
import { kindOf } from './runner-kind.ts'
import type { RunnerProcess } from './runner-process.ts'
import type { RunnerPool, RunnerWork, RunningAttempt } from './runner.ts'
import { createRuntimes, type ProgramSettings } from './runtimes.ts'
import { outputOf } from './spawn.ts'
import { LADDER, type LadderTimes, clearAway, terminate } from './terminate.ts'
import { createProcessTable } from './tree.ts'
import { openWorkFolder } from './work-folder.ts'

export interface RunnerPoolOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Private root of the runners' folders, used by nothing else: made if it is missing. */
  readonly workFolder: string
  readonly slots: number
  /** CACHE_TTL: an idle process ends after this. */
  readonly cacheTtlMs: Ms
  /** The settings PYTHON, SHELL and POWERSHELL. */
  readonly programs: ProgramSettings
  /** The Node that runs this client, which runs plugins in TypeScript and JavaScript too. */
  readonly node: { readonly execPath: string; readonly version: string }
  /** The client's own environment, of which an allow-list is passed on. */
  readonly environment: Environment
  /** Names the client's state folder (its hash) in every process: what a dead client left behind is found by it. No blanks. */
  readonly clientMark: string
  readonly platform: NodeJS.Platform
  /** Shorter in tests. */
  readonly ladder?: LadderTimes
  readonly startTimes?: StartTimes
}

/** How long an interpreter may take before it is given up. */
export interface StartTimes {
  /** One that does not answer its version in this time is not used. */
  readonly versionMs: Ms
  /** One that is not ready by then (a virus scanner, a dead network drive) counts as crashed. */
  readonly readyMs: Ms
}

const START_TIMES: StartTimes = { versionMs: 10_000, readyMs: 60_000 }

interface Warm extends Idle {
  readonly process: RunnerProcess
}

/** A process that is used again within this time keeps the fuses of its last execution: its keeper sleeps on. */
const REST_MS: Ms = 1_000

/** Starts plugins in processes of their own and keeps some of them warm. */
export function createRunnerPool(options: RunnerPoolOptions): RunnerPool {
  const { clock, random, log } = options
  openWorkFolder(log, options.workFolder)
  const { versionMs, readyMs } = options.startTimes ?? START_TIMES
  const needs = { ...options, readyMs, processes: createProcessTable(options.platform) }
  const ladder = options.ladder ?? LADDER
  const environment = definedOf(options.environment)
  const runtimes = createRuntimes({
    ...options,
    run: (command) => outputOf(command, { timeoutMs: versionMs, environment }),
  })
  /** In order of age: the one that waits longest stands first. */
  const idle: Warm[] = []
  const running = new Set<RunningAttempt>()
  const ending = new Set<Promise<void>>()
  const resting = new Set<RunnerProcess>()
  const closed = new AbortController()
  let sweeping = false
  /** How each process was started, so that a spare one can be started alike. */
  const launches = new WeakMap<RunnerProcess, Launch>()

  const attemptNeeds: AttemptNeeds = {
    clock,
    random,
    ladder,
    take,
    release: (process) => {
      const isGone = process.isGone()
      if (!isGone && mayReuse(process.executions(), closed.signal.aborted)) keep(process)
      else if (!isGone) retire(process)
      keepSpareLike(process)
    },
    discard: (process) => {
      const cleared = process.isGone() ? Promise.resolve() : whileEnding(clearAway(process, clock, ladder))
      keepSpareLike(process)
      return cleared
    },
    startFailed: runtimes.startFailed,
  }

  function take(work: RunnerWork): TakenProcess | Promise<TakenProcess> {
    const isScript = work.language === 'shell' || work.language === 'powershell'
    const warm = isScript ? undefined : takeWarm(work)
    return warm === undefined ? takeLater(work) : { process: warm, program: null }
  }

  /** Whether there is an interpreter is asked before a process is taken: without one, none is wasted. */
  async function takeLater(work: RunnerWork): Promise<TakenProcess> {
    const [program, launch] = await Promise.all([runtimes.programFor(work), runtimes.launchFor(work)])
    return { process: takeWarm(work) ?? startNew(launch), program }
  }

  function takeWarm(work: RunnerWork): RunnerProcess | undefined {
    const warm = pickIdle(idle, kindOf(work.language), loadedAs(work.language, work.checksum))
    if (warm !== undefined) idle.splice(idle.indexOf(warm), 1)
    // It may have died while it waited.
    return warm?.process.isGone() === true ? takeWarm(work) : warm?.process
  }

  function startNew(launch: Launch): RunnerProcess {
    const id = secretText(random, 9)
    const marks = { client: options.clientMark, runner: `${options.clientMark}/${id}` }
    const process = startPluginProcess(needs, { id, launch, marks })
    launches.set(process, launch)
    return process
  }

  function keep(process: RunnerProcess): void {
    idle.push({ process, kind: process.kind, loaded: process.loaded(), idleSince: clock.monotonic() })
    endTooMany()
    if (!sweeping) void sweep()
    if (!resting.has(process)) void rest(process)
  }

  /** A process that idles has no fuse: it stays warm through an outage of the server. */
  async function rest(process: RunnerProcess): Promise<void> {
    resting.add(process)
    await clock.after(REST_MS, closed.signal).catch(() => {})
    resting.delete(process)
    if (!idle.some((warm) => warm.process === process)) return
    process.burn('hold', null)
    process.burn('limit', null)
  }

  /**
   * One process of a kind that has run nothing yet waits for the next plugin that is not warm. It is started after an
   * execution, not during one, which it would slow down; and only where there is work of that kind at all.
   */
  function keepSpareLike(process: RunnerProcess): void {
    const launch = launches.get(process)
    if (launch === undefined || closed.signal.aborted) return
    if (idle.some(({ kind, loaded }) => kind === launch.kind && loaded === undefined)) return
    try {
      keep(startNew(launch))
    } catch (error) {
      // Whoever gave its process back has a result to tell; the next execution tries again.
      log.warn('spare-runner-not-started', { kind: launch.kind, error: String(error) })
    }
  }

  /** Ends a process that is not used again. Nobody waits for it but the end of the pool. */
  function retire(process: RunnerProcess): void {
    void whileEnding(terminate(process, clock, ladder))
  }

  /** The pool does not close before it. */
  function whileEnding(work: Promise<void>): Promise<void> {
    const end = work.finally(() => ending.delete(end))
    ending.add(end)
    return end
  }

  function endTooMany(): void {
    for (const warm of pickTooMany(idle, options.slots, options.cacheTtlMs, clock.monotonic())) {
      idle.splice(idle.indexOf(warm), 1)
      retire(warm.process)
    }
  }

  /** Lives as long as something is idle: looks when the oldest has lived long enough. */
  async function sweep(): Promise<void> {
    sweeping = true
    for (let oldest = idle[0]; oldest !== undefined && !closed.signal.aborted; oldest = idle[0]) {
      await clock.after(oldest.idleSince + options.cacheTtlMs - clock.monotonic(), closed.signal).catch(() => {})
      endTooMany()
    }
    sweeping = false
  }

  return {
    start: (work, events) => {
      const attempt = runAttempt(attemptNeeds, work, events)
      running.add(attempt)
      void attempt.ended.then(() => running.delete(attempt))
      return attempt
    },
    runtimes: runtimes.list,
    [Symbol.asyncDispose]: async () => {
      closed.abort()
      log.debug('runner-pool-closing', { running: running.size, idle: idle.length })
      const ends = [...running].map(({ ended }) => ended)
      for (const attempt of running) attempt.stop('client-stopping')
      for (const { process } of idle.splice(0)) retire(process)
      await Promise.all(ends)
      // An attempt that ends gives its process back at the same time.
      while (ending.size > 0) await Promise.all(ending)
    },
  }
}

/** For asking a version no secret is needed, but whatever makes the program start. */
function definedOf(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
