import type { SyntaxNode } from '@lezer/common'

/** A literal as JSON, or undefined where the text is no plain JSON value. */
export type Literal = { readonly value: unknown } | undefined

/** Deeper defaults are shown as "has a default": nobody edits them in a form. */
const LITERAL_DEPTH_MAX = 8

/** Reads a Python literal (numbers with sign, strings with escapes, True, False, None, lists, tuples, dicts) as JSON. */
export function readLiteral(node: SyntaxNode, source: string, depth = 0): Literal {
  if (depth > LITERAL_DEPTH_MAX) return undefined
  const text = source.slice(node.from, node.to)
  switch (node.name) {
    case 'None':
      return { value: null }
    case 'Boolean':
      return { value: text === 'True' }
    case 'Number':
      return readNumber(text)
    case 'UnaryExpression':
      return readSigned(node, source)
    case 'String':
    case 'ContinuedString':
      return wrap(readString(node, source))
    case 'ParenthesizedExpression': {
      const inner = node.firstChild?.nextSibling
      return inner ? readLiteral(inner, source, depth + 1) : undefined
    }
    case 'ArrayExpression':
    case 'TupleExpression':
      return readList(node, source, depth)
    case 'DictionaryExpression':
      return readDictionary(node, source, depth)
    default:
      return undefined
  }
}

const wrap = (text: string | undefined): Literal => (text === undefined ? undefined : { value: text })

/** Whole numbers beyond 2^53 and imaginary ones are no plain JSON for a form. */
function readNumber(text: string): Literal {
  const plain = text.replaceAll('_', '').toLowerCase()
  if (!/^(?:0x[0-9a-f]+|0o[0-7]+|0b[01]+|\d+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/.test(plain)) return undefined
  const value = Number(/^0\d/.test(plain) && !/[.e]/.test(plain) ? plain.replace(/^0+(?=\d)/, '') : plain)
  const whole = !/[.e]/.test(plain) || plain.startsWith('0x')
  return Number.isFinite(value) && (!whole || Number.isSafeInteger(value)) ? { value } : undefined
}

function readSigned(node: SyntaxNode, source: string): Literal {
  const sign = node.firstChild
  const number = sign?.nextSibling
  if (sign?.name !== 'ArithOp' || number?.name !== 'Number') return undefined
  const read = readNumber(source.slice(number.from, number.to))
  const mark = source.slice(sign.from, sign.to)
  if (read === undefined || (mark !== '-' && mark !== '+')) return undefined
  return mark === '-' ? { value: -(read.value as number) } : read
}

function readList(node: SyntaxNode, source: string, depth: number): Literal {
  const value: unknown[] = []
  for (let item = node.firstChild; item; item = item.nextSibling) {
    if (/^[()[\],]$/.test(item.name)) continue
    const read = readLiteral(item, source, depth + 1)
    if (read === undefined) return undefined
    value.push(read.value)
  }
  return { value }
}

function readDictionary(node: SyntaxNode, source: string, depth: number): Literal {
  const entries: [string, unknown][] = []
  let key: string | undefined
  for (let item = node.firstChild; item; item = item.nextSibling) {
    if (/^[{},:]$/.test(item.name)) continue
    const read = readLiteral(item, source, depth + 1)
    if (read === undefined) return undefined
    if (key === undefined) {
      if (typeof read.value !== 'string') return undefined
      key = read.value
    } else {
      entries.push([key, read.value])
      key = undefined
    }
  }
  return key === undefined ? { value: Object.fromEntries(entries) } : undefined
}

/** The text of a string literal, adjacent ones joined; undefined for bytes and f-strings. */
export function readString(node: SyntaxNode, source: string): string | undefined {
  if (node.name === 'ContinuedString') {
    let whole = ''
    for (let part = node.firstChild; part; part = part.nextSibling) {
      const text = readString(part, source)
      if (text === undefined) return undefined
      whole += text
    }
    return whole
  }
  if (node.name !== 'String') return undefined
  const match = /^([rRuU]?)("""|'''|"|')([\s\S]*)\2$/.exec(source.slice(node.from, node.to))
  if (!match) return undefined
  const text = (match[3] ?? '').replaceAll('\r\n', '\n')
  return /r/i.test(match[1] ?? '') ? text : unescape(text)
}

const SHORT: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
}

/** Python's escapes; an unknown one stays as it stands, as in Python. */
function unescape(text: string): string {
  return text.replaceAll(/\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[\s\S])/g, (escape) => {
    const rest = escape.slice(1)
    if (Object.hasOwn(SHORT, rest)) return SHORT[rest] ?? escape
    const code = /^[0-7]/.test(rest)
      ? Number.parseInt(rest, 8)
      : rest.length > 1
        ? Number.parseInt(rest.slice(1), 16)
        : NaN
    return code <= 0x10ffff ? String.fromCodePoint(code) : escape
  })
}
