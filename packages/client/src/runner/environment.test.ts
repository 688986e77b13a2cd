import assert from 'node:assert/strict'
import { it } from 'node:test'

import { runnerEnvironment } from './environment.ts'

const marks = { client: 'abc', runner: 'abc/1' }

const WITHHELD = [
  ['OCTOPUS_TOKEN', 'secret'],
  ['AWS_SECRET_ACCESS_KEY', 'secret'],
  ['NODE_OPTIONS', '--require=evil'],
  ['LD_PRELOAD', 'evil.so'],
  ['DYLD_INSERT_LIBRARIES', 'evil.dylib'],
  ['PYTHONPATH', '/evil'],
  ['PYTHONSTARTUP', '/evil.py'],
  ['__COMPAT_LAYER', 'RunAsAdmin'],
  ['HTTPS_PROXY', 'http://user:password@proxy:3128'],
  ['LC_ALL=x', 'odd name'],
] as const

it('a plugin sees what it needs of the client’s environment', () => {
  const outer = {
    PATH: '/bin',
    Path: 'C:\\bin',
    HOME: '/home/ann',
    LC_ALL: 'C',
    https_proxy: 'http://proxy:3128',
    TZ: undefined,
  }
  const { TZ, ...expected } = outer
  assert.equal(TZ, undefined)
  assert.deepEqual(runnerEnvironment(outer, '/work', marks), {
    ...expected,
    TMPDIR: '/work',
    TEMP: '/work',
    TMP: '/work',
    PYTHONUTF8: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    OCTOPUS_CLIENT: 'abc',
    OCTOPUS_ATTEMPT: 'abc/1',
  })
})

for (const [name, value] of WITHHELD) {
  it(`a plugin does not see ${name}`, () => {
    assert.ok(!(name in runnerEnvironment({ [name]: value }, '/work', marks)))
  })
}
