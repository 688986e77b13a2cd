export interface JsonSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
}

export interface Operation {
  readonly operationId: string
  readonly 'x-access': string
  readonly summary: string
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: JsonSchema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: JsonSchema }>> }
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, { schema: JsonSchema }>> }>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const HEAD = `// Written by \`npm run generate -w packages/api-client\` from the protocol's OpenAPI document. Do not edit: edit the protocol.
/* oxlint-disable max-lines -- as long as the API */
`

/** The text of src/api/schema.ts: one typed entry per operation of the REST API, and its method and path. */
export function clientText(document: object): string {
  const operations = operationsOf(document)
  const types = operations.map(({ operation }) => entry(operation)).join('')
  const table = operations.map(
    ({ path, method, operation }) => `  ${operation.operationId}: ['${method.toUpperCase()}', '${path}'],\n`,
  )
  return [
    HEAD,
    '\n// oxfmt-ignore\nexport interface Operations {\n',
    types,
    '}\n\n// oxfmt-ignore\nexport const OPERATIONS = {\n',
    table.join(''),
    '} as const\n',
  ].join('')
}

/** Every operation that programs of people call, in the order of the table of routes. */
export function operationsOf(
  document: object,
): readonly { readonly path: string; readonly method: string; readonly operation: Operation }[] {
  const operations = Object.entries((document as Document).paths)
    .filter(([path]) => path.startsWith('/api/v1/'))
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
  if (operations.length === 0) throw new Error('The OpenAPI document has no operation under /api/v1/.')
  return operations
}

function entry(operation: Operation): string {
  const part = (where: string): string => {
    const found = operation.parameters.filter((parameter) => parameter.in === where)
    if (found.length === 0) return 'undefined'
    const properties = Object.fromEntries(found.map(({ name, schema }) => [name, schema]))
    const required = found.filter((parameter) => parameter.required).map(({ name }) => name)
    return typeText({ type: 'object', properties, required }, 2)
  }
  const body = operation.requestBody?.content['application/json']?.schema
  const answer = Object.entries(operation.responses).find(([status]) => status.startsWith('2'))?.[1].content
  const json = answer?.['application/json']?.schema
  return [
    `  /** ${operation.summary}. */\n  ${operation.operationId}: {\n`,
    `    params: ${part('path')}\n`,
    `    query: ${part('query')}\n`,
    `    needsRevision: ${operation.parameters.some(({ name }) => name === 'if-match')}\n`,
    `    body: ${body ? typeText(body, 2) : 'undefined'}\n`,
    `    answer: ${json ? typeText(json, 2) : answer ? 'string' : 'undefined'}\n  }\n`,
  ].join('')
}

/** The TypeScript type of a JSON Schema, of the keywords that the protocol uses. */
export function typeText(schema: JsonSchema, depth: number): string {
  if (schema.anyOf) return schema.anyOf.map((one) => typeText(one, depth)).join(' | ')
  if (schema.enum) return schema.enum.map(literal).join(' | ')
  if (schema.const !== undefined) return literal(schema.const)
  switch (schema.type) {
    case 'string':
      return 'string'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array':
      return schema.items ? listText(typeText(schema.items, depth)) : 'unknown[]'
    case 'object':
      return objectText(schema, depth)
    case undefined:
      return 'unknown'
    default:
      throw new Error(`The generator does not know the schema type "${schema.type}".`)
  }
}

function objectText(schema: JsonSchema, depth: number): string {
  if (!schema.properties) {
    const value = Object.values(schema.patternProperties ?? {})[0] ?? schema.additionalProperties
    return `Record<string, ${typeof value === 'object' ? typeText(value, depth) : 'unknown'}>`
  }
  const required = new Set(schema.required)
  const pad = '  '.repeat(depth + 1)
  const lines = Object.entries(schema.properties).map(([name, property]) => {
    const key = /^[A-Za-z_]\w*$/.test(name) ? name : literal(name)
    const type = typeText(property, depth + 1)
    // `| undefined` because JSON leaves such a key out, so that callers may pass what they have.
    const orNot = type === 'unknown' ? '' : ' | undefined'
    return required.has(name) ? `${pad}${key}: ${type}\n` : `${pad}${key}?: ${type}${orNot}\n`
  })
  return `{\n${lines.join('')}${'  '.repeat(depth)}}`
}

function listText(item: string): string {
  return item.includes(' | ') ? `(${item})[]` : `${item}[]`
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", String.raw`\'`)}'` : JSON.stringify(value)
}
