import type { PlainCall } from '@octopus/api-client/api.ts'
import type { OperationField, OperationShape } from '@octopus/api-client/shape.ts'
import { readGivenFile } from '@octopus/kit/given-file.ts'

import type { Given } from '#command-line/given.ts'
import { UsageError } from '#command-line/usage-error.ts'

import { exactJson, typedArguments } from './json-text.ts'
import { type CallOptions, kebab } from './options.ts'

/** Path, query and body of a call, from what was given. Secrets and revision are added by the act. */
export function requestOf(shape: OperationShape, options: CallOptions, given: Given, stdin = ''): PlainCall {
  const params = Object.fromEntries(shape.params.map(({ name }) => [name, given.needed(name)]))
  const query = valuesOf(shape.query, options, given) as Record<string, string | number | undefined>
  const body = shape.body && bodyOf(shape.body, options, given, stdin)
  return { params, query, ...(body && { body }) }
}

function bodyOf(
  fields: readonly OperationField[],
  options: CallOptions,
  given: Given,
  stdin: string,
): Record<string, unknown> {
  const body = { ...fileOf(given, stdin), ...options.fixed, ...valuesOf(fields, options, given) }
  if (given.has('arg')) {
    if (given.has('args') || given.has('kwargs')) throw new UsageError('Give --arg, or --args and --kwargs, not both.')
    const { args, kwargs } = typedArguments(given.texts('arg'))
    Object.assign(body, { args, kwargs })
  }
  for (const name of given.list('unset')) {
    const field = fields.find((one) => kebab(one.name) === name)
    if (!field) continue
    if (given.has(name)) throw new UsageError(`--${name} is given, and --unset ${name} too. Give one of them.`)
    body[field.name] = null
  }
  return options.finish?.(body, given) ?? body
}

function fileOf(given: Given, stdin: string): Record<string, unknown> {
  const file = given.text('file')
  if (file === undefined) return {}
  const text = file === '-' ? stdin : readGivenFile(file)
  if (text === undefined) throw new UsageError(`There is no file ${file}. Correct --file.`)
  const value = exactJson(text, file === '-' ? 'Standard input' : file)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${file} holds no JSON object.`)
  return value as Record<string, unknown>
}

function valuesOf(fields: readonly OperationField[], options: CallOptions, given: Given): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const field of fields) {
    const value = options.places?.includes(field.name) ? placeOf(field, given) : valueOf(field, given)
    if (value !== undefined && !options.secrets?.includes(field.name)) found[field.name] = value
  }
  return found
}

function placeOf({ name, kind }: OperationField, given: Given): unknown {
  const text = given.argument(name)
  if (kind !== 'list' || text === undefined) return text
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function valueOf({ name, kind }: OperationField, given: Given): unknown {
  const flag = kebab(name)
  if (!given.has(flag)) return undefined
  switch (kind) {
    case 'integer':
    case 'number':
      return given.number(flag)
    case 'boolean':
      return given.truth(flag)
    case 'list':
      return given.list(flag)
    case 'json':
      return exactJson(given.text(flag) ?? '', `--${flag}`)
    case 'text':
    case 'word':
      return given.text(flag)
  }
}
