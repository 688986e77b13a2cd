import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'

import { makeOwnFolder } from './own-folder.ts'

it('a folder of a program is made for itself alone; one that cannot be is named, with the setting to change', () => {
  const root = mkdtempSync(join(tmpdir(), 'octopus-own-'))
  try {
    makeOwnFolder(join(root, 'a', 'b'), 'DATA_FOLDER')
    makeOwnFolder(join(root, 'a', 'b'), 'DATA_FOLDER')
    if (process.platform !== 'win32') assert.equal(statSync(join(root, 'a', 'b')).mode & 0o777, 0o700)
    writeFileSync(join(root, 'file'), '')
    assert.throws(() => makeOwnFolder(join(root, 'file', 'below'), 'DATA_FOLDER'), {
      name: 'SettingsError',
      message: `The folder ${join(root, 'file', 'below')} cannot be used (ENOTDIR). Let the account that runs Octopus read and write it, or set DATA_FOLDER to another folder.`,
    })
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
