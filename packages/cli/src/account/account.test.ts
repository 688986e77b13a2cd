import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { UsageError } from '#command-line/usage-error.ts'

import { chooseConnection } from './connection.ts'
import { credentialsFile, readCredentials, writeCredentials } from './credentials.ts'

const STORED = {
  server: 'https://a.example',
  tokens: { 'https://a.example': { token: 'octo_a' }, 'https://b.example/x': { token: 'octo_b' } },
}
const choose = (flag: string | undefined, env: Record<string, string>) => chooseConnection(flag, env, STORED, 'FILE')

describe('which server is meant, and which token it gets', () => {
  it('the flag before the environment before the last sign-in', () => {
    assert.deepEqual(choose(undefined, {}), {
      server: 'https://a.example',
      serverFrom: 'FILE',
      token: 'octo_a',
      tokenFrom: 'FILE',
    })
    assert.equal(choose(undefined, { OCTOPUS_SERVER: 'https://b.example/x/' })?.token, 'octo_b')
    assert.equal(choose('https://A.example', { OCTOPUS_SERVER: 'https://b.example/x' })?.token, 'octo_a')
  })

  it('a stored token goes to no other server', () => {
    for (const other of ['http://a.example', 'https://a.example:8443', 'https://a.example/x', 'https://b.example']) {
      assert.equal(choose(other, {})?.token, undefined, other)
    }
  })

  it('a token of the environment wins, but an enrolment token is none', () => {
    assert.equal(choose(undefined, { OCTOPUS_TOKEN: ' octo_e\n' })?.token, 'octo_e')
    assert.equal(choose(undefined, { OCTOPUS_TOKEN: 'octo1.abc' })?.token, 'octo_a')
    assert.equal(
      choose(undefined, { OCTOPUS_TOKEN: 'octo1.abc', OCTOPUS_API_TOKEN: 'octo_p' })?.tokenFrom,
      'OCTOPUS_API_TOKEN',
    )
  })

  it('OCTOPUS_API_TOKEN that holds no API token is refused, without telling what it holds', () => {
    for (const wrong of ['octo1.abc', 'ocot_mistyped', '"octo_quoted"', 'Bearer octo_p']) {
      const env = { OCTOPUS_API_TOKEN: wrong, OCTOPUS_TOKEN: 'octo_e' }
      assert.throws(
        () => choose(undefined, env),
        (error: Error) =>
          error instanceof UsageError &&
          error.message.startsWith('OCTOPUS_API_TOKEN holds no') &&
          !error.message.includes(wrong),
      )
    }
    assert.equal(choose(undefined, { OCTOPUS_API_TOKEN: ' \n' })?.token, 'octo_a', 'an empty one is none')
  })

  it('what is no address is refused, also one with a password in it', () => {
    for (const wrong of ['a.example', 'ftp://a.example', 'https://me:secret@a.example']) {
      assert.throws(() => choose(wrong, {}), /must be an address like/)
    }
  })
})

describe('the file of tokens', () => {
  it('lies where each system keeps the settings of a user', () => {
    const at = (platform: NodeJS.Platform, env: Record<string, string>) =>
      credentialsFile({ platform, env, homeFolder: '/home/a' })
    assert.equal(at('linux', {}), '/home/a/.config/octopus/credentials.json')
    assert.equal(at('linux', { XDG_CONFIG_HOME: '/c' }), '/c/octopus/credentials.json')
    assert.match(at('win32', { APPDATA: 'C:/Users/a/Roaming' }), /^C:.Users.a.Roaming.octopus.credentials\.json$/)
  })

  it('is for its owner alone, is replaced whole, and says so when it is damaged', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'octopus-credentials-'))
    try {
      const file = join(folder, 'octopus', 'credentials.json')
      assert.deepEqual(await readCredentials(file), { server: null, tokens: {} })
      await writeCredentials(file, STORED)
      await writeCredentials(file, STORED)
      assert.deepEqual(await readCredentials(file), STORED)
      if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600)
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, 30))
      await assert.rejects(readCredentials(file), /is damaged\. Remove it and sign in again/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
