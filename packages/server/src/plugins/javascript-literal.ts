import type { SyntaxNode } from '@lezer/common'

import type { Literal } from './python-literal.ts'

/** Deeper defaults are shown as "has a default": nobody edits them in a form. */
const LITERAL_DEPTH_MAX = 8

/** Reads a literal of JavaScript (also with sign, escapes, `as const`) as JSON; undefined where it is no plain value. */
export function readJsLiteral(node: SyntaxNode, source: string, depth = 0): Literal {
  if (depth > LITERAL_DEPTH_MAX) return undefined
  const text = source.slice(node.from, node.to)
  switch (node.name) {
    case 'null':
      return { value: null }
    case 'BooleanLiteral':
      return { value: text === 'true' }
    case 'Number':
      return numberOf(text)
    case 'String':
      return textOf(text)
    case 'TemplateString':
      return node.firstChild === null ? textOf(text) : undefined
    case 'UnaryExpression':
      return signed(node, source)
    case 'ParenthesizedExpression':
    case 'BinaryExpression':
      return unwrapped(node, source, depth)
    case 'ArrayExpression':
      return listOf(node, source, depth)
    case 'ObjectExpression':
      return objectOf(node, source, depth)
    default:
      return undefined
  }
}

/** `BigInt`s and whole numbers beyond 2^53 are no plain JSON for a form. */
function numberOf(text: string): Literal {
  const value = Number(text.replaceAll('_', ''))
  const whole = /^[\d_]+$/.test(text)
  return Number.isFinite(value) && (!whole || Number.isSafeInteger(value)) ? { value } : undefined
}

function signed(node: SyntaxNode, source: string): Literal {
  const sign = node.firstChild
  const number = sign?.nextSibling
  if (sign === null || number?.name !== 'Number') return undefined
  const mark = source.slice(sign.from, sign.to)
  const read = numberOf(source.slice(number.from, number.to))
  if (read === undefined || (mark !== '-' && mark !== '+')) return undefined
  return mark === '-' ? { value: -(read.value as number) } : read
}

/** `(x)` and `x as y`. */
function unwrapped(node: SyntaxNode, source: string, depth: number): Literal {
  const inner = node.name === 'BinaryExpression' ? node.firstChild : node.firstChild?.nextSibling
  if (!inner || (node.name === 'BinaryExpression' && inner.nextSibling?.name !== 'as')) return undefined
  return readJsLiteral(inner, source, depth + 1)
}

function listOf(node: SyntaxNode, source: string, depth: number): Literal {
  const values: unknown[] = []
  for (let item = node.firstChild; item; item = item.nextSibling) {
    if (['[', ']', ','].includes(item.name)) continue
    const read = readJsLiteral(item, source, depth + 1)
    if (read === undefined) return undefined
    values.push(read.value)
  }
  return { value: values }
}

function objectOf(node: SyntaxNode, source: string, depth: number): Literal {
  const fields: [string, unknown][] = []
  for (const property of node.getChildren('Property')) {
    const entry = readProperty(property, source)
    const read = entry && readJsLiteral(entry.value, source, depth + 1)
    if (entry === undefined || read === undefined) return undefined
    fields.push([entry.name, read.value])
  }
  return node.getChild('Spread') === null ? { value: Object.fromEntries(fields) } : undefined
}

/** `name: value` and `'name': value`; nothing else is plain. */
export function readProperty(
  property: SyntaxNode,
  source: string,
): { readonly name: string; readonly value: SyntaxNode } | undefined {
  const key = property.firstChild
  const value = key?.nextSibling?.name === ':' ? key.nextSibling.nextSibling : null
  if (!key || !value) return undefined
  const name = nameOfKey(key, source)
  return name === undefined ? undefined : { name, value }
}

export function nameOfKey(key: SyntaxNode, source: string): string | undefined {
  const text = source.slice(key.from, key.to)
  if (key.name === 'PropertyDefinition' || key.name === 'PropertyName') return text
  const read = key.name === 'String' ? textOf(text)?.value : undefined
  return typeof read === 'string' ? read : undefined
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', '0': '\0' }

/** The text between the quotes, its escapes resolved. */
function textOf(quoted: string): Literal {
  const inner = quoted.slice(1, -1)
  const value = inner.replaceAll(
    /\\(?:u\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})|x([0-9a-f]{2})|(\r\n|[^]))/gi,
    (_, point?: string, unit?: string, byte?: string, char?: string) => {
      if (char === undefined) return fromCode(Number.parseInt(point ?? unit ?? byte ?? '', 16))
      if (char === '\n' || char === '\r\n') return ''
      return ESCAPES[char] ?? char
    },
  )
  return { value }
}

const fromCode = (code: number): string => (code <= 0x10_ff_ff ? String.fromCodePoint(code) : '\uFFFD')
