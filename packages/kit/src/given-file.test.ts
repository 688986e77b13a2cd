import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'

import { readGivenFile } from './given-file.ts'

it('a file that a person named is read; none is none; one that cannot be read is named', () => {
  const root = mkdtempSync(join(tmpdir(), 'octopus-given-'))
  try {
    writeFileSync(join(root, 'file'), 'SLOTS = 4\n')
    assert.equal(readGivenFile(join(root, 'file')), 'SLOTS = 4\n')
    assert.equal(readGivenFile(join(root, 'missing')), undefined)
    assert.equal(readGivenFile(join(root, 'file', 'below')), undefined)
    assert.throws(() => readGivenFile(root), {
      name: 'SettingsError',
      message: `The file ${root} cannot be read (EISDIR). Let the account that runs Octopus read it, or name another one.`,
    })
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
