import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'
import type { Language } from '@octopus/protocol/work.ts'

import { endByDeath, endByMissingRuntime, endByResult, endByStop, type EndFacts } from './ends.ts'
import { lackIn, lackOf } from './lack.ts'
import type { RunnerResult, StartOrder } from './messages.ts'
import { createOutput } from './output.ts'
import type { ProcessEnd, RunListener, RunnerProcess } from './runner-process.ts'
import type { AttemptEnd, Lacking, RunnerEvents, RunnerWork, RunningAttempt, StopReason } from './runner.ts'
import type { Command } from './spawn.ts'
import { type LadderTimes, terminate } from './terminate.ts'

export interface AttemptNeeds {
  readonly clock: Clock
  readonly random: Random
  readonly ladder: LadderTimes
  /** A warm process for the work, or a new one. Rejects with a `RuntimeMissing` when there is nothing that could run it. */
  take(work: RunnerWork): TakenProcess | Promise<TakenProcess>
  /** Gives a process back that is fit for another execution. */
  release(process: RunnerProcess): void
  /** Ends a process that is not, with all that the execution left behind. Resolves when its whole tree is gone. */
  discard(process: RunnerProcess): Promise<void>
  /** The program could not be started although it was found before. */
  startFailed(language: Language, reason: string): string
}

/** A process for an attempt, and the interpreter that it shall start, if the plugin is a script. */
export interface TakenProcess {
  readonly process: RunnerProcess
  readonly program: Command | null
}

/** There is no interpreter for the plugin's language; the message says what was looked for. */
export class RuntimeMissing extends Error {
  override name = 'RuntimeMissing'
}

/**
 * The keeper ends what its client, which hangs or was stopped, does not: so long after the limit of time. Longer than the
 * ladder of a client that sees to it itself.
 */
const KEEPER_AFTER_LIMIT_MS: Ms = 10_000

/** Without a reason, every abort makes an error with a stack, for nobody. */
const ENDED = new Error('the attempt has ended')

