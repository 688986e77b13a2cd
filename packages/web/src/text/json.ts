import { visibleText } from './visible-text.ts'

/** A kind of JSON value, as the tree colours it. */
export type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'list' | 'object'

export function jsonKind(value: unknown): JsonKind {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return typeof value as 'string' | 'number' | 'boolean'
  }
  return 'object'
}

/** Members of a list or an object, in order. */
export function jsonMembers(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

/** One line that tells what is inside, for a folded node: `3 items`, `{a, b, …}`. */
export function jsonSummary(value: unknown): string {
  const members = jsonMembers(value)
  if (Array.isArray(value)) return members.length === 1 ? '1 item' : `${members.length} items`
  const names = members.slice(0, 4).map(([name]) => visibleText(name))
  return `{${names.join(', ')}${members.length > 4 ? ', …' : ''}}`
}

/** Compact text of a value, cut to a length that fits a table's cell. */
export function jsonLine(value: unknown, lengthMax: number): string {
  const text = visibleText(JSON.stringify(value) ?? '')
  return text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text
}
