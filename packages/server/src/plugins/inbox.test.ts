import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { PLUGIN_BYTES_MAX } from '@octopus/protocol/limits.ts'

import { ApiWorld } from '#testing/api-world.ts'

import type { InboxFolder } from './inbox-folder.ts'
import { PluginInbox } from './inbox.ts'
import { openInboxFolder } from './node-inbox-folder.ts'
import { ownThreadReader } from './read-source.ts'

/** A folder that changes when the test says so. */
class HandFolder implements InboxFolder {
  readonly files = new Map<string, { stamp: string; bytes: Buffer; changedAt: number }>()
  changed: () => void = () => {}
  /** What somebody does while this file is read. */
  whileReading: (name: string) => void = () => {}
  #stamp = 0

  put(name: string, content: string | Buffer, changedAt = 0): void {
    this.files.set(name, { stamp: String(++this.#stamp), bytes: Buffer.from(content), changedAt })
    this.changed()
  }
  list(): ReturnType<InboxFolder['list']> {
    return Promise.resolve([...this.files].map(([name, { stamp, changedAt }]) => ({ name, stamp, changedAt })))
  }
  read(name: string, limitBytes: number): ReturnType<InboxFolder['read']> {
    const bytes = this.files.get(name)?.bytes.subarray(0, limitBytes + 1)
    this.whileReading(name)
    const stamp = this.files.get(name)?.stamp
    return Promise.resolve(bytes && stamp !== undefined ? { bytes, stamp } : undefined)
  }
  watch(changed: () => void): Disposable {
    this.changed = changed
    return { [Symbol.dispose]: () => void (this.changed = () => {}) }
  }
}

class Stage implements AsyncDisposable {
  readonly folder = new HandFolder()
  readonly log = createCapturedLog()
  readonly world: ApiWorld
  inbox: PluginInbox | undefined
  readonly #life = new AbortController()
  #running: Promise<void> = Promise.resolve()

  static async open(): Promise<Stage> {
    return new Stage(await ApiWorld.ready())
  }
  constructor(world: ApiWorld) {
    this.world = world
  }
  async start(): Promise<void> {
    const { store, bus, clock } = this.world
    const inbox = new PluginInbox({ store, bus, clock, reader: ownThreadReader, log: this.log, folder: this.folder })
    this.inbox = inbox
    await inbox.start(this.#life.signal)
    this.#running = inbox.run(this.#life.signal)
  }
  async still(ms = 700): Promise<void> {
    await this.world.clock.advance(ms)
  }
  async version(name: string): Promise<number | undefined> {
    return (await this.world.store.readPlugin({ name }))?.version
  }
  async problem(name: string): Promise<string | null | undefined> {
    return (await this.world.store.readPlugin({ name }))?.problem
  }
  /** What the list of plugins says of files that were not taken. */
  async refused(): Promise<readonly string[]> {
    this.world.inboxProblems = this.inbox?.problems() ?? []
    const { json } = await this.world.call({ path: '/api/v1/plugins' })
    return (json as { inboxProblems: { problem: string }[] }).inboxProblems.map(({ problem }) => problem)
  }
  async remove(...names: readonly string[]): Promise<void> {
    for (const name of names) this.folder.files.delete(name)
    this.folder.changed()
    await this.still()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort(new Error('the test is over'))
    await this.#running
    await this.world[Symbol.asyncDispose]()
  }
}

const SOURCE = 'def run(): pass\n'

describe('the plugins folder', () => {
  it('is taken in at the start, in the name of the folder', async () => {
    await using stage = await Stage.open()
    stage.folder.put('disk.py', SOURCE)
    stage.folder.put('README.md', '# hello')
    await stage.start()
    const plugin = await stage.world.store.readPlugin({ name: 'disk' })
    assert.deepEqual([plugin?.version, plugin?.updatedBy], [1, 'plugins-folder'])
  })

  it('at the start, changes nothing that somebody rolled back meanwhile', async () => {
    await using stage = await Stage.open()
    await stage.world.publish('disk', SOURCE)
    await stage.world.publish('disk', 'def run(): return 2\n')
    stage.folder.put('disk.py', SOURCE)
    await stage.start()
    assert.equal(await stage.version('disk'), 2)
  })

  it('while running, publishes what changes, also back to older bytes', async () => {
    await using stage = await Stage.open()
    stage.folder.put('disk.py', SOURCE)
    await stage.start()
    stage.folder.put('disk.py', 'def run(): return 2\n')
    await stage.still()
    assert.equal(await stage.version('disk'), 2)
    stage.folder.put('disk.py', SOURCE)
    await stage.still()
    assert.equal(await stage.version('disk'), 3)
    stage.folder.put('disk.py', SOURCE)
    await stage.still()
    assert.equal(await stage.version('disk'), 3, 'saved again without a change')
  })

  it('waits until a file is still', async () => {
    await using stage = await Stage.open()
    await stage.start()
    stage.folder.put('disk.py', 'def ru')
    await stage.still(200)
    stage.folder.put('disk.py', 'def run():')
    await stage.still(200)
    stage.folder.put('disk.py', SOURCE)
    await stage.still(200)
    assert.equal(await stage.version('disk'), undefined)
    await stage.still()
    assert.equal(await stage.version('disk'), 1)
    assert.deepEqual(stage.log.events(), ['plugin file taken'], 'nothing half-written was ever looked at')
  })

  it('publishes nothing of a file that somebody writes to while others are taken', async () => {
    await using stage = await Stage.open()
    await stage.start()
    const half = SOURCE
    const whole = 'def run(): pass\ndef check(): pass\n'
    for (const name of ['a.py', 'b.py', 'c.py']) stage.folder.put(name, SOURCE)
    const halves = new Map([
      ['a.py', 'b.py'],
      ['c.py', 'c.py'],
    ])
    stage.folder.whileReading = (name) => {
      const written = halves.get(name)
      if (halves.delete(name)) stage.folder.put(String(written), half)
    }
    await stage.still(400)
    assert.deepEqual(
      [await stage.version('a'), await stage.version('b'), await stage.version('c')],
      [1, undefined, undefined],
    )
    for (const name of ['b.py', 'c.py']) stage.folder.put(name, whole)
    await stage.still(1_000)
    for (const name of ['b', 'c']) {
      const plugin = await stage.world.store.readPlugin({ name })
      assert.deepEqual([plugin?.version, plugin?.actions.length], [1, 2])
    }
  })

  it('at the start, waits for the end of what is just being written', async () => {
    await using stage = await Stage.open()
    stage.folder.put('disk.py', SOURCE, stage.world.clock.wall() - 10)
    const started = stage.start()
    await stage.still(200)
    stage.folder.put('disk.py', 'def run(): pass\ndef check(): pass\n', stage.world.clock.wall())
    await stage.still(1_000)
    await started
    const plugin = await stage.world.store.readPlugin({ name: 'disk' })
    assert.deepEqual([plugin?.version, plugin?.actions.length], [1, 2])
  })

  it('finds changes that it was not told of', async () => {
    await using stage = await Stage.open()
    await stage.start()
    stage.folder.changed = () => {}
    stage.folder.put('disk.py', SOURCE)
    await stage.still(6_000)
    assert.equal(await stage.version('disk'), 1)
  })

  it('keeps the last good version when a file cannot be read, and says what is wrong with it', async () => {
    await using stage = await Stage.open()
    stage.folder.put('disk.py', SOURCE)
    await stage.start()
    stage.folder.put('disk.py', 'def run(:\n')
    await stage.still()
    assert.equal(await stage.version('disk'), 1)
    assert.match((await stage.problem('disk')) ?? '', /^disk.py: disk cannot be published: line 1, column 9/)
    stage.folder.put('disk.py', Buffer.from([0x64, 0xff]))
    await stage.still()
    assert.match((await stage.problem('disk')) ?? '', /not UTF-8/)
    stage.folder.put('disk.py', 'def run(): return 3\n')
    await stage.still()
    assert.deepEqual([await stage.version('disk'), await stage.problem('disk')], [2, null])
  })

  it('removes nothing when a file is removed', async () => {
    await using stage = await Stage.open()
    stage.folder.put('disk.py', SOURCE)
    await stage.start()
    stage.folder.files.delete('disk.py')
    stage.folder.changed()
    await stage.still()
    assert.equal(await stage.version('disk'), 1)
  })

  it('takes neither of two files of one name, and names both', async () => {
    await using stage = await Stage.open()
    stage.folder.put('disk.py', SOURCE)
    await stage.start()
    stage.folder.put('Disk.ts', 'export const run = 1')
    stage.folder.put('disk.py', 'def run(): return 2\n')
    await stage.still()
    assert.equal(await stage.version('disk'), 1)
    assert.match((await stage.problem('disk')) ?? '', /^Disk.ts and disk.py are files of one plugin/)
    stage.folder.files.delete('Disk.ts')
    stage.folder.changed()
    await stage.still()
    assert.equal(await stage.version('disk'), 2, 'once one is gone, the other is taken')
  })

  it('says no more of two files of one name once one of them is gone, and undoes nothing that was published meanwhile', async () => {
    await using stage = await Stage.open()
    const remove = async (name: string): Promise<void> => {
      stage.folder.files.delete(name)
      stage.folder.changed()
      await stage.still()
    }
    stage.folder.put('disk.py', SOURCE)
    await stage.start()
    await stage.world.publish('disk', 'def run(): return 2\n')
    stage.folder.put('Disk.ts', 'export const run = 1')
    await stage.still()
    assert.match((await stage.problem('disk')) ?? '', /Keep one of them/)
    await remove('Disk.ts')
    assert.deepEqual([await stage.version('disk'), await stage.problem('disk')], [2, null])
    stage.folder.put('disk.py', 'def run(:\n')
    await stage.still()
    stage.folder.put('Disk.ts', 'export const run = 1')
    await stage.still()
    await remove('Disk.ts')
    assert.match((await stage.problem('disk')) ?? '', /line 1, column 9/, 'what is wrong with the other is shown again')
    await remove('disk.py')
    assert.equal(await stage.problem('disk'), null, 'a file that is gone is no problem')
  })

  it('says in the list of plugins what is wrong with a file whose plugin was never published, until it is mended or gone', async () => {
    await using stage = await Stage.open()
    stage.folder.put('new.py', 'def run(:\n')
    stage.folder.put('big.py', '#'.repeat(PLUGIN_BYTES_MAX + 5))
    await stage.start()
    const [big, broken, ...rest] = await stage.refused()
    assert.match(big ?? '', /^big.py: .*1048577 bytes; at most 1048576/)
    assert.match(broken ?? '', /^new.py: new cannot be published: line 1, column 9/)
    assert.deepEqual(rest, [])
    const news = stage.world.facts.length
    stage.folder.put('new.py', SOURCE)
    await stage.remove('big.py')
    assert.deepEqual(await stage.refused(), [])
    assert.equal(await stage.version('new'), 1)
    const told = stage.world.facts
      .slice(news)
      .flatMap(([fact, of]) => (fact === 'plugins-changed' && 'name' in of ? [of.name] : []))
    assert.deepEqual([...new Set(told)].toSorted(), ['big', 'new'])
  })

  it('names both of two new files of one name, and says no more of them once one is gone', async () => {
    await using stage = await Stage.open()
    await stage.start()
    stage.folder.put('report.py', 'def run(:\n')
    stage.folder.put('report.ts', 'export const run = () => 1')
    await stage.still()
    const both = await stage.refused()
    assert.equal(both.length, 2)
    for (const problem of both) assert.match(problem, /^report.py and report.ts are files of one plugin/)
    await stage.remove('report.ts')
    assert.match((await stage.refused()).join(), /^report.py: report cannot be published/)
    stage.folder.put('report.ts', 'export const run = () => 1')
    await stage.still()
    await stage.remove('report.py')
    assert.deepEqual([await stage.refused(), await stage.version('report')], [[], 1])
  })

  it('shows no more problems than a person reads, and no longer ones', async () => {
    await using stage = await Stage.open()
    for (let n = 0; n < 60; n++) stage.folder.put(`plugin_${n}.py`, 'def run(:\n')
    for (let n = 0; n < 256; n++) {
      const letters = Array.from({ length: 8 }, (_, bit) => ((n >> bit) & 1 ? 'A' : 'a'))
      stage.folder.put(`${letters.join('')}_and_more.py`, SOURCE)
    }
    await stage.start()
    const refused = await stage.refused()
    assert.equal(refused.length, 50)
    assert.equal(Math.max(...refused.map(({ length }) => length)), 2_000)
  })

  it('takes each language by the ending of its name', async () => {
    await using stage = await Stage.open()
    const sources = {
      'a.py': 'def run(): pass',
      'b.ts': 'export const run = (a: number) => a',
      'c.mjs': 'export function run() {}',
      'd.js': 'module.exports = { run() {} }',
      'e.sh': 'echo hello',
      'f.ps1': 'Write-Output hello',
    }
    for (const [name, source] of Object.entries(sources)) stage.folder.put(name, source)
    await stage.start()
    const plugins = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => stage.world.store.readPlugin({ name })),
    )
    assert.deepEqual(
      plugins.map((plugin) => `${plugin?.language} ${plugin?.actions.map(({ name }) => name).join()}`),
      ['python run', 'typescript run', 'javascript run', 'javascript run', 'shell run', 'powershell run'],
    )
  })

  it('says of large files how large they may be', async () => {
    await using stage = await Stage.open()
    stage.folder.put('big.py', '#'.repeat(PLUGIN_BYTES_MAX + 5))
    await stage.start()
    const said = stage.log.lines.map(({ fields }) => String(fields['problem']))
    assert.match(said.join(), /1048577 bytes; at most 1048576/)
  })

  it('tries again when the store could not write', async () => {
    await using stage = await Stage.open()
    await stage.start()
    const { publishPlugin } = stage.world.store
    stage.world.store.publishPlugin = () => Promise.reject(new Error('disk full'))
    stage.folder.put('disk.py', SOURCE)
    await stage.still()
    assert.ok(stage.log.events().includes('plugins folder not read'))
    stage.world.store.publishPlugin = publishPlugin
    await stage.still(6_000)
    assert.equal(await stage.version('disk'), 1)
  })
})

describe('a folder of the file system', () => {
  it('lists and reads plain files only, and tells of changes', async () => {
    const path = await mkdtemp(join(tmpdir(), 'octopus-inbox-'))
    try {
      await writeFile(join(path, 'secret'), 'secret')
      const inside = join(path, 'inbox')
      const folder = await openInboxFolder(inside, (error) => assert.fail(String(error)))
      await mkdir(join(inside, 'folder.py'))
      await symlink(join(path, 'secret'), join(inside, 'link.py'))
      await writeFile(join(inside, 'disk.py'), SOURCE)
      assert.deepEqual(
        (await folder.list()).map(({ name }) => name),
        ['disk.py'],
      )
      assert.equal(await folder.read('link.py', 100), undefined)
      assert.equal(await folder.read('folder.py', 100), undefined)
      assert.equal(await folder.read('none.py', 100), undefined)
      assert.equal(String((await folder.read('disk.py', 100))?.bytes), SOURCE)
      assert.equal((await folder.read('disk.py', 3))?.bytes.length, 4, 'one byte more tells that it is too long')
      const [before] = await folder.list()
      assert.equal((await folder.read('disk.py', 100))?.stamp, before?.stamp)
      assert.ok(before && before.changedAt > 0)
      const changed = new Promise<void>((resolve) => {
        const watching = folder.watch(() => {
          watching[Symbol.dispose]()
          resolve()
        })
      })
      await writeFile(join(inside, 'new'), 'def run(): return 1\n')
      await rename(join(inside, 'new'), join(inside, 'disk.py'))
      await changed
      const [after] = await folder.list()
      assert.notEqual(after?.stamp, before.stamp)
      assert.equal((await folder.read('disk.py', 100))?.stamp, after?.stamp)
    } finally {
      await rm(path, { recursive: true })
    }
  })
})

leakCheck()
