import { createHook } from 'node:async_hooks'

/**
 * What does not keep the process alive, but goes on in it: `unref` hides it from Node's own list of active resources,
 * and the next execution would see its output and fail by its mistakes. Connections are left out: those that are kept
 * for the next request look alike, and call nothing of the plugin's.
 */
const KINDS: ReadonlySet<string> = new Set([
  'Timeout',
  'Immediate',
  'FSEVENTWRAP',
  'PIPESERVERWRAP',
  'PROCESSWRAP',
  'STATWATCHER',
  'TCPSERVERWRAP',
  'UDPWRAP',
])
/** Enough to see who called the function that made the timer: five of them are Node's and ours. */
const FRAMES_MAX = 10
/** Through these a timer is made by whoever calls them. */
const MAKES_TIMERS = /\((?:node:timers|node:timers\/promises|node:internal\/timers|node:internal\/async_hooks)[:)]/

interface Pending {
  readonly kind: string
  readonly stack?: string
}

export interface PendingWatch {
  /** One thing that is still pending; undefined: nothing is. */
  find(): string | undefined
  /** Lets the loop turn once, which is nothing pending itself: what has ended is known only some turns later. */
  turn(): Promise<void>
}

/** Watches all that is made from now on. */
export function watchPending(): PendingWatch {
  let isOurs = false
  const living = new Map<number, Pending>()
  createHook({
    trackPromises: false,
    init: (id, kind) => {
      if (KINDS.has(kind) && !isOurs) living.set(id, kind === 'Timeout' ? withStack(kind) : { kind })
    },
    destroy: (id) => void living.delete(id),
  }).enable()
  return {
    find: () => living.values().find((one) => !isNodes(one))?.kind,
    turn: () =>
      new Promise((resolve) => {
        isOurs = true
        setImmediate(resolve)
        isOurs = false
      }),
  }
}

/** The text of the stack is made only of what is left at the end. */
function withStack(kind: string): Pending {
  const pending: Pending = { kind }
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES_MAX
  Error.captureStackTrace(pending, withStack)
  Error.stackTraceLimit = limit
  return pending
}

/** Timers that Node has for itself (after a fetch, for the date of an answer) are no plugin's. */
function isNodes({ kind, stack }: Pending): boolean {
  if (kind !== 'Timeout') return false
  const frames = String(stack).split('\n').slice(2)
  const maker = frames.find((frame) => !MAKES_TIMERS.test(frame)) ?? ''
  return /\(node:/.test(maker) || /^ +at node:/.test(maker)
}