/** Runs one attempt in a process of the pool and makes its end of what happens. */
export function runAttempt(needs: AttemptNeeds, work: RunnerWork, events: RunnerEvents): RunningAttempt {
  const { clock } = needs
  const ended = Promise.withResolvers<AttemptEnd | 'not-begun' | Lacking>()
  const output = createOutput(clock, work.outputBytesMax, events.output)
  const decoders = {
    stdout: new TextDecoder('utf-8', { ignoreBOM: true }),
    stderr: new TextDecoder('utf-8', { ignoreBOM: true }),
  }
  let timer = new AbortController()
  let process: RunnerProcess | undefined
  /** The plugin's code was handed to its process. */
  let begun = false
  let startedAt: EpochMs | null = null
  let stopReason: StopReason | undefined
  let lateResult: RunnerResult | undefined
  let holdUntil: Ms | undefined
  /** The plugin has answered, and what it left behind is being ended. */
  let leaving = false
  let over = false
  let isScript = false

  function end(facts: EndFacts): void {
    if (over) return
    over = true
    timer.abort(ENDED)
    for (const stream of ['stdout', 'stderr'] as const) output.add(stream, decoders[stream].decode())
    const { valueCut, ...rest } = facts
    const total = output.finish()
    const cut = { output: total.cut, value: valueCut }
    ended.resolve({ ...rest, startedAt, endedAt: clock.wall(), outputBytes: total.bytes, cut })
  }

  function neverBegan(how: 'not-begun' | Lacking): void {
    if (over) return
    over = true
    timer.abort(ENDED)
    ended.resolve(how)
  }

  const listener: RunListener = {
    mayBegin: () => {
      begun = !over && stopReason === undefined && events.mayBegin()
      // A process that is ready and then says nothing more is limited, too.
      if (begun) limitTime()
      return begun
    },
    notBegun: () => {
      // What is being stopped ends as that.
      if (over || process === undefined || stopReason !== undefined) return
      neverBegan('not-begun')
      void needs.discard(process)
    },
    started: () => {
      if (startedAt !== null) return
      startedAt = clock.wall()
      events.started(startedAt)
      limitTime()
    },
    output: output.add,
    raw: (stream, bytes) => {
      if (output.isFull()) output.skip(bytes.length)
      else output.add(stream, decoders[stream].decode(bytes, { stream: true }))
    },
    skipped: output.skip,
    progress: events.progress,
    finished: (result) => {
      output.skip(result.skipped)
      if (stopReason === undefined) {
        // A script's own process is new each time, so a failure spoils nothing.
        const fit = (result.end === 'succeeded' || isScript) && result.remains === null
        return leave(result, fit)
      }
      // It answers while it is being stopped: the tree still has to be gone first.
      lateResult = result
      process?.ask()
    },
    died: (death) => {
      if (!over && stopReason === undefined && wasWarm() && startedAt === null) return begin()
      const lacks = stopReason === undefined && startedAt === null ? lackIn(death.failed ?? death.lastWords) : undefined
      if (lacks === undefined) end(endOfDead(death))
      else neverBegan({ lacks })
      if (process !== undefined) void needs.discard(process)
    },
  }

  /** From now on it may take its time, and no longer. */
  function limitTime(): void {
    timer.abort(ENDED)
    timer = new AbortController()
    process?.burn('limit', work.timeoutMs + KEEPER_AFTER_LIMIT_MS)
    clock.after(work.timeoutMs, timer.signal).then(
      () => stop('timed-out'),
      () => {},
    )
  }

  /** An end is told only when nothing of the attempt runs any more: another one may start elsewhere because of it. */
  function leave(result: RunnerResult, fit: boolean): void {
    leaving = true
    timer.abort(ENDED)
    if (process === undefined || fit) {
      end(endByResult(result))
      if (process !== undefined) needs.release(process)
      return
    }
    void needs.discard(process).then(() => end(endByResult(result)))
  }

  /** A warm process can die while it waits; the plugin has not begun then, and a new process is as good. */
  function wasWarm(): boolean {
    return process !== undefined && process.executions() > 1
  }

  function endOfDead(death: ProcessEnd): EndFacts {
    if (stopReason !== undefined) return endByStop(stopReason, work.timeoutMs, lateResult)
    if (death.failed !== undefined) return endByMissingRuntime(needs.startFailed(work.language, death.failed))
    return endByDeath(death, startedAt !== null, work.timeoutMs)
  }

  function begin(): void {
    begun = false
    timer.abort(ENDED)
    const taken = needs.take(work)
    if (!(taken instanceof Promise)) return runIn(taken)
    taken.then(runIn, (error: unknown) => {
      const lacks = lackOf(error)
      if (lacks !== undefined) return neverBegan({ lacks })
      end(endByMissingRuntime(error instanceof Error ? error.message : String(error)))
    })
  }

  function runIn({ process: taken, program }: TakenProcess): void {
    if (over) return taken.executions() > 0 ? needs.release(taken) : void needs.discard(taken)
    process = taken
    isScript = program !== null
    if (holdUntil !== undefined) taken.burn('hold', holdUntil - clock.monotonic())
    // What the execution before left there must not end one that goes on without the server.
    else if (work.onDisconnect === 'continue') taken.burn('hold', null)
    taken.run(orderFor(work, taken, program, needs.random), listener)
  }

  function stop(reason: StopReason): void {
    if (over || leaving || stopReason !== undefined) return
    stopReason = reason
    const running = process
    if (running === undefined) return end(endByStop(reason, work.timeoutMs, undefined))
    // What has not begun has nothing to tidy up, and would not hear the question.
    const ladder = startedAt === null ? { ...running, ask: running.kill } : running
    void terminate(ladder, clock, needs.ladder).then(() => {
      void needs.discard(running)
      end(endByStop(reason, work.timeoutMs, lateResult))
    })
  }

  function giveUp(): void {
    if (over || begun || stopReason !== undefined) return
    neverBegan('not-begun')
    if (process !== undefined) void needs.discard(process)
  }

  begin()
  return {
    ended: ended.promise,
    stop,
    giveUp,
    renewHold: (leftMs) => {
      if (over || work.onDisconnect !== 'stop') return
      holdUntil = clock.monotonic() + leftMs
      process?.burn('hold', leftMs)
    },
  }
}

function orderFor(work: RunnerWork, process: RunnerProcess, program: Command | null, random: Random): StartOrder {
  return {
    plugin: work.plugin,
    language: work.language,
    checksum: work.checksum,
    program,
    source: program !== null || process.executions() === 0 ? work.source.toString('base64') : null,
    action: work.action,
    args: work.argsJson,
    kwargs: work.kwargsJson,
    nonce: random.bytes(12).toString('hex'),
    environment: {
      OCTOPUS_EXECUTION: work.key.execution,
      OCTOPUS_ATTEMPT_NUMBER: String(work.key.attempt),
      OCTOPUS_FENCE: String(work.key.fence),
    },
    outputMax: work.outputBytesMax,
    valueMax: work.resultBytesMax,
  }
}
