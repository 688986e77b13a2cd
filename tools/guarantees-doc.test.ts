import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { chaptersOf, describeProofs } from './proof-table.contract.ts'
import { ROOT } from './root.ts'

const PAGE = 'docs/guarantees.md'
const FAULTS = 'The faults'
const FAULTS_KNOWN = 42

describeProofs(PAGE, { 'The invariants': 50, [FAULTS]: FAULTS_KNOWN })

describe('the table of faults', () => {
  it('has every fault once, in order', () => {
    const faults = chaptersOf(readFileSync(join(ROOT, PAGE), 'utf8')).find(({ title }) => title === FAULTS)
    assert.deepEqual(
      faults?.proofs.map(({ what }) => what[0]),
      Array.from({ length: FAULTS_KNOWN }, (_, n) => `F${n + 1}`),
    )
  })
})
