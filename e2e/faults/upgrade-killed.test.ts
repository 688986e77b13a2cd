import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { DatabaseCopy } from '#e2e/harness/database.ts'
import { freePort } from '#e2e/harness/octopus.ts'
import { makeOldStore, newestSchema } from '#e2e/harness/old-store.ts'
import { OctopusProcess, ROOT } from '#e2e/harness/process.ts'
import { strace, withoutStrace } from '#e2e/harness/strace.ts'

const OPEN = [process.execPath, join(ROOT, 'e2e/harness/open-store.ts')]
const CALLS_MAX = 1_000
/** Of the writes of pages every so many: there are more than five hundred. */
const PAGE_STEP = 61

describe('an upgrade of a store of the first schema', { skip: withoutStrace() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-upgrade-'))
  const old = join(folder, 'old.db')
  before(() => makeOldStore(old))
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** A folder of a server, with the old store in it. */
  function oldFolder(name: string): string {
    const path = join(folder, name)
    mkdirSync(path)
    copyFileSync(old, join(path, 'octopus.db'))
    return path
  }

  /** Whether opening it died at the k-th of these calls. */
  function diesAt(path: string, calls: string, k: number): boolean {
    const file = join(path, 'octopus.db')
    const paths = [file, `${file}-wal`]
    // Without -D: its own end is that of the program.
    const prefix = strace({ calls, how: 'signal=KILL', when: String(k), paths }).filter((word) => word !== '-D')
    const [, ...args] = [...prefix, ...OPEN, file]
    const { signal, status, stderr } = spawnSync('strace', args, { encoding: 'utf8' })
    if (signal !== 'SIGKILL') assert.equal(status, 0, stderr)
    return signal === 'SIGKILL'
  }

  /** The killed store is sound as it lies there: some steps are done, each of them wholly. */
  function assertWholeSteps(path: string): number {
    using copy = new DatabaseCopy(path)
    assert.deepEqual(
      copy.rows('pragma integrity_check').map((row) => row['integrity_check']),
      ['ok'],
    )
    assert.deepEqual(copy.rows('select count(*) as n from execution')[0]?.['n'], 200)
    return Number(copy.rows('select max(number) as n from migration')[0]?.['n'])
  }

  function assertNewest(path: string): void {
    using copy = new DatabaseCopy(path)
    copy.assertSound()
    assert.equal(copy.rows('select max(number) as n from migration')[0]?.['n'], newestSchema())
    assert.equal(copy.rows(`select count(*) as n from execution where state = 'succeeded'`)[0]?.['n'], 200)
  }

  for (const [what, calls, step] of [
    ['each fsync', 'fsync,fdatasync', 1],
    [`every ${PAGE_STEP}st write of a page`, 'pwrite64', PAGE_STEP],
  ] as const) {
    it(`killed at ${what} goes on with the next start`, (t) => {
      const reached = new Set<number>()
      let k = 1
      for (; ; k += step) {
        assert.ok(k < CALLS_MAX, 'it has no end')
        const path = oldFolder(`${calls} ${k}`)
        const died = diesAt(path, calls, k)
        reached.add(assertWholeSteps(path))
        const { status, stderr } = spawnSync(OPEN[0] ?? '', [OPEN[1] ?? '', join(path, 'octopus.db')], {
          encoding: 'utf8',
        })
        assert.equal(status, 0, stderr)
        assertNewest(path)
        rmSync(path, { recursive: true })
        if (!died) break
      }
      t.diagnostic(`${(k - 1) / step} kills, found at the versions ${[...reached].join(', ')}`)
      assert.ok(reached.size > 3, 'the kills did not meet the steps')
    })
  }

  it('killed in a real server is finished by the next one, which then serves', async () => {
    const path = oldFolder('server')
    const file = join(path, 'octopus.db')
    const start = async (prefix: readonly string[]): Promise<OctopusProcess> => {
      const flags = ['--data-folder', path, '--plugins-folder', join(path, 'plugins')]
      return new OctopusProcess(['server', '--server-port', String(await freePort()), ...flags], {
        cwd: folder,
        prefix,
      })
    }
    const doomed = await start(
      strace({ calls: 'fsync,fdatasync', how: 'signal=KILL', when: '5', paths: [file, `${file}-wal`] }),
    )
    assert.equal((await doomed.exited).signal, 'SIGKILL')
    const reached = assertWholeSteps(path)
    assert.ok(reached >= 1 && reached < newestSchema(), `it was killed after the upgrade (${reached})`)
    await using server = await start([])
    const [, url = ''] = await server.line(/"event":"listening".*"url":"([^"]+)"/)
    assert.equal((await fetch(`${url}/readyz`)).status, 200)
    await server.stop()
    assertNewest(path)
    assert.ok(!existsSync(`${file}-wal`), 'it has ended in good order')
  })
})
