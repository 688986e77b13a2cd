import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, mock } from 'node:test'

import { createNodeFiles } from './node-files.ts'

describe('a file on a real disk', () => {
  let folder = ''
  before(() => (folder = mkdtempSync(join(tmpdir(), 'octopus-files-'))))
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** What was asked of the disk while the work was done: each fsync with what the file held by then. */
  async function syncsDuring(path: string, work: () => Promise<void>): Promise<readonly string[]> {
    const handle = await open(folder)
    const handles = Object.getPrototypeOf(handle) as FileHandle
    await handle.close()
    const said: string[] = []
    const read = (): string => {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        return 'no file'
      }
    }
    const watch = (name: 'sync' | 'datasync'): (() => void) => {
      const real = handles[name]
      const watched = mock.method(handles, name, async function sync(this: FileHandle) {
        await real.call(this)
        said.push(`${name}: ${read()}`)
      })
      return () => watched.mock.restore()
    }
    const stops = [watch('sync'), watch('datasync')]
    try {
      await work()
    } finally {
      for (const stop of stops) stop()
    }
    return said
  }

  it('has been synced with what was appended when the append resolves', async () => {
    const path = join(folder, 'journal')
    const file = await createNodeFiles().openAppend(path)
    const syncs = await syncsDuring(path, async () => {
      await file.appendDurably('one\n')
      await file.appendDurably('two\n')
    })
    await file.close()
    assert.deepEqual(syncs, ['datasync: one\n', 'datasync: one\ntwo\n'])
  })

  it('is replaced in one step: the new one is synced before it has the name, and the folder after', async () => {
    const path = join(folder, 'manifest')
    const files = createNodeFiles()
    await files.replace(path, 'old', 0o600)
    const syncs = await syncsDuring(path, () => files.replace(path, 'new', 0o600))
    assert.deepEqual(syncs, process.platform === 'win32' ? ['sync: old'] : ['sync: old', 'sync: new'])
  })

  it('is replaced although an earlier replacement was cut off, and nothing is left of that', async () => {
    const path = join(folder, 'cut-off')
    writeFileSync(`${path}.new`, 'half of')
    await createNodeFiles().replace(path, 'whole', 0o600)
    assert.equal(readFileSync(path, 'utf8'), 'whole')
    assert.equal(existsSync(`${path}.new`), false)
  })
})
