import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { openPluginBench } from '#runner/testing/plugin-bench.ts'

const bench = await openPluginBench()
leakCheck()
const language = 'javascript'

const PID =
  'let count = 0\nexport const run = () => [process.pid, (count += 1)]\nexport const pid = () => process.pid\n'

/** After one execution of each of these the process must not be used again. */
const UNFIT = [
  ['has failed', 'export const unfit = () => { throw new Error("no") }'],
  ['has left a timer', 'export const unfit = () => { setTimeout(() => {}, 60_000) }'],
  [
    'has left a timer that does not keep it alive',
    'export const unfit = () => { setInterval(() => console.log("ghost"), 1).unref() }',
  ],
  [
    'has left a promise of a timer that does not keep it alive',
    'import { setTimeout } from "node:timers/promises"\nexport const unfit = () => { void setTimeout(60_000, 1, { ref: false }) }',
  ],
  [
    'has left an immediate that comes again and again',
    'const again = () => setImmediate(again).unref()\nexport const unfit = () => { again() }',
  ],
  [
    'has left a server that does not keep it alive',
    'import net from "node:net"\nexport const unfit = () => { net.createServer().listen(0).unref() }',
  ],
  [
    'watches a file',
    'import fs from "node:fs"\nexport const unfit = () => { fs.watch("/", { persistent: false }, () => {}) }',
  ],
  ['has left a server', 'import net from "node:net"\nexport const unfit = () => { net.createServer().listen(0) }'],
  [
    'has left a thread',
    'import { Worker } from "node:worker_threads"\nexport const unfit = () => { new Worker("setInterval(() => {}, 1000)", { eval: true }) }',
  ],
  [
    'has left a child',
    'import { spawn } from "node:child_process"\nexport const unfit = () => { spawn("sleep", ["60"]) }',
  ],
  [
    'has left a grandchild whose parent is gone',
    'import { execSync } from "node:child_process"\nexport const unfit = () => { execSync("sleep 60 >/dev/null 2>&1 &") }',
  ],
] as const

describe('a warm process in Node', () => {
  it('runs the next execution of the same plugin version, and only of that one', async () => {
    const first = (await bench.run(PID, { language })).value as number[]
    assert.deepEqual((await bench.run(PID, { language })).value, [first[0], 2])
    const other = (await bench.run(`${PID}// another version`, { language })).value as number[]
    assert.deepEqual([other[0] === first[0], other[1]], [false, 1])
    const typed = (await bench.run(PID, { language: 'typescript' })).value as number[]
    assert.deepEqual([typed[0] === first[0], typed[1]], [false, 1], 'the same bytes in another language')
  })

  for (const [what, source] of UNFIT) {
    it(`is not used again when it ${what}`, async () => {
      const before = (await bench.run(PID + source, { language, action: 'pid' })).value
      await bench.run(PID + source, { language, action: 'unfit' })
      assert.notEqual((await bench.run(PID + source, { language, action: 'pid' })).value, before)
    })
  }

  it('is used again after children and connections that have ended', async () => {
    const source = `${PID}import { execSync, exec } from 'node:child_process'
export const tidy = async () => {
  execSync('true')
  await new Promise((resolve) => exec('true', resolve))
  await fetch('data:,x')
  return process.pid
}`
    const first = (await bench.run(source, { language, action: 'tidy' })).value
    assert.equal((await bench.run(source, { language, action: 'tidy' })).value, first)
  })

  it('is used again after requests: what Node keeps for the next one is no plugin’s', async () => {
    const server = createServer((_, answer) => answer.end('ok')).listen(0)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const source = `${PID}import http from 'node:http'
export const ask = async (url) => {
  await (await fetch(url, { signal: AbortSignal.timeout(60_000) })).text()
  await new Promise((resolve) => http.get(url, (answer) => answer.resume().on('end', resolve)))
  return process.pid
}`
    const work = { language, action: 'ask', argsJson: JSON.stringify([`http://127.0.0.1:${port}/`]) } as const
    const first = (await bench.run(source, work)).value
    assert.equal((await bench.run(source, work)).value, first)
    server.closeAllConnections()
    server.close()
  })

  it('is found as the first execution found it: folder, environment, folder of work, mask', async () => {
    const source = `import fs from 'node:fs'
export function run() {
  const seen = [fs.readdirSync('.'), 'CHANGED' in process.env, process.umask().toString(8), process.pid]
  fs.mkdirSync('folder/inside', { recursive: true })
  process.env.CHANGED = 'yes'
  process.umask(0)
  process.chdir('/')
  return seen
}`
    const first = (await bench.run(source, { language })).value as unknown[]
    assert.deepEqual(first.slice(0, 3), [[], false, '77'])
    assert.deepEqual((await bench.run(source, { language })).value, first)
  })

  it('that dies while it waits is replaced, and nobody notices', async () => {
    const source = `${PID}// dies`
    const [pid] = (await bench.run(source, { language })).value as number[]
    process.kill(pid ?? 0, 'SIGKILL')
    const next = await bench.run(source, { language })
    assert.deepEqual([next.end, (next.value as number[])[1]], ['succeeded', 1])
  })

  it('serves a script again, also after it failed: its own process is new each time', async () => {
    const source = 'echo $PPID; [ "$OCTOPUS_ACTION" = run ] || exit 1\n# octopus: actions=run,fail'
    const first = (await bench.run(source, { language: 'shell' })).value
    const failed = await bench.run(source, { language: 'shell', action: 'fail' })
    assert.deepEqual([failed.end, failed.value], ['failed', first])
    assert.equal((await bench.run(source, { language: 'shell' })).value, first)
  })

  const MEDDLING = [
    ['has changed its own text', `echo 'echo changed' > "$0"`],
    ['has removed itself', 'rm -- "$0"'],
    ['has removed itself with its folder', 'rm -r -- "$(dirname "$0")"'],
    [
      'has put a folder in the place of its files',
      'for file in "$0" "$OCTOPUS_ARGS_FILE"; do rm "$file"; mkdir "$file"; done',
    ],
  ] as const
  for (const [what, line] of MEDDLING) {
    it(`runs the version that was ordered, also after a script that ${what}`, async () => {
      const source = `echo "$PPID as ordered"\n${line}\necho "$PPID as ordered"`
      const first = await bench.run(source, { language: 'shell' })
      const second = await bench.run(source, { language: 'shell' })
      assert.deepEqual([second.end, second.stdout, second.error], [first.end, first.stdout, null])
    })
  }

  it('is not used again when an earlier script is in the way of the next', async () => {
    const source = 'echo $PPID; folder=$(dirname "$0"); rm -r -- "$folder"; touch "$folder"'
    const run = async () => bench.run(source, { language: 'shell' })
    const ends = [await run(), await run(), await run()]
    assert.deepEqual(
      ends.map(({ end }) => end),
      ['succeeded', 'failed', 'succeeded'],
    )
    assert.notEqual(ends[2]?.value, ends[0]?.value)
  })
})
