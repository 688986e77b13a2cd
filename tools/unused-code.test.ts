import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { copyCheckout } from './private-copy.ts'
import { ROOT } from './root.ts'
import { runCommand } from './run-command.ts'

/** A file of each place that others use: an export is added that nobody uses, and beside it a file of that kind. */
const USED = [
  'packages/api-client/src/request.ts',
  'packages/cli/src/world.ts',
  'packages/client/src/client.ts',
  'packages/kit/src/clock.ts',
  'packages/protocol/src/ids.ts',
  'packages/server/src/engine.ts',
  'packages/web/src/app/queries.ts',
  'bench/report.ts',
  'e2e/harness/octopus.ts',
  'sim/world.ts',
  'tools/outcome.ts',
]

describe('the check for what nothing uses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-unused-'))
  let output = ''
  before(async () => {
    await copyCheckout(folder)
    for (const path of USED) {
      assert.ok(existsSync(join(folder, path)), `${path} is no more: name another file of that place`)
      appendFileSync(join(folder, path), '\nexport const usedByNobody = 1\n')
      writeFileSync(join(folder, dirname(path), 'used-by-nobody.ts'), 'export const neither = 1\n')
    }
    const manifest = join(folder, 'packages/server/package.json')
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8').replace('"dependencies": {', '"dependencies": { "react": "19.3.1",'),
    )
    const command = [process.execPath, join(ROOT, 'node_modules/knip/bin/knip.js'), '--no-progress']
    output = (await runCommand(command, { cwd: folder, timeoutMs: 180_000 })).output
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const path of USED) {
    it(`finds an export of ${path} that nobody uses, and a file beside it`, () => {
      const found = output.split('\n')
      assert.ok(
        found.some((line) => line.startsWith('usedByNobody ') && line.includes(`  ${path}:`)),
        output,
      )
      assert.ok(
        found.some((line) => line.includes(`${dirname(path)}/used-by-nobody.ts`)),
        output,
      )
    })
  }

  it('finds a part that nothing uses', () => {
    assert.match(output, /^react +packages\/server\/package\.json/m)
  })
})
