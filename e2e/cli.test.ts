import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Json } from './harness/api.ts'
import { freePort, Octopus } from './harness/octopus.ts'
import { OctopusProcess, ROOT } from './harness/process.ts'
import { createProxy } from './harness/proxy.ts'

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const CLI = join(ROOT, 'packages/cli/src/octopus.ts')
const NO_TERMINAL = process.platform === 'win32'
/** Runs a program on a terminal of its own, types the first argument when it is asked, and prints what was shown. */
const ON_A_TERMINAL = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b''
typed = False
while True:
    try:
        more = os.read(fd, 4096)
    except OSError:
        break
    if not more:
        break
    shown += more
    if not typed and b': ' in shown:
        os.write(fd, sys.argv[1].encode() + b'\\r')
        typed = True
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

describe('the command line against a real server and a real client', () => {
  let octopus: Octopus
  let folder = ''

  before(async () => {
    octopus = await Octopus.start()
    folder = join(octopus.folder, 'home')
    mkdirSync(folder)
    await octopus.startClientOf('alice', 'alice-desktop')
    await octopus.publishSample('probe')
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await octopus[Symbol.asyncDispose]()
  })

  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): OctopusProcess =>
    new OctopusProcess(args, { cwd: octopus.folder, env: { HOME: folder, XDG_CONFIG_HOME: folder, ...env } })

  /** Runs a command to its end. */
  const cli = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> => {
    const process = start(args, env)
    const { code } = await process.exited
    const err = process.complaints.join('\n')
    const complaints = [...process.complaints]
    const out = process.lines.filter((line) => {
      const at = complaints.indexOf(line)
      if (at >= 0) complaints.splice(at, 1)
      return at < 0
    })
    return { code, out: out.join('\n'), err }
  }
  const json = async (args: readonly string[]): Promise<Json> => {
    const ended = await cli([...args, '--json'])
    assert.equal(ended.code, 0, ended.err)
    return JSON.parse(ended.out)
  }
  const credentials = (): string => join(folder, 'octopus', 'credentials.json')

  it('says what to do when nobody has signed in, and tells a refusal from a server that is away', async () => {
    const nobody = await cli(['task', 'list'])
    assert.equal(nobody.code, 2)
    assert.match(nobody.err, /octopus login --server URL/)
    const refused = await cli(['whoami', '--server', octopus.url], { OCTOPUS_TOKEN: 'octo_wrong' })
    assert.equal(refused.code, 4)
    assert.match(refused.err, /Sign in|token/)
    const away = await cli(['stop-all-work', '--yes', '--server', `http://127.0.0.1:${await freePort()}`], {
      OCTOPUS_TOKEN: octopus.api.token,
    })
    assert.equal(away.code, 3)
    assert.match(away.err, /cannot be reached: .*ECONNREFUSED/)
  })

  it('signs in by a token or a password, keeps the token for its owner alone, and names nobody else to other servers', async () => {
    const file = join(folder, 'token')
    writeFileSync(file, `${octopus.api.token}\n`)
    const byToken = await cli(['login', '--server', octopus.url, '--token-file', file])
    assert.equal(byToken.code, 0, byToken.err)
    assert.equal(statSync(credentials()).mode & 0o777, 0o600)
    assert.equal((await json(['whoami'])).name, 'admin')
    const elsewhere = await cli(['whoami', '--server', 'http://127.0.0.1:1'])
    assert.equal(elsewhere.code, 2, 'the token of one server is not sent to another')
    assert.match(elsewhere.err, /no token for http:\/\/127\.0\.0\.1:1/)

    const password = join(folder, 'password')
    writeFileSync(password, 'correct horse battery')
    const byPassword = await cli(['login', '--user', 'admin', '--password-file', password])
    assert.equal(byPassword.code, 0, byPassword.err)
    assert.notEqual(JSON.parse(readFileSync(credentials(), 'utf8')).tokens[octopus.url].token, octopus.api.token)
    const { items: tokens } = await json(['token', 'list'])
    assert.ok(tokens.some(({ name }: Json) => name.startsWith('octopus login on ')))
  })

  it(
    'asks for the token on a terminal, and does not show it',
    { skip: NO_TERMINAL && 'no terminals to be had here' },
    () => {
      const args = ['-c', ON_A_TERMINAL, octopus.api.token, process.execPath, CLI, 'login']
      const { stdout, status } = spawnSync('python3', args, {
        encoding: 'utf8',
        env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, 'asked'), OCTOPUS_SERVER: octopus.url },
      })
      assert.match(stdout, /API token .*: \r\n.*Signed in to http:.* as admin/s)
      assert.ok(!stdout.includes(octopus.api.token), 'what is typed is not shown')
      assert.equal(status, 0)
    },
  )

  it("shows tables for people and the API's own answer for programs", async () => {
    const table = await cli(['client', 'list'])
    assert.match(table.out, /^ID +NAME +USER +STATUS +PRESENCE/)
    assert.match(table.out, /alice-desktop +alice +approved +online/)
    const { items } = await json(['client', 'list'])
    assert.deepEqual(items, await octopus.api.all('/clients'))
    const sheet = await cli(['client', 'show', items[0].id])
    assert.match(sheet.out, /^name: +alice-desktop$/m)
    const labelled = await json(['client', 'label', items[0].id, 'lab,windows'])
    assert.deepEqual(labelled.labels, ['lab', 'windows'])
  })

  it('runs a plugin and follows it: each line with its client, then the result, exit code 0', async () => {
    const run = await cli(['run', 'probe', '--on', 'all', '--arg', 'print_bytes=20', '--arg', 'value=fine', '--follow'])
    assert.equal(run.code, 0, run.err)
    assert.match(run.out, /^alice-desktop \| .+/m)
    assert.match(run.out, /^alice-desktop +succeeded +"fine"$/m)
    assert.match(run.err, /The run succeeded \(1 succeeded\)/)
    assert.ok(!run.out.includes('\u001B'), 'no colours where nobody looks')
  })

  it('shows numbers as the plugin returned them, in what is followed, in a sheet and as JSON', async () => {
    const kwargs = '{"value":[12345678901234567890,1.0]}'
    const run = await cli(['run', 'probe', '--on', 'anyone', '--kwargs', kwargs, '--follow'])
    assert.match(run.out, /succeeded +\[12345678901234567890, ?1\.0\]$/m)
    const { items } = await json(['execution', 'list', '--limit', '1'])
    const shown = await cli(['execution', 'show', items[0].id])
    assert.match(shown.out, /12345678901234567890, ?1\.0/)
    assert.match((await cli(['execution', 'show', items[0].id, '--json'])).out, /12345678901234567890, ?1\.0/)
  })

  it('ends with 1 when a run fails, 5 when it takes too long, 130 at Ctrl-C, and cancels when told to', async () => {
    const failed = await cli(['run', 'probe', '--on', 'anyone', '--arg', 'fail=broken', '--follow'])
    assert.deepEqual([failed.code, /failed/.test(failed.out)], [1, true], failed.err)

    const late = await cli([
      'run',
      'probe',
      '--on',
      'anyone',
      '--arg',
      'run_for_ms=60000',
      '--follow',
      '--wait-seconds',
      '1',
    ])
    assert.equal(late.code, 5, late.err)
    const [, task] = /octopus task cancel (\S+)/.exec(late.err) ?? []
    assert.equal((await cli(['task', 'cancel', task ?? ''])).code, 0)
    await octopus.completed(task ?? '')

    const watched = start([
      'run',
      'probe',
      '--on',
      'anyone',
      '--arg',
      'run_for_ms=60000',
      '--arg',
      'print_bytes=5',
      '--follow',
    ])
    await watched.line(/^alice-desktop \| /)
    watched.kill('SIGINT')
    assert.equal((await watched.exited).code, 130)
    const [, left] = await watched.line(/octopus task cancel (\S+)/)
    assert.equal((await json(['task', 'show', left ?? ''])).status, 'active')
    assert.equal((await cli(['task', 'cancel', left ?? ''])).code, 0)
    await octopus.completed(left ?? '')

    const args = ['--arg', 'run_for_ms=60000', '--arg', 'print_bytes=5', '--follow', '--cancel-on-interrupt']
    const cancelled = start(['run', 'probe', '--on', 'anyone', ...args])
    await cancelled.line(/^alice-desktop \| /)
    cancelled.kill('SIGINT')
    assert.equal((await cancelled.exited).code, 130)
    await cancelled.line(/The run was cancelled/)
  })

  it('creates, exports, edits, pauses, deletes and restores a task', async () => {
    const task = await json([
      'task',
      'create',
      'probe',
      '--on',
      'user:alice',
      '--every',
      '1h',
      '--arg',
      'value=12345678901234567890',
      '--name',
      'Hourly',
    ])
    assert.deepEqual([task.type, task.intervalSeconds, task.owner, task.user], ['scheduled', 3_600, 'user', 'alice'])
    const exported = await cli(['task', 'export', task.id])
    assert.match(exported.out, /12345678901234567890/, 'numbers stay as they were typed')
    const file = join(folder, 'task.json')
    writeFileSync(file, exported.out)
    const copy = await json(['task', 'create', '--file', file, '--name', 'Copy'])
    assert.deepEqual([copy.name, copy.plugin, copy.intervalSeconds], ['Copy', 'probe', 3_600])
    assert.equal((await json(['task', 'edit', copy.id, '--every', '2h'])).intervalSeconds, 7_200)
    assert.equal((await json(['task', 'pause', copy.id])).paused, true)
    assert.equal((await json(['task', 'resume', copy.id])).paused, false)
    for (const { id } of [task, copy]) assert.equal((await cli(['task', 'end', id])).code, 0)
    const asked = await cli(['task', 'delete', copy.id])
    assert.deepEqual([asked.code, /say --yes/.test(asked.err)], [2, true])
    assert.equal((await cli(['task', 'delete', copy.id, '--yes'])).code, 0)
    assert.equal((await json(['task', 'restore', copy.id])).name, 'Copy')
  })

  it('publishes a plugin, shows what changed, and takes it back', async () => {
    const file = join(folder, 'greet.py')
    writeFileSync(file, 'def run(name):\n    return "hello " + name\n')
    const first = await cli(['plugin', 'push', file])
    assert.match(first.err, /greet is at version 1 .*actions: run/)
    writeFileSync(file, 'def run(name):\n    return "goodbye " + name\n')
    assert.equal((await cli(['plugin', 'push', file])).code, 0)
    assert.match(
      (await cli(['plugin', 'diff', 'greet'])).out,
      /^-    return "hello " \+ name\n\+    return "goodbye " \+ name$/m,
    )
    assert.equal((await cli(['plugin', 'rollback', 'greet', '1'])).code, 0)
    assert.match((await cli(['plugin', 'source', 'greet'])).out, /hello/)
    writeFileSync(file, 'def run(:\n')
    const broken = await cli(['plugin', 'push', file])
    assert.deepEqual([broken.code, /cannot be published/.test(broken.err)], [4, true])
    assert.equal((await cli(['plugin', 'check', file])).code, 1)
  })

  it('the doctor looks at everything between this PC and the server, and says what to do', async () => {
    const dataFolder = octopus.stateFolder('alice-desktop')
    const well = await cli(['doctor', '--data-folder', dataFolder, '--server-data-folder', octopus.serverFolder])
    assert.equal(well.code, 0, well.out)
    for (const line of [
      /^ok +plugins: python \d/m,
      /^ok +client folder: .* 700$/m,
      /^ok +enrolment: at http/m,
      /^ok +client: runs$/m,
      /^ok +server disk: \d+ MB/m,
      /^ok +TCP: 127\.0\.0\.1 port \d+ answers$/m,
      /^ok +WebSocket: open/m,
      /^ok +clock: within 0\.\d s/m,
      /^ok +sign-in: admin, admin/m,
    ]) {
      assert.match(well.out, line)
    }
    const away = await cli(['doctor', '--json', '--server', `http://127.0.0.1:${await freePort()}`])
    assert.equal(away.code, 1)
    const { ok, findings } = JSON.parse(away.out)
    const tcp = findings.find(({ name }: Json) => name === 'TCP')
    assert.deepEqual([ok, tcp.state, /Nothing listens there/.test(tcp.remedy)], [false, 'fail', true])
  })

  it('goes through the proxy that the environment names', async () => {
    const seen: string[] = []
    const proxy = createProxy(seen)
    const port = await new Promise<number>((resolve) => {
      proxy.listen(0, '127.0.0.1', () => resolve((proxy.address() as AddressInfo).port))
    })
    try {
      const env = { HTTP_PROXY: `http://127.0.0.1:${port}`, OCTOPUS_TOKEN: octopus.api.token }
      const through = await cli(['whoami', '--server', octopus.url.replace('127.0.0.1', 'octopus.invalid')], env)
      assert.equal(through.code, 0, through.err)
      assert.ok(seen.some((target) => target.includes('octopus.invalid')))
    } finally {
      proxy.closeAllConnections()
      proxy.close()
    }
  })

  it('signs out, and the token that was made is worth nothing any more', async () => {
    const { token } = JSON.parse(readFileSync(credentials(), 'utf8')).tokens[octopus.url]
    const out = await cli(['logout'])
    assert.match(out.err, /revoked/)
    assert.equal((await cli(['whoami', '--server', octopus.url], { OCTOPUS_TOKEN: token })).code, 4)
    assert.equal((await cli(['whoami'])).code, 2)
    chmodSync(credentials(), 0o600)
  })
})
