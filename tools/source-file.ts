import { readFileSync } from 'node:fs'
import { posix } from 'node:path'

import { parseSync, type Program } from 'oxc-parser'

export interface Import {
  /** As it stands in the file. */
  readonly specifier: string
  /** The file of ours that it names, or undefined for a package or a module of node. */
  readonly target: string | undefined
  /** The names it brings, as they are called where they come from. Empty for `import()`, `import type X = …` and `*`. */
  readonly names: readonly string[]
  readonly line: number
  /** Where the specifier stands in the text, quotes included. */
  readonly at: readonly [start: number, end: number]
}

/** A place where a file reads a clock, throws dice or starts a timer by itself. */
export interface ClockUse {
  readonly what: string
  readonly line: number
}

export interface SourceFile {
  /** From the repository's folder, with forward slashes. */
  readonly path: string
  readonly imports: readonly Import[]
  readonly clockUses: readonly ClockUse[]
}

const TIMERS = new Set(['setTimeout', 'setInterval'])
const DICE = new Set(['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'getRandomValues'])
const READS = new Map<string, ReadonlySet<string>>([
  ['Date', new Set(['now'])],
  ['Math', new Set(['random'])],
  ['performance', new Set(['now', 'timeOrigin'])],
  ['Temporal', new Set(['Now'])],
  ['crypto', DICE],
  ['globalThis', TIMERS],
  ['window', TIMERS],
])
const MODULES = new Map<string, ReadonlySet<string> | 'any'>([
  ['node:crypto', DICE],
  ['node:timers', 'any'],
  ['node:timers/promises', 'any'],
  ['node:perf_hooks', new Set(['performance'])],
])

export function readSourceFile(root: string, path: string): SourceFile {
  return parseSource(path, readFileSync(posix.join(root, path), 'utf8'))
}

/** Reads the syntax tree, so that comments and texts do not count, and type-only imports do. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`)
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length
  const imports: Import[] = []
  const clockUses: ClockUse[] = []
  visit(program, (node, parent) => {
    const specifier = specifierOf(node)
    if (specifier !== undefined && isNode(node['source'])) {
      const { start, end } = node['source']
      const target = targetOf(path, specifier)
      imports.push({ specifier, target, names: namesOf(node), line: lineAt(node.start), at: [start, end] })
    }
    const what = clockUseOf(node, parent)
    if (what !== undefined) clockUses.push({ what, line: lineAt(node.start) })
  })
  return { path, imports, clockUses }
}

/** How an import of a file of ours is written: it says by its form how far away the file is. */
export function specifierFor(from: string, target: string): string {
  if (posix.dirname(from) === posix.dirname(target)) return `./${posix.basename(target)}`
  const place = placeOf(target)
  const inside = target.slice(`${place}/src/`.length)
  return place === placeOf(from) ? `#${inside}` : `@octopus/${place.slice('packages/'.length)}/${inside}`
}

/** Styles and pictures of the dashboard are imported too; how, is a matter of its bundler. */
export const isCode = (path: string): boolean => /\.tsx?$/.test(path)

/** The package a file of ours lies in (`packages/server`), or its folder at the top (`sim`). */
export function placeOf(path: string): string {
  const [top = '', second = ''] = path.split('/')
  return top === 'packages' ? `${top}/${second}` : top
}

function targetOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
  if (specifier.startsWith('#')) return `${placeOf(from)}/src/${specifier.slice(1)}`
  const [, name, rest] = /^@octopus\/([^/]+)\/(.+)$/.exec(specifier) ?? []
  return name === undefined ? undefined : `packages/${name}/src/${rest}`
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value

function visit(root: Program, tell: (node: Node, parent: Node | undefined) => void): void {
  const walk = (value: unknown, parent: Node | undefined): void => {
    if (Array.isArray(value)) {
      for (const item of value) walk(item, parent)
    } else if (isNode(value)) {
      tell(value, parent)
      for (const child of Object.values(value)) walk(child, value)
    }
  }
  walk(root, undefined)
}

function specifierOf(node: Node): string | undefined {
  const imports = [
    'ImportDeclaration',
    'ExportNamedDeclaration',
    'ExportAllDeclaration',
    'ImportExpression',
    'TSImportType',
  ]
  if (!imports.includes(node.type) || !isNode(node['source'])) return undefined
  const { value } = node['source']
  return typeof value === 'string' ? value : undefined
}

function namesOf(node: Node): readonly string[] {
  const specifiers = Array.isArray(node['specifiers']) ? node['specifiers'] : []
  return specifiers.flatMap((specifier: Node) => nameOf(specifier['imported'] ?? specifier['local']) ?? [])
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && typeof value['name'] === 'string' ? value['name'] : undefined
}

function clockUseOf(node: Node, parent: Node | undefined): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration': {
      const forbidden = MODULES.get(specifierOf(node) ?? '')
      const found = namesOf(node).find((name) => forbidden === 'any' || forbidden?.has(name))
      return found === undefined ? undefined : `import { ${found} } from '${specifierOf(node)}'`
    }
    case 'NewExpression':
    case 'CallExpression':
      if (nameOf(node['callee']) !== 'Date') return undefined
      return node.type === 'NewExpression' ? 'new Date(' : 'Date('
    case 'MemberExpression': {
      const [object, property] = [nameOf(node['object']) ?? '', nameOf(node['property']) ?? '']
      return READS.get(object)?.has(property) === true ? `${object}.${property}` : undefined
    }
    case 'Identifier': {
      const name = nameOf(node) ?? ''
      return TIMERS.has(name) && !isOnlyAName(node, parent) ? name : undefined
    }
    default:
      return undefined
  }
}

/** `x.setTimeout`, `{ setTimeout: … }` and imports, which are told of as such, do not mean the global. */
function isOnlyAName(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined || parent.type === 'ImportSpecifier') return true
  const names = [
    'MemberExpression',
    'Property',
    'PropertyDefinition',
    'MethodDefinition',
    'TSPropertySignature',
    'TSMethodSignature',
  ]
  if (!names.includes(parent.type) || parent['computed'] === true) return false
  return parent['property'] === node || (parent['key'] === node && parent['value'] !== node)
}
