import type {
  AttemptEnd,
  RunnerEvents,
  RunnerPool,
  RunnerWork,
  RunningAttempt,
  StopReason,
} from '@octopus/client/runner/runner.ts'
import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'
import type { End, EndReason } from '@octopus/protocol/work.ts'

import type { GroundTruth } from './ground-truth.ts'

interface SimRunnerNeeds {
  /** Of the runner's process, which stands still only when the whole PC does. */
  readonly clock: Clock
  readonly random: Random
  readonly truth: GroundTruth
  readonly client: string
  /** The client's process. When it dies, the runners' channels close and they end. */
  readonly life: AbortSignal
  /** Resolves when the client's process can hear what is said to it. */
  readonly heard: () => Promise<void>
  /** False: somebody has removed the interpreter from this PC. */
  readonly hasPython: () => boolean
}

/** So many processes are not warm: they take long, and get their order when their client hears that they are ready. */
const COLD_IN_PERCENT = 15
const COLD_START_MS_MAX: Ms = 60_000
/** How long a process takes to start, and to die. */
const START_MS_MAX: Ms = 30
const STOP_MS_MAX: Ms = 500
/** The whole kill ladder: for a plugin that takes no hint. */
const LADDER_MS_MAX: Ms = 10_000
/** How often the keeper looks whether its hold was renewed. */
const HOLD_LOOK_MS: Ms = 5_000

const ENDS: Readonly<Record<StopReason, End>> = {
  cancelled: 'cancelled',
  'timed-out': 'timed-out',
  'stopped-on-disconnect': 'lost',
  'client-stopping': 'lost',
}

/** What a simulated plugin does: its positional arguments. */
export type SimArguments = readonly [durationMs: Ms, failsInPercent: number, isStubborn: boolean]

/** Runs plugins that do nothing but what their arguments say. No process is started. */
export function createSimRunnerPool(needs: SimRunnerNeeds): RunnerPool {
  return {
    start: (work, events) => runOne(needs, work, events),
    runtimes: () => Promise.resolve(needs.hasPython() ? [{ language: 'python', version: 'simulated' }] : []),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function runOne(needs: SimRunnerNeeds, work: RunnerWork, events: RunnerEvents): RunningAttempt {
  const { clock, random, truth, client, life, heard } = needs
  const stopped = new AbortController()
  const givenUp = new AbortController()
  const [durationMs, failsInPercent, isStubborn] = JSON.parse(work.argsJson) as SimArguments
  let reason: StopReason | undefined
  let stopMsMax = STOP_MS_MAX
  let holdEnds: Ms | undefined
  /** What is said to a client that stands still waits in the pipe, in its order. */
  let said = Promise.resolve()
  const say = (what: () => void): Promise<void> => (said = said.then(heard).then(what))
  const ended = live()

  async function live(): Promise<AttemptEnd | 'not-begun'> {
    if (random.fraction() * 100 < COLD_IN_PERCENT) {
      const starting = AbortSignal.any([life, stopped.signal, givenUp.signal])
      await clock.after(random.fraction() * COLD_START_MS_MAX, starting).catch(() => {})
      await heard()
      // A client that died meanwhile hears nothing.
      await clock.after(0, life)
      if (reason !== undefined) return endOf(null, ENDS[reason], reason)
      if (givenUp.signal.aborted || !events.mayBegin()) return 'not-begun'
    }
    await clock.after(random.fraction() * START_MS_MAX, life)
    const startedAt = clock.wall()
    const { key, timeoutMs, onDisconnect } = work
    const attempt = truth.start({ key, client, checksum: sha256Hex(work.source), timeoutMs, onDisconnect })
    // A runner ends when its channel closes: the death of the client is its own.
    const die = (): void => truth.end(attempt)
    life.addEventListener('abort', die, { once: true })
    void say(() => events.started(startedAt))
    const timer = new AbortController()
    void endInTime(timer.signal)
    void endWithHold(timer.signal)
    await clock.after(durationMs, AbortSignal.any([life, stopped.signal])).catch(() => {})
    timer.abort()
    if (reason !== undefined) await clock.after(random.fraction() * stopMsMax, life)
    life.removeEventListener('abort', die)
    truth.end(attempt)
    attempt.finished = true
    const fails = random.fraction() * 100 < failsInPercent
    const end = reason === undefined ? (fails ? 'failed' : 'succeeded') : ENDS[reason]
    const ended = endOf(startedAt, end, reason ?? (fails ? 'exception' : 'finished'))
    await say(() => {})
    return ended
  }

  function endOf(startedAt: EpochMs | null, end: End, why: EndReason): AttemptEnd {
    return {
      end,
      reason: why,
      valueJson: why === 'finished' ? JSON.stringify(work.key.fence) : null,
      valueKind: 'json',
      error: null,
      startedAt,
      endedAt: clock.wall(),
      outputBytes: 0,
      cut: { output: false, value: false },
    }
  }

  /** Half of the runners keep the limit of time; for the others the server has to see to it. */
  async function endInTime(signal: AbortSignal): Promise<void> {
    if (random.fraction() < 0.5) return
    await clock.after(work.timeoutMs, AbortSignal.any([life, signal])).then(
      () => stop('timed-out'),
      () => {},
    )
  }

  /** The keeper beside the plugin, which needs nobody to tell it. */
  async function endWithHold(signal: AbortSignal): Promise<void> {
    if (work.onDisconnect !== 'stop') return
    const both = AbortSignal.any([life, signal])
    while (!both.aborted) {
      const left = (holdEnds ?? Infinity) - clock.monotonic()
      if (left <= 0) return stopBy('stopped-on-disconnect', STOP_MS_MAX)
      await clock.after(Math.min(left, HOLD_LOOK_MS), both).catch(() => {})
    }
  }

  function stop(why: StopReason): void {
    stopBy(why, isStubborn ? LADDER_MS_MAX : STOP_MS_MAX)
  }

  function stopBy(why: StopReason, withinMs: Ms): void {
    if (reason === undefined) stopMsMax = withinMs
    reason ??= why
    stopped.abort()
  }

  return {
    ended,
    stop,
    giveUp: () => givenUp.abort(),
    renewHold: (leftMs) => void (holdEnds = clock.monotonic() + leftMs),
  }
}
