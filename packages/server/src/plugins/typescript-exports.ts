import type { SyntaxNode } from '@lezer/common'

import { nameOfKey } from './javascript-literal.ts'

/** Something that is exported: its name for others, what it is, and the statement that its comment stands before. */
export interface Exported {
  readonly name: string
  readonly node: SyntaxNode
  readonly statement: SyntaxNode
}

export interface Declared {
  readonly node: SyntaxNode
  readonly statement: SyntaxNode
}

const SDK = '@octopus/plugin-sdk'

/** What `definePlugin` is called in this file: `definePlugin`, `other` (`as other`), `sdk.definePlugin`. */
export function definingNames(top: SyntaxNode, source: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const statement of top.getChildren('ImportDeclaration')) {
    const from = statement.getChild('String')
    if (!from || source.slice(from.from + 1, from.to - 1) !== SDK) continue
    const whole = statement.getChild('VariableDefinition')
    if (whole) names.add(`${source.slice(whole.from, whole.to)}.definePlugin`)
    const group = statement.getChild('ImportGroup')
    for (let node = group?.firstChild ?? null; node; node = node.nextSibling) {
      const text = source.slice(node.from, node.to)
      if (node.name !== 'VariableDefinition' && node.name !== 'VariableName') continue
      if (text !== 'definePlugin' || node.prevSibling?.name === 'as') continue
      const renamed = node.nextSibling?.name === 'as' ? node.nextSibling.nextSibling : undefined
      names.add(renamed ? source.slice(renamed.from, renamed.to) : text)
    }
  }
  return names
}

/** What the file declares at its top, by name: functions, and what constants are set to. */
export function declaredIn(top: SyntaxNode, source: string): ReadonlyMap<string, Declared> {
  const declared = new Map<string, Declared>()
  for (let statement = top.firstChild; statement; statement = statement.nextSibling) {
    const inner = statement.name === 'ExportDeclaration' ? declarationIn(statement) : statement
    if (inner) for (const [name, node] of declarationsOf(inner, source)) declared.set(name, { node, statement })
  }
  return declared
}

/** Everything that the file exports and that can be a function, in its order; also by `module.exports`. */
export function exportsOf(
  top: SyntaxNode,
  declared: ReadonlyMap<string, Declared>,
  source: string,
): readonly Exported[] {
  const found: Exported[] = []
  for (let statement = top.firstChild; statement; statement = statement.nextSibling) {
    if (statement.name === 'ExportDeclaration') found.push(...exportedBy(statement, declared, source))
    else if (statement.name === 'ExpressionStatement') found.push(...assignedBy(statement, declared, source))
  }
  return found
}

function declarationIn(statement: SyntaxNode): SyntaxNode | null {
  return statement.getChild('FunctionDeclaration') ?? statement.getChild('VariableDeclaration')
}

function declarationsOf(node: SyntaxNode, source: string): readonly (readonly [string, SyntaxNode])[] {
  if (node.name === 'FunctionDeclaration') {
    const name = node.getChild('VariableDefinition')
    return name ? [[source.slice(name.from, name.to), node]] : []
  }
  if (node.name !== 'VariableDeclaration') return []
  return node.getChildren('VariableDefinition').flatMap((name) => {
    const value = valueAfter(name)
    return value ? [[source.slice(name.from, name.to), value] as const] : []
  })
}

/** What a name is set to, without brackets and casts around it. */
function valueAfter(name: SyntaxNode): SyntaxNode | undefined {
  for (let next = name.nextSibling; next && next.name !== ','; next = next.nextSibling) {
    if (next.name === 'Equals') return bare(next.nextSibling)
  }
  return undefined
}

function bare(node: SyntaxNode | null): SyntaxNode | undefined {
  let inner = node
  for (let layers = 0; inner && layers < 10; layers++) {
    if (inner.name === 'ParenthesizedExpression') inner = inner.firstChild?.nextSibling ?? null
    else if (inner.name === 'BinaryExpression' && /^(?:as|satisfies)$/.test(inner.firstChild?.nextSibling?.name ?? ''))
      inner = inner.firstChild
    else return inner
  }
  return undefined
}

function exportedBy(
  statement: SyntaxNode,
  declared: ReadonlyMap<string, Declared>,
  source: string,
): readonly Exported[] {
  if (statement.getChild('default')) {
    const value = bare(statement.getChild('default')?.nextSibling ?? null)
    if (!value) return []
    const known = value.name === 'VariableName' ? declared.get(source.slice(value.from, value.to)) : undefined
    if (value.name === 'ObjectExpression') return membersOf(value, statement, declared, source)
    // The default of a module is what is called when nothing else is asked for.
    return [{ name: 'run', node: known?.node ?? value, statement: known?.statement ?? statement }]
  }
  const inner = declarationIn(statement)
  if (inner) return declarationsOf(inner, source).map(([name, node]) => ({ name, node, statement }))
  const group = statement.getChild('ExportGroup')
  if (!group || statement.getChild('from')) return []
  const found: Exported[] = []
  for (let node = group.firstChild; node; node = node.nextSibling) {
    if (node.name !== 'VariableName' || node.prevSibling?.name === 'as') continue
    const local = declared.get(source.slice(node.from, node.to))
    const as = node.nextSibling?.name === 'as' ? node.nextSibling.nextSibling : node
    if (local && as) found.push({ name: source.slice(as.from, as.to), ...local })
  }
  return found
}

/** `module.exports = { run }`, `module.exports.run = …`, `exports.run = …` */
function assignedBy(
  statement: SyntaxNode,
  declared: ReadonlyMap<string, Declared>,
  source: string,
): readonly Exported[] {
  const assignment = statement.getChild('AssignmentExpression')
  const target = assignment?.firstChild
  const value = bare(assignment?.getChild('Equals')?.nextSibling ?? null)
  if (!target || target.name !== 'MemberExpression' || !value || target.to - target.from > 300) return []
  const path = source.slice(target.from, target.to).replaceAll(/\s/g, '')
  const local = value.name === 'VariableName' ? declared.get(source.slice(value.from, value.to)) : undefined
  const member = /^(?:module\.)?exports\.(\w+)$/.exec(path)?.[1]
  if (member !== undefined)
    return [{ name: member, node: local?.node ?? value, statement: local?.statement ?? statement }]
  if (path !== 'module.exports') return []
  if (value.name === 'ObjectExpression') return membersOf(value, statement, declared, source)
  return [{ name: 'run', node: local?.node ?? value, statement: local?.statement ?? statement }]
}

function membersOf(
  object: SyntaxNode,
  statement: SyntaxNode,
  declared: ReadonlyMap<string, Declared>,
  source: string,
): readonly Exported[] {
  return object.getChildren('Property').flatMap((property) => {
    const key = property.getChild('PropertyDefinition') ?? property.getChild('String')
    const name = key && nameOfKey(key, source)
    if (!key || !name) return []
    if (property.getChild('ParamList')) return [{ name, node: property, statement: property }]
    const value = key.nextSibling?.name === ':' ? bare(key.nextSibling.nextSibling) : undefined
    const local = declared.get(value ? source.slice(value.from, value.to) : name)
    if (value?.name !== 'VariableName' && value) return [{ name, node: value, statement }]
    return local ? [{ name, ...local }] : []
  })
}
