import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { helpText, readConfig } from './config.ts'

const read = (argv: string[], given: { env?: Record<string, string>; files?: Record<string, string> } = {}) =>
  readConfig({
    argv,
    env: given.env ?? {},
    homeFolder: '/home/ann',
    workFolder: '/opt',
    readText: (path) => given.files?.[path],
  })

describe('settings of the client', () => {
  it('keep everything below the home folder unless told otherwise', () => {
    const { dataFolder, pluginsFolder, settings } = read([])
    assert.deepEqual([dataFolder, pluginsFolder], ['/home/ann/.octopus/client', '/home/ann/.octopus/client/plugins'])
    assert.deepEqual([settings.SLOTS, settings.HEARTBEAT_INTERVAL, settings.CACHE_TTL], [2, 10, 600])
  })

  it('come from the file in the data folder, or from the one that --config names', () => {
    const files = {
      '/data/octopus-client.conf': 'SLOTS = 5',
      '/etc/octopus.conf': 'SLOTS = 7\nDATA_FOLDER = /var/octopus',
    }
    assert.equal(read(['--data-folder', '/data'], { files }).settings.SLOTS, 5)
    const other = read([], { files, env: { OCTOPUS_CONFIG: '/etc/octopus.conf' } })
    assert.deepEqual([other.settings.SLOTS, other.pluginsFolder], [7, '/var/octopus/plugins'])
    assert.throws(() => read(['--config', '/nowhere'], { files }), /no settings file \/nowhere/)
  })

  it('that name a folder mean it from where the client was started, and nowhere else', () => {
    const files = { '/opt/state/octopus-client.conf': 'SLOTS = 5\nPLUGINS_FOLDER = ../cache' }
    const { dataFolder, settingsFile, pluginsFolder, settings } = read(['--data-folder', 'state'], { files })
    assert.deepEqual([dataFolder, pluginsFolder, settings.SLOTS], ['/opt/state', '/cache', 5])
    assert.equal(settingsFile, '/opt/state/octopus-client.conf')
  })

  it('a token in the settings file is refused: it would lie there for ever', () => {
    const files = { '/home/ann/.octopus/client/octopus-client.conf': 'TOKEN = octo1.x' }
    assert.throws(() => read([], { files }), /TOKEN cannot be set here/)
  })

  it('a wrong address or label stops the start', () => {
    assert.throws(
      () => read(['--server', 'localhost:8000']),
      /SERVER_URL is "localhost:8000"; it must be an address like/,
    )
    assert.throws(() => read(['--client-labels', 'x'.repeat(65)]), /labels of at most 64 characters/)
  })

  it('the server’s variables in the same environment are left alone', () => {
    assert.equal(read([], { env: { OCTOPUS_SERVER_PORT: '80', OCTOPUS_HOLD_SECONDS: '60' } }).settings.SLOTS, 2)
  })

  it('help names every flag', () => {
    assert.match(helpText(), /--heartbeat-interval .*\(10 seconds\)/)
  })
})
