import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { CLIENT_SETTINGS, readConfig as readClient } from '@octopus/client/config.ts'
import { readConfig as readServer, SERVER_SETTINGS } from '@octopus/server/config.ts'

import { ROOT } from './root.ts'

type Env = Readonly<Record<string, string>>

/** What each program makes of an environment. */
const programs = {
  server: {
    settings: SERVER_SETTINGS,
    read: (env: Env) => readServer({ argv: [], env, workFolder: '/srv', readText: () => undefined }),
  },
  client: {
    settings: CLIENT_SETTINGS,
    read: (env: Env) =>
      readClient({ argv: [], env, homeFolder: '/home/ann', workFolder: '/home/ann', readText: () => undefined }),
  },
} as const

/** The variables that a text of the repository speaks of, without their prefix. */
function variablesIn(path: string): readonly string[] {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return [...new Set([...text.matchAll(/\bOCTOPUS_([A-Z_]+)/g)].map(([, name = '']) => name))]
}

const strangers: [what: string, names: readonly string[], by: keyof typeof programs][] = [
  ['a server’s', Object.keys(SERVER_SETTINGS), 'client'],
  ['a client’s', Object.keys(CLIENT_SETTINGS), 'server'],
]
for (const by of ['server', 'client'] as const) {
  const install = ['packages/server/src/install/install.sh', 'packages/server/src/install/install.ps1']
  strangers.push(['an installation’s', [...new Set(install.flatMap(variablesIn))], by])
}

describe('server and client share an environment', () => {
  for (const [whose, names, by] of strangers) {
    it(`${whose} variables do not stop a ${by}`, () => {
      const { settings, read } = programs[by]
      const foreign = names.filter((name) => !Object.hasOwn(settings, name))
      assert.ok(foreign.length > 1, 'there is none: this test would check nothing')
      for (const name of foreign) {
        const remedy = `Add ${name} to FOREIGN in packages/${by}/src/config.ts.`
        assert.doesNotThrow(() => read({ [`OCTOPUS_${name}`]: 'x' }), remedy)
      }
    })
  }

  it('a variable that is nobody’s stops both', () => {
    for (const { read } of Object.values(programs))
      assert.throws(() => read({ OCTOPUS_SLOTZ: '3' }), /SLOTZ is no setting/)
  })
})
