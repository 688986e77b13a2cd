import { Type, type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

/** An object that accepts exactly the named properties: what is not declared does not exist. */
export function Strict<T extends Record<string, TSchema>>(properties: T) {
  return Type.Object(properties, { additionalProperties: false })
}

/** One of a closed set of words. */
export function OneOf<const T extends readonly string[]>(words: T) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: [...words] })
}

/** A value or an explicit null: answers say "there is none" instead of leaving the key out. */
export function Nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** What is wrong with one field, in words, with the path of the field as `a.b.0`. */
export interface Problem {
  readonly field: string
  readonly message: string
}

/** Compiles a schema once; the parser it returns never throws and never changes its input. */
export function parser<T extends TSchema>(schema: T): (input: unknown) => Parsed<Static<T>> {
  const compiled = Compile(schema)
  return (input) => {
    if (compiled.Check(input)) return { ok: true, value: input }
    return { ok: false, problems: problemsOf(compiled.Errors(input)) }
  }
}

/** Parses one message of a catalogue: `type` picks the schema, so that the problems named are those of that message. */
export function messageParser<T extends TSchema>(
  schemas: Readonly<Record<string, TSchema>>,
  _union: T,
): (input: unknown) => Parsed<Static<T>> {
  const parsers = new Map(Object.entries(schemas).map(([type, schema]) => [type, parser(schema)]))
  return (input) => {
    const type = typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined
    const parse = typeof type === 'string' ? parsers.get(type) : undefined
    if (!parse) return { ok: false, problems: [{ field: 'type', message: 'is not a known message' }] }
    return parse(input) as Parsed<Static<T>>
  }
}

/** At most so many problems are named in one answer: the first ones are what a person mends. */
const PROBLEMS_MAX = 8

interface SchemaError {
  readonly keyword: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

/** Turns the validator's errors into our sentences. Exported for the HTTP edge, which validates with the same compiler. */
export function problemsOf(errors: Iterable<SchemaError>): readonly Problem[] {
  const problems: Problem[] = []
  for (const error of errors) {
    const field = error.instancePath.slice(1).replaceAll('/', '.')
    const at = (key: string): string => (field === '' ? key : `${field}.${key}`)
    const params = error.params as {
      requiredProperties?: string[]
      additionalProperties?: string[]
      allowedValues?: unknown[]
    }
    if (error.keyword === 'additionalProperties') {
      for (const key of params.additionalProperties ?? [])
        problems.push({ field: at(key), message: 'is not a known key' })
    } else if (error.keyword === 'required') {
      for (const key of params.requiredProperties ?? []) problems.push({ field: at(key), message: 'is missing' })
    } else if (error.keyword === 'enum') {
      problems.push({ field, message: `must be one of ${(params.allowedValues ?? []).join(', ')}` })
    } else if (error.keyword !== 'boolean' && error.keyword !== 'anyOf') {
      problems.push({ field, message: error.message })
    }
  }
  return problems.length > 0
    ? problems.slice(0, PROBLEMS_MAX)
    : [{ field: '', message: 'does not have the expected shape' }]
}
