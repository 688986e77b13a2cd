import { exactNumber } from '#calls/json-text.ts'

import { visible } from './visible.ts'

/** The value at a path like `plugin.name`; undefined where there is nothing. */
export function valueAt(value: unknown, path: string): unknown {
  let here = value
  for (const key of path.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined
    here = (here as Record<string, unknown>)[key]
  }
  return here
}

/** `nextRunAt` → `NEXT RUN`, `plugin.name` → `PLUGIN`. */
export function headerOf(path: string): string {
  const parts = path.split('.')
  const last = parts.at(-1) ?? path
  const word =
    (last === 'name' || last === 'value' || last === 'label') && parts.length > 1 ? (parts.at(-2) ?? last) : last
  return visible(word)
    .replace(/At$/, '')
    .replaceAll(/([a-z])([A-Z0-9])/g, '$1 $2')
    .toUpperCase()
}

/** A value in one line, harmless in a terminal. */
export function cellOf(value: unknown, path: string): string {
  if (value === null || value === undefined) return '-'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return /(?:^|\.)(?:at|\w*At)$|Latest$/.test(path) ? timeOf(value) : visible(value)
  if (typeof value === 'number') return String(value)
  const number = exactNumber(value)
  if (number !== undefined) return number
  if (path.endsWith('counts') && typeof value === 'object') return countsOf(value)
  if (Array.isArray(value)) {
    const words = value.map((item) => (isWord(item) ? String(item) : exactNumber(item)))
    if (!words.includes(undefined)) return words.length === 0 ? '-' : visible(words.join(', '))
  }
  return visible(JSON.stringify(value))
}

const isWord = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number'

/** `2026-12-01 03:00:00Z`: UTC says so, and fractions of a second say nothing here. */
function timeOf(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(text)
  return match ? `${match[1]} ${match[2]}Z` : visible(text)
}

/** `3 succeeded, 1 failed`: only what there is. */
function countsOf(counts: object): string {
  const there = Object.entries(counts).filter(([name, count]) => name !== 'total' && count !== 0)
  return there.length === 0 ? '-' : there.map(([name, count]) => `${String(count)} ${name}`).join(', ')
}
