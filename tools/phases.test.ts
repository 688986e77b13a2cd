import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { PHASES, select } from './phases.ts'

const FILES = [
  'packages/kit/src/clock.test.ts',
  'packages/kit/src/ids.test.ts',
  'sim/sim.test.ts',
  'e2e/faults/cut.test.ts',
  'e2e/faults/long/kills.test.ts',
]
const find = (globs: readonly string[]): string[] =>
  FILES.filter((file) => globs.some((glob) => glob.split('/')[0] === file.split('/')[0]))
const chosen = (...words: string[]): { check: boolean; files: string[] } => {
  const { check, phases } = select(words, find)
  return { check, files: phases.flatMap(({ files }) => files) }
}

describe('what npm test runs', () => {
  it('is everything if nothing is named, phases without a file too', () => {
    const { check, phases } = select([], find)
    assert.equal(check, true)
    assert.deepEqual(
      phases.map(({ phase }) => phase),
      PHASES.filter(({ name }) => name !== 'faults'),
    )
  })

  const cases = [
    { words: ['check'], check: true, files: [] },
    { words: ['sim'], check: false, files: ['sim/sim.test.ts'] },
    { words: ['packages/kit'], check: false, files: FILES.slice(0, 2) },
    { words: ['./packages/kit/src/ids.test.ts'], check: false, files: ['packages/kit/src/ids.test.ts'] },
    { words: ['check', 'sim', 'packages/kit/src/ids.test.ts'], check: true, files: FILES.slice(1, 3) },
    { words: ['e2e'], check: false, files: FILES.slice(3, 4) },
    { words: ['faults'], check: false, files: FILES.slice(3) },
    { words: ['faults', 'e2e/faults/long'], check: false, files: FILES.slice(3) },
    { words: ['e2e/faults'], check: false, files: FILES.slice(3) },
  ]
  for (const { words, check, files } of cases) {
    it(`of "${words.join(' ')}" is ${files.length} files`, () => assert.deepEqual(chosen(...words), { check, files }))
  }

  it('is refused if a word means nothing, so that a slip of the pen does not pass', () => {
    assert.throws(() => chosen('unti'), /"unti" is no phase, file or folder/)
    assert.throws(() => chosen('packages/kit/src/id'), /is no phase/)
  })
})
