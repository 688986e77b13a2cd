import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'

import { CATALOGUE } from '@octopus/protocol/errors.ts'

import { errorsPage } from './errors-doc.ts'
import { ROOT } from './root.ts'

it('docs/errors.md lists the codes of the catalogue, with their words', () => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
  const codes = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1])
  assert.ok(codes.length > 30, 'the page is nearly empty: this test would check nothing')
  assert.deepEqual(new Set(codes), new Set(Object.keys(CATALOGUE)), 'Run: node tools/errors-doc.ts')
  assert.equal(page, errorsPage(), 'The words differ. Run: node tools/errors-doc.ts')
})
