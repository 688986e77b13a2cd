import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { Language } from '@octopus/protocol/work.ts'

import { isAlive } from '#runner/testing/alive.ts'
import { languagesHere } from '#runner/testing/language-plugins.ts'
import { openPluginBench, QUICK_LADDER } from '#runner/testing/plugin-bench.ts'

/** Who waited for the second step would still be waiting. */
const bench = await openPluginBench({ ladder: { ...QUICK_LADDER, termMs: 600_000 } })
leakCheck()
const here = new Set((await languagesHere(bench.pool)).map(([language]) => language))

const CHILD = 'trap "" TERM INT HUP; echo $$ > FILE; exec sleep 60'

const javascript = (options: string, end: string): string => `
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
export async function run() {
  spawn('/bin/sh', ['-c', ${JSON.stringify(CHILD)}], { stdio: 'ignore', ${options} })
  while (!existsSync('FILE') || readFileSync('FILE', 'utf8').trim() === '') await setTimeout(5)
  ${end}
}`
const EMPTY = 'start_new_session=True, env={}'
const python = (options: string, end: string): string => `
import os, subprocess, time
def run():
    nothing = subprocess.DEVNULL
    subprocess.Popen(["/bin/sh", "-c", ${JSON.stringify(CHILD)}], stdin=nothing, stdout=nothing, stderr=nothing, ${options})
    while not os.path.exists("FILE") or not open("FILE").read().strip():
        time.sleep(0.005)
    ${end}`
const own = 'detached: true'
const empty = 'detached: true, env: {}'
const shell = (command: string, end: string): string =>
  `${command} /bin/sh -c '${CHILD}' > /dev/null 2>&1 &\nwhile [ ! -s FILE ]; do sleep 0.01; done\n${end}`

/** A child that hears nothing, and how its plugin ends. */
const LEFT: readonly (readonly [Language, what: string, end: string, source: string])[] = [
  ['javascript', 'throws', 'exception', javascript('', 'throw new Error("no")')],
  ['python', 'raises', 'exception', python('', 'raise ValueError("no")')],
  ['shell', 'exits with 1', 'exception', shell('', 'exit 1')],
  ['javascript', 'succeeds', 'finished', javascript('', '')],
  ['python', 'succeeds', 'finished', python('', 'pass')],
  ['shell', 'succeeds', 'finished', shell('', 'true')],
  ['javascript', 'ends its process, a daemon', 'exception', javascript(own, 'process.exit(3)')],
  ['javascript', 'ends its process, a daemon without environment', 'exception', javascript(empty, 'process.exit(3)')],
  ['javascript', 'succeeds by an exit, a daemon without environment', 'finished', javascript(empty, 'process.exit()')],
  ['javascript', 'aborts, a daemon without environment', 'crashed', javascript(empty, 'process.abort()')],
  [
    'javascript',
    'kills itself, a daemon without environment',
    'crashed',
    javascript(empty, 'process.kill(process.pid, "SIGKILL")'),
  ],
  ['python', 'kills itself, a daemon without environment', 'crashed', python(EMPTY, 'os.kill(os.getpid(), 9)')],
  [
    'python',
    'kills its keeper and itself, a daemon without environment',
    'crashed',
    python(EMPTY, 'os.kill(os.getppid(), 9); os.kill(os.getpid(), 9)'),
  ],
  ['shell', 'kills its runner, a daemon without environment', 'crashed', shell('env -i setsid', 'kill -9 $PPID')],
]

describe('what a plugin left behind is gone before its end is told', { concurrency: 2 }, () => {
  for (const [index, [language, what, reason, source]] of LEFT.entries()) {
    it(`in ${language}, when it ${what}`, { skip: !here.has(language) && 'not on this machine' }, async () => {
      const file = join(bench.folder, `left-${index}`)
      const end = await bench.run(source.replaceAll('FILE', file), { language })
      const pid = Number(await readFile(file, 'utf8'))
      assert.deepEqual([await isAlive(pid), end.reason], [false, reason])
    })
  }
})
