import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { TaskId } from '@octopus/protocol/ids.ts'
import fc from 'fast-check'

import { type DueTask, plan, type PlannedTask } from './plan.ts'

const day = 86_400_000
const once: DueTask = {
  id: 't' as TaskId,
  type: 'ad-hoc',
  startAt: null,
  endAt: null,
  intervalMs: null,
  cron: null,
  timeZone: null,
  catchUp: 'last',
  deadlineMs: null,
  revision: 1,
  nextRunAt: 1_000,
}
const every10s: DueTask = { ...once, type: 'scheduled', startAt: 100_000, intervalMs: 10_000, nextRunAt: 100_000 }

function planOne(task: DueTask, now: number, upSince = 0): PlannedTask {
  const [planned] = plan({ now, upSince, roomSince: 0, resumedAt: 0, due: [task] })
  assert.ok(planned)
  return planned
}

const dues = (planned: PlannedTask): readonly number[] => planned.runs.map((run) => run.dueAt)

describe('planning', () => {
  it('runs an ad-hoc task exactly once', () => {
    const planned = planOne(once, 1_500)
    assert.deepEqual(dues(planned), [1_000])
    assert.equal(planned.nextRunAt, null)
    assert.equal(planned.runs[0]?.occurrence, 'once')
    assert.equal(planned.runs[0]?.deadlineAt, 1_500 + day)
  })

  it('runs a repeating task at its start and then every interval', () => {
    const planned = planOne(every10s, 100_000)
    assert.deepEqual(dues(planned), [100_000])
    assert.equal(planned.nextRunAt, 110_000)
  })

  it('makes up for a late look while the server was up: every due time has its run', () => {
    assert.deepEqual(dues(planOne(every10s, 125_000)), [100_000, 110_000, 120_000])
  })

  it('excludes the end of a schedule and then has no next time', () => {
    const planned = planOne({ ...every10s, endAt: 120_000 }, 500_000)
    assert.deepEqual(dues(planned), [100_000, 110_000])
    assert.equal(planned.nextRunAt, null)
  })

  it('catches up only the last occurrence of an outage, and says how many it left out', () => {
    const planned = planOne(every10s, 155_000, 150_001)
    assert.deepEqual(
      planned.runs.map((run) => [run.dueAt, run.cause]),
      [[150_000, 'catch-up']],
    )
    assert.deepEqual(planned.missed, [{ from: 100_000, to: 140_000, count: 5, reason: 'outage' }])
    assert.equal(planned.nextRunAt, 160_000)
  })

  it('gives a run that is made up for a day to start, however short its interval', () => {
    const [run] = planOne(every10s, 155_000, 150_001).runs
    assert.deepEqual([run?.cause, run?.deadlineAt], ['catch-up', 155_000 + day])
  })

  it('makes up for nothing that was due while all work was stopped, and counts it', () => {
    const [planned] = plan({ now: 155_000, upSince: 0, roomSince: 0, resumedAt: 150_001, due: [every10s] })
    assert.deepEqual([planned?.runs, planned?.nextRunAt, planned?.missed[0]?.count], [[], 160_000, 6])
    const [adHoc] = plan({ now: 155_000, upSince: 0, roomSince: 0, resumedAt: 150_001, due: [once] })
    assert.equal(adHoc?.runs.length, 1)
  })

  it('does with what was due while the disk was full what the task says of an outage, and tells them apart', () => {
    const table = [
      ['none', 0, []],
      ['none', 120_001, []],
      ['last', 120_001, [150_000]],
      ['all', 120_001, [100_000, 110_000, 120_000, 130_000, 140_000, 150_000]],
      ['none', 170_000, []],
    ] as const
    const seen = table.map(([how, upSince]) => {
      const due = [{ ...every10s, catchUp: how }]
      const [planned] = plan({ now: 175_000, upSince, roomSince: 155_000, resumedAt: 0, due })
      assert.ok(planned)
      const made = planned.runs.filter(({ cause }) => cause === 'catch-up').map(({ dueAt }) => dueAt)
      return [how, upSince, made, planned.missed.map(({ reason, count }) => `${count} ${reason}`)]
    })
    const missed = [['6 disk-full'], ['3 outage', '3 disk-full'], ['3 outage', '2 disk-full'], [], ['7 outage']]
    assert.deepEqual(
      seen,
      table.map((row, n) => [...row, missed[n]]),
    )
    const [adHoc] = plan({ now: 175_000, upSince: 0, roomSince: 155_000, resumedAt: 0, due: [once] })
    assert.equal(adHoc?.runs.length, 1)
  })

  it('gives a repeating task until its next occurrence to start, but a minute at least', () => {
    assert.equal(planOne(every10s, 100_000).runs[0]?.deadlineAt, 160_000)
    const hourly = { ...every10s, intervalMs: 3_600_000 }
    assert.equal(planOne(hourly, 100_000).runs[0]?.deadlineAt, 3_700_000)
  })

  it('gives what repeats more rarely than once a day a day to start', () => {
    const weekly = { ...every10s, intervalMs: 7 * day }
    assert.equal(planOne(weekly, 100_000).runs[0]?.deadlineAt, 100_000 + day)
  })

  it('covers every occurrence in [start, end) exactly once, whenever the server looks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 20 }), (steps) => {
        let task: DueTask = { ...every10s, endAt: 350_000 }
        let now = 100_000
        const seen: number[] = []
        for (const step of [...steps, ...Array<number>(4).fill(300_000)]) {
          const planned = planOne(task, now)
          seen.push(...dues(planned))
          if (planned.nextRunAt === null) break
          task = { ...task, nextRunAt: planned.nextRunAt }
          now = Math.max(now + step, planned.nextRunAt)
        }
        assert.deepEqual(
          seen,
          Array.from({ length: 25 }, (_, k) => 100_000 + k * 10_000),
        )
      }),
    )
  })
})
