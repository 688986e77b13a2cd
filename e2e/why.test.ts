import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Json } from './harness/api.ts'
import { Octopus } from './harness/octopus.ts'
import { OctopusProcess } from './harness/process.ts'

const LONG_MS = 600_000
const codes = (why: Json): string => why.steps.map((step: Json) => `${step.state}:${step.code}`).join(' ')

describe('why, asked of a server with real clients', () => {
  let octopus: Octopus

  before(async () => {
    octopus = await Octopus.start()
    await octopus.publishSample('probe')
    await octopus.startClients(['one'], ['--heartbeat-interval', '1'])
  })
  after(() => octopus[Symbol.asyncDispose]())

  const whyOf = (id: string): Promise<Json> => octopus.api.get(`/executions/${id}/why`)
  const cli = async (
    args: readonly string[],
  ): Promise<{ readonly code: number | null; readonly out: readonly string[] }> => {
    const env = { HOME: octopus.folder, OCTOPUS_SERVER: octopus.url, OCTOPUS_TOKEN: octopus.api.token }
    const process = new OctopusProcess(args, { cwd: octopus.folder, env })
    const { code } = await process.exited
    return { code, out: process.lines }
  }
  const schedule = { plugin: 'probe', owner: 'all', type: 'scheduled', intervalSeconds: 3_600 }

  it('tells the whole way of one that succeeded', async () => {
    const [{ id, fence }] = await octopus.run({ plugin: 'probe', owner: 'all' })
    const why = await whyOf(id)
    assert.match(codes(why), /^done:run-created done:targeted done:queued done:handed-over done:started done:ended/)
    assert.match(why.summary, /^It succeeded on one/)
    const clocks = Object.fromEntries(why.steps.map((step: Json) => [step.code, step.clock]))
    assert.deepEqual([clocks['handed-over'], clocks.started, clocks.ended], ['server', 'client', 'client'])
    assert.equal(why.clockSkewMs, null, 'they share a clock')
    const { code, out } = await cli(['why', id])
    assert.deepEqual([code, out[0]], [0, why.summary])
    assert.ok(
      out.some((line) => line.includes(`with fence ${fence}`)),
      out.join('\n'),
    )
    assert.ok(out.some((line) => line.includes(' (client)')))
  })

  it('says of a PC that was approved after the run why it has no part in it', async () => {
    const { token } = await octopus.api.post('/enrollment-tokens', { approves: false })
    octopus.startClient('two', token, ['--heartbeat-interval', '1'])
    const two = await octopus.api.eventually('clients', () => octopus.client('two'))
    const task = await octopus.completed((await octopus.task({ plugin: 'probe', owner: 'all' })).id)
    const ask = (): Promise<Json> => octopus.api.get(`/why?task=${task.id}&client=${two.id}`)
    assert.match((await ask()).summary, /^two was not approved when/)
    await octopus.api.post(`/clients/${two.id}/approve`, {})
    await octopus.presence('two', 'online')
    const why = await ask()
    assert.equal(codes(why), 'done:run-created never:approved-later')
    assert.match(why.summary, /^two was approved only after/)
    assert.equal((await cli(['why', '--task', task.id, '--client', 'two'])).out[0], why.summary)
    assert.equal((await cli(['why', '--task', task.id])).code, 2)
  })

  it('says of a run that was skipped which execution it yielded to', async () => {
    const kwargs = { run_for_ms: LONG_MS }
    const task = await octopus.task({ ...schedule, overlap: 'skip', intervalSeconds: 2, kwargs })
    const skipped = await octopus.api.eventually('executions', async () => {
      const { items } = await octopus.api.get(`/executions?task=${task.id}&state=skipped`)
      return items[0]
    })
    const why = await whyOf(skipped.id)
    const busy = /overlap: execution (\S+) of the same task/.exec(why.summary)?.[1]
    assert.equal((await octopus.api.get(`/executions/${busy}`)).task.id, task.id, why.summary)
    await octopus.api.post(`/tasks/${task.id}/cancel`)
  })

  it('waits for a PC that is off, says which and until when, and goes on when it is back', async () => {
    await octopus.startClientOf('alice', 'alice-pc', ['--heartbeat-interval', '1'])
    await octopus.clients.get('alice-pc')?.stop()
    const pc = await octopus.presence('alice-pc', 'offline')
    const task = await octopus.task({ plugin: 'probe', owner: 'user', user: 'alice' })
    const { id, endsAtLatest } = await octopus.inState(task.id, ['queued'])
    const why = await whyOf(id)
    assert.equal(codes(why), 'done:run-created done:targeted done:queued now:user-offline next:ends-at-latest')
    assert.equal(why.steps.at(-1).at, endsAtLatest)
    const asked = await octopus.api.get(`/why?task=${task.id}&client=${pc.id}`)
    assert.match(asked.summary, /alice-pc is off or not connected/)
    octopus.startClient('alice-pc')
    await octopus.completed(task.id)
    assert.match((await octopus.api.get(`/why?task=${task.id}&client=${pc.id}`)).summary, /^It succeeded on alice-pc/)
  })
})
