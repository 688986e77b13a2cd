/** A schema of a query: its properties by name, with their JSON types. */
interface QuerySchema {
  readonly properties?: Readonly<Record<string, { readonly type?: string }>>
}

/**
 * Query strings are text: where the schema says number or boolean, text that is one becomes one. Everything else stays
 * and is refused by the schema.
 */
export function convertQuery(schema: object, query: unknown): Record<string, unknown> {
  const { properties = {} } = schema as QuerySchema
  const converted: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [name, value] of Object.entries(query as Record<string, unknown>)) {
    const type = Object.hasOwn(properties, name) ? properties[name]?.type : undefined
    converted[name] = typeof value === 'string' ? convert(type, value) : value
  }
  return converted
}

function convert(type: string | undefined, text: string): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'number' && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
