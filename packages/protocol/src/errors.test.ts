import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { CATALOGUE, type ErrorCode } from './errors.ts'

/** How a remedy begins. A new word is welcome where it tells somebody to do something. */
const DO =
  'Ask|Cancel|Choose|Create|Delete|End|Enrol|Give|Go on|Look at|Make|Mend|Put|Read|Restore|Run|See|Send|Sign in|Take|Try|Wait'
const REMEDY = new RegExp(String.raw`(?:^|[.:;,] |\b(?:or|and|then) )(?:${DO})\b`, 'i')

const BY_ITS_REASON = 'the reason that whoever refuses gives with it says what would fit'
const BY_WHAT_IS_ALLOWED = 'it names what is there, or what would be taken, to choose from'

/** Texts without a sentence of their own about what to do, each with the reason. */
const EXCEPTIONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  INVALID_SCHEDULE: BY_ITS_REASON,
  INVALID_ARGUMENTS: BY_ITS_REASON,
  INVALID_PLUGIN: BY_ITS_REASON,
  RESERVED_KEY: BY_ITS_REASON,
  INVALID_PLUGIN_NAME: BY_WHAT_IS_ALLOWED,
  METHOD_NOT_ALLOWED: BY_WHAT_IS_ALLOWED,
  ACTION_NOT_FOUND: BY_WHAT_IS_ALLOWED,
  ROUTE_NOT_FOUND: 'it names the page that has them all',
  CLIENT_BUILD_NOT_FOUND: 'it names who makes them, by what, and where the current ones are',
  INTERNAL: 'nobody outside can do anything; it names what the administrator has to look for in the log',
}

/** The text with a word in place of each value, so that no value is taken for a remedy. */
function textOf(code: ErrorCode): string {
  const values = new Proxy({}, { get: () => '…' })
  return (CATALOGUE[code].text as (values: object) => string)(values)
}

describe('a refusal', () => {
  const codes = Object.keys(CATALOGUE) as ErrorCode[]

  it('says what to do, not only what happened', () => {
    assert.ok(codes.length > 50, `only ${codes.length} codes`)
    const silent = codes.filter((code) => !(code in EXCEPTIONS) && !REMEDY.test(textOf(code)))
    assert.deepEqual(
      silent.map((code) => `${code}: ${textOf(code)}`),
      [],
      'Add what to do to the text, or the code to the exceptions with the reason.',
    )
  })

  it('is an exception only as long as it needs to be', () => {
    const told = Object.keys(EXCEPTIONS).filter((code) => REMEDY.test(textOf(code as ErrorCode)))
    assert.deepEqual(told, [])
  })
})
