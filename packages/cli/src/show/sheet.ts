import { exactNumber } from '#calls/json-text.ts'

import { cellOf } from './cell.ts'
import { aligned, tableOf } from './table.ts'
import { visible, visibleLines } from './visible.ts'

/** One thing, field by field. Lists of things become tables below it, texts of several lines blocks. */
export function sheetOf(thing: unknown): string {
  if (typeof thing !== 'object' || thing === null || exactNumber(thing) !== undefined) return `${cellOf(thing, '')}\n`
  const lines: string[][] = []
  const below: string[] = []
  collect(thing, '', lines, below)
  return [aligned(lines), ...below].filter((part) => part !== '').join('\n')
}

/** Objects inside objects are told as `a.b`, so deep. */
const DEPTH_MAX = 2

function collect(thing: object, prefix: string, lines: string[][], below: string[]): void {
  for (const [name, value] of Object.entries(thing)) {
    const path = prefix + name
    const isObject = typeof value === 'object' && value !== null && exactNumber(value) === undefined
    if (
      name !== 'counts' &&
      isObject &&
      !Array.isArray(value) &&
      path.split('.').length <= DEPTH_MAX &&
      !FREE.has(name)
    ) {
      collect(value as object, `${path}.`, lines, below)
    } else if (Array.isArray(value) && value.length > 0 && value.every(isPlainObject) && !FREE.has(name)) {
      const columns = [...new Set(value.flatMap((item) => Object.keys(item)))]
      below.push(`${visible(path)}:\n${indented(tableOf(value, columns))}`)
    } else if (typeof value === 'string' && value.includes('\n')) {
      below.push(`${visible(path)}:\n${indented(visibleLines(value.endsWith('\n') ? value : `${value}\n`))}`)
    } else {
      lines.push([`${visible(path)}:`, cellOf(value, path)])
    }
  }
}

/** What people and plugins wrote: shown as JSON, not taken apart. */
const FREE = new Set(['args', 'kwargs', 'value', 'default'])

const isPlainObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && exactNumber(value) === undefined

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ')
