import { isBuiltin } from 'node:module'

import type { SyntaxNodeRef, Tree } from '@lezer/common'
import type { SourceProblem } from '@octopus/protocol/rest/plugins.ts'

import { createPlaces } from './source-places.ts'

/** The only module that a client has besides those of Node. */
const SDK = '@octopus/plugin-sdk'

/** TypeScript that means something when it runs: the client only takes types out, and these are no types. */
const NEEDS_TRANSLATION: Readonly<Record<string, string>> = {
  EnumDeclaration:
    'An enum cannot be run: only types are taken out. Write an object: `const Level = { low: 1 } as const`.',
  NamespaceDeclaration:
    'A namespace cannot be run: only types are taken out. Write functions at the top, or an object.',
  PrefixCast: 'A cast like <T>value cannot be run. Write `value as T`.',
  Decorator: 'Decorators are not known to the JavaScript that runs here. Call the function that the decorator is.',
}
const PARAMETER_PROPERTY =
  'A parameter cannot be a property too: only types are taken out. Write the property, and set it in the constructor.'

const TYPES = new Set([
  'TypeAnnotation',
  'TypeAliasDeclaration',
  'InterfaceDeclaration',
  'TypeArgList',
  'TypeParamList',
  'as',
  'satisfies',
])
const NO_TYPES = 'This is not JavaScript: types are TypeScript. Publish it as TypeScript (.ts).'

/** What is right, and yet could not run on a client: TypeScript that is no type, and modules that no client has. */
export function unrunnable(
  language: 'typescript' | 'javascript',
  tree: Tree,
  source: string,
  most: number,
): readonly SourceProblem[] {
  const problems: SourceProblem[] = []
  const place = createPlaces(source)
  tree.iterate({
    enter: (node) => {
      if (problems.length >= most) return false
      // Says something about code that is elsewhere; it vanishes with the types.
      if (node.name === 'AmbientDeclaration' && language === 'typescript') return false
      const message =
        NEEDS_TRANSLATION[node.name] ??
        (language === 'javascript' && TYPES.has(node.name) ? NO_TYPES : undefined) ??
        parameterProperty(node) ??
        foreignModule(node, source)
      if (message !== undefined) problems.push({ ...place(node.from), message })
      return undefined
    },
  })
  return problems
}

function parameterProperty(node: SyntaxNodeRef): string | undefined {
  if (node.name !== 'Privacy' && node.name !== 'readonly') return undefined
  return node.node.parent?.name === 'ParamList' ? PARAMETER_PROPERTY : undefined
}

function foreignModule(node: SyntaxNodeRef, source: string): string | undefined {
  if (node.name !== 'ImportDeclaration' && node.name !== 'ExportDeclaration') return undefined
  const statement = node.node
  const from = statement.getChild('String')
  if (!from || statement.getChild('type')) return undefined
  const name = source.slice(from.from + 1, from.to - 1)
  if (name === SDK || isBuiltin(name)) return undefined
  const shown = name.slice(0, 60)
  return `"${shown}" is on no client: a plugin is one file, with the modules of Node (node:fs, …) and ${SDK}.`
}
