import type { Clock, Ms } from '@octopus/kit/clock.ts'

/** How long each step may take before the next one: 8 s together, so that the whole ladder ends within its 10 s. */
export interface LadderTimes {
  readonly askMs: Ms
  readonly termMs: Ms
  readonly killMs: Ms
}

export const LADDER: LadderTimes = { askMs: 2_000, termMs: 3_000, killMs: 3_000 }

/**
 * What has answered gets so long to leave by itself (`atexit`, a thread that is about to end): its result is told only
 * when nothing of it is left, and somebody waits for it.
 */
const FAREWELL_MS: Ms = 500

/** When the worker is gone its keeper follows at once, unless something else of the tree lives on. */
const KEEPER_FOLLOWS_MS: Ms = 50

/** What can be ended step by step. */
export interface Endable {
  /** Lets the plugin end by itself (KeyboardInterrupt), or an idle process by closing its channel. */
  ask(): void
  /** SIGTERM to the whole tree. */
  term(): void
  /** SIGKILL to the whole tree, by its keeper. */
  kill(): void
  /** SIGKILL to the whole tree, from here: for a keeper that does not answer. */
  force(): void
  isGone(): boolean
  /** Resolves when the process that runs the plugin is gone: there is nobody left to ask. */
  readonly workerGone: Promise<void>
  /** Resolves when the whole tree is gone. */
  readonly gone: Promise<unknown>
}

/** Climbs the ladder; each step is skipped when the tree is gone. Resolves when it is. */
export async function terminate(target: Endable, clock: Clock, times: LadderTimes): Promise<void> {
  await ask(target, clock, times.askMs)
  if (target.isGone()) return
  target.term()
  await within(clock, times.termMs, target.gone)
  await kill(target, clock, times.killMs)
}

/**
 * Ends a process whose plugin has answered already, with all that it left behind. Nothing that is left has anything to
 * finish any more, so after the farewell nobody is asked twice. Resolves when the tree is gone.
 */
export async function clearAway(target: Endable, clock: Clock, times: LadderTimes): Promise<void> {
  await ask(target, clock, Math.min(times.askMs, FAREWELL_MS))
  await kill(target, clock, times.killMs)
}

async function ask(target: Endable, clock: Clock, askMs: Ms): Promise<void> {
  target.ask()
  await within(clock, askMs, target.gone, target.workerGone)
  await within(clock, Math.min(askMs, KEEPER_FOLLOWS_MS), target.gone)
}

async function kill(target: Endable, clock: Clock, killMs: Ms): Promise<void> {
  if (target.isGone()) return
  target.kill()
  await within(clock, killMs, target.gone)
  if (!target.isGone()) target.force()
  await target.gone
}

/** Resolves with the first of the events, or when the time is over. */
async function within(clock: Clock, ms: Ms, ...events: readonly Promise<unknown>[]): Promise<void> {
  const timer = new AbortController()
  await Promise.race([...events, clock.after(ms, timer.signal).catch(() => {})])
  timer.abort()
}
