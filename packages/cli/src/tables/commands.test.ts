import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { OPERATION_FIELDS } from '@octopus/api-client/operation-fields.ts'
import { type Route, type RouteName, ROUTES } from '@octopus/protocol/rest/routes.ts'

import { commandHelp } from '#command-line/help.ts'

import { COMMANDS } from './commands.ts'

/** Routes that no command needs, and why. */
const NOT_FOR_PEOPLE: Readonly<Partial<Record<RouteName, string>>> = {
  loginLink: 'for browsers: the link that the demo prints',
  enroll: 'for clients',
  downloadPlugin: 'for clients',
  healthz: 'for load balancers; octopus doctor asks it, besides what the table of operations knows',
  readyz: 'for load balancers; octopus doctor asks it, besides what the table of operations knows',
  metrics: 'for monitoring',
}

describe('the table of commands', () => {
  it('everything that the API can do, the command line can', () => {
    const used = new Set<string>(COMMANDS.flatMap(({ uses }) => uses))
    const names = Object.keys(ROUTES) as RouteName[]
    assert.ok(names.length > 50, 'the table of routes is nearly empty: this test would check nothing')
    const missing = names.filter((name) => !used.has(name) && NOT_FOR_PEOPLE[name] === undefined)
    assert.deepEqual(
      missing,
      [],
      'Give each a command in packages/cli/src/tables (one line of `call(…)` is often enough), or a reason in NOT_FOR_PEOPLE.',
    )
    const idle = Object.keys(NOT_FOR_PEOPLE).filter((name) => used.has(name) || !Object.hasOwn(ROUTES, name))
    assert.deepEqual(idle, [], 'These have a command now, or are gone: take them out of NOT_FOR_PEOPLE.')
  })

  it('no two commands are called the same, and each says what it does without a full stop', () => {
    const words = COMMANDS.map((row) => row.words)
    assert.equal(new Set(words).size, words.length)
    for (const { about } of COMMANDS) assert.match(about, /^[A-Z].*[^.]$/)
  })

  it('no command takes two flags of one name, and none hides a common one', () => {
    for (const row of COMMANDS) {
      const names = [...row.flags.map(({ name }) => name), 'server', 'json', 'help']
      assert.equal(new Set(names).size, names.length, `${row.words}: ${names.join(' ')}`)
    }
  })

  it('every column of a table is a field of the answer', async () => {
    const columns = COLUMNS.flatMap(([words, operation, paths]) => paths.map((path) => ({ words, operation, path })))
    assert.ok(columns.length > 50)
    const wrong = columns.filter(({ operation, path }) => !inSchema((ROUTES[operation] as Route).answer, path))
    assert.deepEqual(wrong, [])
  })

  it('no secret is a flag', () => {
    for (const row of COMMANDS) {
      const open = row.flags.filter(({ name }) => /^(?:password|token|secret)$/.test(name))
      assert.deepEqual(open, [], `octopus ${row.words} would show a secret in every list of processes`)
    }
  })

  it('every command has a page of help', () => {
    for (const row of COMMANDS) assert.match(commandHelp(row), new RegExp(`octopus ${row.words}`))
  })

  it('knows of every operation what it takes', () => {
    for (const name of COMMANDS.flatMap(({ uses }) => uses)) assert.ok(OPERATION_FIELDS[name])
  })
})

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

const COLUMNS = COMMANDS.flatMap(({ words, uses, columns }) => {
  const [operation] = uses
  return columns && operation ? ([[words, operation, columns]] as const) : []
})

/** Whether a path leads to something in the items of an answer. */
function inSchema(schema: Schema | undefined, path: string): boolean {
  let here = plain(schema?.properties?.['items'])?.items
  for (const key of path.split('.')) here = plain(plain(here)?.properties?.[key])
  return here !== undefined
}

const plain = (schema: Schema | undefined): Schema | undefined =>
  schema?.anyOf?.find((one) => one.properties !== undefined || one.items !== undefined) ?? schema
