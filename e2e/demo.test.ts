import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'

import { DatabaseCopy } from './harness/database.ts'
import { DemoAdmin, linkOf, useLink } from './harness/demo.ts'
import { nothingLeft } from './harness/leaks.ts'
import { freePort } from './harness/octopus.ts'
import { OctopusProcess, ROOT } from './harness/process.ts'

const PCS = ['alice-desktop', 'alice-laptop', 'bob-desktop']
const AD_HOC = ['Report of every PC', 'An incident, by anyone', "Alice's own work"]
const SCHEDULED = 'Every five seconds'

describe('octopus demo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-demo-'))
  const dataFolder = join(folder, 'data')
  let port = 0
  let demo: OctopusProcess
  let first: Counted

  before(async () => {
    port = await freePort()
    demo = start()
  })
  after(async () => {
    await demo[Symbol.asyncDispose]()
    await nothingLeft([folder])
    using copy = new DatabaseCopy(join(dataFolder, 'server'))
    copy.assertSound()
    rmSync(folder, { recursive: true, force: true })
  })

  const start = (...flags: readonly string[]): OctopusProcess =>
    new OctopusProcess(['demo', '--port', String(port), '--data-folder', dataFolder, ...flags], { cwd: folder })

  /** What `npm run demo` prints and how it ends, if the terminal tells everybody to stop once a line has these words. */
  const underNpm = async (words: string): Promise<{ readonly lines: readonly string[]; readonly end: unknown }> => {
    const npm = spawn('npm', ['run', '-s', 'demo', '--', '--port', String(port), '--data-folder', dataFolder], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(npm, 'exit')
    const lines: string[] = []
    let told = false
    for await (const line of createInterface(npm.stdout)) {
      lines.push(line)
      if (!told && line.includes(words)) told = process.kill(-(npm.pid as number), 'SIGINT')
    }
    return { lines, end: await exited }
  }

  it('prints where the dashboard is, and what each of its four tasks did', async () => {
    assert.equal((await linkOf(demo)).origin, `http://127.0.0.1:${port}`)
    for (const pc of PCS) await demo.line(new RegExp(`succeeded\\s+${pc}\\s+Report of every PC`))
    await demo.line(/succeeded\s+\S+\s+An incident, by anyone\s.*INC-/)
    await demo.line(/succeeded\s+alice-\S+\s+Alice's own work\s.*BAU task completed/)
    await demo.line(new RegExp(`succeeded\\s+\\S+\\s+${SCHEDULED}\\s.*"totalBytes"`))
  })

  it('prints a link that opens the dashboard: a page with its script', async () => {
    const link = await linkOf(demo)
    const page = await (await fetch(link)).text()
    const [, script] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? []
    assert.ok(script, `the page has no script:\n${page}`)
    const answer = await fetch(new URL(script, link))
    assert.equal(answer.headers.get('content-type'), 'text/javascript; charset=utf-8')
    assert.match(await answer.text(), /sign-in/)
  })

  it('prints a link that signs in, once', async () => {
    const link = await linkOf(demo)
    first = await count(await DemoAdmin.signIn(link))
    assert.deepEqual(first.tasks, [...AD_HOC, SCHEDULED].toSorted())
    assert.deepEqual(first.clients, PCS)
    assert.deepEqual(first.users, ['alice', 'bob', 'demo'])
    assert.equal((await useLink(link)).status, 401)
  })

  it('ends with exit code 0 at Ctrl-C, and leaves no process', async () => {
    demo.kill('SIGINT')
    assert.deepEqual(await demo.exited, { code: 0, signal: null })
    await nothingLeft([folder])
  })

  it('ends with exit code 0 at Ctrl-C under npm too, when the terminal tells everybody', async () => {
    const { end } = await underNpm(SCHEDULED)
    assert.deepEqual(end, [0, null])
    await nothingLeft([folder])
  })

  it('ends so too while its clients start, and says nothing of them', async () => {
    const { lines, end } = await underNpm('Starting three clients')
    assert.deepEqual(end, [0, null])
    assert.deepEqual(lines, ['Starting three clients …', '', 'Stopping …'])
    await nothingLeft([folder])
  })

  it('finds everything again at its second start, makes nothing twice, and goes on with its schedule', async () => {
    demo = start()
    const link = await linkOf(demo)
    await demo.line(new RegExp(`succeeded\\s+\\S+\\s+${SCHEDULED}\\s`))
    assert.deepEqual(await count(await DemoAdmin.signIn(link)), first)
    for (const name of AD_HOC) assert.ok(!demo.lines.some((line) => line.includes(name)), `${name} ran again`)
  })

  it('says in one sentence that its port is in use, and what to do', async () => {
    const taken = await take()
    try {
      const { port: number } = taken.address() as { port: number }
      const other = start('--port', String(number), '--data-folder', join(folder, 'other'))
      assert.equal((await other.exited).code, 1)
      assert.equal(other.complaints.length, 1)
      assert.match(other.complaints[0] ?? '', new RegExp(`^octopus demo: Port ${number} .* is in use\\. .*--port\\b`))
    } finally {
      taken.close()
    }
  })
})

interface Counted {
  readonly tasks: readonly string[]
  readonly clients: readonly string[]
  readonly users: readonly string[]
}

async function count(admin: DemoAdmin): Promise<Counted> {
  return {
    tasks: await admin.names('tasks'),
    clients: await admin.names('clients'),
    users: await admin.names('users'),
  }
}

function take(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}
