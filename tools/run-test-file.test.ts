import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Outcome } from './outcome.ts'
import { runTestFile } from './run-test-file.ts'

const IMPORT = "import { describe, it } from 'node:test'\nimport assert from 'node:assert/strict'\n"
/** Long enough for node to start on a busy machine, short enough for a test that waits for it to pass. */
const HANG_MS = 2_000

describe('what becomes of a test file', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'octopus-tools-'))
  })
  after(() => rm(folder, { recursive: true }))

  const run = async (text: string, timeoutMs = 60_000): Promise<readonly Outcome[]> => {
    const file = join(folder, 'some.test.mjs')
    await writeFile(file, IMPORT + text)
    const { outcomes } = await runTestFile(file, timeoutMs)
    return outcomes.map((one) => ({ ...one, name: one.name.replace(`${file}: `, '').replace(file, 'the file') }))
  }
  const shown = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ end, name }) => `${end}: ${name}`)
  const reasons = (outcomes: readonly Outcome[]): string =>
    outcomes.map((one) => ('reason' in one ? one.reason : '')).join()

  it('every test counts once, by its full name', async () => {
    const text = `describe('a', () => { it('b', () => {}); it('c', () => assert.equal(1, 2)); it('d', { skip: 'why' }, () => {}) })
      it('e', async (t) => { await t.test('f', () => {}) })`
    assert.deepEqual(shown(await run(text)), [
      'passed: a > b',
      'failed: a > c',
      'skipped: a > d',
      'passed: e > f',
      'passed: e',
    ])
  })

  const mustFail = [
    { what: 'a file without tests', text: '', says: /ran no test/ },
    { what: 'an error while loading', text: "it('a', () => {}); throw new Error('no')", says: /exit code 7/ },
    { what: 'an exit in the middle', text: "it('a', () => process.exit(0))", says: /ran no test/ },
    {
      what: 'an error after the end of its test',
      text: "it('a', () => { setTimeout(() => { throw new Error('late') }, 20) })",
      says: /late/,
    },
    {
      what: 'a hook that fails',
      text: "describe('a', () => { it.beforeEach?.(() => {}); it('b', () => { throw new Error('hook') }) })",
      says: /hook/,
    },
  ]
  for (const { what, text, says } of mustFail) {
    it(`${what} is a failure`, async () => {
      const outcomes = await run(text)
      assert.ok(
        outcomes.some(({ end }) => end === 'failed'),
        shown(outcomes).join(),
      )
      assert.match(reasons(outcomes), says)
    })
  }

  it('a test that hangs is ended and named', async () => {
    const outcomes = await run("it('waits', () => new Promise((done) => setTimeout(done, 100_000)))", HANG_MS)
    assert.ok(shown(outcomes).includes('failed: waits'), shown(outcomes).join())
  })

  it('something left open is a failure, although all tests passed', async () => {
    const outcomes = await run("it('a', () => { setInterval(() => {}, 1000) })", HANG_MS)
    assert.deepEqual(shown(outcomes), ['passed: a', 'failed: the file'])
    assert.match(reasons(outcomes), /still open/)
  })

  it('is told with what its tests measured, and without the counts of node:test', async () => {
    const file = join(folder, 'measures.test.mjs')
    const inner =
      "describe('a', () => { it('b', (t) => t.diagnostic('12 ms')); it('c', (t) => { t.diagnostic('x'); assert.ok(false) }) })"
    await writeFile(file, `${IMPORT}${inner}\nit('d', (t) => t.diagnostic('3 MiB'))`)
    const { measured } = await runTestFile(file, 60_000)
    assert.deepEqual(measured, ['12 ms', 'x', '3 MiB'])
  })

  it('an endless loop is ended', async () => {
    assert.match(reasons(await run("it('a', () => { for (;;) {} })", HANG_MS)), /endless loop/)
  })
})
