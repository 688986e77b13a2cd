import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createSystemClock } from '@octopus/kit/clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { openPluginBench } from '#runner/testing/plugin-bench.ts'

import { EXECUTIONS_PER_PROCESS_MAX } from './reuse.ts'

const bench = await openPluginBench()
leakCheck()
const skip = !(await bench.pool.runtimes()).some(({ language }) => language === 'python') && 'no Python on this machine'

const PID = 'import os\ncount = 0\ndef run():\n    global count\n    count += 1\n    return [os.getpid(), count]'

/** After the first execution of each of these the process must not be used again. */
const UNFIT = [
  [
    'has failed',
    'import os\ndef run():\n    if not hasattr(os, "seen"):\n        os.seen = 1\n        1 / 0\n    return "again"',
  ],
  [
    'has left a thread',
    'import threading, time\ndef run():\n    threading.Thread(target=time.sleep, args=(60,)).start()',
  ],
  ['has left a daemon thread', 'import _thread, time\ndef run():\n    _thread.start_new_thread(time.sleep, (60,))'],
  ['has left a child', 'import subprocess\ndef run():\n    run.child = subprocess.Popen(["sleep", "60"])'],
  [
    'has left a grandchild whose parent is gone',
    'import subprocess\ndef run():\n    subprocess.run(["sh", "-c", "sleep 60 >/dev/null 2>&1 &"])',
  ],
] as const

describe('a warm Python process', { skip }, () => {
  it('runs the next execution of the same plugin version, and only of that one', async () => {
    const first = (await bench.run(PID)).value as number[]
    assert.deepEqual((await bench.run(PID)).value, [first[0], 2])
    const other = (await bench.run(`${PID}  # another version`)).value as number[]
    assert.deepEqual([other[0] === first[0], other[1]], [false, 1])
  })

  it('runs one execution at a time: two at once are in two processes', async () => {
    const source = `import time\n${PID.replace('return', 'time.sleep(0.05)\n    return')}`
    const ends = await Promise.all([bench.run(source), bench.run(source)])
    assert.equal(new Set(ends.map(({ value }) => (value as number[])[0])).size, 2)
  })

  for (const [what, source] of UNFIT) {
    it(`is not used again when it ${what}, and its tree is ended`, async () => {
      const pid = 'import os\ndef pid():\n    return os.getpid()\n'
      const before = (await bench.run(pid + source, { action: 'pid' })).value
      await bench.run(pid + source)
      assert.notEqual((await bench.run(pid + source, { action: 'pid' })).value, before)
      const running = createSystemClock()
      for (let looks = 0; looks < 100 && isAlive(Number(before)); looks++) {
        await running.after(20, new AbortController().signal)
      }
      assert.ok(!isAlive(Number(before)))
    })
  }

  it(`is not used for more than ${EXECUTIONS_PER_PROCESS_MAX} executions`, async () => {
    const source = `${PID}  # many`
    const counts: number[] = []
    for (let n = 0; n < EXECUTIONS_PER_PROCESS_MAX + 1; n++)
      counts.push(((await bench.run(source)).value as number[])[1] ?? 0)
    assert.deepEqual(counts.slice(-2), [EXECUTIONS_PER_PROCESS_MAX, 1])
  })

  it('is found as the first execution found it: folder, environment, folder of work, mask', async () => {
    const source = `
import os
def run():
    seen = [os.listdir("."), "CHANGED" in os.environ, oct(os.umask(0)), os.getpid()]
    os.makedirs("folder/inside")
    open("file", "w").close()
    os.environ["CHANGED"] = "yes"
    os.chdir("/")
    return seen
`
    const first = (await bench.run(source)).value as unknown[]
    const second = (await bench.run(source)).value as unknown[]
    assert.deepEqual(first.slice(0, 3), [[], false, '0o77'])
    assert.deepEqual(second, first)
  })

  it('that a plugin ended at its top level is not used again: nothing is loaded there', async () => {
    const source = 'import sys\ndef run():\n    return 1\nsys.exit(0)\n'
    for (const _ of [1, 2]) {
      const { end, value } = await bench.run(source)
      assert.deepEqual([end, value], ['succeeded', null])
    }
  })

  it('that dies while it waits is replaced, and nobody notices', async () => {
    const source = 'import os, signal, threading\ndef run():\n    return os.getpid()'
    const pid = Number((await bench.run(source)).value)
    process.kill(pid, 'SIGKILL')
    const next = await bench.run(source)
    assert.equal(next.end, 'succeeded')
    assert.notEqual(next.value, pid)
  })

  it('ends after its time to live', async () => {
    const brief = await openPluginBench({ cacheTtlMs: 50 })
    const pid = Number((await brief.run('import os\ndef run():\n    return os.getpid()')).value)
    const clock = createSystemClock()
    for (let looks = 0; looks < 200 && (await brief.processes()).length > 0; looks++) {
      await clock.after(20, new AbortController().signal)
    }
    assert.deepEqual(await brief.processes(), [])
    assert.ok(!isAlive(pid))
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
