import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, globSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Json } from './harness/api.ts'
import { NewMachine } from './harness/new-machine.ts'
import { Octopus } from './harness/octopus.ts'
import { ROOT } from './harness/process.ts'

const onLinux = process.platform === 'linux' ? false : 'reads /proc, and installs for Linux'
/** Less than a presence: it said that it leaves. */
const GONE_MS_MAX = 15_000

/**
 * They stay when the client goes, empty here: they belong to all programs of an account, and whether the installation made
 * them is not known any more.
 */
const SHARED_FOLDERS = ['.local', '.local/share']

/** All files but the program's own, which is large. */
function filesIn(folder: string): readonly string[] {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true })
  return all.filter((one) => one.isFile() && one.name !== 'node').map(({ parentPath, name }) => join(parentPath, name))
}

describe('a client gets onto a PC that has nothing', { skip: onLinux, concurrency: false }, () => {
  let octopus: Octopus
  let machine: NewMachine
  let id = ''

  /** The line that the dashboard shows with a new token. */
  const newLine = async (wish: Json = {}): Promise<string> => {
    const made = await octopus.api.post('/enrollment-tokens', { maxUses: 1, approves: true, ...wish })
    return made.install.sh
  }
  const theClient = async (): Promise<Json> => (await octopus.api.all('/clients'))[0]
  const seen = (presence: 'online' | 'offline', timeoutMs?: number): Promise<Json> =>
    octopus.api.eventually('clients', async () => (await theClient())?.presence === presence, timeoutMs)
  const runsATask = async (value: string): Promise<void> => {
    const [execution] = await octopus.run({ plugin: 'probe', kwargs: { value } })
    assert.deepEqual([execution.state, execution.result.value], ['succeeded', value])
    assert.equal(execution.client.id ?? execution.client, id)
  }
  const clientPid = (): number | undefined =>
    machine.processes().find(({ command }) => command.includes('client.mjs'))?.pid

  before(async () => {
    const { folder } = (octopus = await Octopus.start(['--client-builds-folder', 'builds']))
    const script = join(ROOT, 'tools/build-client.ts')
    execFileSync(process.execPath, [script, '--target', 'host', '--out', join(folder, 'builds')], { stdio: 'pipe' })
    await octopus.publishSample('probe')
    machine = new NewMachine()
  })
  after(async () => {
    await machine?.[Symbol.asyncDispose]()
    await octopus?.[Symbol.asyncDispose]()
  })

  it('is one without Node', async () => {
    assert.notEqual((await machine.type('command -v node')).code, 0)
    assert.deepEqual(machine.inHome, [])
  })

  it('is left as it was by a download that is not what was built', async () => {
    const [archive] = globSync(join(octopus.folder, 'builds/*.gz')) as [string]
    const { size } = statSync(archive)
    appendFileSync(archive, 'x')
    const { code, output } = await machine.type(await newLine())
    truncateSync(archive, size)
    assert.notEqual(code, 0)
    assert.match(output, /damaged or was changed on the way/)
    assert.deepEqual(machine.inHome, SHARED_FOLDERS, output)
    assert.deepEqual(machine.processes(), [])
  })

  it('is left as it was by a token that is none', async () => {
    const line = (await newLine()).replace(/octo1\.\S+/, 'octo1.bm90aGluZw')
    const { code, output } = await machine.type(line)
    assert.notEqual(code, 0)
    assert.match(output, /no enrolment token/)
    assert.deepEqual(machine.inHome, SHARED_FOLDERS, output)
    assert.equal(machine.crontab, '')
    assert.deepEqual(machine.processes(), [])
  })

  it('is enrolled by the line that the dashboard shows, and works once it is approved', async () => {
    const line = await newLine({ approves: false })
    const { code, output } = await machine.type(line)
    assert.equal(code, 0, output)
    assert.match(output, /Enrolled at .* waits for approval/)
    assert.match(output, /cron starts it at boot/)
    const pending = await octopus.api.eventually('clients', theClient)
    assert.equal(pending.status, 'pending')
    id = pending.id
    await octopus.api.post(`/clients/${id}/approve`, {})
    await seen('online')
    await runsATask('first')
    const [, token = ''] = /OCTOPUS_TOKEN=(\S+)/.exec(line) ?? []
    const files = filesIn(machine.home)
    const holding = files.filter((path) => readFileSync(path).includes(token.slice(6)))
    assert.ok(files.length > 10)
    assert.deepEqual(holding, [], 'the token is nowhere')
    assert.ok(machine.processes().every(({ command }) => !command.includes(token)))
  })

  it('runs plugins in the languages that it brings along itself', async () => {
    const source = `import { definePlugin } from '@octopus/plugin-sdk'
export const run = definePlugin({ parameters: { what: 'string' } }, ({ kwargs }) => 'packed ' + kwargs.what)
`
    await octopus.api.put('/plugins/packed', { language: 'typescript', source })
    const [execution] = await octopus.run({ plugin: 'packed', args: ['twice'] })
    assert.deepEqual([execution.state, execution.result.value], ['succeeded', 'packed twice'])
  })

  it('keeps what is private to itself', () => {
    const mode = (name: string): string => (statSync(join(machine.folder, name)).mode & 0o777).toString(8)
    assert.deepEqual([mode('state'), mode('state/client.key'), mode('state/identity.json')], ['700', '600', '600'])
    assert.deepEqual([mode('app'), mode('app/client.mjs'), mode('app/bin/node')], ['755', '644', '755'])
  })

  it('comes back by itself after a crash', async () => {
    const pid = clientPid()
    assert.ok(pid !== undefined)
    process.kill(pid, 'SIGKILL')
    await octopus.api.eventually('clients', async () => clientPid() !== undefined && clientPid() !== pid)
    await seen('online')
    await runsATask('after a crash')
  })

  it('comes back after a reboot as the same client', async () => {
    await machine.cutPower()
    assert.deepEqual(machine.processes(), [])
    machine.boot()
    await seen('online')
    await runsATask('after a reboot')
    assert.equal((await octopus.api.all('/clients')).length, 1)
  })

  it('is brought a newer program by the same line, and stays the same client', async () => {
    const before = clientPid()
    const { code, output } = await machine.type(await newLine())
    assert.equal(code, 0, output)
    assert.match(output, /Stopping the client that runs here[\s\S]*keeps its identity/)
    assert.notEqual(clientPid(), before)
    await seen('online')
    await runsATask('after an update')
    assert.equal((await octopus.api.all('/clients')).length, 1)
    assert.equal(machine.crontab.trim().split('\n').length, 1)
    assert.deepEqual(readdirSync(machine.folder).toSorted(), ['app', 'installed.json', 'state'])
  })

  it('asks before it is removed', async () => {
    const { code, output } = await machine.type(`${machine.folder}/app/octopus-client uninstall`)
    assert.notEqual(code, 0)
    assert.match(output, /--yes/)
    assert.ok(existsSync(join(machine.folder, 'state/identity.json')))
  })

  it('is removed without a trace, and says goodbye', async () => {
    const { code, output } = await machine.type(`${machine.folder}/app/octopus-client uninstall --yes`)
    assert.equal(code, 0, output)
    assert.deepEqual(machine.inHome, SHARED_FOLDERS)
    assert.equal(machine.crontab, '')
    assert.deepEqual(machine.processes(), [])
    await seen('offline', GONE_MS_MAX)
  })
})
