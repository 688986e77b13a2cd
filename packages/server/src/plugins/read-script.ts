import type { Action, Parameter } from '@octopus/protocol/rest/plugins.ts'
import {
  isShell,
  readScriptHeader,
  readShebang,
  type ScriptParameter,
  SHELLS,
} from '@octopus/protocol/script-header.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { ReadSource } from './read-python.ts'

/** A longer default is data: the form shows that there is one. */
const DEFAULT_CHARACTERS_MAX = 10_000
/** Reads a shell or PowerShell script by its comments: all of its actions take the same parameters. */
export function readScript(language: Language, source: string): ReadSource {
  const { actions, parameters, doc, problems } = readScriptHeader(source)
  const listed = parameters.map(parameterOf)
  const texts = parameters.filter((one) => one.doc !== '').map((one) => `${one.name}: ${one.doc}`)
  const action = (name: string): Action => ({
    name,
    doc: [doc, texts.join('\n')].filter((text) => text !== '').join('\n\n'),
    async: false,
    parameters: listed.length === 0 ? [...ANYTHING] : listed,
  })
  const wrong = wrongProgram(language, source)
  return { actions: actions.map(action), doc, problems: wrong === undefined ? problems : [wrong, ...problems] }
}

/** Further arguments by place, and by name. */
export const MORE = { name: 'args', kind: 'rest', type: 'unknown', required: false, hasDefault: false } as const
export const ANY_NAME = {
  name: 'kwargs',
  kind: 'named-rest',
  type: 'unknown',
  required: false,
  hasDefault: false,
} as const
/** What is taken by an action that declares nothing. */
export const ANYTHING: readonly Parameter[] = [MORE, ANY_NAME]

function parameterOf(one: ScriptParameter): Parameter {
  const { name } = one
  if (one.default === undefined) return { name, kind: 'positional', type: 'unknown', required: true, hasDefault: false }
  const { value } = one.default
  const plain = JSON.stringify(value).length <= DEFAULT_CHARACTERS_MAX
  const given = plain ? { hasDefault: true, default: value } : { hasDefault: false }
  return { name, kind: 'positional', type: typeOfJson(value), required: false, ...given }
}

/** The kind of field for a value; a whole number may become one with a fraction. */
export function typeOfJson(value: unknown): Parameter['type'] {
  if (Array.isArray(value)) return 'list'
  if (value === null) return 'unknown'
  const type = typeof value
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'object' ? type : 'unknown'
}

function wrongProgram(language: Language, source: string) {
  const nul = source.indexOf('\0')
  if (nul >= 0) {
    const before = source.slice(0, nul).split('\n')
    return {
      line: before.length,
      column: (before.at(-1)?.length ?? 0) + 1,
      message: 'A script cannot hold a NUL byte.',
    }
  }
  const shebang = language === 'shell' ? readShebang(source) : undefined
  if (shebang === undefined || isShell(shebang.program)) return undefined
  const message = `This script is for ${shebang.program.slice(0, 40)}. A shell plugin runs with ${SHELLS.join(', ')}.`
  return { line: 1, column: 1, message }
}
