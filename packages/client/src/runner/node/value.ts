import { inspect } from 'node:util'

import { cutJsonString } from '#runner/utf8.ts'

/** What an action returned, as the client is told it. */
export interface ToldValue {
  readonly value: string
  readonly kind: 'json' | 'text'
  readonly cut: boolean
}

/** The value as JSON; as text, marked, where JSON would say something else than what was returned. */
export function tellValue(value: unknown, bytesMax: number): ToldValue {
  const json = toJson(value)
  const text = json ?? JSON.stringify(shownSafely(value).toWellFormed())
  const kind = json === undefined ? 'text' : 'json'
  if (Buffer.byteLength(text) <= bytesMax) return { value: text, kind, cut: false }
  const plain = kind === 'json' ? text : (JSON.parse(text) as string)
  return { value: cutJsonString(plain, bytesMax), kind: 'text', cut: true }
}

/** Undefined where something in it is lost in JSON: NaN, a function, a Map, bytes, a circle. */
function toJson(value: unknown): string | undefined {
  if (value === undefined) return 'null'
  try {
    let faithful = true
    const text = JSON.stringify(value, function (this: unknown, key: string, told: unknown) {
      const original = key === '' && told === value ? value : (this as Record<string, unknown>)[key]
      if (!isFaithful(original, told)) faithful = false
      return told
    })
    return faithful && text !== undefined && text.isWellFormed() ? text : undefined
  } catch {
    return undefined
  }
}

function isFaithful(original: unknown, told: unknown): boolean {
  if (ArrayBuffer.isView(original)) return false
  if (original instanceof Date) return told !== null
  if (typeof told === 'number') return Number.isFinite(told)
  if (typeof told === 'function' || typeof told === 'symbol' || typeof told === 'bigint') return false
  if (typeof told !== 'object' || told === null || Array.isArray(told)) return true
  return Object.prototype.toString.call(told) === '[object Object]'
}

/** As the console would show it; a value may be made so that it cannot be shown. */
export function shownSafely(value: unknown): string {
  try {
    return inspect(value, { depth: 6, maxArrayLength: 1_000, maxStringLength: 100_000 })
  } catch (error) {
    return `<a value that cannot be shown: ${error instanceof Error ? error.name : 'error'}>`
  }
}
