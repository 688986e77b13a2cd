import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ManifestEntry } from '@octopus/protocol/from-server.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import fc from 'fast-check'

import { manifestDelta } from './manifest.ts'
import type { Manifest } from './plugin-store.ts'

const entry = (name: string): ManifestEntry => ({ name, checksum: name as Checksum, language: 'python', sizeBytes: 1 })
const manifest = (revision: number, names: readonly string[]): Manifest => ({
  revision,
  entries: names.map(entry),
  tries: [],
})

describe('the difference of two manifests', () => {
  it('is the whole list for a client of which nobody knows what it has', () => {
    const delta = manifestDelta(undefined, manifest(3, ['a', 'b']))
    assert.deepEqual([delta.from, delta.revision, delta.changed.length], [null, 3, 2])
  })

  it('names what came and what went, and nothing else', () => {
    const delta = manifestDelta(manifest(3, ['a', 'b']), manifest(4, ['b', 'c']))
    assert.deepEqual(delta, { revision: 4, from: 3, changed: [entry('c')], removed: ['a'] })
  })

  it('leads from any manifest to any other', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'))
    fc.assert(
      fc.property(names, names, (before, after) => {
        const delta = manifestDelta(manifest(1, before), manifest(2, after))
        const has = new Set<string>(before)
        for (const gone of delta.removed) has.delete(gone)
        for (const added of delta.changed) has.add(added.checksum)
        assert.deepEqual([...has].toSorted(), after.toSorted())
      }),
    )
  })
})
