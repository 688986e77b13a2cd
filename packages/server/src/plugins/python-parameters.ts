import type { SyntaxNode } from '@lezer/common'
import type { Parameter } from '@octopus/protocol/rest/plugins.ts'

import { readLiteral } from './python-literal.ts'

type ParameterType = Parameter['type']

/** A form with more fields helps nobody, and each costs memory on every page: the rest is not listed. */
const PARAMETERS_MAX = 100
/** A longer default is data: the form shows that there is one. */
const DEFAULT_CHARACTERS_MAX = 10_000

/** The parameters of a function in their order, as a form or a check of arguments needs them. */
export function readParameters(list: SyntaxNode, source: string): readonly Parameter[] {
  const parameters: Parameter[] = []
  let marker: '*' | '**' | undefined
  let namedOnly = false
  for (let node = list.firstChild; node && parameters.length < PARAMETERS_MAX; node = node.nextSibling) {
    if (node.name === '*' || node.name === '**') marker = node.name
    if (node.name === ',' || node.name === ')') {
      // A star alone: what follows can only be given by name.
      if (marker === '*') namedOnly = true
      marker = undefined
    }
    // A name behind `=` is a default, not a parameter.
    if (node.name !== 'VariableName' || node.prevSibling?.name === 'AssignOp') continue
    const name = source.slice(node.from, node.to)
    if (marker !== undefined) {
      if (marker === '*') namedOnly = true
      const kind = marker === '*' ? 'rest' : 'named-rest'
      parameters.push({ name, kind, type: 'unknown', required: false, hasDefault: false })
      marker = undefined
    } else {
      parameters.push(oneParameter(node, source, namedOnly ? 'named-only' : 'positional'))
    }
  }
  return parameters
}

function oneParameter(node: SyntaxNode, source: string, kind: 'positional' | 'named-only'): Parameter {
  const name = source.slice(node.from, node.to)
  const annotation = node.nextSibling?.name === 'TypeDef' ? node.nextSibling : undefined
  const assign = (annotation ?? node).nextSibling
  const value = assign?.name === 'AssignOp' ? assign.nextSibling : null
  const annotated = annotation ? typeOfAnnotation(source.slice(annotation.from + 1, annotation.to)) : 'unknown'
  if (!value) return { name, kind, type: annotated, required: true, hasDefault: false }
  const literal = value.to - value.from <= DEFAULT_CHARACTERS_MAX ? readLiteral(value, source) : undefined
  const type =
    annotated === 'unknown' && literal ? typeOfValue(literal.value, source.slice(value.from, value.to)) : annotated
  return {
    name,
    kind,
    type,
    required: false,
    hasDefault: literal !== undefined,
    ...(literal && { default: literal.value }),
  }
}

const ANNOTATIONS: Readonly<Record<string, ParameterType>> = {
  str: 'string',
  int: 'integer',
  float: 'number',
  bool: 'boolean',
  list: 'list',
  tuple: 'list',
  set: 'list',
  sequence: 'list',
  iterable: 'list',
  dict: 'object',
  mapping: 'object',
}

/** `Optional[str]` and `str | None` are what they are when they are given. */
function typeOfAnnotation(annotation: string): ParameterType {
  const text = annotation.slice(0, 200).replaceAll(/\s|["']/g, '')
  const optional = /^(?:typing\.)?Optional\[([\w.]+)(?:\[.*\])?\]$/.exec(text)
  const plain = optional?.[1] ?? text.replace(/\|None$/, '').replace(/^None\|/, '')
  const head = /^(?:[a-z]+\.)*(\w+)(?:\[.*\])?$/i.exec(plain)?.[1] ?? ''
  const known = Object.hasOwn(ANNOTATIONS, head.toLowerCase()) ? ANNOTATIONS[head.toLowerCase()] : undefined
  return known ?? 'unknown'
}

function typeOfValue(value: unknown, text: string): ParameterType {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return Number.isInteger(value) && !/[.eE]/.test(text) ? 'integer' : 'number'
  if (Array.isArray(value)) return 'list'
  return value === null ? 'unknown' : 'object'
}
