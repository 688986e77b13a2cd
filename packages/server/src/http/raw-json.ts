/** A body that was read: its value, and the text of each member as it arrived. */
export interface ReadJson {
  readonly value: unknown
  /** Members of the outermost object. */
  readonly texts: ReadonlyMap<string, string>
}

/** Why a body is not taken. `at` names the place as `args.0.name`. */
export type JsonProblem =
  | { readonly kind: 'not-json'; readonly reason: string }
  | { readonly kind: 'refused'; readonly at: string; readonly message: string }

/**
 * Nesting of a body. Deeper ones overflow stacks somewhere on the way; `args` and `kwargs` have a lower limit of their
 * own, with a code of its own.
 */
export const JSON_DEPTH_MAX = 64

/** Names that change what an object is where somebody copies it carelessly. */
const POISONOUS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Reads JSON strictly: a key that stands twice means different things to different readers, and is refused. Keeps the
 * text of every member, because numbers beyond 2^53, `1.0` and `\u0000` survive only as text.
 */
export function readJson(text: string): ReadJson | JsonProblem {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { kind: 'not-json', reason: (error instanceof Error ? error.message : String(error)).slice(0, 200) }
  }
  const texts = new Map<string, string>()
  const problem = scan(text, texts)
  return problem ?? { value, texts }
}

/** What is open at a place in the text. */
interface Level {
  /** Keys seen; null for a list. */
  readonly keys: Set<string> | null
  key: string
  index: number
  /** The next string is a key. */
  atKey: boolean
}

/** One pass over text that is known to be JSON: only strings, brackets, commas and colons matter. */
function scan(text: string, texts: Map<string, string>): JsonProblem | undefined {
  const levels: Level[] = []
  let valueFrom = 0
  const endMember = (at: number): void => {
    const top = levels[0]
    if (levels.length === 1 && top?.keys && top.key !== '') texts.set(top.key, text.slice(valueFrom, at).trim())
  }
  const place = (): string =>
    levels
      .map((level) => (level.keys ? level.key : String(level.index)))
      .join('.')
      .slice(0, 200)
  for (let i = 0; i < text.length; i++) {
    const level = levels.at(-1)
    switch (text.charCodeAt(i)) {
      case 0x22: {
        const end = endOfString(text, i)
        if (level?.atKey) {
          level.key = JSON.parse(text.slice(i, end)) as string
          level.atKey = false
          if (level.keys?.has(level.key)) return { kind: 'refused', at: place(), message: 'stands twice' }
          if (POISONOUS.has(level.key)) return { kind: 'refused', at: place(), message: 'is not allowed as a key' }
          level.keys?.add(level.key)
        }
        i = end - 1
        break
      }
      case 0x3a: // :
        if (levels.length === 1) valueFrom = i + 1
        break
      case 0x2c: // ,
        endMember(i)
        if (level?.keys) level.atKey = true
        else if (level) level.index++
        break
      case 0x7b: // {
        levels.push({ keys: new Set(), key: '', index: 0, atKey: true })
        break
      case 0x5b: // [
        levels.push({ keys: null, key: '', index: 0, atKey: false })
        break
      case 0x7d: // }
      case 0x5d: // ]
        endMember(i)
        levels.pop()
        break
      default:
    }
    if (levels.length > JSON_DEPTH_MAX) {
      const at = levels[0]?.key ?? ''
      return { kind: 'refused', at, message: `is nested deeper than ${JSON_DEPTH_MAX} levels` }
    }
  }
  return undefined
}

/** The place after the closing quote of the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x5c) i++
    else if (code === 0x22) return i + 1
  }
  return text.length
}
