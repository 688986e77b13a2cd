import { isObject, type Arguments } from '#domain/json-arguments.ts'
import type { Parameter } from '#features/tasks/task-queries.ts'
import { jsonLine } from '#text/json.ts'

/** What is typed for each parameter, by name. Nothing typed means: the default, or not given. */
export type Typed = Readonly<Record<string, string>>

export type FromForm =
  | { readonly ok: true; readonly value: Arguments }
  | { readonly ok: false; readonly problems: Readonly<Record<string, string>> }

type Value = { readonly value: unknown } | { readonly problem: string } | undefined

/**
 * The arguments that a form means. Parameters go by name, so that leaving one out leaves its default; only what stands
 * before `*rest` has to go by position, when something is given for the rest.
 */
export function argumentsFromForm(parameters: readonly Parameter[], typed: Typed): FromForm {
  const problems: Record<string, string> = {}
  const args: unknown[] = []
  const kwargs: Record<string, unknown> = {}
  const rest = parameters.find(({ kind, name }) => kind === 'rest' && (typed[name] ?? '').trim() !== '')
  for (const parameter of parameters) {
    const byPosition = rest !== undefined && parameter.kind === 'positional'
    const read = readValue(parameter, typed[parameter.name] ?? '', byPosition)
    if (read === undefined) continue
    if ('problem' in read) problems[parameter.name] = read.problem
    else if (parameter.kind === 'rest') args.push(...(read.value as unknown[]))
    else if (parameter.kind === 'named-rest') Object.assign(kwargs, read.value)
    else if (byPosition) args.push(read.value)
    else kwargs[parameter.name] = read.value
  }
  return Object.keys(problems).length > 0 ? { ok: false, problems } : { ok: true, value: { args, kwargs } }
}

function readValue(parameter: Parameter, text: string, needed: boolean): Value {
  if (parameter.kind === 'rest') return text.trim() === '' ? undefined : readJson(text, 'list')
  if (parameter.kind === 'named-rest') return text.trim() === '' ? undefined : readJson(text, 'object')
  if (text === '') {
    if (needed && parameter.hasDefault) return { value: parameter.default }
    return parameter.required || needed ? { problem: 'is needed' } : undefined
  }
  return parse(parameter.type, text)
}

function parse(type: Parameter['type'], text: string): Value {
  switch (type) {
    case 'string':
      return { value: text }
    case 'integer':
      return /^[+-]?\d+$/.test(text.trim()) ? { value: Number(text) } : { problem: 'must be a whole number' }
    case 'number':
      return Number.isFinite(Number(text)) && text.trim() !== ''
        ? { value: Number(text) }
        : { problem: 'must be a number' }
    case 'boolean':
      return text === 'true' || text === 'false' ? { value: text === 'true' } : { problem: 'must be true or false' }
    case 'list':
    case 'object':
      return readJson(text, type)
    default:
      return { value: jsonOrText(text) }
  }
}

function readJson(text: string, kind: 'list' | 'object'): Value {
  const wanted = kind === 'list' ? 'a JSON list, like ["a", 1]' : 'a JSON object, like {"a": 1}'
  try {
    const value: unknown = JSON.parse(text)
    const fits = kind === 'list' ? Array.isArray(value) : isObject(value)
    return fits ? { value } : { problem: `must be ${wanted}` }
  } catch {
    return { problem: `must be ${wanted}` }
  }
}

/** Where no type is known: JSON if it is some, else the text as it stands. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const DEFAULT_CHARACTERS_MAX = 60

/** What an empty control means, for its placeholder. */
export function placeholderOf(parameter: Parameter): string {
  if (!parameter.hasDefault) return parameter.required ? '' : 'not given'
  const { default: value } = parameter
  return typeof value === 'string' && value !== '' ? value : jsonLine(value, DEFAULT_CHARACTERS_MAX)
}
