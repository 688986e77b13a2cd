import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createHandClock } from './hand-clock.ts'
import { createMemoryDisk } from './memory-files.ts'

describe('memory disk', () => {
  it('loses in a crash exactly what was not fsynced', async () => {
    const clock = createHandClock()
    const disk = createMemoryDisk({ clock, syncMs: 2 })
    const file = await disk.mount().openAppend('/journal')
    const first = file.appendDurably('first\n')
    await clock.advance(2)
    await first
    void file.appendDurably('second\n')
    await clock.advance(1)
    assert.equal(disk.peek('/journal')?.toString(), 'first\nsecond\n')
    disk.crash()
    assert.equal(disk.peek('/journal')?.toString(), 'first\n')
  })

  for (const [share, left] of [
    [0.5, 'first\nsec'],
    [1, 'first\nsecond\n'],
  ] as const) {
    it(`keeps ${share * 100} % of the last append when told so`, async () => {
      const clock = createHandClock()
      const disk = createMemoryDisk({ clock, syncMs: 2 })
      disk.poke('/journal', 'first\n')
      const file = await disk.mount().openAppend('/journal')
      void file.appendDurably('second\n')
      await clock.advance(1)
      disk.crash(share)
      assert.equal(disk.peek('/journal')?.toString(), left)
    })
  }

  it('a replacement that was cut off leaves the old content and a torn temporary file, until the next one', async () => {
    const clock = createHandClock()
    const disk = createMemoryDisk({ clock, syncMs: 2 })
    disk.poke('/state', 'old')
    void disk.mount().replace('/state', 'brandnew', 0o600)
    await clock.advance(1)
    disk.crash(0.5)
    assert.equal(disk.peek('/state')?.toString(), 'old')
    assert.equal(disk.peek('/state.new')?.toString(), 'bran')
    void disk.mount().replace('/state', 'new', 0o600)
    await clock.advance(2)
    assert.deepEqual([disk.peek('/state')?.toString(), disk.paths()], ['new', ['/state']])
  })

  it('the calls of a dead process never return and change nothing', async () => {
    const clock = createHandClock()
    const disk = createMemoryDisk()
    const files = disk.mount()
    disk.crash()
    let returned = false
    void files.replace('/x', 'y', 0o600).then(() => (returned = true))
    await clock.settle()
    assert.equal(returned, false)
    assert.deepEqual(disk.paths(), [])
    await disk.mount().replace('/x', 'y', 0o600)
    assert.deepEqual(await disk.mount().list('/'), [])
    assert.deepEqual(disk.paths(), ['/x'])
  })

  it('a fault is thrown, and a failed append leaves half of its text', async () => {
    const disk = createMemoryDisk()
    const file = await disk.mount().openAppend('/journal')
    disk.fault = (operation) => (operation === 'append' ? new Error('ENOSPC') : undefined)
    await assert.rejects(file.appendDurably('abcd'), /ENOSPC/)
    assert.equal(disk.peek('/journal')?.toString(), 'ab')
  })
})
