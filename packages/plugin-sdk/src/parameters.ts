/** The words for what must be given. */
export const PARAMETER_TYPES = ['string', 'integer', 'number', 'boolean', 'list', 'object'] as const
export type ParameterType = (typeof PARAMETER_TYPES)[number]

interface Values {
  readonly string: string
  readonly integer: number
  readonly number: number
  readonly boolean: boolean
  readonly list: readonly unknown[]
  readonly object: Readonly<Record<string, unknown>>
}

/**
 * One parameter: a word of `PARAMETER_TYPES` (it must be given), any other plain value (its default), or both at once.
 * An object is always the long form, so that a default that is an object is `{ default: {} }`; without `type` it takes
 * anything.
 */
export type ParameterSpec =
  | string
  | number
  | boolean
  | readonly unknown[]
  | { readonly type?: ParameterType; readonly default?: unknown; readonly doc?: string }

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>

type Wide<V> = V extends string
  ? string
  : V extends number
    ? number
    : V extends boolean
      ? boolean
      : V extends readonly unknown[]
        ? readonly unknown[]
        : V

type ValueOf<S> = S extends ParameterType
  ? Values[S]
  : S extends { readonly type: infer T extends ParameterType }
    ? Values[T]
    : S extends { readonly default?: unknown }
      ? unknown
      : S extends string | number | boolean | readonly unknown[]
        ? Wide<S>
        : unknown

/** What an action finds in `kwargs`, worked out from its parameters. */
export type KwargsOf<P extends ParameterSpecs> = { readonly [N in keyof P]: ValueOf<P[N]> }

/** The arguments do not fit; the message says which, and what was expected. */
export class ArgumentsError extends Error {
  override name = 'ArgumentsError'
}

interface Parameter {
  readonly name: string
  readonly type: ParameterType | undefined
  readonly required: boolean
  readonly default: unknown
}

/** Every parameter with its value: by place, by name, or its default. */
export function fillParameters(
  specs: ParameterSpecs,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const parameters = Object.entries(specs).map(([name, spec]) => parameterOf(name, spec))
  const names = parameters.map(({ name }) => name).join(', ') || 'none'
  if (args.length > parameters.length)
    throw new ArgumentsError(`${args.length} arguments were given by place; the parameters are: ${names}.`)
  const filled: [string, unknown][] = []
  for (const [index, parameter] of parameters.entries()) {
    const { name } = parameter
    const byName = Object.hasOwn(kwargs, name)
    if (byName && index < args.length) throw new ArgumentsError(`${name} was given by place and by name.`)
    const given = byName ? kwargs[name] : args[index]
    if (!byName && index >= args.length) {
      if (parameter.required) throw new ArgumentsError(`${name} was not given; the parameters are: ${names}.`)
      filled.push([name, structuredClone(parameter.default)])
    } else filled.push([name, checked(parameter, given)])
  }
  const known = new Set(parameters.map(({ name }) => name))
  const unknown = Object.keys(kwargs).find((name) => !known.has(name))
  if (unknown !== undefined) throw new ArgumentsError(`There is no parameter ${unknown}; the parameters are: ${names}.`)
  return Object.fromEntries(filled)
}

function parameterOf(name: string, spec: ParameterSpec): Parameter {
  if (isType(spec)) return { name, type: spec, required: true, default: undefined }
  if (typeof spec !== 'object' || Array.isArray(spec))
    return { name, type: typeOfValue(spec), required: false, default: spec }
  const long = spec as { readonly type?: ParameterType; readonly default?: unknown }
  const hasDefault = Object.hasOwn(long, 'default')
  const { type } = long
  if (type !== undefined && !isType(type))
    throw new ArgumentsError(`${name} has the type ${String(type)}; the types are: ${PARAMETER_TYPES.join(', ')}.`)
  return { name, type, required: !hasDefault, default: long.default }
}

function checked({ name, type }: Parameter, value: unknown): unknown {
  if (type === undefined || fits(type, value)) return value
  throw new ArgumentsError(`${name} must be of type ${type}, not ${shown(value)}.`)
}

function fits(type: ParameterType, value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value)
    case 'list':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
  }
}

function typeOfValue(value: unknown): ParameterType | undefined {
  if (Array.isArray(value)) return 'list'
  const type = typeof value
  if (type === 'string' || type === 'number' || type === 'boolean') return type
  return type === 'object' && value !== null ? 'object' : undefined
}

function isType(value: unknown): value is ParameterType {
  return (PARAMETER_TYPES as readonly unknown[]).includes(value)
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 100)
}
