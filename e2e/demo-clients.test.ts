import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { DemoAdmin, linkOf } from './harness/demo.ts'
import { nothingLeft } from './harness/leaks.ts'
import { OctopusProcess } from './harness/process.ts'

const PCS = ['alice-desktop', 'alice-laptop', 'bob-desktop']

describe('the demo, when something is wrong with its PCs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-demo-clients-'))
  let demo: OctopusProcess
  let admin: DemoAdmin

  before(async () => {
    // In a company's network: its proxy leads to no server on this machine. And without Python.
    demo = start('data', { HTTP_PROXY: 'http://proxy.invalid:3128', OCTOPUS_PYTHON: join(folder, 'no-python') })
    admin = await DemoAdmin.signIn(await linkOf(demo))
  })
  after(async () => {
    await demo[Symbol.asyncDispose]()
    await nothingLeft([folder])
    rmSync(folder, { recursive: true, force: true })
  })

  const start = (data: string, env: Readonly<Record<string, string>> = {}): OctopusProcess =>
    new OctopusProcess(['demo', '--port', '0', '--data-folder', join(folder, data)], { cwd: folder, env })

  it('reaches them without the proxy that the environment names', async () => {
    assert.deepEqual(await admin.names('clients?presence=online'), PCS)
  })

  it('does without Python what needs none, and says of the rest what it waits for', async () => {
    for (const pc of PCS) await demo.line(new RegExp(`succeeded {2,}${pc} {2,}Report of every PC`))
    await demo.line(/succeeded {2,}\S+ {2,}Every five seconds/)
    await demo.line(/waiting {2,}anyone {2,}An incident, by anyone {2,}No connected client can run python plugins\.$/)
    await demo.line(/waiting {2,}alice {2,}Alice's own work .*No connected client can run python plugins\.$/)
  })

  it('goes on when one is revoked, and says so', async () => {
    await admin.change('POST', `clients/${await admin.clientId('alice-laptop')}/revoke`)
    await demo.line(
      /^The client alice-laptop has ended: the server has revoked it\. The next start .* enrols it anew\.$/,
    )
    assert.deepEqual(await admin.names('clients?presence=online'), ['alice-desktop', 'bob-desktop'])
  })

  it('enrols those anew that are deleted or revoked, instead of waiting for them', async () => {
    const path = `clients/${await admin.clientId('bob-desktop')}`
    for (;;) {
      const seen = demo.lines.length
      if ((await admin.change('DELETE', path)).status !== 409) break
      // It is at work.
      await demo.line(/succeeded {2,}bob-desktop/, seen)
    }
    demo.kill('SIGINT')
    assert.deepEqual(await demo.exited, { code: 0, signal: null })
    demo = start('data')
    admin = await DemoAdmin.signIn(await linkOf(demo))
    for (const pc of ['alice-laptop', 'bob-desktop']) await demo.line(new RegExp(`^The server has ${pc} no more`))
    assert.deepEqual(await admin.names('clients?presence=online'), PCS)
  })

  it('begins without one that cannot start, and says why', async () => {
    spoil('spoilt', ['bob-desktop'])
    await using other = start('spoilt')
    await linkOf(other)
    await other.line(/^The client bob-desktop has ended: The folder .*bob-desktop cannot be used/)
    other.kill('SIGINT')
    assert.deepEqual(await other.exited, { code: 0, signal: null })
  })

  it('ends when none of them can start, and leaves no process', async () => {
    spoil('spoilt', PCS)
    const other = start('spoilt')
    assert.deepEqual(await other.exited, { code: 1, signal: null })
    for (const pc of PCS) await other.line(new RegExp(`^The client ${pc} has ended: The folder`))
    assert.deepEqual(other.complaints, ['octopus demo: No client could start; see above.'])
    await nothingLeft([join(folder, 'spoilt')])
  })

  /** Where these PCs would keep their things there is something else. */
  function spoil(data: string, pcs: readonly string[]): void {
    const clients = join(folder, data, 'clients')
    mkdirSync(clients, { recursive: true })
    for (const pc of pcs) {
      rmSync(join(clients, pc), { recursive: true, force: true })
      writeFileSync(join(clients, pc), 'no folder')
    }
  }
})
