import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Octopus } from '#e2e/harness/octopus.ts'
import { residentKib } from '#e2e/harness/pulse.ts'

const MIB = 1_048_576
/** Of 1 GiB; the collector has not run by then. */
const GROWTH_KIB_MAX = 100 * 1_024

describe('a plugin that prints a gigabyte in one line', () => {
  it('is cut, and neither its client nor the server keeps more than a little of it', async (t) => {
    await using octopus = await Octopus.start()
    const source = [
      'import sys',
      'def run():',
      '    for _ in range(1024):',
      "        sys.stdout.write('x' * 1048576)",
      '    return "done"',
    ].join('\n')
    await octopus.publish('one_line', source)
    const client = await octopus.startClientOf('alice', 'alice-pc')
    const from = [client.pid, octopus.server.pid].map(residentKib)
    const most = [0, 0]
    const watch = setInterval(() => {
      for (const [n, pid] of [client.pid, octopus.server.pid].entries())
        most[n] = Math.max(most[n] ?? 0, residentKib(pid))
    }, 100)
    try {
      const [execution] = await octopus.run({ plugin: 'one_line', owner: 'user', user: 'alice' })
      assert.deepEqual([execution.state, execution.result.value], ['succeeded', 'done'])
      t.diagnostic(JSON.stringify(execution.output ?? execution.result))
      const output = await octopus.outputOf(execution.id)
      assert.ok(output.length <= MIB && output.length > MIB / 2, `${output.length}`)
      const growth = most.map((kib, n) => kib - (from[n] ?? 0))
      t.diagnostic(`the client grew by ${growth[0]} KiB at most, the server by ${growth[1]} KiB`)
      assert.ok(growth.every((kib) => kib < GROWTH_KIB_MAX))
    } finally {
      clearInterval(watch)
    }
  })
})
