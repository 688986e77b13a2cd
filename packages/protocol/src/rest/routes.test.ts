import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { EXECUTION_STATES, OUTCOMES } from '#work.ts'

import { type Route, type RouteName, ROUTES } from './routes.ts'

interface Json {
  readonly [key: string]: unknown
}

interface Property {
  /** The route and the way to it, for who has to mend it. */
  readonly where: string
  readonly name: string
  readonly schema: Json
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** Every property of a schema, however deep, and every set of words. */
function walk(schema: unknown, where: string, found: { properties: Property[]; words: [string, string][] }): void {
  if (!isObject(schema)) return
  if (Array.isArray(schema['enum'])) found.words.push(...schema['enum'].map((word): [string, string] => [where, word]))
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  for (const [name, inner] of Object.entries(properties)) {
    if (isObject(inner)) found.properties.push({ where: `${where}.${name}`, name, schema: inner })
    walk(inner, `${where}.${name}`, found)
  }
  const others = [schema['items'], schema['additionalProperties'], ...Object.values(schema['patternProperties'] ?? {})]
  for (const inner of [...others, ...((schema['anyOf'] as unknown[] | undefined) ?? [])]) walk(inner, where, found)
}

function everything() {
  const found = { properties: [] as Property[], words: [] as [string, string][] }
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const { params, query, body, answer }: Route = ROUTES[name]
    for (const [part, schema] of Object.entries({ params, query, body, answer })) {
      walk(schema, `${name} ${part}`, found)
    }
  }
  return found
}

function isInstant(schema: Json): boolean {
  const choices = (schema['anyOf'] as Json[] | undefined) ?? [schema]
  return choices.some(({ format }) => format === 'date-time')
}

/** Counts go by the words of what is counted. */
const COUNTED: readonly string[] = [...EXECUTION_STATES, ...OUTCOMES]
/** The ends of a span, and limits of a time: `…At` would say that something happened then. */
const TIMES: readonly string[] = ['at', 'since', 'from', 'to', 'after', 'notBefore', 'endsAtLatest']

const { properties, words } = everything()

describe('the words of the API', () => {
  it('are looked at in every route', () => {
    assert.ok(properties.length > 500 && words.length > 100, `${properties.length} properties, ${words.length} words`)
  })

  it('are camelCase where they name a value', () => {
    const wrong = properties.filter(({ name }) => !/^[a-z][A-Za-z0-9]*$/.test(name) && !COUNTED.includes(name))
    assert.deepEqual(
      wrong.map(({ where }) => where),
      [],
    )
  })

  it('end in At where they name a time, and nowhere else', () => {
    const times = properties.filter(({ schema }) => isInstant(schema))
    assert.ok(times.length > 50)
    const unnamed = times.filter(({ name }) => !name.endsWith('At') && !TIMES.includes(name))
    const others = properties.filter(({ name, schema }) => name.endsWith('At') && !isInstant(schema))
    assert.deepEqual(
      [...unnamed, ...others].map(({ where }) => where),
      [],
    )
  })

  it('are lower case with hyphens where they are one of a closed set', () => {
    assert.deepEqual(
      words.filter(([, word]) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(word)),
      [],
    )
  })
})
