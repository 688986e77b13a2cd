import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'

import { executionLifeDiagram } from './execution-life.ts'
import { ROOT } from './root.ts'

it('docs/execution-life.md draws the rules that the program runs by', () => {
  const page = readFileSync(join(ROOT, 'docs/execution-life.md'), 'utf8')
  const diagram = executionLifeDiagram()
  assert.ok(diagram.split('\n').length > 20, 'the diagram is nearly empty: this test would check nothing')
  assert.ok(
    page.includes(diagram),
    `The diagram in docs/execution-life.md is not the one of the rules. Put this in its place:\n\n${diagram}`,
  )
})
