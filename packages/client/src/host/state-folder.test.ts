import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, describe, it } from 'node:test'

import { markOfStateFolder, openStateFolder } from './state-folder.ts'
import { lockStateFolder } from './state-lock.ts'

const root = mkdtempSync(join(tmpdir(), 'octopus-state-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** A folder that was there before the client, with these files in it. */
function folderWith(...names: readonly string[]): string {
  const folder = mkdtempSync(join(root, 'folder-'))
  for (const name of names) writeFileSync(join(folder, name), '')
  return folder
}

const modeOf = (path: string): number => statSync(path).mode & 0o777
const onWindows = process.platform === 'win32'

describe('the state folder', () => {
  it('is made for this account alone', { skip: onWindows && 'Windows has no modes' }, () => {
    const folder = join(root, 'a', 'b')
    openStateFolder(folder, [])
    assert.equal(modeOf(folder), 0o700)
  })

  it('keeps the mode it had, and what the client puts there is private', { skip: onWindows && 'no modes' }, () => {
    const folder = folderWith()
    chmodSync(folder, 0o777)
    openStateFolder(folder, [])
    lockStateFolder(folder)[Symbol.dispose]()
    assert.deepEqual([modeOf(folder), modeOf(join(folder, 'lock'))], [0o777, 0o600])
  })

  it('is no folder that holds other things, which stay as they are', () => {
    const home = folderWith('notes.txt')
    mkdirSync(join(home, 'work'))
    assert.throws(() => openStateFolder(home, []), {
      name: 'SettingsError',
      message: `The folder ${home} holds other things (notes.txt), and the client needs one for itself alone. Set DATA_FOLDER to a new or an empty folder.`,
    })
    assert.deepEqual(readdirSync(home).toSorted(), ['notes.txt', 'work'])
  })

  it('may hold what a client left there, at its first start too', () => {
    for (const name of ['lock', 'client.key', 'identity.json']) openStateFolder(folderWith(name, 'notes.txt'), [])
    const cutOff = folderWith()
    lockStateFolder(cutOff)[Symbol.dispose]()
    mkdirSync(join(cutOff, 'logs'))
    openStateFolder(cutOff, [])
  })

  it('may hold the settings file and the token that were given, and what a new disk has', () => {
    const folder = folderWith('octopus-client.conf', 'token', 'lost+found')
    const token = relative(process.cwd(), join(folder, 'token'))
    openStateFolder(folder, [join(folder, 'octopus-client.conf'), token, null])
    assert.throws(() => openStateFolder(folder, [token, null]), /octopus-client\.conf/)
  })

  it('has one mark, however it is written, and no other folder has it', () => {
    const folder = folderWith()
    const link = `${folder}-link`
    symlinkSync(folder, link, 'junction')
    const marks = [folder, `${folder}/`, relative(process.cwd(), folder), link].map(markOfStateFolder)
    assert.deepEqual(new Set(marks), new Set([markOfStateFolder(folder)]))
    assert.match(markOfStateFolder(folder), /^[0-9a-f]{32}$/)
    assert.notEqual(markOfStateFolder(folderWith()), markOfStateFolder(folder))
  })
})
