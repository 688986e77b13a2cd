import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { copyCheckout } from './private-copy.ts'
import { ROOT } from './root.ts'
import { runCommand } from './run-command.ts'
import { problemOf } from './seed-bug.ts'
import { BUGS } from './seeded-bugs/all.ts'

describe('the seeded bugs', () => {
  it('are twenty at least, and twelve of them are the simulator’s to catch', () => {
    assert.ok(BUGS.length >= 20, `there are ${BUGS.length}`)
    const simulated = BUGS.filter(({ caughtBy }) => /^npm (?:run sim|test) -- (?:--|sim\/)/.test(caughtBy))
    assert.ok(simulated.length >= 12, `the simulator catches ${simulated.length}`)
  })

  it('have names of their own, fit for a command line', () => {
    assert.equal(new Set(BUGS.map(({ name }) => name)).size, BUGS.length)
    for (const { name } of BUGS) assert.match(name, /^[a-z]+(?:-[a-z]+)*$/)
  })

  for (const bug of BUGS) {
    it(`can be made: ${bug.name}`, () => {
      assert.equal(problemOf(bug, readFileSync(join(ROOT, bug.file), 'utf8')), undefined)
      assert.ok(bug.breaks.length > 0 && bug.says.length > 0 && bug.says.every((words) => words.length > 2))
      const [, test] = /^npm test -- (\S+)$/.exec(bug.caughtBy) ?? []
      assert.ok(test === undefined || existsSync(join(ROOT, test)), `there is no ${test}`)
    })
  }
})

describe('a private copy of the checkout', () => {
  it('imports its own packages, not those of the checkout', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'octopus-copy-'))
    try {
      await copyCheckout(folder)
      const look = `import { realpathSync } from 'node:fs'
        console.log(realpathSync(new URL(import.meta.resolve('@octopus/kit/elapsed.ts'))))`
      const command = [process.execPath, '--input-type=module', '--eval', look]
      const end = await runCommand(command, { cwd: join(folder, 'packages/server') })
      assert.equal(end.output.trim(), join(folder, 'packages/kit/src/elapsed.ts'))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
