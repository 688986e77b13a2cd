import { UsageError } from '#command-line/usage-error.ts'

/** Node has it; TypeScript's library does not know it yet. */
interface ExactJson {
  rawJSON(text: string): unknown
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
}
const exact = JSON as unknown as ExactJson

/**
 * Parses JSON so that `JSON.stringify` writes every number as it was typed: beyond 2^53, and `1.0`. A number that
 * JavaScript would write in another way is no `number` then: `exactNumber` tells its text.
 */
export function exactJson(text: string, where: string): unknown {
  try {
    return exact.parse(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && source !== String(value) ? exact.rawJSON(source) : value,
    )
  } catch (error) {
    throw new UsageError(`${where} is no JSON (${error instanceof Error ? error.message : String(error)}).`)
  }
}

/** The text of a number that `exactJson` has kept as it was typed; undefined for everything else. */
export function exactNumber(value: unknown): string | undefined {
  return exact.isRawJSON(value) ? value.rawJSON : undefined
}

/** A value as people type it: JSON where it is JSON, else the text itself. */
export function typedValue(text: string): unknown {
  try {
    return exactJson(text, '')
  } catch {
    return text
  }
}

export interface TypedArguments {
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
}

/** `--arg /tmp --arg warnAt=90` → `["/tmp"]` and `{"warnAt": 90}`. */
export function typedArguments(texts: readonly string[]): TypedArguments {
  const args: unknown[] = []
  const kwargs = new Map<string, unknown>()
  for (const text of texts) {
    const named = /^([A-Za-z_]\w*)=(.*)$/s.exec(text)
    if (!named) args.push(typedValue(text))
    else if (kwargs.has(named[1] ?? '')) throw new UsageError(`--arg ${named[1]} is given twice. Give it once.`)
    else kwargs.set(named[1] ?? '', typedValue(named[2] ?? ''))
  }
  return { args, kwargs: Object.fromEntries(kwargs) }
}
