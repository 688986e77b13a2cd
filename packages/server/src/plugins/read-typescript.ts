import type { SyntaxNode, Tree } from '@lezer/common'
import { parser } from '@lezer/javascript'
import type { Action, SourceProblem } from '@octopus/protocol/rest/plugins.ts'

import { readJsLiteral } from './javascript-literal.ts'
import type { ReadSource } from './read-python.ts'
import { ANYTHING } from './read-script.ts'
import { createPlaces } from './source-places.ts'
import { type Declared, declaredIn, definingNames, exportsOf, type Exported } from './typescript-exports.ts'
import { propertyOf, readDefinedParameters, readFunctionParameters } from './typescript-parameters.ts'
import { unrunnable } from './typescript-unrunnable.ts'

/** More functions than a person looks through; the rest is not offered. */
const ACTIONS_MAX = 200
/** The first problems are what a person mends. */
const PROBLEMS_MAX = 20
/** Documentation is shown in full up to here. */
const DOC_CHARACTERS_MAX = 4_000
/** A source with mistakes is read on after the first of them only up to this size, as for Python. */
const GUESS_CHARACTERS_MAX = 65_536

const NO_ACTION =
  'There is no action: export a function whose name does not begin with "_", for example `export function run() {}`.'

const PARSERS = {
  typescript: parser.configure({ dialect: 'ts' }),
  javascript: parser,
} as const

/** Reads a plugin in TypeScript or JavaScript: its actions are the functions that it exports. */
export function readTypeScript(language: 'typescript' | 'javascript', text: string): ReadSource {
  // The same length, so that every position stays true.
  const source = text.replace(/^\uFEFF/, ' ')
  const { tree, problems } = parse(language, source)
  if (tree === undefined) return { actions: [], doc: '', problems }
  const top = tree.topNode
  const names = { defining: definingNames(top, source), declared: declaredIn(top, source) }
  const actions = new Map<string, Action>()
  for (const exported of exportsOf(top, names.declared, source)) {
    const action = actionOf(exported, names, source)
    if (action && actions.size < ACTIONS_MAX && !actions.has(action.name)) actions.set(action.name, action)
  }
  const wrong = [...problems, ...unrunnable(language, tree, source, PROBLEMS_MAX)]
  wrong.sort((a, b) => a.line - b.line || a.column - b.column)
  const none = wrong.length === 0 && actions.size === 0 ? [{ line: 1, column: 1, message: NO_ACTION }] : []
  return {
    actions: [...actions.values()],
    doc: docOfFile(top, source),
    problems: [...wrong, ...none].slice(0, PROBLEMS_MAX),
  }
}

/** First without any guessing, which costs no more than the source is long; what is wrong is then looked at again. */
function parse(language: keyof typeof PARSERS, source: string): { tree: Tree | undefined; problems: SourceProblem[] } {
  const known = PARSERS[language]
  try {
    return { tree: known.configure({ strict: true }).parse(source), problems: [] }
  } catch (error) {
    if (source.length <= GUESS_CHARACTERS_MAX) {
      const tree = known.parse(source)
      return { tree, problems: syntaxProblems(language, tree, source) }
    }
    const at = Number(/at (\d+)/.exec(String(error))?.[1] ?? 0)
    const message = messageFor(language, source, at, at)
    return { tree: undefined, problems: [{ ...createPlaces(source)(at), message }] }
  }
}

function syntaxProblems(language: string, tree: Tree, source: string): SourceProblem[] {
  const problems: SourceProblem[] = []
  const place = createPlaces(source)
  let lastLine = 0
  tree.iterate({
    enter: (node) => {
      if (problems.length >= PROBLEMS_MAX) return false
      if (!node.type.isError) return undefined
      const at = place(node.from)
      // One mistake makes the parser stumble several times in its line.
      if (at.line !== lastLine) problems.push({ ...at, message: messageFor(language, source, node.from, node.to) })
      lastLine = at.line
      return false
    },
  })
  return problems
}

function messageFor(language: string, source: string, from: number, to: number): string {
  if (from >= source.trimEnd().length)
    return 'The source ends in the middle of something: a bracket, a quote or a block is open.'
  const found = (to > from ? source.slice(from, to) : source.slice(from)).split('\n')[0]?.trim().slice(0, 40) ?? ''
  const name = language === 'typescript' ? 'TypeScript' : 'JavaScript'
  return found === ''
    ? 'Something is missing at the end of this line.'
    : `This is not ${name}: "${found}" was not expected here.`
}

interface Names {
  readonly defining: ReadonlySet<string>
  readonly declared: ReadonlyMap<string, Declared>
}

function actionOf(exported: Exported, { defining, declared }: Names, source: string): Action | undefined {
  const { name, node } = exported
  if (name.startsWith('_') || name.length > 255) return undefined
  const doc = docBefore(exported.statement, source)
  const list = node.getChild('ParamList')
  if (list !== null && node.name !== 'CallExpression') {
    const parameters = [...readFunctionParameters(list, source)]
    return { name, doc, async: node.getChild('async') !== null, parameters }
  }
  if (node.name !== 'CallExpression' || !defining.has(calleeOf(node, source))) return undefined
  const options = node.getChild('ArgList')?.getChild('ObjectExpression')
  const valueOf = (local: string) => declared.get(local)?.node
  const told = options && propertyOf(options, 'doc', valueOf, source)
  const text = told && readJsLiteral(told, source)?.value
  const parameters = options ? [...readDefinedParameters(options, valueOf, source)] : [...ANYTHING]
  return { name, doc: typeof text === 'string' ? text.slice(0, DOC_CHARACTERS_MAX) : doc, async: true, parameters }
}

function calleeOf(call: SyntaxNode, source: string): string {
  const first = call.firstChild
  const callee = first?.name === 'InstantiationExpression' ? first.firstChild : first
  return callee === null || callee === undefined
    ? ''
    : source.slice(callee.from, Math.min(callee.to, callee.from + 300)).replaceAll(/\s/g, '')
}

/** The text of the comment for tools (two stars) that stands before a statement. */
function docBefore(statement: SyntaxNode, source: string): string {
  const comment = statement.prevSibling
  if (comment?.name !== 'BlockComment' || !source.startsWith('/**', comment.from)) return ''
  return plainComment(source.slice(comment.from, comment.to))
}

/** The first comment of the file, unless it belongs to what follows it. */
function docOfFile(top: SyntaxNode, source: string): string {
  const first = top.firstChild
  if (first?.name === 'LineComment') {
    const lines: string[] = []
    for (let node: SyntaxNode | null = first; node?.name === 'LineComment'; node = node.nextSibling) {
      lines.push(source.slice(node.from + 2, node.to).replace(/^ /, ''))
    }
    return lines.join('\n').trim().slice(0, DOC_CHARACTERS_MAX)
  }
  if (first?.name !== 'BlockComment') return ''
  const next = first.nextSibling
  const belongs = next !== null && !/^(?:ImportDeclaration|BlockComment|LineComment)$/.test(next.name)
  const apart = /\n[ \t\r]*\n/.test(source.slice(first.to, next?.from ?? first.to))
  return belongs && !apart ? '' : plainComment(source.slice(first.from, first.to))
}

/** Without the stars; tags for tools (`@param`) stay as they are, they are words too. */
function plainComment(comment: string): string {
  const lines = comment.slice(2, -2).split('\n')
  const plain = lines.map((line) => line.replace(/^\s*\*+ ?/, '').trimEnd())
  return plain.join('\n').trim().slice(0, DOC_CHARACTERS_MAX)
}
