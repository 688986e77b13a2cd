import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'

import { emptyWorkFolder, openWorkFolder, removeTree, WORK_MARKER } from './work-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'octopus-work-'))
after(() => rmSync(root, { recursive: true, force: true }))

const onWindows = process.platform === 'win32'
const noModes = { skip: onWindows && 'Windows has no modes' }
/** Any that is not root's, for which modes mean nothing. */
const ORDINARY_ACCOUNT = 65_534

/** One start of a client; answers what it logged. */
async function start(folder: string): Promise<readonly string[]> {
  const log = createCapturedLog()
  openWorkFolder(log, folder)
  await emptyWorkFolder(log, folder)
  return log.events()
}

/** Clients run as ordinary accounts. */
async function asOrdinaryAccount(act: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return act()
  chownSync(root, ORDINARY_ACCOUNT, ORDINARY_ACCOUNT)
  process.seteuid?.(ORDINARY_ACCOUNT)
  try {
    await act()
  } finally {
    process.seteuid?.(0)
  }
}

/** What a plugin leaves that has unpacked an archive of somebody who allows nobody to write. */
function leaveReadOnly(folder: string): void {
  const inside = join(folder, 'archive', 'inside')
  mkdirSync(inside, { recursive: true })
  writeFileSync(join(inside, 'file'), '')
  for (const path of [inside, join(folder, 'archive')]) chmodSync(path, 0o555)
}

describe('the folder of the runners’ folders', () => {
  it('is emptied of what a dead predecessor left, at every start', async () => {
    const folder = join(root, 'made')
    for (const life of ['first', 'second', 'third']) {
      await start(folder)
      assert.deepEqual(readdirSync(folder), [WORK_MARKER])
      mkdirSync(join(folder, life))
      writeFileSync(join(folder, life, 'half-written'), '')
    }
    if (!onWindows) assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  it('is never emptied when somebody else made it, however often the client starts', async () => {
    const folder = join(root, 'of-a-person')
    mkdirSync(folder)
    writeFileSync(join(folder, 'thesis.txt'), 'years of it')
    await start(folder)
    await start(folder)
    assert.deepEqual(readdirSync(folder), ['thesis.txt'])
  })

  it('becomes ours when it was empty', async () => {
    const folder = join(root, 'empty')
    mkdirSync(folder)
    await start(folder)
    writeFileSync(join(folder, 'left'), '')
    await start(folder)
    assert.deepEqual(readdirSync(folder), [WORK_MARKER])
  })

  it('is emptied also of what a plugin has made read-only', noModes, async () => {
    await asOrdinaryAccount(async () => {
      const folder = join(root, 'read-only')
      await start(folder)
      leaveReadOnly(join(folder, 'runner'))
      assert.deepEqual([await start(folder), readdirSync(folder)], [[], [WORK_MARKER]])
    })
  })

  it('keeps no client from starting, whatever cannot be removed from it', noModes, async () => {
    await asOrdinaryAccount(async () => {
      const folder = join(root, 'stubborn')
      await start(folder)
      mkdirSync(join(folder, 'runner'))
      chmodSync(folder, 0o500)
      assert.deepEqual([await start(folder), readdirSync(folder).length], [['runner-folder-left'], 2])
      chmodSync(folder, 0)
      assert.deepEqual(await start(folder), ['work-folder-unusable'])
      chmodSync(folder, 0o700)
      assert.deepEqual([await start(folder), readdirSync(folder)], [[], [WORK_MARKER]])
    })
  })

  it('keeps no client from starting when something else has its name', async () => {
    writeFileSync(join(root, 'file'), '')
    assert.deepEqual(await start(join(root, 'file')), ['work-folder-unusable'])
  })

  it('is emptied without following a link', noModes, async () => {
    await asOrdinaryAccount(async () => {
      const theirs = join(root, 'theirs')
      mkdirSync(theirs)
      chmodSync(theirs, 0o500)
      const folder = join(root, 'with-link')
      leaveReadOnly(folder)
      chmodSync(join(folder, 'archive'), 0o700)
      symlinkSync(theirs, join(folder, 'archive', 'link'))
      await removeTree(folder)
      assert.deepEqual([existsSync(folder), statSync(theirs).mode & 0o777], [false, 0o500])
    })
  })
})
