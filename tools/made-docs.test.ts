import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'

import { cliPage } from './cli-doc.ts'
import { ROOT } from './root.ts'
import { settingsPage } from './settings-doc.ts'

const written = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8')

it('docs/cli.md tells of every command as it is', () => {
  const page = cliPage()
  assert.ok(page.split('\n### octopus ').length > 60, 'the page is nearly empty: this test would check nothing')
  assert.ok(written('cli.md') === page, 'It is stale. Run: node tools/cli-doc.ts')
})

it('docs/settings.md tells of every setting as it is declared', () => {
  const page = settingsPage()
  assert.ok(page.split('\n| `').length > 20, 'the page is nearly empty: this test would check nothing')
  assert.ok(written('settings.md') === page, 'It is stale. Run: node tools/settings-doc.ts')
})
