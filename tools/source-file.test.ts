import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { parseSource, specifierFor } from './source-file.ts'

const PATH = 'packages/server/src/planning/planner.ts'

describe('imports of a file', () => {
  const cases = [
    { text: "import { a } from './plan.ts'", target: 'packages/server/src/planning/plan.ts' },
    { text: "import type { A } from './plan.ts'", target: 'packages/server/src/planning/plan.ts' },
    { text: "export * from '#tasks/task.ts'", target: 'packages/server/src/tasks/task.ts' },
    { text: "export type { T } from '../tasks/task.ts'", target: 'packages/server/src/tasks/task.ts' },
    { text: "const m = await import('@octopus/kit/clock.ts')", target: 'packages/kit/src/clock.ts' },
    { text: "type C = import('@octopus/kit/clock.ts').Clock", target: 'packages/kit/src/clock.ts' },
    { text: "import { x } from 'fastify'", target: undefined },
  ]
  for (const { text, target } of cases) {
    it(`are found in: ${text}`, () => {
      const { imports } = parseSource(PATH, text)
      assert.deepEqual(
        imports.map((one) => one.target),
        [target],
      )
    })
  }

  it('are not found in comments and texts', () => {
    const { imports } = parseSource(PATH, "// import './a.ts'\nconst text = `import './b.ts'`")
    assert.deepEqual(imports, [])
  })
})

describe('use of a clock, of dice, of a timer', () => {
  const found = [
    ['const a = Date.now()', 'Date.now'],
    ['const a = new Date(5)', 'new Date('],
    ['const a = Temporal.Now.instant()', 'Temporal.Now'],
    ['const a = Math.random()', 'Math.random'],
    ['const a = performance.now()', 'performance.now'],
    ['setTimeout(() => {}, 5)', 'setTimeout'],
    ['globalThis.setInterval(() => {}, 5)', 'globalThis.setInterval'],
    ['const wait = setTimeout', 'setTimeout'],
    ['const later = { setTimeout }', 'setTimeout'],
    ['const id = crypto.randomUUID()', 'crypto.randomUUID'],
    ["import { randomBytes as dice } from 'node:crypto'", "import { randomBytes } from 'node:crypto'"],
    ["import { setTimeout } from 'node:timers/promises'", "import { setTimeout } from 'node:timers/promises'"],
  ] as const
  for (const [text, what] of found) {
    it(`is found in: ${text}`, () => {
      assert.deepEqual(
        parseSource(PATH, text).clockUses.map((use) => use.what),
        [what],
      )
    })
  }

  const harmless = [
    '// Date.now() and setTimeout(x)',
    "const text = 'new Date()'",
    'socket.setTimeout(5)',
    'const port = { setTimeout: 5 }',
    'type A = Date',
    "import { createHash } from 'node:crypto'",
    'const at = Temporal.Instant.fromEpochMilliseconds(0)',
  ]
  for (const text of harmless) {
    it(`is not found in: ${text}`, () => assert.deepEqual(parseSource(PATH, text).clockUses, []))
  }
})

describe('an import says how far away its target is', () => {
  const cases = [
    ['packages/server/src/planning/plan.ts', './plan.ts'],
    ['packages/server/src/planning/deep/plan.ts', '#planning/deep/plan.ts'],
    ['packages/server/src/tasks/task.ts', '#tasks/task.ts'],
    ['packages/server/src/compose.ts', '#compose.ts'],
    ['packages/kit/src/testing/leaks.ts', '@octopus/kit/testing/leaks.ts'],
  ] as const
  for (const [target, specifier] of cases) {
    it(`${target} is ${specifier}`, () => assert.equal(specifierFor(PATH, target), specifier))
  }
})
