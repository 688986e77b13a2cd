import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { helpText, readConfig } from './config.ts'

const read = (given: { argv?: string[]; env?: Record<string, string>; file?: string }) =>
  readConfig({
    argv: given.argv ?? [],
    env: given.env ?? {},
    workFolder: '/srv/octopus',
    readText: (path) => (path === '/srv/octopus/octopus-server.conf' ? given.file : undefined),
  })

describe('the settings of the server', () => {
  it('have defaults that need nothing', () => {
    const { host, port, pluginsFolder, dataFolder, holdMs, cacheTtlMs } = read({})
    assert.deepEqual(
      { host, port, pluginsFolder, dataFolder, holdMs, cacheTtlMs },
      {
        host: '127.0.0.1',
        port: 8000,
        pluginsFolder: '/srv/octopus/plugins',
        dataFolder: '/srv/octopus/octopus-data',
        holdMs: 120_000,
        cacheTtlMs: 600_000,
      },
    )
  })

  it('come from file, environment and command line, each stronger than the one before', () => {
    const file = 'SERVER_PORT = 1\nDATA_FOLDER = /data\nHOLD_SECONDS = 45\n'
    const config = read({ file, env: { OCTOPUS_SERVER_PORT: '2', OCTOPUS_HOLD_SECONDS: '60' }, argv: ['--port', '3'] })
    assert.deepEqual([config.port, config.holdMs, config.dataFolder], [3, 60_000, '/data'])
  })

  it('share an environment with a client', () => {
    assert.equal(read({ env: { OCTOPUS_SLOTS: '4', OCTOPUS_CLIENT_USER: 'ann', DATABASE_URL: 'x' } }).port, 8000)
  })

  const refused: readonly [string, Parameters<typeof read>[0], RegExp][] = [
    [
      'an unknown key',
      { file: 'SERVER_PROT = 1' },
      /^octopus-server.conf, line 1: SERVER_PROT .*did you mean SERVER_PORT/,
    ],
    [
      'a port that is none',
      { env: { OCTOPUS_SERVER_PORT: '80000' } },
      /SERVER_PORT is "80000"; it must be a whole number/,
    ],
    ['a hold that is too short', { argv: ['--hold-seconds=10'] }, /from 45 to 3600 seconds/],
    ['an open address', { argv: ['--host', '0.0.0.0'] }, /SERVER_HOST is "0\.0\.0\.0".*ALLOW_PLAIN_HTTP = true/],
    ['a database', { env: { OCTOPUS_DATABASE_URL: 'postgres://a:secret@b' } }, /^DATABASE_URL is set, .*Remove it/],
    ['a bus', { file: 'BUS_URL = nats://b' }, /^BUS_URL is set/],
    ['a settings file that is not there', { argv: ['--config', 'x.conf'] }, /no settings file \/srv\/octopus\/x.conf/],
  ]
  for (const [what, given, says] of refused) {
    it(`${what} stops the start and says why`, () => {
      assert.throws(() => read(given), { name: 'SettingsError', message: says })
    })
  }

  it('a secret is not repeated in the message', () => {
    assert.throws(
      () => read({ env: { OCTOPUS_DATABASE_URL: 'postgres://a:secret@b' } }),
      (error: Error) => !error.message.includes('secret'),
    )
  })

  it('an open address is possible when plain HTTP is accepted', () => {
    assert.equal(read({ argv: ['--host', '0.0.0.0', '--allow-plain-http'] }).host, '0.0.0.0')
  })

  it('are all in the help', () => assert.match(helpText(), /--hold-seconds .*\(120 seconds\)/))
})
