import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { OUTPUT_CHUNK_BYTES_MAX } from '@octopus/protocol/limits.ts'

import { languagesHere } from '#runner/testing/language-plugins.ts'
import { openPluginBench } from '#runner/testing/plugin-bench.ts'

const bench = await openPluginBench()
leakCheck()

for (const [language, plugins] of await languagesHere(bench.pool)) {
  describe(`the output of a plugin in ${language}`, () => {
    it('holds what it and its children write, as text in any case', async () => {
      const end = await bench.run(plugins.writes, { language })
      assert.equal(end.error, null)
      // A plugin and its children write to pipes of their own: nobody promises an order between them.
      assert.deepEqual(linesOf(end.stderr), ['', 'err', 'err2'])
      assert.deepEqual(linesOf(end.stdout), ['', 'a\ufffdb', 'child', 'out', '€'])
      assert.equal(end.outputBytes, Buffer.byteLength(end.stdout + end.stderr))
    })

    it('is cut at its limit on the border of a character, counted to the end, and comes in small pieces', async () => {
      const end = await bench.run(plugins.floods, { language, outputBytesMax: 150_001 })
      assert.equal(end.outputBytes, 2_000_001)
      assert.ok(end.cut.output)
      assert.equal(Buffer.byteLength(end.stdout), 150_000)
      assert.ok(end.pieces.every(({ text }) => Buffer.byteLength(text) <= OUTPUT_CHUNK_BYTES_MAX))
      assert.ok(!end.stdout.includes('\ufffd'))
    })

    it('is sent at once, not when the execution ends', async () => {
      const attempt = bench.start(plugins.waits, { language })
      await attempt.said('going')
      attempt.stop('cancelled')
      assert.equal((await attempt.ended).reason, 'cancelled')
    })

    it('of one execution never comes in the next one', async () => {
      for (const text of ['one', 'two']) {
        const end = await bench.run(plugins.writes, { language })
        assert.deepEqual(linesOf(end.stderr), ['', 'err', 'err2'], text)
      }
    })
  })
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').toSorted()
}

describe('the output of a script', () => {
  it('of 200 MB grows no memory of the client', async () => {
    const before = process.memoryUsage.rss()
    const end = await bench.run('head -c 200000000 /dev/zero; echo; echo done', { language: 'shell' })
    assert.deepEqual([end.error, end.value, end.outputBytes], [null, 'done', 200_000_006])
    assert.ok(process.memoryUsage.rss() - before < 50_000_000)
  })
})
