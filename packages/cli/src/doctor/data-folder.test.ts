import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'

import { recordText } from '@octopus/client/service/installation.ts'

import { dataFolderOf } from './data-folder.ts'

it('the client that is looked at is the one that was named, else the account’s own, else the installed one', async () => {
  const homeFolder = mkdtempSync(join(tmpdir(), 'octopus-doctor-'))
  const world = { platform: 'linux', homeFolder, env: {} } as const
  try {
    const folder = join(homeFolder, '.local/share/octopus-client')
    mkdirSync(folder, { recursive: true })
    const facts = {
      scope: 'user',
      manager: 'crontab',
      folder,
      program: ['/n'],
      account: null,
      accountMade: false,
      lingerMade: false,
    } as const
    writeFileSync(join(folder, 'installed.json'), recordText(facts))
    assert.equal(await dataFolderOf(undefined, world), join(folder, 'state'))
    assert.equal(await dataFolderOf('/named', world), '/named')
    assert.equal(await dataFolderOf(undefined, { ...world, env: { OCTOPUS_DATA_FOLDER: '/x' } }), undefined)
    mkdirSync(join(homeFolder, '.octopus/client'), { recursive: true })
    assert.equal(await dataFolderOf(undefined, world), undefined)
  } finally {
    rmSync(homeFolder, { recursive: true })
  }
})
