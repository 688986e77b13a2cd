import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { playRestarts, type RestartReport } from './restarts.ts'

/** More with `npm run sim -- --restarts --seeds 20`. A seed that ever failed is added by its number, and stays. */
const SEEDS = [1, 3]

describe('schedules over 50 restarts at random moments, with one PC that never returns', () => {
  const reports: RestartReport[] = []
  let folder = ''
  before(() => (folder = mkdtempSync(join(tmpdir(), 'octopus-restarts-'))))
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const seed of SEEDS) {
    it(`do exactly what catchUp and overlap say, seed ${seed}`, async () => {
      reports.push(await playRestarts(seed, { folder: join(folder, String(seed)), restarts: 50 }))
    })
  }

  it('were really put to the test', () => {
    const sum = (of: (report: RestartReport) => number | undefined): number =>
      reports.reduce((total, report) => total + (of(report) ?? 0), 0)
    assert.equal(reports.length, SEEDS.length)
    for (const cause of ['schedule', 'catch-up', 'manual']) assert.ok(sum(({ runs }) => runs[cause]) > 10, cause)
    assert.ok(sum(({ missed }) => missed) > 500)
    const kinds = [
      'skip: skipped for another',
      'skip: succeeded',
      'queue: skipped',
      'queue: succeeded',
      'allow: succeeded',
      'cancel-previous: cancelled',
      'cancel-previous: succeeded',
      'queued without limit',
    ]
    for (const kind of kinds) assert.ok(sum(({ seen }) => seen[kind]) > 50, `hardly anything was ${kind}`)
  })
})
