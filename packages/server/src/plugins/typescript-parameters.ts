import type { SyntaxNode } from '@lezer/common'
import type { Parameter } from '@octopus/protocol/rest/plugins.ts'

import { nameOfKey, readJsLiteral, readProperty } from './javascript-literal.ts'
import { ANY_NAME, ANYTHING, MORE, typeOfJson } from './read-script.ts'

type ParameterType = Parameter['type']

/** A form with more fields helps nobody, and each costs memory on every page: the rest is not listed. */
const PARAMETERS_MAX = 100
/** A longer default is data: the form shows that there is one. */
const DEFAULT_CHARACTERS_MAX = 10_000
/** The words that `definePlugin` takes for a type; the same as in the plugin SDK. */
const TYPE_WORDS: readonly string[] = ['string', 'integer', 'number', 'boolean', 'list', 'object']

/** The parameters of a plain function: by place and name, or by name only where it takes an object apart. */
export function readFunctionParameters(list: SyntaxNode, source: string): readonly Parameter[] {
  const parameters: Parameter[] = []
  let spread = false
  for (let node = list.firstChild; node && parameters.length < PARAMETERS_MAX; node = node.nextSibling) {
    if (node.name === 'Spread') spread = true
    else if (node.name === 'ObjectPattern') parameters.push(...namesOfPattern(node, source))
    else if (node.name === 'ArrayPattern') {
      const required = tailOf(node).value === undefined
      parameters.push({
        name: `arg${parameters.length + 1}`,
        kind: 'positional',
        type: 'list',
        required,
        hasDefault: false,
      })
    } else if (node.name === 'VariableDefinition') {
      const name = source.slice(node.from, node.to)
      // A type for `this` is no parameter.
      if (name === 'this') continue
      parameters.push(spread ? { ...MORE, name } : oneParameter(name, 'positional', tailOf(node), source))
    }
  }
  return parameters.slice(0, PARAMETERS_MAX)
}

/** What follows a name: `?`, `: type`, `= default`. */
interface Tail {
  readonly optional: boolean
  readonly annotation: SyntaxNode | undefined
  readonly value: SyntaxNode | undefined
}

function tailOf(node: SyntaxNode): Tail {
  let optional = false
  let annotation: SyntaxNode | undefined
  for (let next = node.nextSibling; next; next = next.nextSibling) {
    if (next.name === 'Optional') optional = true
    else if (next.name === 'TypeAnnotation') annotation = next
    else if (next.name === 'Equals') return { optional, annotation, value: next.nextSibling ?? undefined }
    else break
  }
  return { optional, annotation, value: undefined }
}

function oneParameter(name: string, kind: Parameter['kind'], tail: Tail, source: string): Parameter {
  const { annotation, value } = tail
  const annotated = annotation ? typeOfAnnotation(source.slice(annotation.from + 1, annotation.to)) : 'unknown'
  if (value === undefined) return { name, kind, type: annotated, required: !tail.optional, hasDefault: false }
  return { name, kind, required: false, ...defaultOf(value, source, annotated) }
}

function defaultOf(value: SyntaxNode, source: string, known: ParameterType) {
  const literal = value.to - value.from <= DEFAULT_CHARACTERS_MAX ? readJsLiteral(value, source) : undefined
  const type = known === 'unknown' && literal ? typeOfJson(literal.value) : known
  return { type, hasDefault: literal !== undefined, ...(literal && { default: literal.value }) }
}

/** `{ path = '/', dry }: { path?: string; dry: boolean } = {}` */
function namesOfPattern(pattern: SyntaxNode, source: string): readonly Parameter[] {
  const { annotation, value } = tailOf(pattern)
  const types = annotation ? typesOfMembers(annotation, source) : new Map<string, Tail>()
  const parameters: Parameter[] = []
  for (const node of pattern.getChildren('PatternProperty')) {
    const key = node.firstChild
    const others = key?.name === 'Spread' ? key.nextSibling : null
    if (others) parameters.push({ ...ANY_NAME, name: source.slice(others.from, others.to) })
    const name = key?.name === 'VariableDefinition' ? source.slice(key.from, key.to) : key && nameOfKey(key, source)
    if (!key || name === undefined || name === null) continue
    const target = key.nextSibling?.name === ':' ? (key.nextSibling.nextSibling ?? key) : key
    const typed = types.get(name)
    const own = { ...tailOf(target), annotation: typed?.annotation, optional: typed?.optional ?? value !== undefined }
    parameters.push(oneParameter(name, 'named-only', own, source))
  }
  return parameters
}

