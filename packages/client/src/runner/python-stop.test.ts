import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { silentLog } from '@octopus/kit/log.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { openPluginBench } from '#runner/testing/plugin-bench.ts'

import { createProcessTable, killLeftOvers } from './tree.ts'

const bench = await openPluginBench()
leakCheck()
const skip = !(await bench.pool.runtimes()).some(({ language }) => language === 'python') && 'no Python on this machine'
const clock = createSystemClock()

const LOOP = 'import time\ndef run():\n    print("going")\n    while True:\n        time.sleep(60)'

const STUBBORN = `
import signal, time
def run():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("going", flush=True)
    while True:
        time.sleep(60)
`

/** Each child says that it is there, so that the test knows when to stop it all. */
const CHILDREN = `
import os, sys, time
def run():
    for _ in range(20):
        if os.fork() == 0:
            os.write(1, b".")
            time.sleep(60)
            os._exit(0)
    time.sleep(0.3)
    print("going")
    time.sleep(60)
`

/** Leaves the group and the session, loses its parent, drops its environment, ignores signals and closes everything. */
const DAEMON = `
import os, signal, subprocess, sys, time
CODE = """
import os, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
os.setsid()
if os.fork():
    os._exit(0)
with open(sys.argv[1], "w") as file:
    file.write(str(os.getpid()))
os.closerange(0, 64)
time.sleep(60)
"""
def run(file, environment, wait):
    subprocess.Popen([sys.executable, "-c", CODE, file], env={} if environment == "empty" else None).wait()
    while not os.path.exists(file) or not open(file).read():
        time.sleep(0.005)
    print("going")
    time.sleep(wait)
`

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('stopping a Python plugin', { skip }, () => {
  it('lets it tidy up: it is asked first, and its traceback shows where it was', async () => {
    const attempt = bench.start(`
import time
def run():
    try:
        print("going")
        time.sleep(60)
    finally:
        print("tidied up")
`)
    await attempt.said('going')
    attempt.stop('cancelled')
    const end = await attempt.ended
    assert.deepEqual([end.end, end.reason], ['cancelled', 'cancelled'])
    // It may still be leaving `print`, or sleep already: both are where it was.
    assert.match(end.error?.stack ?? '', /line [56], in run\b/)
    assert.match(attempt.pieces.map(({ text }) => text).join(''), /tidied up/)
  })

  it('cancels what it awaits', async () => {
    const attempt = bench.start('import asyncio\nasync def run():\n    print("going")\n    await asyncio.sleep(60)')
    await attempt.said('going')
    attempt.stop('client-stopping')
    const end = await attempt.ended
    assert.deepEqual([end.end, end.reason], ['lost', 'client-stopping'])
    assert.match(end.error?.stack ?? '', /KeyboardInterrupt/)
  })

  const hostile = [
    ['ignores SIGINT and SIGTERM', STUBBORN],
    ['holds the interpreter in C', 'import itertools\ndef run():\n    print("going")\n    sum(itertools.repeat(0))'],
    ['catches every exception', CATCHES_ALL()],
    ['has twenty children', CHILDREN],
    [
      'has stopped the process that guards it',
      'import os, signal, time\ndef run():\n    os.kill(os.getppid(), signal.SIGSTOP)\n    print("going")\n    time.sleep(60)',
    ],
  ] as const
  for (const [what, source] of hostile) {
    it(`ends with the whole tree even if it ${what}`, async () => {
      const attempt = bench.start(source)
      await attempt.said('going')
      const others = await bench.processes()
      attempt.stop('cancelled')
      assert.equal((await attempt.ended).end, 'cancelled')
      // A spare process may have come since; of those that were there, keeper, worker and children are gone.
      const left = (await bench.processes()).filter((pid) => others.includes(pid))
      assert.ok(left.length <= others.length - (source === CHILDREN ? 22 : 2))
    })
  }

  for (const environment of ['own', 'empty'] as const) {
    it(`finds a daemon that has left group and session (${environment} environment)`, async () => {
      const file = join(bench.folder, `daemon-${environment}`)
      const attempt = bench.start(DAEMON, { argsJson: JSON.stringify([file, environment, 60]) })
      await attempt.said('going')
      const pid = Number(await readFile(file, 'utf8'))
      assert.ok(isAlive(pid))
      attempt.stop('cancelled')
      await attempt.ended
      assert.ok(!isAlive(pid))
    })
  }

  it('is a time-out when it runs longer than its limit', async () => {
    const end = await bench.run(LOOP, { timeoutMs: 150 })
    assert.deepEqual([end.end, end.reason], ['timed-out', 'timed-out'])
    assert.match(end.error?.message ?? '', /limit of 0\.15 s/)
    assert.ok(end.startedAt !== null && end.endedAt - end.startedAt >= 149)
  })

  it('reports the first reason, whatever comes later', async () => {
    const attempt = bench.start(LOOP)
    await attempt.said('going')
    attempt.stop('stopped-on-disconnect')
    attempt.stop('cancelled')
    const end = await attempt.ended
    assert.deepEqual([end.end, end.reason], ['lost', 'stopped-on-disconnect'])
  })

  it('ends what has not begun, and nothing is heard of it afterwards', async () => {
    const attempt = bench.start('def run():\n    print("never")')
    attempt.stop('cancelled')
    const end = await attempt.ended
    assert.deepEqual([end.end, end.startedAt], ['cancelled', null])
    assert.deepEqual(attempt.pieces, [])
  })

  it('ends by itself when nobody renews its hold, although it holds the interpreter', async () => {
    const attempt = bench.start(hostile[1][1], { onDisconnect: 'stop' })
    attempt.renewHold(60_000)
    await attempt.said('going')
    attempt.renewHold(100)
    const end = await attempt.ended
    assert.deepEqual([end.end, end.reason], ['lost', 'stopped-on-disconnect'])
  })

  it('does not end by itself when it may go on without the server, or has already answered', async () => {
    const source = 'import time\ndef run(seconds):\n    time.sleep(seconds)\n    return "done"'
    const goesOn = bench.start(source, { argsJson: '[0.15]', onDisconnect: 'continue' })
    goesOn.renewHold(1)
    assert.equal((await goesOn.ended).end, 'succeeded')
    const first = bench.start(source, { argsJson: '[0]', onDisconnect: 'stop' })
    first.renewHold(50)
    assert.equal((await first.ended).end, 'succeeded')
    assert.equal((await bench.run(source, { argsJson: '[0.15]', onDisconnect: 'stop' })).end, 'succeeded')
  })
})

