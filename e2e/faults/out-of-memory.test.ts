import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'

import { pidGone } from '#e2e/harness/leaks.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { needsMemoryLimits, SmallMemory } from '#e2e/harness/small-memory.ts'

/** Room for a client and a runner at rest, and for little else. */
const MEMORY_BYTES = 320 * 1_048_576

/** Takes memory until somebody stops it. */
const GREEDY = `
import os
def run(pid_file=None):
    with open(pid_file, "w") as file:
        file.write(str(os.getpid()))
    taken = []
    while True:
        taken.append(bytearray(8 * 1024 * 1024))
`

describe('a plugin that takes all the memory of a PC', { skip: needsMemoryLimits() }, () => {
  let octopus: Octopus
  let memory: SmallMemory
  before(async () => {
    octopus = await Octopus.start()
    memory = new SmallMemory(MEMORY_BYTES)
    await octopus.publishSample('probe')
    await octopus.publish('greedy', GREEDY)
    const client = octopus.startClient(
      'small',
      await octopus.enrollmentToken(),
      ['--heartbeat-interval', '1'],
      memory.around,
    )
    await octopus.presence('small', 'online')
    assert.ok(memory.holds(client.pid))
  })
  after(async () => {
    using _gone = memory
    await octopus[Symbol.asyncDispose]()
  })

  it('is killed by the system alone: it has failed, its client lives on and takes the next one', async (t) => {
    const client = octopus.clients.get('small')
    const pidFile = `${octopus.folder}/greedy.pid`
    const [execution] = await octopus.run({ plugin: 'greedy', kwargs: { pid_file: pidFile } })
    t.diagnostic(`${execution.state} ${execution.reason}: ${execution.result?.error?.message}`)
    assert.deepEqual([execution.state, execution.reason], ['failed', 'crashed'])
    assert.ok(memory.kills() > 0, 'nothing was killed for want of memory')
    assert.ok(await pidGone(Number(readFileSync(pidFile, 'utf8'))))
    assert.ok(client?.isAlive)
    assert.equal((await octopus.client('small')).presence, 'online')
    assert.equal((await octopus.run({ plugin: 'probe' }))[0].state, 'succeeded')
  })
})
