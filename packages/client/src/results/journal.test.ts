import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Ms } from '@octopus/kit/clock.ts'
import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { createMemoryDisk, type MemoryDisk } from '@octopus/kit/testing/memory-files.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ResultItem } from '@octopus/protocol/from-client.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'
import fc from 'fast-check'

import { JOURNAL_BODY_BYTES_MAX, JOURNAL_OPEN_MAX, openJournal } from './journal.ts'

const PROOF = 'p'.repeat(43)
const PATH = '/state/journal'

function keyNumber(n: number): AttemptKey {
  return { execution: `01900000-0000-7000-8000-${String(n).padStart(12, '0')}` as ExecutionId, attempt: 1, fence: n }
}

function resultOf(key: AttemptKey, change: Partial<ResultItem> = {}): ResultItem {
  return {
    ...key,
    fenceProof: PROOF,
    end: 'succeeded',
    reason: 'finished',
    valueJson: '"ünïcode"',
    valueKind: 'json',
    error: null,
    startedAt: 1,
    endedAt: 2,
    outputBytes: 0,
    cut: { output: false, value: false },
    ...change,
  }
}

function world(syncMs?: Ms) {
  const clock = createHandClock()
  const ids = createUuidV7Maker(clock, createSeededRandom(1))
  const log = createCapturedLog()
  const disk = syncMs === undefined ? createMemoryDisk() : createMemoryDisk({ clock, syncMs })
  const open = (from: MemoryDisk = disk) => openJournal({ files: from.mount(), path: PATH, clock, ids, log })
  return { clock, log, disk, open }
}