function CATCHES_ALL(): string {
  return `
import time
def run():
    print("going")
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
`
}

/** A client of its own, which is killed: what remains of its runners is looked for from here. */
const CLIENT = `
import { openPluginBench } from ${JSON.stringify(import.meta.resolve('./testing/plugin-bench.ts'))}
const bench = await openPluginBench({ clientMark: process.argv[1] })
const attempt = bench.start(Buffer.from(process.argv[2], 'base64').toString())
await attempt.said('going')
console.log('running')
`

/** Kills a client in the middle of an execution; answers its mark. */
async function killClient(source: string): Promise<string> {
  const clientMark = `${bench.clientMark}-killed`
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', CLIENT, clientMark, Buffer.from(source).toString('base64')],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...withoutSecrets(), TMPDIR: bench.folder } },
  )
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')
  return clientMark
}

/** Where Python is: the only thing the other client needs of this machine's environment. */
function withoutSecrets(): { readonly PATH: string | undefined } {
  return { PATH: process.env['PATH'] }
}

async function marked(clientMark: string): Promise<readonly number[]> {
  const entries = await createProcessTable(process.platform).list()
  return entries.filter(({ client, zombie }) => client === clientMark && !zombie).map(({ pid }) => pid)
}

describe('a client that is killed', { skip }, () => {
  it('takes its plugins with it, even one that holds the interpreter and ignores signals', async () => {
    const clientMark = await killClient(
      'import itertools, signal\ndef run():\n    signal.signal(2, signal.SIG_IGN)\n    print("going")\n    sum(itertools.repeat(0))',
    )
    // Its keeper notices at once; a busy machine may need some looks.
    for (let looks = 0; looks < 200 && (await marked(clientMark)).length > 0; looks++) await immediate()
    assert.deepEqual(await marked(clientMark), [])
  })

  it('leaves nothing for its successor even if a plugin has killed its keeper before', async () => {
    const source = `
import os, signal, time
def run():
    os.kill(os.getppid(), signal.SIGSTOP)
    print("going")
    time.sleep(60)
`
    const clientMark = await killClient(source)
    assert.ok((await marked(clientMark)).length > 0)
    const processes = createProcessTable(process.platform)
    assert.ok((await killLeftOvers({ clock, log: silentLog, processes }, clientMark)) > 0)
    assert.deepEqual(await marked(clientMark), [])
  })
})

function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