function typesOfMembers(annotation: SyntaxNode, source: string): Map<string, Tail> {
  const members = annotation.getChild('ObjectType')?.getChildren('PropertyType') ?? []
  const types = new Map<string, Tail>()
  for (const member of members) {
    const key = member.getChild('PropertyDefinition') ?? member.getChild('String')
    const name = key && nameOfKey(key, source)
    if (key && name) types.set(name, tailOf(key))
  }
  return types
}

/** `string | undefined` is what it is when it is given. */
function typeOfAnnotation(annotation: string): ParameterType {
  const text = annotation.slice(0, 500).replaceAll(/\s/g, '')
  const parts = text.split('|').filter((part) => part !== '' && part !== 'undefined' && part !== 'null')
  const types = new Set(parts.map(typeOfOne))
  const [only] = types
  return types.size === 1 && only !== undefined ? only : 'unknown'
}

function typeOfOne(text: string): ParameterType {
  if (text === 'string' || text === 'number' || text === 'boolean' || text === 'object') return text
  if (/^(?:readonly)?.+\[\]$|^(?:Readonly)?Array<|^(?:readonly)?\[/.test(text)) return 'list'
  if (/^["'`]/.test(text)) return 'string'
  if (/^-?\d/.test(text)) return 'number'
  if (text === 'true' || text === 'false') return 'boolean'
  return /^\{|^Record</.test(text) ? 'object' : 'unknown'
}

/** What `definePlugin` is told: `{ path: 'string', warnAt: 90, list: { type: 'list', default: [] } }`. */
export function readDefinedParameters(options: SyntaxNode, valueOf: ValueOf, source: string): readonly Parameter[] {
  const declared = propertyOf(options, 'parameters', valueOf, source)
  if (declared?.name !== 'ObjectExpression') return ANYTHING
  const parameters: Parameter[] = []
  for (const property of declared.getChildren('Property').slice(0, PARAMETERS_MAX)) {
    const entry = readProperty(property, source)
    if (entry) parameters.push(definedParameter(entry.name, known(entry.value, valueOf, source), valueOf, source))
  }
  return parameters
}

function definedParameter(name: string, value: SyntaxNode, valueOf: ValueOf, source: string): Parameter {
  const kind = 'positional'
  const word = value.name === 'String' ? readJsLiteral(value, source)?.value : undefined
  if (isTypeWord(word)) return { name, kind, type: word, required: true, hasDefault: false }
  if (value.name !== 'ObjectExpression') return { name, kind, required: false, ...defaultOf(value, source, 'unknown') }
  const typeNode = propertyOf(value, 'type', valueOf, source)
  const told = typeNode && readJsLiteral(typeNode, source)?.value
  const type = isTypeWord(told) ? told : 'unknown'
  const given = propertyOf(value, 'default', valueOf, source)
  if (given === undefined) return { name, kind, type, required: true, hasDefault: false }
  // Without a type anything may be given, whatever the default is.
  return { name, kind, required: false, ...defaultOf(given, source, type), type }
}

/** What a name stands for that is set at the top of the file. */
export type ValueOf = (name: string) => SyntaxNode | undefined

/** The value of one property of an object: written there, or set at the top of the file (`{ parameters }` too). */
export function propertyOf(
  object: SyntaxNode,
  wanted: string,
  valueOf: ValueOf,
  source: string,
): SyntaxNode | undefined {
  for (const property of object.getChildren('Property')) {
    const entry = readProperty(property, source)
    if (entry?.name === wanted) return known(entry.value, valueOf, source)
    const key = property.firstChild
    if (key && !key.nextSibling && nameOfKey(key, source) === wanted) return valueOf(wanted)
  }
  return undefined
}

function known(value: SyntaxNode, valueOf: ValueOf, source: string): SyntaxNode {
  return (value.name === 'VariableName' ? valueOf(source.slice(value.from, value.to)) : undefined) ?? value
}

function isTypeWord(value: unknown): value is ParameterType {
  return typeof value === 'string' && TYPE_WORDS.includes(value)
}
