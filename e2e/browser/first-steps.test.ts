import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Browser, Page } from 'playwright-core'

import { clientMark, nothingLeft } from '#e2e/harness/leaks.ts'
import { freePort } from '#e2e/harness/octopus.ts'
import { OctopusProcess } from '#e2e/harness/process.ts'

import { openBrowser, openPage, type WatchedPage } from './chromium.ts'
import { forbidReload, heading, readRows, signIn, SOON, taskStep } from './stage.ts'

const ME = { name: 'rosa', password: 'a sentence of several words' }
/** Chromium writes every refusal to its console; these two are answers to questions that were meant. */
const REFUSALS = [/ 401 .*\/api\/v1\/(?:me|login)$/]

describe('a new user with a new server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'octopus-browser-'))
  const clients: OctopusProcess[] = []
  let server: OctopusProcess
  let browser: Browser
  let watched: WatchedPage
  let page: Page
  let url: string

  before(async () => {
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const folders = ['--data-folder', join(folder, 'server'), '--plugins-folder', join(folder, 'plugins')]
    server = new OctopusProcess(['server', '--server-port', String(port), ...folders], { cwd: folder })
    browser = await openBrowser()
    watched = await openPage(browser, { origin: url })
    page = watched.page
  })

  after(async () => {
    await watched[Symbol.asyncDispose]()
    await browser.close()
    await Promise.all(clients.map((client) => client.stop()))
    await server.stop()
    await nothingLeft([folder, clientMark(stateFolder('first')), clientMark(stateFolder('second'))])
    rmSync(folder, { recursive: true, force: true })
  })

  const stateFolder = (name: string): string => join(folder, name)

  /** Types the command that the dialog shows, as it stands, on a "PC" of its own. */
  const connect = async (name: string, approves: boolean): Promise<void> => {
    await page.getByRole('button', { name: 'Connect a client' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Connect a client' })
    await dialog.getByLabel('May work at once, without approval').setChecked(approves)
    await dialog.getByRole('button', { name: 'Make the command' }).click()
    const line = await dialog.getByLabel('Command').innerText()
    const [, token, args] = /^OCTOPUS_TOKEN=(\S+) npm run octopus -- (.+)$/.exec(line) ?? []
    assert.ok(token !== undefined && args !== undefined, line)
    const own = ['--data-folder', stateFolder(name), '--client-name', name]
    clients.push(new OctopusProcess([...args.split(' '), ...own], { cwd: folder, env: { OCTOPUS_TOKEN: token } }))
    await dialog.getByRole('button', { name: 'Done' }).click()
  }

  const steps = () => page.getByRole('region', { name: 'First steps' }).getByRole('listitem')
  const tile = (label: string) => page.getByRole('list', { name: 'Counters' }).getByRole('link', { name: label })

  it('opens the setup link that the server printed and makes the administrator', async () => {
    const [, link] = await server.line(/(http:\S+\/setup#token=[\w-]+)/)
    await server.line(/"event":"listening"/)
    await page.goto(link as string)
    await page.getByLabel('Your name').fill(ME.name)
    await page.getByLabel('Password').fill(ME.password)
    await page.getByRole('button', { name: 'Create administrator' }).click()
    await heading(page, 'Overview').waitFor()
    assert.equal(new URL(page.url()).hash, '', 'the token is gone from the address')
    assert.equal(await steps().count(), 3)
    assert.equal(await steps().filter({ hasText: 'Done:' }).count(), 0)
  })

  it('connects a client with the command that is shown, and sees it come', async () => {
    const assertNotReloaded = await forbidReload(page)
    await connect('first', true)
    await steps().filter({ hasText: 'Done:' }).waitFor(SOON)
    await tile('1 of 1').waitFor(SOON)
    assert.equal(await steps().filter({ hasText: 'Done:' }).count(), 1)
    await assertNotReloaded()
  })

  it('approves a client that waits, with its fingerprint before the eyes', async () => {
    const assertNotReloaded = await forbidReload(page)
    await page.getByRole('link', { name: 'Clients', exact: true }).click()
    await readRows(page, 'Clients', 1)
    await connect('second', false)
    await page.getByRole('link', { name: 'Overview', exact: true }).click()
    const waiting = page.getByRole('region', { name: 'Needs you' })
    await waiting.getByRole('listitem').waitFor(SOON)
    assert.equal(await waiting.getByRole('listitem').count(), 1)
    await waiting.getByRole('button', { name: 'Approve' }).click()
    const dialog = page.getByRole('dialog', { name: 'Approve second?' })
    assert.match(await dialog.locator('.fingerprint').innerText(), /^(?:[0-9a-f]{4} ){15}[0-9a-f]{4}$/)
    await dialog.getByRole('button', { name: 'Approve' }).click()
    await waiting.waitFor({ state: 'detached', ...SOON })
    await tile('2 of 2').waitFor(SOON)
    await page.getByRole('link', { name: 'Clients', exact: true }).click()
    const rows = await readRows(page, 'Clients', 2)
    assert.deepEqual(
      rows.map((row) => /^(\w+) (\w+) /.exec(row)?.slice(1)),
      [
        ['first', 'online'],
        ['second', 'online'],
      ],
    )
    await assertNotReloaded()
  })

  it('writes a plugin, is told what is wrong with it, and watches it reach every client', async () => {
    await page.getByRole('link', { name: 'Plugins', exact: true }).click()
    await page.getByRole('main').getByRole('link', { name: 'New plugin' }).first().click()
    await page.getByLabel('Name').fill('greeter')
    const editor = page.getByRole('textbox', { name: 'Source' })
    await editor.fill('def run(:\n')
    await page.getByRole('alert').filter({ hasText: 'Line 1:' }).waitFor(SOON)
    const source = ['def run(name: str, times: int = 2, loud: bool = False):', '    """Greets."""']
    await editor.fill(
      [...source, '    for _ in range(times):', '        print("Hello", name)', '    return name'].join('\n'),
    )
    const found = page.getByRole('list', { name: 'Actions found' }).getByRole('listitem')
    await found.filter({ hasText: 'run(name: string, times: integer = 2, loud: boolean = false)' }).waitFor(SOON)
    assert.equal(await found.count(), 1)
    await page.getByRole('button', { name: 'Publish' }).click()
    await heading(page, 'greeter').waitFor()
    const assertNotReloaded = await forbidReload(page)
    await page.getByTestId('coverage').getByText('2 of 2 clients have the current version').waitFor(SOON)
    await readRows(page, 'Versions', 1)
    await assertNotReloaded()
  })

  it('creates a task with the form made from the parameters, and sees it completed', async () => {
    await page.getByRole('main').getByRole('link', { name: 'New task' }).click()
    await page.getByRole('button', { name: 'Run on 2 clients now' }).click()
    await page.getByText('Something is missing above.').waitFor()
    await page.getByLabel('name', { exact: true }).fill('Rosa')
    await page.getByLabel('loud').selectOption('true')
    assert.equal(await page.getByLabel('times').getAttribute('placeholder'), '2')
    await page.getByRole('button', { name: 'Run on 2 clients now' }).click()
    await taskStep(page, 'Completed').waitFor(SOON)
    assert.match((await readRows(page, 'Runs', 1))[0] ?? '', /succeeded/)
    await rowOfRun()
    assert.match(await page.getByTestId('run-headline').innerText(), /^2 of 2 done$/)
    await readRows(page, 'Executions', 2)
    await page.getByRole('link', { name: 'Overview', exact: true }).click()
    await heading(page, 'Overview').waitFor()
    assert.equal(await steps().count(), 0, 'the first steps have gone')
  })

  const rowOfRun = async (): Promise<void> => {
    await page.getByRole('table', { name: 'Runs' }).getByRole('link').click()
    await heading(page, /^Run of/).waitFor()
  }

  it('signs out, is told of a wrong password, and signs in again', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Name').fill(ME.name)
    await page.getByLabel('Password').fill('not this one either')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').filter({ hasText: 'Name or password is wrong.' }).waitFor(SOON)
    assert.equal(await page.getByLabel('Name').inputValue(), ME.name, 'what was typed is kept')
    await signIn(page, ME)
    watched.assertCalm(REFUSALS)
  })
})
