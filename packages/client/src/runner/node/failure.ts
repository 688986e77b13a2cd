import type { ReportedError } from '@octopus/protocol/from-client.ts'

import { shownSafely } from './value.ts'

const MESSAGE_CHARACTERS_MAX = 16_384
const STACK_CHARACTERS_MAX = 60_000
const CAUSES_MAX = 5

/** The plugin cannot be called like this; the message says why and what to do. Shown without a stack. */
export class Refusal extends Error {
  override name = 'Refusal'
}

/** An exception for people: the stack begins in the plugin's file, which is named as on every other PC. */
export function tellFailure(error: unknown, places: readonly string[]): ReportedError {
  if (!(error instanceof Error))
    return { message: cut(shownSafely(error), MESSAGE_CHARACTERS_MAX), type: typeof error, stack: '' }
  const message = cut(
    safely(() => error.message),
    MESSAGE_CHARACTERS_MAX,
  )
  if (error instanceof Refusal || error.name === 'ArgumentsError') return { message, type: '', stack: '' }
  const stack = cut(stackOf(error, places, CAUSES_MAX), STACK_CHARACTERS_MAX)
  return {
    message,
    type: cut(
      safely(() => error.name),
      255,
    ),
    stack,
  }
}

/** `places`: how the folder of the plugin's file is written in front of its name. */
function stackOf(error: Error, places: readonly string[], causes: number): string {
  const lines = safely(() => error.stack ?? '').split('\n')
  const firstFrame = lines.findIndex((line) => FRAME.test(line))
  // Below the plugin's own frames stand those of the runner and of Node, which say nothing to who wrote the plugin.
  const last = lines.findLastIndex((line) => places.some((place) => line.includes(place)))
  const own = firstFrame < 0 ? lines : lines.slice(0, Math.max(firstFrame, last + 1))
  const cause = causes > 0 && error.cause instanceof Error ? stackOf(error.cause, places, causes - 1) : ''
  const text = places.reduce((shown, place) => shown.replaceAll(place, ''), own.join('\n'))
  return cause === '' ? text : `${text}\nCaused by: ${cause}`
}

const FRAME = /^\s+at /

function safely(read: () => unknown): string {
  try {
    return String(read())
  } catch {
    return '<a text that cannot be shown>'
  }
}

/** Keeps the beginning and the end: what happened stands there. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text.toWellFormed()
  const head = Math.floor(most / 4)
  return `${text.slice(0, head)}\n... cut ...\n${text.slice(text.length - (most - head - 20))}`.toWellFormed()
}
