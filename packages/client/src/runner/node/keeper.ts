import { execFileSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { uptime } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'

import { createSystemClock } from '@octopus/kit/clock.ts'

import { type Fuse, FUSE_EXITS } from '#runner/fuses.ts'
import { createLines } from '#runner/lines.ts'

import { descendants, seesChildren, signalAll } from './children.ts'
import { openLibc } from './libc.ts'

/** Descriptor of the keeper's channel, whose other end the client holds. */
export const LIFELINE = 4
const EXIT_CLIENT_GONE = 76
/** The clock is looked at this often while a fuse burns: a PC that slept must notice soon after it wakes. */
const FUSE_LOOK_MS = 1_000
/** A tree that still forks after so long is killed together with this process, by its group. */
const KILL_MS_MAX = 4_000
const KILL_LOOK_MS = 2
const CHILDREN_LOOK_MS = 10
const LINE_BYTES_MAX = 1_024

/** What runs in the main thread, as the keeper must know it; `ending`: nothing is answered any more. */
export const RUNS = { nothing: 0, deafModule: 1, listeningModule: 2, script: 3, ending: 4 } as const
/** Places in the memory that both threads share: one of `RUNS`, and whether the plugin handles SIGTERM itself. */
export const RUNS_AT = 0
export const HANDLES_TERM_AT = 1

export interface KeeperData {
  /** Two 32-bit numbers. */
  readonly shared: SharedArrayBuffer
}

/**
 * The keeper: a thread with a loop of its own, so that nothing the plugin does in the main thread (an endless loop, a
 * closed descriptor, an ignored signal) can keep it from ending the whole tree when the client is gone, when the hold
 * or the limit of time has passed, or when the client says so.
 */
export function keep(): void {
  const shared = new Int32Array((workerData as KeeperData).shared)
  const libc = openLibc(process.platform)
  libc?.becomeSubreaper()
  const fuses = new Map<Fuse, number>()
  let timer: AbortController | undefined
  const clock = createSystemClock()

  /** Neither clock steps. The hold counts the time that the PC slept, the limit of time does not. */
  const clocks: Readonly<Record<Fuse, () => number>> = { hold: () => uptime() * 1_000, limit: () => clock.monotonic() }

  function tell(message: object): void {
    try {
      writeSync(LIFELINE, `${JSON.stringify(message)}\n`)
    } catch {
      // The client is gone; the end of the channel is heard next.
    }
  }

  function obey(line: string): void {
    const [word, value] = line.split(' ')
    if (word === 'ask') ask()
    else if (word === 'term') term()
    else if (word === 'kill') end(0)
    else if (word === 'hold' || word === 'limit') {
      if (value === 'none') fuses.delete(word)
      else fuses.set(word, clocks[word]() + Number(value))
      lookAtFuses()
    }
  }

  /** A script hears it as Ctrl-C; a module by its signal. One that does not listen to it would only lose time. */
  function ask(): void {
    const what = shared[RUNS_AT]
    if (what === RUNS.script) signalAll(descendants(), 'SIGINT')
    else if (what === RUNS.listeningModule || what === RUNS.deafModule) parentPort?.postMessage('abort')
    if (what === RUNS.deafModule) term()
  }

  function term(): void {
    signalAll(descendants(), 'SIGTERM')
    if (shared[RUNS_AT] === RUNS.script) return
    if (shared[HANDLES_TERM_AT] === 1) signalAll([process.pid], 'SIGTERM')
    else void endAfterChildren()
  }

  /**
   * A module that does not handle SIGTERM would be ended by it, and this thread with it: whom it has started would be
   * lost from sight. So it ends when they have.
   */
  async function endAfterChildren(): Promise<void> {
    while (libc !== undefined && libc.reapOne() !== 'none')
      await clock.after(CHILDREN_LOOK_MS, new AbortController().signal)
    end(0)
  }

  function lookAtFuses(): void {
    timer?.abort()
    let next = Infinity
    for (const [fuse, until] of fuses) {
      const left = until - clocks[fuse]()
      if (left <= 0) return end(FUSE_EXITS[fuse])
      next = Math.min(next, left)
    }
    if (next === Infinity) return
    timer = new AbortController()
    clock.after(Math.min(next, FUSE_LOOK_MS), timer.signal).then(lookAtFuses, () => {})
  }

  /** Kills everything below. They are stopped first, so that none can fork while the others are killed. */
  function end(code: number): void {
    shared[RUNS_AT] = RUNS.ending
    tell({ type: 'ending', code })
    if (libc === undefined) return endOnWindows()
    const pause = new Int32Array(new SharedArrayBuffer(4))
    for (let waited = 0; waited < KILL_MS_MAX && seesChildren(); waited += KILL_LOOK_MS) {
      const found = descendants()
      signalAll(found, 'SIGSTOP')
      signalAll(found, 'SIGKILL')
      if (libc.reapOne() === 'none') libc.exit(code)
      Atomics.wait(pause, 0, 0, KILL_LOOK_MS)
    }
    signalAll([-process.pid], 'SIGKILL')
  }

  parentPort?.on('message', () => end(0))
  const lifeline = new Socket({ fd: LIFELINE, readable: true, writable: false })
  lifeline.on(
    'data',
    createLines(
      () => LINE_BYTES_MAX,
      obey,
      () => end(0),
    ),
  )
  lifeline.on('error', () => end(EXIT_CLIENT_GONE))
  lifeline.on('close', () => end(EXIT_CLIENT_GONE))
  tell({ type: 'ready', proves: false, worker: process.pid })
}

function endOnWindows(): void {
  execFileSync('taskkill', ['/T', '/F', '/PID', String(process.pid)])
}
