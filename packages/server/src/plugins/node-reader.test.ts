import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import { createThreadReader } from './node-reader.ts'

describe('reading sources in a thread', () => {
  it('finds what is in them, one after the other', async () => {
    await using reader = createThreadReader(createSystemClock())
    const sources = ['def run(a=1): pass', 'def validate(): pass', 'def run(']
    const read = await Promise.all(sources.map((source) => reader.read('python', source)))
    assert.deepEqual(
      read.map(({ actions, problems }) => [actions.map((action) => action.name).join(), problems.length > 0]),
      [
        ['run', false],
        ['validate', false],
        ['run', true],
      ],
    )
  })

  it('gives up what takes too long, and reads the next one', async () => {
    const clock = createHandClock()
    await using reader = createThreadReader(clock)
    const slow = reader.read('python', `def run(a=[${'1,'.repeat(400_000)}]): pass`)
    await clock.settle()
    await clock.advance(5_000)
    assert.match((await slow).problems[0]?.message ?? '', /takes more than 5 s/)
    assert.equal((await reader.read('python', 'def run(): pass')).actions.length, 1)
  })

  it('knows every language', async () => {
    await using reader = createThreadReader(createSystemClock())
    const sources = [
      ['typescript', 'export const run = (a: number) => a'],
      ['javascript', 'export function run(a) {}'],
      ['shell', '# octopus: param a'],
      ['powershell', '# octopus: param a'],
    ] as const
    for (const [language, source] of sources) {
      const { actions, problems } = await reader.read(language, source)
      assert.deepEqual(
        [actions.map(({ name, parameters }) => [name, parameters[0]?.name]), problems],
        [[['run', 'a']], []],
      )
    }
  })
})
