import type { ReportedError } from '@octopus/protocol/from-client.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import type { Language, Stream } from '@octopus/protocol/work.ts'

import type { Command } from './spawn.ts'

/** What the worker of a runner says; the other sides are `python/octopus_runner.py` and `node/work.ts`. */
export type RunnerMessage =
  | { readonly type: 'ready'; readonly version: string }
  | { readonly type: 'started' }
  | { readonly type: 'output'; readonly stream: Stream; readonly text: string }
  | { readonly type: 'skipped'; readonly bytes: number }
  | { readonly type: 'progress'; readonly fraction: number | null; readonly text: string }
  | RunnerResult
  | ScriptEnd

export interface RunnerResult {
  readonly type: 'result'
  readonly end: 'succeeded' | 'failed'
  readonly reason: 'finished' | 'exception' | 'status-error' | 'crashed' | 'runtime-missing'
  readonly value: string | null
  readonly kind: 'json' | 'text'
  readonly cut: boolean
  readonly error: ReportedError | null
  readonly skipped: number
  /** Why the process must not be used again, if anything was left over. */
  readonly remains: string | null
}

/** A script ended; what its result is stands in its output, which only the client reads. */
export interface ScriptEnd {
  readonly type: 'exited'
  readonly code: number | null
  readonly signal: string | null
  /** Why it could not be run at all; `missing`: its interpreter could not be started. */
  readonly failed: string | null
  readonly missing: boolean
  readonly skipped: number
  readonly remains: string | null
}

export type KeeperMessage =
  | { readonly type: 'ready'; readonly proves: boolean; readonly worker: number }
  /** The worker ended: by itself with a code, or by a signal. */
  | { readonly type: 'gone'; readonly code: number | null; readonly signal: number | null }
  /** The keeper ends the whole tree. */
  | { readonly type: 'ending'; readonly code: number }

/** The order to execute, as the worker expects it. */
export interface StartOrder {
  readonly plugin: string
  readonly language: Language
  readonly checksum: Checksum
  /** The interpreter of a script, and what comes before the script's file; null: the process itself runs the plugin. */
  readonly program: Command | null
  /**
   * Base64 of the plugin's bytes: of a script in every order, since what an earlier one left in its file is not verified;
   * of a module in a process's first order only, which loads it for good.
   */
  readonly source: string | null
  readonly action: string
  readonly args: string
  readonly kwargs: string
  readonly nonce: string
  readonly environment: Readonly<Record<string, string>>
  readonly outputMax: number
  readonly valueMax: number
}

/** Longest texts of an error; the same as on the wire. */
const ERROR_CHARACTERS_MAX = 65_536

/**
 * Reads a line of the worker. The plugin shares the worker's process and can write anything there: what is not a
 * message of the catalogue is undefined, and the process is ended.
 */
export function parseRunnerMessage(line: string, valueBytesMax: number): RunnerMessage | undefined {
  const m = objectOf(line)
  switch (m?.['type']) {
    case 'ready':
      return isText(m['version'], 64) ? { type: 'ready', version: m['version'] } : undefined
    case 'started':
      return { type: 'started' }
    case 'output':
      return isStream(m['stream']) && isText(m['text'])
        ? { type: 'output', stream: m['stream'], text: m['text'].toWellFormed() }
        : undefined
    case 'skipped':
      return isCount(m['bytes']) ? { type: 'skipped', bytes: m['bytes'] } : undefined
    case 'progress':
      return isFraction(m['fraction']) && isText(m['text'], 1_000)
        ? { type: 'progress', fraction: m['fraction'], text: m['text'].toWellFormed() }
        : undefined
    case 'result':
      return parseResult(m, valueBytesMax)
    case 'exited':
      return parseScriptEnd(m)
    default:
      return undefined
  }
}

function parseScriptEnd({ code, signal, failed, missing, skipped, remains }: Fields): ScriptEnd | undefined {
  if (!isNullOr(code, isCount) || !isNullOr(signal, isShort) || !isNullOr(failed, isText)) return undefined
  if (typeof missing !== 'boolean' || !isCount(skipped) || !isNullOr(remains, isShort)) return undefined
  return { type: 'exited', code, signal, failed, missing, skipped, remains }
}

/** Reads a line of the keeper. */
export function parseKeeperMessage(line: string): KeeperMessage | undefined {
  const m = objectOf(line)
  const { code, signal, worker } = m ?? {}
  if (m?.['type'] === 'ready' && isCount(worker)) return { type: 'ready', proves: m['proves'] === true, worker }
  if (m?.['type'] === 'ending' && isCount(code)) return { type: 'ending', code }
  if (m?.['type'] !== 'gone') return undefined
  return { type: 'gone', code: isCount(code) ? code : null, signal: isCount(signal) ? signal : null }
}

function parseResult(m: Fields, valueBytesMax: number): RunnerResult | undefined {
  const { end, reason, value, kind, cut, skipped, remains } = m
  const error = parseError(m['error'])
  if (end !== 'succeeded' && end !== 'failed') return undefined
  if (reason !== 'finished' && reason !== 'exception' && reason !== 'status-error') return undefined
  if ((value !== null && !isJsonText(value, valueBytesMax)) || (kind !== 'json' && kind !== 'text')) return undefined
  if (typeof cut !== 'boolean' || !isCount(skipped) || error === undefined) return undefined
  if (remains !== null && !isText(remains, 64)) return undefined
  return { type: 'result', end, reason, value, kind, cut, error, skipped, remains }
}

function parseError(value: unknown): ReportedError | null | undefined {
  if (value === null) return null
  if (typeof value !== 'object') return undefined
  const { message, type, stack } = value as Fields
  if (!isText(message, ERROR_CHARACTERS_MAX) || !isText(type, 255) || !isText(stack, ERROR_CHARACTERS_MAX))
    return undefined
  return { message: message.toWellFormed(), type: type.toWellFormed(), stack: stack.toWellFormed() }
}

type Fields = Readonly<Record<string, unknown>>

function objectOf(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}

/** The value travels on as the text it is; here only its form is proved, so that no reader trips over it later. */
function isJsonText(value: unknown, bytesMax: number): value is string {
  if (typeof value !== 'string' || Buffer.byteLength(value) > bytesMax || !value.isWellFormed()) return false
  try {
    JSON.parse(value)
    return true
  } catch {
    return false
  }
}

function isText(value: unknown, charactersMax = Infinity): value is string {
  return typeof value === 'string' && value.length <= charactersMax
}

function isShort(value: unknown): value is string {
  return isText(value, 64)
}

function isNullOr<T>(value: unknown, is: (value: unknown) => value is T): value is T | null {
  return value === null || is(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isFraction(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && value >= 0 && value <= 1)
}

function isStream(value: unknown): value is Stream {
  return value === 'stdout' || value === 'stderr' || value === 'log'
}
