import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { openWorkFolder, WORK_MARKER } from './work-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'octopus-work-'))
after(() => rmSync(root, { recursive: true, force: true }))

describe('the folder of the runners’ folders', () => {
  it('is emptied of what a dead predecessor left, at every start', () => {
    const folder = join(root, 'made')
    for (const life of ['first', 'second', 'third']) {
      openWorkFolder(folder)
      assert.deepEqual(readdirSync(folder), [WORK_MARKER])
      mkdirSync(join(folder, life))
      writeFileSync(join(folder, life, 'half-written'), '')
    }
    if (process.platform !== 'win32') assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  it('is never emptied when somebody else made it, however often the client starts', () => {
    const folder = join(root, 'of-a-person')
    mkdirSync(folder)
    writeFileSync(join(folder, 'thesis.txt'), 'years of it')
    openWorkFolder(folder)
    openWorkFolder(folder)
    assert.deepEqual(readdirSync(folder), ['thesis.txt'])
  })

  it('becomes ours when it was empty', () => {
    const folder = join(root, 'empty')
    mkdirSync(folder)
    openWorkFolder(folder)
    writeFileSync(join(folder, 'left'), '')
    openWorkFolder(folder)
    assert.deepEqual(readdirSync(folder), [WORK_MARKER])
  })
})