describe('journal', () => {
  it('after a restart an answered attempt is a tombstone, an unanswered result is kept, a start without end is lost', async () => {
    const { disk, open } = world()
    const first = await open()
    for (const n of [1, 2, 3]) await first.writeStarting(keyNumber(n), PROOF)
    await first.writeEnded(resultOf(keyNumber(1)), 0)
    await first.writeEnded(resultOf(keyNumber(2)), 0)
    first.bury(keyNumber(1))
    await first.close()
    disk.crash()
    const second = await open()
    assert.equal(second.id, first.id)
    assert.equal(second.know(keyNumber(1)), 'tombstone')
    assert.equal(second.ended(keyNumber(2))?.valueJson, '"ünïcode"')
    assert.deepEqual(
      [second.ended(keyNumber(3))?.end, second.ended(keyNumber(3))?.reason],
      ['lost', 'client-restarted'],
    )
    assert.equal(second.know(keyNumber(4)), undefined)
    assert.ok(second.seq() > first.seq(), 'the numbers go on')
    await second.close()
  })

  it('what is lost in restarts raises no number, so that a journal that was set back does not pass for one that went on', async () => {
    const { disk, open } = world()
    const journal = await open()
    await journal.writeStarting(keyNumber(1), PROOF)
    const setBackTo = journal.seq()
    const snapshot = disk.peek(PATH)
    assert.ok(snapshot)
    await journal.writeEnded(resultOf(keyNumber(1)), 0)
    const toldToTheServer = journal.seq()
    await journal.writeStarting(keyNumber(2), PROOF)
    await journal.close()
    disk.poke(PATH, snapshot)
    for (let start = 1; start <= 2; start++) {
      const restarted = await open()
      assert.equal(restarted.ended(keyNumber(1))?.reason, 'client-restarted')
      assert.ok(restarted.seq() < toldToTheServer, `start ${start} tells ${restarted.seq()}`)
      assert.equal(restarted.seq(), setBackTo)
      await restarted.close()
    }
  })

  it('a dropped attempt leaves nothing, and an older hand-over of a known execution is never new', async () => {
    const { open } = world()
    const journal = await open()
    const key = keyNumber(5)
    await journal.writeStarting(key, PROOF)
    assert.equal(journal.know({ ...key, fence: 4 }), 'superseded')
    await journal.writeDropped(key)
    assert.equal(journal.know(key), undefined)
    await journal.writeEnded(resultOf(key), 0)
    journal.bury(key)
    assert.equal(journal.know({ ...key, fence: 4 }), 'tombstone')
    assert.equal(journal.know({ ...key, fence: 6 }), undefined)
    await journal.close()
  })

  it('what arrives while one fsync runs waits together for the next', async () => {
    const { clock, disk, open } = world(10)
    const opening = open()
    await clock.advance(10)
    const journal = await opening
    const before = disk.syncs()
    const writes = Array.from({ length: 100 }, (_, n) => journal.writeStarting(keyNumber(n + 1), PROOF))
    await clock.advance(20)
    await Promise.all(writes)
    assert.equal(disk.syncs() - before, 2, 'the first one alone, the other 99 together')
    await journal.close()
  })

  it('cut off at any byte, it opens, keeps every record before the cut, and the same entries never start twice', async () => {
    const { open, disk } = world()
    const journal = await open()
    for (let n = 1; n <= 6; n++) {
      await journal.writeStarting(keyNumber(n), PROOF)
      if (n % 2 === 0) await journal.writeEnded(resultOf(keyNumber(n)), 0)
      if (n % 3 === 0) journal.bury(keyNumber(n))
    }
    await journal.close()
    const whole = disk.peek(PATH)
    assert.ok(whole)
    const header = whole.indexOf('\n') + 1
    for (let bytes = 0; bytes <= whole.length; bytes++) {
      const torn = createMemoryDisk()
      torn.poke(PATH, whole.subarray(0, bytes))
      const opened = await open(torn)
      assert.equal(opened.id === journal.id, bytes >= header, `cut at ${bytes}`)
      const started = whole.subarray(0, bytes).toString().split('\n').slice(0, -1)
      for (let n = 1; n <= 6; n++) {
        const written = started.some((line) => line.includes('starting') && line.includes(keyNumber(n).execution))
        assert.equal(opened.know(keyNumber(n)) !== undefined, written, `cut at ${bytes}, attempt ${n}`)
      }
      await opened.close()
    }
  })

  it('a damaged record in the middle is skipped and reported, and the journal takes a new id as it proves nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (position, flip) => {
        const { open, disk, log } = world()
        const journal = await open()
        for (let n = 1; n <= 4; n++) await journal.writeStarting(keyNumber(n), PROOF)
        await journal.close()
        const bytes = Buffer.from(disk.peek(PATH) ?? '')
        const lines = bytes.toString().split('\n')
        const middle = (lines[0]?.length ?? 0) + 1
        const length = (lines[1]?.length ?? 0) + (lines[2]?.length ?? 0) + 1
        const at = middle + (position % length)
        bytes[at] = (bytes[at] ?? 0) ^ flip
        disk.poke(PATH, bytes)
        const opened = await open()
        assert.notEqual(opened.id, journal.id)
        assert.ok(log.events().includes('journal-damaged'))
        assert.equal(opened.know(keyNumber(4)), 'ended', 'what stands behind the damage is kept')
        await opened.close()
      }),
      { numRuns: 40 },
    )
  })

  it('whatever happens before a crash, what it said was written is there afterwards', async () => {
    const step = fc.record({
      act: fc.constantFrom('start', 'end', 'drop', 'bury', 'wait'),
      n: fc.integer({ min: 1, max: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (steps, kept) => {
          const { clock, disk, open } = world(3)
          const opening = open()
          await clock.advance(10)
          const journal = await opening
          const started = new Set<number>()
          const ended = new Set<number>()
          const gone = new Set<number>()
          for (const { act, n } of steps) {
            const key = keyNumber(n)
            if (act === 'start' && !gone.has(n)) void journal.writeStarting(key, PROOF).then(() => started.add(n))
            if (act === 'end' && !gone.has(n)) void journal.writeEnded(resultOf(key), 0).then(() => ended.add(n))
            if (act === 'drop' || act === 'bury') gone.add(n)
            if (act === 'drop') void journal.writeDropped(key)
            if (act === 'bury') journal.bury(key)
            if (act === 'wait') await clock.advance(2)
          }
          disk.crash(kept)
          const reopening = open()
          await clock.advance(10)
          const after = await reopening
          for (const n of started) if (!gone.has(n)) assert.notEqual(after.know(keyNumber(n)), undefined)
          for (const n of ended) if (!gone.has(n)) assert.equal(after.know(keyNumber(n)), 'ended')
          assert.ok(after.seq() >= journal.seq(), 'the numbers that were told to the server are not taken back')
        },
      ),
      { numRuns: 200 },
    )
  })

  it('a full disk refuses new starts, keeps the results, and is noticed when it has room again', async () => {
    const { clock, disk, log, open } = world()
    const journal = await open()
    await journal.writeStarting(keyNumber(1), PROOF)
    disk.fault = (operation) => (operation === 'append' || operation === 'replace' ? new Error('ENOSPC') : undefined)
    await assert.rejects(journal.writeStarting(keyNumber(2), PROOF), /ENOSPC/)
    assert.equal(journal.full(), true)
    assert.equal(journal.know(keyNumber(2)), undefined)
    let written = false
    void journal.writeEnded(resultOf(keyNumber(1)), 0).then(() => (written = true))
    await clock.advance(5_000)
    assert.equal(written, false)
    disk.fault = undefined
    await clock.advance(1_000)
    assert.equal(written, true)
    assert.equal(journal.full(), false)
    assert.deepEqual(log.events(), ['journal-write-failed', 'journal-writable-again'])
    await journal.close()
    const after = await open()
    assert.deepEqual([after.know(keyNumber(1)), after.know(keyNumber(2))], ['ended', undefined])
    assert.equal(after.id, journal.id, 'the half line of the failed write did no harm')
  })

  it('is full when results wait for a server in their size or their number, and has room when they are answered', async () => {
    const { open } = world()
    const journal = await open()
    const body = JSON.stringify('x'.repeat(JOURNAL_BODY_BYTES_MAX / 4))
    for (let n = 1; n <= 3; n++) await journal.writeEnded(resultOf(keyNumber(n), { valueJson: body }), 0)
    assert.equal(journal.full(), false)
    await journal.writeEnded(resultOf(keyNumber(4), { valueJson: body }), 0)
    assert.equal(journal.full(), true)
    journal.bury(keyNumber(1))
    assert.equal(journal.full(), false)
    await Promise.all(
      Array.from({ length: JOURNAL_OPEN_MAX - 3 }, (_, n) => journal.writeStarting(keyNumber(10 + n), PROOF)),
    )
    assert.equal(journal.full(), true)
    await journal.close()
  })

  it('output that had not reached the server before the restart is marked as cut', async () => {
    const { open } = world()
    const journal = await open()
    await journal.writeEnded(resultOf(keyNumber(1), { outputBytes: 10 }), 10)
    await journal.writeEnded(resultOf(keyNumber(2), { outputBytes: 10 }), 4)
    await journal.close()
    const after = await open()
    assert.deepEqual(
      [1, 2].map((n) => after.ended(keyNumber(n))?.cut.output),
      [false, true],
    )
  })

  it('is written anew when it is mostly tombstones, and tombstones go after 30 days', async () => {
    const { clock, disk, open } = world()
    const journal = await open()
    const body = JSON.stringify('x'.repeat(100_000))
    for (let n = 1; n <= 60; n++) {
      await journal.writeEnded(resultOf(keyNumber(n), { valueJson: body }), 0)
      journal.bury(keyNumber(n))
    }
    assert.ok((disk.peek(PATH)?.length ?? 0) < 4_500_000, 'the bodies are gone from the disk')
    await journal.close()
    await clock.advance(29 * 86_400_000)
    const later = await open()
    assert.equal(later.know(keyNumber(60)), 'tombstone')
    await later.close()
    clock.stepWall(86_400_000)
    const muchLater = await open()
    assert.equal(muchLater.know(keyNumber(60)), undefined)
    assert.equal(muchLater.seq(), later.seq())
  })
})

leakCheck()
