import type { ScriptHeader } from '@octopus/protocol/script-header.ts'

import type { StartOrder } from '#runner/messages.ts'

import { Refusal } from './failure.ts'

/** Longer values stand in the arguments' file alone: systems limit what one variable, and all together, may hold. */
const VARIABLE_CHARACTERS_MAX = 4_096
const VARIABLES_CHARACTERS_MAX = 16_384

export interface ScriptArguments {
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
}

/** What the script is given: with declared parameters, each has its value in `kwargs`, however it was given. */
export function scriptArguments(
  header: Pick<ScriptHeader, 'parameters'>,
  order: Pick<StartOrder, 'args' | 'kwargs'>,
): ScriptArguments {
  const args = parseExactly(order.args) as readonly unknown[]
  const kwargs = parseExactly(order.kwargs) as Readonly<Record<string, unknown>>
  const { parameters } = header
  if (parameters.length === 0) return { args, kwargs }
  const names = parameters.map(({ name }) => name)
  if (args.length > names.length)
    throw new Refusal(`${args.length} arguments were given by place; the parameters are: ${names.join(', ')}.`)
  const filled: [string, unknown][] = []
  for (const [index, { name, default: standard }] of parameters.entries()) {
    const byName = Object.hasOwn(kwargs, name)
    if (byName && index < args.length) throw new Refusal(`${name} was given by place and by name.`)
    if (byName) filled.push([name, kwargs[name]])
    else if (index < args.length) filled.push([name, args[index]])
    else if (standard !== undefined) filled.push([name, standard.value])
    else throw new Refusal(`${name} was not given; the parameters are: ${names.join(', ')}.`)
  }
  const unknown = Object.keys(kwargs).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new Refusal(`There is no parameter ${unknown}; the parameters are: ${names.join(', ')}.`)
  return { args, kwargs: Object.fromEntries(filled) }
}

/** What JSON can do besides: the types of the language do not know it yet. */
interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): unknown
}
const exactJson = JSON as unknown as ExactJson

/** Numbers stay as they were written (`1.0`, 20 digits): a script may know more of them than we do. */
function parseExactly(json: string): unknown {
  return exactJson.parse(json, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactJson.rawJSON(source) : value,
  )
}

/** Plain values as variables, since a shell reads no JSON: `OCTOPUS_PARAM_path`. */
export function scriptVariables(kwargs: Readonly<Record<string, unknown>>): Record<string, string> {
  const variables: [string, string][] = []
  let room = VARIABLES_CHARACTERS_MAX
  for (const [name, value] of Object.entries(kwargs)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || value === null) continue
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    if (text.includes('\0') || text.length > VARIABLE_CHARACTERS_MAX || text.length + name.length > room) continue
    room -= text.length + name.length
    variables.push([`OCTOPUS_PARAM_${name}`, text])
  }
  return Object.fromEntries(variables)
}
