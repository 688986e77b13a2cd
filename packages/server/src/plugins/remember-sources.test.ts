import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import { ownThreadReader, type SourceReader } from './read-source.ts'
import { rememberSources } from './remember-sources.ts'

function world(cacheTtlMs: number) {
  const clock = createHandClock()
  const asked: string[] = []
  const counting: SourceReader = {
    read: (language, source) => {
      asked.push(`${language} ${source}`)
      return source === 'broken' ? Promise.reject(new Error('the thread died')) : ownThreadReader.read(language, source)
    },
  }
  return { clock, asked, reader: rememberSources(counting, { clock, cacheTtlMs }) }
}

describe('a source that was parsed', () => {
  it('is not parsed again within CACHE_TTL', async () => {
    const { clock, asked, reader } = world(600_000)
    const source = 'def run(): pass\n'
    const first = await reader.read('python', source)
    assert.equal((await reader.read('python', source)).actions[0]?.name, first.actions[0]?.name)
    await clock.advance(599_999)
    await reader.read('python', source)
    assert.equal(asked.length, 1)
    await clock.advance(1)
    await reader.read('python', source)
    assert.equal(asked.length, 2)
  })

  it('in another language is another one; with a CACHE_TTL of 0 every one is', async () => {
    const one = world(600_000)
    await one.reader.read('python', '')
    await one.reader.read('shell', '')
    assert.equal(one.asked.length, 2)
    const two = world(0)
    await two.reader.read('python', '')
    await two.reader.read('python', '')
    assert.equal(two.asked.length, 2)
  })

  it('is parsed again after a failure, and takes no room for ever', async () => {
    const { asked, reader } = world(600_000)
    await assert.rejects(reader.read('python', 'broken'))
    await assert.rejects(reader.read('python', 'broken'))
    assert.equal(asked.length, 2)
    for (let n = 0; n <= 200; n += 1) await reader.read('python', `# ${n}`)
    const before = asked.length
    await reader.read('python', '# 200')
    assert.equal(asked.length, before)
    await reader.read('python', '# 0')
    assert.equal(asked.length, before + 1)
  })
})
