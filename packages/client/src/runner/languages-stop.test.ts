import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { Language } from '@octopus/protocol/work.ts'

import { isAlive } from '#runner/testing/alive.ts'
import { DAEMON_ENVIRONMENT, languagesHere } from '#runner/testing/language-plugins.ts'
import { openPluginBench } from '#runner/testing/plugin-bench.ts'

import { createProcessTable } from './tree.ts'

const bench = await openPluginBench()
leakCheck()
const clock = createSystemClock()
const languages = await languagesHere(bench.pool)

/** The command lines of what has our mark, apart from these. */
async function commands(without: readonly number[]): Promise<readonly string[]> {
  const others = (await bench.processes()).filter((pid) => !without.includes(pid))
  return Promise.all(others.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
}

/** Looks until it is so; a busy machine may need some looks. */
async function soon(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 300 && !(await isSo()); looks++) await clock.after(10, new AbortController().signal)
}

for (const [language, plugins] of languages) {
  describe(`stopping a plugin in ${language}`, () => {
    it('lets it tidy up: it is asked first', async () => {
      const attempt = bench.start(plugins.tidies, { language })
      await attempt.said('going')
      attempt.stop('cancelled')
      const end = await attempt.ended
      assert.deepEqual([end.end, end.reason], ['cancelled', 'cancelled'])
      assert.match(attempt.pieces.map(({ text }) => text).join(''), /tidied up/)
    })

    for (const hostile of ['stubborn', 'spins', 'children', 'stopsKeeper'] as const) {
      it(`ends the whole tree, whatever it does: ${hostile}`, async () => {
        const attempt = bench.start(plugins[hostile], { language })
        await attempt.said('going')
        const others = await bench.processes()
        attempt.stop('cancelled')
        assert.equal((await attempt.ended).end, 'cancelled')
        // A spare process may have come since; of those that were there, the worker and its children are gone.
        const left = (await bench.processes()).filter((pid) => others.includes(pid))
        assert.ok(
          left.length <= others.length - (hostile === 'children' ? 21 : 1),
          `${left.length} of ${others.length}`,
        )
      })
    }

    for (const environment of ['own', 'empty'] as const) {
      it(`finds a daemon that has left group and session (${environment} environment)`, async () => {
        const file = join(bench.folder, `daemon-${language}-${environment}`)
        const told = DAEMON_ENVIRONMENT[language][environment]
        const source = plugins.daemon.replaceAll('FILE', file).replaceAll('ENV', told)
        const attempt = bench.start(source, { language })
        await attempt.said('going')
        const pid = Number(await readFile(file, 'utf8'))
        assert.ok(await isAlive(pid))
        attempt.stop('cancelled')
        await attempt.ended
        assert.ok(!(await isAlive(pid)))
      })
    }

    it('is a time-out when it runs longer than its limit', async () => {
      const end = await bench.run(plugins.waits, { language, timeoutMs: 150 })
      assert.deepEqual([end.end, end.reason], ['timed-out', 'timed-out'])
      assert.ok(end.startedAt !== null && end.endedAt - end.startedAt >= 149)
    })

    it('ends what has not begun, and nothing is heard of it', async () => {
      const attempt = bench.start(plugins.waits, { language })
      attempt.stop('cancelled')
      const end = await attempt.ended
      assert.equal(end.end, 'cancelled')
      // A process that was warm may have begun in the same moment; then it says so.
      if (end.startedAt === null) assert.deepEqual(attempt.pieces, [])
    })

    for (const busy of ['spins', 'stubborn'] as const) {
      it(`ends by itself when nobody renews its hold, whatever it does: ${busy}`, async () => {
        const attempt = bench.start(plugins[busy], { language, onDisconnect: 'stop' })
        attempt.renewHold(60_000)
        await attempt.said('going')
        attempt.renewHold(100)
        const end = await attempt.ended
        assert.deepEqual([end.end, end.reason], ['lost', 'stopped-on-disconnect'])
      })
    }

    it('does not end by itself when it may go on without the server', async () => {
      const attempt = bench.start(plugins.folder, { language, onDisconnect: 'continue' })
      attempt.renewHold(1)
      assert.equal((await attempt.ended).end, 'succeeded')
    })

    it('takes a plugin that left a child for succeeded, and ends the child', async () => {
      const before = await bench.processes()
      const end = await bench.run(plugins.leavesChild, { language })
      assert.deepEqual([end.error, end.end], [null, 'succeeded'])
      await soon(async () => !(await commands(before)).some((line) => line.startsWith('sleep')))
      assert.ok(!(await commands(before)).some((line) => line.startsWith('sleep')))
    })
  })

  describe(`a client that is killed while a plugin in ${language} runs`, () => {
    for (const what of ['spins', 'stubborn', 'children'] as const) {
      it(`takes the whole tree with it: ${what}`, async () => {
        const clientMark = await killClient(language, plugins[what])
        await soon(async () => (await marked(clientMark)).length === 0)
        assert.deepEqual(await marked(clientMark), [])
      })
    }
  })
}

/** A client of its own, which is killed: what remains of its runners is looked for from here. */
const CLIENT = `
import { openPluginBench } from ${JSON.stringify(import.meta.resolve('./testing/plugin-bench.ts'))}
const bench = await openPluginBench({ clientMark: process.argv[1] })
const attempt = bench.start(Buffer.from(process.argv[3], 'base64').toString(), { language: process.argv[2] })
await attempt.said('going')
console.log('running')
`

/** Kills a client in the middle of an execution; answers its mark. */
async function killClient(language: Language, source: string): Promise<string> {
  const clientMark = `${bench.clientMark}-killed`
  const args = ['--input-type=module', '-e', CLIENT, clientMark, language, Buffer.from(source).toString('base64')]
  const env = { PATH: process.env['PATH'], TMPDIR: bench.folder }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'close')
  return clientMark
}

async function marked(clientMark: string): Promise<readonly number[]> {
  const entries = await createProcessTable(process.platform).list()
  return entries.filter(({ client, zombie }) => client === clientMark && !zombie).map(({ pid }) => pid)
}
