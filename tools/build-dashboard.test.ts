import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'

import { dashboardSources } from './build-dashboard.ts'
import { copyCheckout } from './private-copy.ts'
import { ROOT } from './root.ts'
import { runCommand } from './run-command.ts'
import { readSourceFile } from './source-file.ts'

const SAYS_WHERE = /first administrator here, once: (http:\/\/\S+?)\/dashboard\/setup/

describe('the dashboard of a checkout', () => {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-dashboard-'))
  const checkout = join(folder, 'octopus')
  const web = join(checkout, 'packages/web')
  const tool = [process.execPath, join(checkout, 'tools/build-dashboard.ts')]
  // Git brings no built files, and so does the copy.
  before(() => copyCheckout(checkout))
  after(() => rmSync(folder, { recursive: true, maxRetries: 3 }))

  /** As `npm run octopus -- server` does. */
  const startServer = (): ChildProcess =>
    spawn(
      process.execPath,
      [join(checkout, 'packages/cli/bin/octopus.mjs'), 'server', '--port', '0', '--data-folder', join(folder, 'data')],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    )
  const beingBuilt = (): string[] => readdirSync(web).filter((name) => name.startsWith('.octopus-dist'))

  it('is not begun by a start that is stopped while it builds: exit code 0, nothing left', async () => {
    const server = startServer()
    const ended = once(server, 'exit')
    await linesUntil(server, /building it/)
    server.kill('SIGINT')
    assert.deepEqual(await ended, [0, null])
    assert.deepEqual(beingBuilt(), [])
    assert.ok(!existsSync(join(web, 'dist')))
  })

  it('is built at the first start of the server, which says so and how long it took', async () => {
    const server = startServer()
    const lines = await linesUntil(server, SAYS_WHERE)
    const [, url] = SAYS_WHERE.exec(lines.at(-1) ?? '') ?? []
    assert.match(
      lines.join('\n'),
      /^The dashboard has not been built: building it …\nThe dashboard was built in [\d.]+ s\.\n/,
    )
    const page = await (await fetch(`${url}/dashboard/setup`)).text()
    const [, script] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? []
    assert.ok(script, `the page has no script:\n${page}`)
    assert.equal((await fetch(url + script)).headers.get('content-type'), 'text/javascript; charset=utf-8')
    server.kill('SIGTERM')
    assert.deepEqual(await once(server, 'exit'), [0, null])
  })

  it('is not built again while its sources are the same', async () => {
    const { code, output } = await runCommand([...tool, '--if-needed'])
    assert.deepEqual({ code, output }, { code: 0, output: '' })
  })

  it('is whole when two build it at the same time', async () => {
    const ends = await Promise.all([runCommand(tool), runCommand(tool)])
    for (const { code, output } of ends) assert.equal(code, 0, output)
    const page = readFileSync(join(web, 'dist/index.html'), 'utf8')
    const named = [...page.matchAll(/"\/dashboard\/([^"]+)"/g)].map(([, name]) => name ?? '')
    assert.ok(named.length > 2, page)
    for (const name of named) assert.ok(existsSync(join(web, 'dist', name)), `${name} is missing`)
    assert.deepEqual(beingBuilt(), [])
  })
})

it('everything that the pages import is a source of the dashboard: a change of it is never tested with an old bundle', () => {
  const sources = new Set(dashboardSources())
  const open = ['packages/web/src/main.tsx']
  const seen = new Set(open)
  for (const path of open) {
    for (const { target } of readSourceFile(ROOT, path).imports) {
      if (target === undefined || seen.has(target)) continue
      seen.add(target)
      if (/\.tsx?$/.test(target)) open.push(target)
    }
  }
  assert.ok(open.length > 50, 'hardly anything was found: this test would check nothing')
  assert.deepEqual(
    [...seen].filter((path) => !sources.has(path)),
    [],
    'SOURCES in tools/build-dashboard.ts lacks them',
  )
  for (const path of ['package-lock.json', 'packages/web/index.html', 'packages/web/vite.config.ts']) {
    assert.ok(sources.has(path), path)
  }
})

/** What it says, up to the line that fits. */
async function linesUntil({ stderr }: ChildProcess, pattern: RegExp): Promise<readonly string[]> {
  const lines: string[] = []
  if (stderr === null) throw new Error('its standard error is not piped')
  for await (const line of createInterface(stderr)) {
    lines.push(line)
    if (pattern.test(line)) return lines
  }
  throw new Error(`it never said ${String(pattern)}:\n${lines.join('\n')}`)
}
