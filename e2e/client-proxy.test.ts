import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { it } from 'node:test'

import { Octopus } from './harness/octopus.ts'
import { createProxy } from './harness/proxy.ts'

it('a client works through the proxy that its settings file names: enrolment, session, plugins', async () => {
  const seen: string[] = []
  const proxy = createProxy(seen)
  const port = await new Promise<number>((resolve) => {
    proxy.listen(0, '127.0.0.1', () => resolve((proxy.address() as AddressInfo).port))
  })
  try {
    await using octopus = await Octopus.start()
    const folder = octopus.stateFolder('far')
    mkdirSync(folder, { recursive: true })
    // A name that only the proxy can lead anywhere.
    const server = octopus.url.replace('127.0.0.1', 'octopus.invalid')
    writeFileSync(
      join(folder, 'octopus-client.conf'),
      `HTTP_PROXY = http://127.0.0.1:${port}\nSERVER_URL = ${server}\n`,
    )
    await octopus.publishSample('probe')
    octopus.startClient('far', await octopus.enrollmentToken())
    await octopus.presence('far', 'online')
    const [execution] = await octopus.run({ plugin: 'probe', kwargs: { value: 'through' } })
    assert.deepEqual(execution.result.value, 'through')
    assert.ok(seen.length >= 2 && seen.every((target) => target.includes('octopus.invalid')), seen.join())
    // Tunnels stay open as long as the session.
  } finally {
    proxy.closeAllConnections()
    proxy.close()
  }
})
