import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { nothingLeft } from './harness/leaks.ts'
import { freePort } from './harness/octopus.ts'
import { ROOT } from './harness/process.ts'
import { missingLines, stepsOf, Terminal } from './harness/worked-example.ts'

const PAGES = ['README', 'maintenance', 'monitoring', 'batch']
/** A page of which fewer blocks are found is not read as it is meant. */
const STEPS_AT_LEAST = 4

const read = (page: string): string => readFileSync(join(ROOT, 'docs/scenarios', `${page}.md`), 'utf8')
const pages = PAGES.map((page) => ({ page, steps: stepsOf(read(page)) }))
const needsBash = process.platform === 'win32' && 'the pages are written for bash'

describe('the worked examples, as they are printed', { skip: needsBash }, () => {
  let terminal: Terminal
  const folder = mkdtempSync(join(tmpdir(), 'octopus-scenarios-'))

  before(async () => {
    terminal = new Terminal({ TMPDIR: folder, PORT: String(await freePort()) })
  })
  after(async () => {
    await terminal[Symbol.asyncDispose]()
    await nothingLeft([folder])
    rmSync(folder, { recursive: true, force: true })
  })

  it('have commands and expected lines on every page', () => {
    for (const { page, steps } of pages) {
      assert.ok(steps.length >= STEPS_AT_LEAST, `${page}.md has ${steps.length} blocks of commands`)
      assert.ok(
        steps.some(({ expected }) => expected.length > 0),
        `${page}.md expects nothing`,
      )
    }
  })

  const all = pages.flatMap(({ page, steps }) => steps.map((step, index) => ({ page, index, step })))
  const inOrder = [...all.filter(({ step }) => !step.isEnd), ...all.filter(({ step }) => step.isEnd)]
  for (const { page, index, step } of inOrder) {
    it(`${page}.md, block ${index + 1}: ${step.heading}`, async () => {
      const output = await terminal.run(step.commands)
      assert.deepEqual(
        missingLines(step.expected, output),
        [],
        `The page shows lines that were not printed:\n${output}`,
      )
    })
  }
})
