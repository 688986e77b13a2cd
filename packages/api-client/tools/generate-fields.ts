import type { JsonSchema, Operation } from './generate-client.ts'
import { operationsOf } from './generate-client.ts'

const HEAD = `// Written by \`npm run generate -w packages/api-client\` from the protocol's OpenAPI document. Do not edit: edit the protocol.
import type { Operations } from './schema.ts'
import type { OperationShape } from './shape.ts'

`

/**
 * The text of src/operation-fields.ts: what each operation takes, as plain data. The command line makes its flags of
 * it, so that a new field of the API is a new flag, without loading the schemas' library at every start.
 */
export function fieldsText(document: object): string {
  const rows = operationsOf(document).map(({ operation }) => {
    return `  ${operation.operationId}: ${JSON.stringify(shapeOf(operation))},\n`
  })
  return `${HEAD}// oxfmt-ignore\nexport const OPERATION_FIELDS: Readonly<Record<keyof Operations, OperationShape>> = {\n${rows.join('')}}\n`
}

function shapeOf(operation: Operation): object {
  const where = (place: string) =>
    operation.parameters
      .filter((parameter) => parameter.in === place)
      .map(({ name, required, schema }) => field(name, schema, required))
  const body = operation.requestBody?.content['application/json']?.schema
  const required = new Set(body?.required)
  const content = Object.entries(operation.responses).find(([status]) => status.startsWith('2'))?.[1].content
  const answer = content?.['application/json']?.schema
  return {
    about: operation.summary,
    access: operation['x-access'],
    params: where('path'),
    query: where('query'),
    ...(body && {
      body: Object.entries(body.properties ?? {}).map(([name, schema]) => field(name, schema, required.has(name))),
    }),
    needsRevision: operation.parameters.some(({ name }) => name === 'if-match'),
    takesKey: operation.parameters.some(({ name }) => name.toLowerCase() === 'idempotency-key'),
    answer: answer ? (answer.properties?.['nextCursor'] ? 'page' : 'json') : content ? 'stream' : 'nothing',
  }
}

function field(name: string, schema: JsonSchema, required: boolean): object {
  const nullable = schema.anyOf?.some(({ type }) => type === 'null') ?? false
  const plain = schema.anyOf?.filter(({ type }) => type !== 'null') ?? []
  const inner = plain.length === 1 && plain[0] ? plain[0] : schema
  return { name, ...kindOf(inner), ...(required && { required }), ...(nullable && { nullable }) }
}

function kindOf(schema: JsonSchema): object {
  if (schema.enum) return { kind: 'word', words: schema.enum }
  if (schema.type === 'string') return { kind: 'text' }
  if (schema.type === 'integer' || schema.type === 'number' || schema.type === 'boolean') return { kind: schema.type }
  if (schema.type === 'array' && schema.items?.enum) return { kind: 'list', words: schema.items.enum }
  if (schema.type === 'array' && schema.items?.type === 'string') return { kind: 'list' }
  return { kind: 'json' }
}
