import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Json } from './harness/api.ts'
import { pidGone } from './harness/leaks.ts'
import { Octopus } from './harness/octopus.ts'

/** A process that is not kept warm goes at once; one whose limit is ten minutes does not go within any test. */
const GONE_MS_MAX = 10_000

describe('a client does what its settings say', () => {
  let octopus: Octopus
  /** Starts an approved client alone, and answers what the server knows of it by its id. */
  const start = async (name: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    octopus.startClient(name, await octopus.enrollmentToken(), flags, { env })
    const { id } = await octopus.presence(name, 'online')
    return octopus.api.get(`/clients/${id}`)
  }
  const stop = async (name: string): Promise<void> => {
    await octopus.clients.get(name)?.stop()
    await octopus.presence(name, 'offline')
  }
  const valueOf = async (wish: Json): Promise<Json> => {
    const [execution] = await octopus.run(wish)
    assert.equal(execution.state, 'succeeded')
    return execution.result.value
  }

  before(async () => {
    octopus = await Octopus.start()
    await octopus.publish('process', 'import os\ndef run():\n    return os.getpid()\n')
    await octopus.api.put('/plugins/shell', {
      language: 'shell',
      source: '#!/bin/sh\necho "by ${OUR_SHELL:-another}"\n',
    })
  })
  after(() => octopus[Symbol.asyncDispose]())

  it('CLIENT_USER and CLIENT_LABELS are shown as what the PC says of itself, and give it nothing', async () => {
    await octopus.api.post('/users', { name: 'alice' })
    const told = await start('wishing', ['--client-user', 'alice', '--client-labels', 'floor=2, printer'])
    assert.deepEqual([told.reported.wishedUser, told.reported.labels], ['alice', ['floor=2', 'printer']])
    assert.deepEqual([told.user, told.labels], [null, []])
    await stop('wishing')

    // What is said at a later start counts from then on.
    octopus.startClient('wishing', undefined, [], { env: { OCTOPUS_CLIENT_LABELS: 'floor=3' } })
    const again = await octopus.api.eventually('clients', async () => {
      const found = await octopus.api.get(`/clients/${told.id}`)
      return found.presence === 'online' && found.reported.labels[0] === 'floor=3' && found
    })
    assert.deepEqual(again.reported.labels, ['floor=3'])
    await stop('wishing')
  })

  it('CACHE_TTL is how long the process of a plugin is kept warm', async () => {
    await start('warm', [])
    const pid = await valueOf({ plugin: 'process' })
    assert.equal(await valueOf({ plugin: 'process' }), pid)
    await stop('warm')

    await start('cold', ['--cache-ttl', '0'])
    const gone = await valueOf({ plugin: 'process' })
    assert.ok(await pidGone(gone, GONE_MS_MAX), `process ${gone} is still kept`)
    assert.notEqual(await valueOf({ plugin: 'process' }), gone)
    await stop('cold')
  })

  it('SHELL is what runs plugins in shell', async () => {
    const shell = join(octopus.folder, 'our-shell')
    writeFileSync(shell, '#!/bin/sh\nOUR_SHELL="our shell" exec /bin/sh "$@"\n', { mode: 0o755 })
    await start('plain', [])
    assert.equal(await valueOf({ plugin: 'shell' }), 'by another')
    await stop('plain')
    await start('with-ours', [], { OCTOPUS_SHELL: shell })
    assert.equal(await valueOf({ plugin: 'shell' }), 'by our shell')
    await stop('with-ours')
  })
})
