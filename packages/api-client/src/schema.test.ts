import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { openApiDocument } from '@octopus/protocol/openapi.ts'

import { clientText, typeText } from '#tools/generate-client.ts'
import { fieldsText } from '#tools/generate-fields.ts'

test('the generated client is the one of the protocol as it stands', () => {
  const document = openApiDocument()
  for (const [file, expected] of [
    ['schema.ts', clientText(document)],
    ['operation-fields.ts', fieldsText(document)],
  ] as const) {
    const text = readFileSync(new URL(file, import.meta.url), 'utf8')
    assert.ok(text === expected, `run \`npm run generate -w packages/api-client\` and commit src/${file}`)
  }
})

test('a schema that the generator does not know stops it', () => {
  assert.throws(() => typeText({ type: 'tuple' }, 0), /does not know/)
})

test('unions in lists keep their brackets', () => {
  assert.equal(typeText({ type: 'array', items: { enum: ['a', 'b'] } }, 0), "('a' | 'b')[]")
})
