import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import * as limits from '@octopus/protocol/limits.ts'

import { SHOWN_LIMITS } from './shown-limits.ts'

const BETWEEN_PROGRAMS = 'between server and client, which keep it by themselves'
const SAID_WITH_THE_FIELD = 'the refusal names the field and the limit, and the form has it'

/** Limits that are not in the list of the settings, each with the reason. */
const NOT_SHOWN: Readonly<Partial<Record<keyof typeof limits, string>>> = {
  OUTPUT_CHUNK_BYTES_MAX: BETWEEN_PROGRAMS,
  MESSAGE_BYTES_MAX: BETWEEN_PROGRAMS,
  PIECE_CHARACTERS_MAX: BETWEEN_PROGRAMS,
  PIECES_MAX: BETWEEN_PROGRAMS,
  HELLO_BYTES_MAX: BETWEEN_PROGRAMS,
  BATCH_ITEMS_MAX: BETWEEN_PROGRAMS,
  HEARTBEAT_MS_MIN: BETWEEN_PROGRAMS,
  HEARTBEAT_MS_MAX: BETWEEN_PROGRAMS,
  INTERVAL_SECONDS_MAX: SAID_WITH_THE_FIELD,
  CRON_CHARACTERS_MAX: SAID_WITH_THE_FIELD,
  PREVIEW_TIMES_MAX: SAID_WITH_THE_FIELD,
  RETRY_ATTEMPTS_MAX: SAID_WITH_THE_FIELD,
  RETRY_BACKOFF_SECONDS_MAX: SAID_WITH_THE_FIELD,
  PRIORITY_MIN: SAID_WITH_THE_FIELD,
  PRIORITY_MAX: SAID_WITH_THE_FIELD,
  IDEMPOTENCY_KEY_CHARACTERS_MAX: SAID_WITH_THE_FIELD,
  TARGET_TASKS_MAX: SAID_WITH_THE_FIELD,
  RECIPIENTS_MAX: SAID_WITH_THE_FIELD,
  TARGETS_MAX: 'the refusal says how many there may be',
  CATCH_UP_RUNS_MAX: 'the task says how many runs were missed, and since when',
  DEADLINE_SECONDS_SCHEDULED_MIN: 'each task shows the deadline that it has',
  WEBHOOK_BYTES_MAX: 'the message itself says how much more there was',
}

describe('the limits that are shown', () => {
  it('have the name and the number of the program, and a unit', () => {
    for (const { name, value, unit } of SHOWN_LIMITS) {
      assert.equal(value, (limits as Record<string, number>)[name], name)
      assert.match(unit, /^[a-z ]{3,}$/, name)
    }
    assert.equal(new Set(SHOWN_LIMITS.map(({ name }) => name)).size, SHOWN_LIMITS.length)
  })

  it('are all but those that nobody has to look up', () => {
    const shown = SHOWN_LIMITS.map(({ name }) => name)
    const bounds = Object.keys(limits).filter((name) => /_(MIN|MAX)$/.test(name))
    assert.ok(bounds.length > 30, `only ${bounds.length} limits were found`)
    assert.deepEqual(
      [...shown, ...Object.keys(NOT_SHOWN)].sort(),
      bounds.sort(),
      'Add the limit to SHOWN_LIMITS, or say here why nobody has to look it up.',
    )
  })
})
