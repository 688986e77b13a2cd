import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import * as limits from './limits.ts'

const KIB = 1_024
const MIB = 1_024 * KIB

/** What people are promised. Other tests go by the names and would follow a number that somebody changed in passing. */
const PROMISED: Readonly<Partial<Record<keyof typeof limits, number>>> = {
  PLUGIN_BYTES_MAX: MIB,
  ARGUMENT_BYTES_MAX: 256 * KIB,
  ARGUMENT_DEPTH_MAX: 32,
  RESULT_BYTES_MAX: MIB,
  OUTPUT_BYTES_MAX: MIB,
  OUTPUT_CHUNK_BYTES_MAX: 64 * KIB,
  MESSAGE_BYTES_MAX: 2 * MIB,
  HELLO_BYTES_MAX: 4 * KIB,
  BODY_BYTES_MAX: 2 * MIB,
  PAGE_ITEMS_DEFAULT: 50,
  PAGE_ITEMS_MAX: 200,
  INTERVAL_SECONDS_MIN: 1,
  CATCH_UP_RUNS_MAX: 100,
  LABELS_MAX: 32,
  LABEL_CHARACTERS_MAX: 64,
  SCHEDULES_MAX: 100_000,
  SLOTS_DEFAULT: 2,
  RESTORE_DAYS: 30,
  IDEMPOTENCY_KEEP_MS: 24 * 60 * 60 * 1_000,
}

/** The names in the order of the file, each with the comment above it, or with that of the limit of the same thing before it. */
function explained(): readonly { readonly name: string; readonly comment: string }[] {
  const found: { name: string; comment: string }[] = []
  let comment = ''
  for (const line of readFileSync(new URL('limits.ts', import.meta.url), 'utf8').split('\n')) {
    const [, said] = /^\/\*\* (.+) \*\/$/.exec(line) ?? []
    const [, name] = /^export const (\w+)/.exec(line) ?? []
    if (said !== undefined) comment = said
    if (name === undefined) continue
    const before = found.at(-1)
    const isShared = before?.comment === comment && thing(before.name) !== thing(name)
    found.push({ name, comment: isShared ? '' : comment })
  }
  return found
}

/** `LABELS_MAX` and `LABEL_CHARACTERS_MAX` limit the same thing. */
function thing(name: string): string {
  return name.split('_', 1)[0]?.replace(/S$/, '') ?? ''
}

describe('the limits', () => {
  for (const [name, value] of Object.entries(PROMISED)) {
    it(`${name} is ${value}`, () => assert.equal((limits as Record<string, number>)[name], value))
  }

  it('are each explained: what they limit, and why or what happens there', () => {
    const all = explained()
    assert.deepEqual(all.map(({ name }) => name).sort(), Object.keys(limits).sort(), 'the pattern misses some')
    const silent = all.filter(({ comment }) => comment.length < 25).map(({ name }) => name)
    assert.deepEqual(silent, [], 'Write a comment above it: what it limits, why this number, what happens at it.')
  })
})
