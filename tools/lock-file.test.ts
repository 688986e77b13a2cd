import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import { missingBinaries, type LockEntries } from './lock-file.ts'
import { ROOT } from './root.ts'

describe('the lock file', () => {
  it('names the binaries of every platform, or npm ci refuses it', () => {
    const lock = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8')) as { packages: LockEntries }
    const withBinaries = Object.values(lock.packages).filter((entry) => entry.optionalDependencies !== undefined)
    assert.ok(withBinaries.length >= 5, 'The lock file shows no package with binaries: has its form changed?')
    const missing = missingBinaries(lock.packages).map(({ path }) => path)
    assert.deepEqual(missing, [], 'Run `npm run lock` and commit package-lock.json.')
  })
})

describe('a binary that the lock file leaves out', () => {
  const tool = {
    version: '2.0.0',
    dev: true,
    optionalDependencies: { '@tool/linux-x64-musl': '2.0.0', '@tool/win32-arm64': '2.0.0' },
  }

  it('is entered with its platform', () => {
    assert.deepEqual(missingBinaries({ 'node_modules/tool': tool }), [
      {
        path: 'node_modules/@tool/linux-x64-musl',
        entry: { version: '2.0.0', cpu: ['x64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] },
      },
      {
        path: 'node_modules/@tool/win32-arm64',
        entry: { version: '2.0.0', cpu: ['arm64'], dev: true, optional: true, os: ['win32'] },
      },
    ])
  })

  it('is not missing if it stands at the top or below its parent', () => {
    const found = {
      'node_modules/tool': tool,
      'node_modules/@tool/linux-x64-musl': {},
      'node_modules/tool/node_modules/@tool/win32-arm64': {},
    }
    assert.deepEqual(missingBinaries(found), [])
  })

  it('is refused if its name says no platform', () => {
    assert.throws(() => missingBinaries({ a: { optionalDependencies: { b: '1.0.0' } } }), /b does not say its platform/)
  })
})
