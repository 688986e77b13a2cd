import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { languagesHere } from '#runner/testing/language-plugins.ts'
import { openPluginBench } from '#runner/testing/plugin-bench.ts'

const bench = await openPluginBench()
leakCheck()
const languages = await languagesHere(bench.pool)

describe('a plugin whose process had to be started first', () => {
  for (const [language, plugins] of languages) {
    // Nothing of this language is warm yet.
    it(`is given up while its process starts; that goes, and the next one begins (${language})`, async () => {
      let asked = 0
      const slow = bench.start(plugins.folder, { language }, () => (asked += 1) > 0)
      slow.giveUp()
      await assert.rejects(slow.ended, /not-begun/)
      assert.equal((await bench.run(plugins.folder, { language })).end, 'succeeded')
      assert.deepEqual([asked, slow.pieces], [0, []])
    })

    it(`does not begin when it may not any more; its process goes, and the next one begins (${language})`, async () => {
      let asked = 0
      const late = bench.start(plugins.folder, { language }, () => {
        asked += 1
        return false
      })
      await assert.rejects(late.ended, /not-begun/)
      assert.deepEqual([asked, late.pieces], [1, []])
      assert.equal((await bench.run(plugins.folder, { language })).end, 'succeeded')
    })
  }
})
