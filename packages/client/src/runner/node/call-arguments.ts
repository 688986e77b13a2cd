import { Refusal } from './failure.ts'

/** What a plain function takes: names in order, one object that is taken apart, further ones by place. */
export interface Signature {
  readonly parameters: readonly Parameter[]
}

type Parameter =
  | { readonly kind: 'name'; readonly name: string }
  /** `{ a, b = 1 }`: gets what was given by name. */
  | { readonly kind: 'object'; readonly names: readonly string[]; readonly any: boolean }
  | { readonly kind: 'other' }
  | { readonly kind: 'rest' }

/** Puts what was given by name in its place, for a function that knows only places. */
export function argumentsFor(
  action: string,
  signature: Signature,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): readonly unknown[] {
  const { parameters } = signature
  const places = parameters.filter(({ kind }) => kind === 'name' || kind === 'other')
  const hasRest = parameters.some(({ kind }) => kind === 'rest')
  if (args.length > places.length && !hasRest)
    throw refuse(action, signature, `${args.length} were given by place, and there is room for ${places.length}`)
  const left = new Map(Object.entries(kwargs))
  const given = [...args]
  const values: unknown[] = []
  for (const parameter of parameters) {
    if (parameter.kind === 'rest') values.push(...given.splice(0))
    else if (parameter.kind === 'object') values.push(takeObject(parameter, left))
    else values.push(takeOne(action, signature, parameter, given, left))
  }
  const [unknown] = left.keys()
  if (unknown !== undefined) throw refuse(action, signature, `there is no parameter ${unknown}`)
  return values
}

function takeOne(
  action: string,
  signature: Signature,
  parameter: Parameter,
  given: unknown[],
  left: Map<string, unknown>,
): unknown {
  const name = parameter.kind === 'name' ? parameter.name : undefined
  const byName = name !== undefined && left.has(name)
  if (given.length > 0) {
    if (byName) throw refuse(action, signature, `${name} was given by place and by name`)
    return given.shift()
  }
  if (!byName) return undefined
  const value = left.get(name)
  left.delete(name)
  return value
}

function takeObject(
  { names, any }: Extract<Parameter, { kind: 'object' }>,
  left: Map<string, unknown>,
): Readonly<Record<string, unknown>> | undefined {
  const taken = [...left].filter(([name]) => any || names.includes(name))
  for (const [name] of taken) left.delete(name)
  // Nothing at all: a default for the whole object counts then.
  return taken.length === 0 ? undefined : Object.fromEntries(taken)
}

function refuse(action: string, { parameters }: Signature, why: string): Refusal {
  const shown = parameters.map((one) => {
    if (one.kind === 'name') return one.name
    if (one.kind === 'object') return `{ ${one.names.join(', ')} }`
    return one.kind === 'rest' ? '...' : '_'
  })
  return new Refusal(`The arguments do not fit: ${why}. The action is ${action}(${shown.join(', ')}).`)
}

/** Reads the parameters from a function's own text, in which no types are left. */
export function signatureOf(source: string): Signature {
  const list = parameterList(source)
  return { parameters: partsOf(list).map(parameterOf) }
}

function parameterOf(text: string): Parameter {
  if (text.startsWith('...')) return { kind: 'rest' }
  if (text.startsWith('{')) {
    const inside = text.slice(1, closing(text, 0))
    const parts = partsOf(inside)
    const names = parts.filter((part) => !part.startsWith('...')).map(nameOfProperty)
    return { kind: 'object', names, any: parts.some((part) => part.startsWith('...')) }
  }
  const name = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(text)?.[0]
  return name === undefined ? { kind: 'other' } : { kind: 'name', name }
}

/** `a`, `a = 1`, `a: b`, `'a-b': c` */
function nameOfProperty(part: string): string {
  const quoted = /^(["'])((?:\\.|(?!\1).)*)\1/.exec(part)?.[2]
  return quoted ?? /^[^\s:=]*/.exec(part)?.[0] ?? ''
}

/** What stands between the brackets of the parameters; `x => …` has none. */
function parameterList(source: string): string {
  const text = withoutComments(source)
  const bare = /^(?:async\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=>/u.exec(text)?.[1]
  if (bare !== undefined) return bare
  const open = text.indexOf('(')
  return open < 0 ? '' : text.slice(open + 1, closing(text, open))
}

/** The parts between the commas that are in no bracket and no text. */
function partsOf(list: string): readonly string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < list.length; at++) {
    const char = list[at] ?? ''
    if ('([{'.includes(char)) at = closing(list, at)
    else if (`"'\``.includes(char)) at = endOfText(list, at)
    else if (char === ',') {
      parts.push(list.slice(from, at))
      from = at + 1
    }
  }
  parts.push(list.slice(from))
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** Where the bracket that opens at `from` closes. */
function closing(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? ''
    if ('([{'.includes(char)) depth++
    else if (')]}'.includes(char) && --depth === 0) return at
    else if (`"'\``.includes(char)) at = endOfText(text, at)
  }
  return text.length
}

function endOfText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === text[from]) return at
  }
  return text.length
}

/** Comments before and among the parameters; what looks like one in a text stays. */
function withoutComments(source: string): string {
  const tokens = /"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|`(?:\\[^]|[^`\\])*`|\/\*[^]*?\*\/|\/\/[^\n]*/g
  return source.slice(0, SIGNATURE_CHARACTERS_MAX).replaceAll(tokens, (token) => (token.startsWith('/') ? ' ' : token))
}

/** Parameters stand at the beginning; the rest of a long function need not be looked at. */
const SIGNATURE_CHARACTERS_MAX = 20_000
