import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import type { Facts } from '#live/facts.ts'
import type { PluginRecord } from '#plugins/plugin-store.ts'

import { rememberReads } from './remembered-reads.ts'

function world() {
  const bus = createBus<Facts>(() => {})
  const clock = createHandClock()
  const asked: string[] = []
  const answers: ((plugin: PluginRecord | null) => void)[] = []
  const reads = rememberReads(
    {
      readPlugin: ({ name }) => {
        asked.push(name)
        return new Promise((resolve) => answers.push(resolve))
      },
      readWorkStopped: async () => {
        asked.push('work-stopped')
        return false
      },
    },
    bus,
    { clock, cacheTtlMs: 600_000 },
  )
  const plugin = (version: number): PluginRecord => ({ name: 'disk', version }) as PluginRecord
  return { bus, clock, asked, answers, reads, plugin }
}

describe('what is remembered for submitting tasks', () => {
  it('is read once for all who ask', async () => {
    const { asked, answers, reads, plugin } = world()
    const both = [reads.readPlugin({ name: 'disk' }), reads.readPlugin({ name: 'disk' })]
    answers[0]?.(plugin(1))
    await Promise.all(both)
    await reads.readPlugin({ name: 'disk' })
    assert.deepEqual(asked, ['disk'])
  })

  it('is read again after CACHE_TTL, whether or not anything was said', async () => {
    const { asked, answers, reads, plugin, clock } = world()
    const first = reads.readPlugin({ name: 'disk' })
    answers[0]?.(plugin(1))
    await first
    await clock.advance(600_000)
    void reads.readPlugin({ name: 'disk' })
    assert.deepEqual(asked, ['disk', 'disk'])
  })

  it('is forgotten when a plugin changes, also what was asked before and is answered after', async () => {
    const { bus, answers, reads, plugin } = world()
    const early = reads.readPlugin({ name: 'disk' })
    bus.publish('plugins-changed', { name: 'disk' })
    const late = reads.readPlugin({ name: 'disk' })
    answers[1]?.(plugin(2))
    assert.equal((await late)?.version, 2)
    answers[0]?.(plugin(1))
    await early
    assert.equal((await reads.readPlugin({ name: 'disk' }))?.version, 2)
  })

  it('never is that there is no such plugin', async () => {
    const { asked, answers, reads } = world()
    const first = reads.readPlugin({ name: 'disk' })
    answers[0]?.(null)
    assert.equal(await first, null)
    void reads.readPlugin({ name: 'disk' })
    assert.equal(asked.length, 2)
  })

  it('is whether work is stopped, until somebody stops or resumes it', async () => {
    const { bus, asked, reads } = world()
    await reads.readWorkStopped({})
    await reads.readWorkStopped({})
    bus.publish('work-stopped', { stopped: true })
    await reads.readWorkStopped({})
    assert.equal(asked.length, 2)
  })
})
