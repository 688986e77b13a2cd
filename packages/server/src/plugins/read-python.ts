import type { SyntaxNode, Tree } from '@lezer/common'
import { parser } from '@lezer/python'
import type { Action, SourceProblem } from '@octopus/protocol/rest/plugins.ts'

import { forParser, tooDeep } from './python-dialect.ts'
import { readString } from './python-literal.ts'
import { readParameters } from './python-parameters.ts'
import { createPlaces } from './source-places.ts'

/** What a source says of itself, without a line of it having been run. */
export interface ReadSource {
  readonly actions: readonly Action[]
  readonly doc: string
  readonly problems: readonly SourceProblem[]
}

/** More functions than a person looks through; the rest is not offered. */
const ACTIONS_MAX = 200
/** The first problems are what a person mends. */
const PROBLEMS_MAX = 20
/** Documentation is shown in full up to here. */
const DOC_CHARACTERS_MAX = 4_000
/**
 * A source with mistakes is read on after the first of them only up to this size: guessing what was meant costs ten
 * times as much as reading, and the thread is the one that clients talk to.
 */
const GUESS_CHARACTERS_MAX = 65_536

/** Reads a Python plugin: its actions are the functions at the top that do not begin with `_`. */
export function readPython(text: string): ReadSource {
  const source = text.replace(/^\uFEFF/, '')
  const nul = source.indexOf('\0')
  if (nul >= 0) return unreadable(source, nul, NUL)
  const deep = tooDeep(source)
  if (deep !== undefined) return unreadable(source, deep, TOO_DEEP)
  const { tree, problems } = parse(source)
  if (tree === undefined) return { actions: [], doc: '', problems }
  const actions = new Map<string, Action>()
  for (let node = tree.topNode.firstChild; node; node = node.nextSibling) {
    const action = actionOf(node, source)
    // The last function of a name is the one that Python keeps.
    if (action && (actions.size < ACTIONS_MAX || actions.has(action.name))) actions.set(action.name, action)
  }
  const doc = docOf(tree.topNode.firstChild, source)
  const none = problems.length === 0 && actions.size === 0 ? [{ line: 1, column: 1, message: NO_ACTION }] : []
  return { actions: [...actions.values()], doc, problems: [...problems, ...none] }
}

const NO_ACTION =
  'There is no action: define a function at the top whose name does not begin with "_", for example run.'
const TOO_DEEP = 'Too many brackets are open here: Python itself allows 200 at most.'

const NUL = 'There is a NUL character here (a byte 0), and Python runs no source that has one, not even in a text.'

function unreadable(source: string, at: number, message: string): ReadSource {
  return { actions: [], doc: '', problems: [{ ...createPlaces(source)(at), message }] }
}

const strictParser = parser.configure({ strict: true })

/** First without any guessing, which costs no more than the source is long; what is wrong is then looked at again. */
function parse(source: string): { tree: Tree | undefined; problems: SourceProblem[] } {
  const readable = forParser(source)
  try {
    return { tree: strictParser.parse(readable), problems: [] }
  } catch (error) {
    if (readable.length <= GUESS_CHARACTERS_MAX) {
      const tree = parser.parse(readable)
      return { tree, problems: syntaxProblems(tree, source) }
    }
    const at = Number(/at (\d+)/.exec(String(error))?.[1] ?? 0)
    return { tree: undefined, problems: [{ ...createPlaces(source)(at), message: messageFor(source, at, at) }] }
  }
}

function actionOf(statement: SyntaxNode, source: string): Action | undefined {
  const node = statement.name === 'DecoratedStatement' ? statement.lastChild : statement
  if (node?.name !== 'FunctionDefinition') return undefined
  const list = node.getChild('ParamList')
  const nameNode = node.getChild('VariableName')
  if (!list || !nameNode) return undefined
  const name = source.slice(nameNode.from, nameNode.to)
  if (name.startsWith('_') || name.length > 255) return undefined
  return {
    name,
    doc: docOf(node.getChild('Body')?.firstChild?.nextSibling ?? null, source),
    async: node.getChild('async') !== null,
    parameters: [...readParameters(list, source)],
  }
}

/** The text of a statement that is nothing but a string, without the indentation that its lines share. */
function docOf(statement: SyntaxNode | null, source: string): string {
  let first = statement
  while (first?.name === 'Comment') first = first.nextSibling
  const node = first?.name === 'ExpressionStatement' ? first.firstChild : null
  if (!node || node.nextSibling) return ''
  const [head = '', ...rest] = (readString(node, source) ?? '').slice(0, 2 * DOC_CHARACTERS_MAX).split('\n')
  const indents = rest.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length)
  const indent = indents.reduce((least, next) => Math.min(least, next), Infinity)
  const lines = [head.trim(), ...rest.map((line) => line.slice(Number.isFinite(indent) ? indent : 0).trimEnd())]
  return lines.join('\n').trim().slice(0, DOC_CHARACTERS_MAX)
}

/** Every place where the parser had to guess, in words. */
function syntaxProblems(tree: Tree, source: string): SourceProblem[] {
  const problems: SourceProblem[] = []
  const place = createPlaces(source)
  let lastLine = 0
  tree.iterate({
    enter: (node) => {
      if (problems.length >= PROBLEMS_MAX) return false
      if (!node.type.isError) return undefined
      const at = place(node.from)
      // One mistake makes the parser stumble several times in its line.
      if (at.line !== lastLine) problems.push({ ...at, message: messageFor(source, node.from, node.to) })
      lastLine = at.line
      return false
    },
  })
  return problems
}

function messageFor(source: string, from: number, to: number): string {
  if (from >= source.trimEnd().length)
    return 'The source ends in the middle of something: a bracket, a quote or a block is open.'
  const found = (to > from ? source.slice(from, to) : source.slice(from)).split('\n')[0]?.trim().slice(0, 40) ?? ''
  return found === ''
    ? 'Something is missing at the end of this line.'
    : `This is not Python: "${found}" was not expected here.`
}
