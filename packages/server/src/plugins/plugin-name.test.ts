import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { isPluginName, pluginOfFile } from './plugin-name.ts'

describe('the name of a plugin', () => {
  for (const name of ['a', 'disk_report', 'A-1', 'conx', 'com', 'com10', 'a'.repeat(63)]) {
    it(`may be ${name.slice(0, 20)}`, () => assert.equal(isPluginName(name), true))
  }
  const wrong = [
    ['', '1a', '_a', '-a', 'a b', 'a.b', 'a/b', 'a\\b', '../../x', '..', 'a\0', 'a\n', 'con.py', 'a:b', 'а', 'é'],
    ['con', 'CON', 'nul', 'Prn', 'aux', 'com1', 'LPT9', 'com0', 'a'.repeat(64)],
  ].flat()
  for (const name of wrong) it(`is never ${JSON.stringify(name)}`, () => assert.equal(isPluginName(name), false))

  it('is found in the name of its file', () => {
    assert.deepEqual(pluginOfFile('Disk.PY'), { name: 'Disk', language: 'python' })
    for (const file of ['README.md', '.py', 'x', 'a.b.py', 'nul.py', '~a.py', 'a.pyc', 'a.constructor']) {
      assert.equal(pluginOfFile(file), undefined, file)
    }
  })
})
