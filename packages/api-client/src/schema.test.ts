import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { openApiDocument } from '@octopus/protocol/openapi.ts'

import { clientText, typeText } from '#tools/generate-client.ts'

test('the generated client is the one of the protocol as it stands', () => {
  const text = readFileSync(new URL('./schema.ts', import.meta.url), 'utf8')
  assert.equal(
    text,
    clientText(openApiDocument()),
    'run `npm run generate -w packages/api-client` and commit src/api/schema.ts',
  )
})

test('a schema that the generator does not know stops it', () => {
  assert.throws(() => typeText({ type: 'tuple' }, 0), /does not know/)
})

test('unions in lists keep their brackets', () => {
  assert.equal(typeText({ type: 'array', items: { enum: ['a', 'b'] } }, 0), "('a' | 'b')[]")
})
