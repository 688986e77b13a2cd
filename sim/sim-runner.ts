import type {
  AttemptEnd,
  RunnerEvents,
  RunnerPool,
  RunnerWork,
  RunningAttempt,
  StopReason,
} from '@octopus/client/runner/runner.ts'
import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'
import type { End } from '@octopus/protocol/work.ts'

import type { GroundTruth } from './ground-truth.ts'

interface SimRunnerNeeds {
  readonly clock: Clock
  readonly random: Random
  readonly truth: GroundTruth
  readonly client: string
  /** The client's process. When it dies, the runners' channels close and they end. */
  readonly life: AbortSignal
}

/** How long a process takes to start, and to die. */
const START_MS_MAX: Ms = 30
const STOP_MS_MAX: Ms = 500

const ENDS: Readonly<Record<StopReason, End>> = {
  cancelled: 'cancelled',
  'timed-out': 'timed-out',
  'stopped-on-disconnect': 'lost',
  'client-stopping': 'lost',
}

/** Runs plugins that do nothing but take the time their first argument says (milliseconds). No process is started. */
export function createSimRunnerPool(needs: SimRunnerNeeds): RunnerPool {
  return {
    start: (work, events) => runOne(needs, work, events),
    runtimes: () => Promise.resolve([{ language: 'python', version: 'simulated' }]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function runOne(needs: SimRunnerNeeds, work: RunnerWork, events: RunnerEvents): RunningAttempt {
  const { clock, random, truth, client, life } = needs
  const stopped = new AbortController()
  let reason: StopReason | undefined
  const ended = live()

  async function live(): Promise<AttemptEnd> {
    await clock.after(random.fraction() * START_MS_MAX, life)
    const startedAt = clock.wall()
    const attempt = truth.start(work.key, client, startedAt)
    // A runner ends when its channel closes: the death of the client is its own.
    const die = (): void => void (attempt.endedAt ??= clock.wall())
    life.addEventListener('abort', die, { once: true })
    events.started(startedAt)
    const timer = new AbortController()
    void endInTime(timer.signal)
    const [durationMs = 0, failsInPercent = 0] = JSON.parse(work.argsJson) as number[]
    await clock.after(durationMs, AbortSignal.any([life, stopped.signal])).catch(() => {})
    timer.abort()
    if (reason !== undefined) await clock.after(random.fraction() * STOP_MS_MAX, life)
    life.removeEventListener('abort', die)
    attempt.endedAt = clock.wall()
    attempt.finished = true
    const fails = random.fraction() * 100 < failsInPercent
    return {
      end: reason === undefined ? (fails ? 'failed' : 'succeeded') : ENDS[reason],
      reason: reason ?? (fails ? 'exception' : 'finished'),
      valueJson: reason === undefined && !fails ? JSON.stringify(work.key.fence) : null,
      valueKind: 'json',
      error: null,
      startedAt,
      endedAt: attempt.endedAt,
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

  function stop(why: StopReason): void {
    reason ??= why
    stopped.abort()
  }

  return {
    ended,
    stop,
    renewHold: () => {},
  }
}
