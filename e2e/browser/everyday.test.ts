import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'

import type { Page } from 'playwright-core'

import type { WatchedPage } from './chromium.ts'
import { heading, readRows, rowsOf, SOON, Stage, taskStep } from './stage.ts'

const REPORT = `import socket
def run(path: str = "/", warnAt: int = 90):
    """Says what it was asked."""
    if path == "/fail":
        raise ValueError("no such disk")
    return {"path": path, "warnAt": warnAt}
`

/** What people do every day beyond starting a task. */
describe('everyday work in the dashboard', () => {
  let stage: Stage
  let watched: WatchedPage
  let page: Page
  let hook: { readonly server: Server; readonly bodies: string[]; readonly url: string }

  before(async () => {
    stage = await Stage.set(['--webhook-hosts', '127.0.0.1'])
    const { octopus } = stage
    await octopus.publish('disk_report', REPORT)
    await Promise.all([octopus.startClientOf('alice', 'alice-pc'), octopus.startClientOf('bob', 'bob-pc')])
    watched = await stage.signedIn()
    page = watched.page
    hook = await listen()
  })
  after(async () => {
    hook.server.closeAllConnections()
    await new Promise((resolve) => hook.server.close(resolve))
    await stage[Symbol.asyncDispose]()
  })

  const confirm = (label: string): Promise<void> =>
    page.getByRole('dialog').getByRole('button', { name: label }).click()

  it('shows the next times of a calendar before it is saved, and refuses one that never comes', async () => {
    await page.goto(stage.address('/new-task?plugin=disk_report'))
    await page.getByLabel('Name of the task').fill('Nightly')
    await page.getByRole('group', { name: 'When' }).getByText('By the calendar').click()
    await page.getByLabel('Pattern').fill('0 0 30 2 *')
    await page
      .getByRole('alert')
      .getByText(/30 2|never/)
      .waitFor(SOON)
    await page.getByLabel('Pattern').fill('0 3 * * 1-5')
    await page.getByLabel('Time zone').fill('Europe/Berlin')
    const next = page.getByRole('status', { name: 'Next runs' })
    await next.getByRole('listitem').nth(4).waitFor(SOON)
    const times = await next.getByRole('listitem').allInnerTexts()
    assert.equal(times.length, 5)
    for (const time of times) assert.match(time, /03:00:00\+0[12]:00/)
    await page.getByRole('button', { name: 'Create task' }).click()
    await heading(page, 'Nightly').waitFor(SOON)
    await page.getByText('0 3 * * 1-5 (Europe/Berlin)').waitFor(SOON)
  })

  it('edits it: only what was changed changes', async () => {
    await page.getByRole('link', { name: 'Edit' }).click()
    await page.getByLabel('warnAt').fill('75')
    await page.getByText('Options', { exact: true }).click()
    await page.getByLabel('When the run before still goes on').selectOption('queue')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await heading(page, 'Nightly').waitFor(SOON)
    await page.getByText('the new one waits').waitFor(SOON)
    const [task] = (await stage.octopus.api.get('/tasks?limit=1')).items
    assert.deepEqual(
      [task.kwargs, task.overlap, task.cron, task.timeZone, task.revision],
      [{ warnAt: 75 }, 'queue', '0 3 * * 1-5', 'Europe/Berlin', 2],
    )
  })

  it('pauses and resumes it', async () => {
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText(/no run begins until it is resumed/).waitFor(SOON)
    await page.getByRole('button', { name: 'Resume' }).click()
    await page
      .getByText(/Next run/)
      .first()
      .waitFor(SOON)
  })

  it('copies a task, finds what failed, and does that again', async () => {
    await page.getByRole('link', { name: 'Duplicate' }).click()
    await page.getByRole('group', { name: 'When' }).getByText('Now', { exact: true }).click()
    await page.getByLabel('path').fill('/fail')
    await page.getByRole('button', { name: 'Run on 2 clients now' }).click()
    await heading(page, 'Nightly (copy)').waitFor(SOON)
    await taskStep(page, 'Completed').waitFor(SOON)
    await rowsOf(page, 'Runs').getByRole('link').click()
    await page.getByText('2 executions: the same result').waitFor(SOON)
    await page.getByText('ValueError: no such disk').waitFor(SOON)
    await page.getByRole('button', { name: 'Show these below' }).click()
    await page.waitForURL(/digest=/)
    await readRows(page, 'Executions', 2)
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'CSV' }).click()
    assert.match((await download).suggestedFilename(), /\.csv$/)
    await page.getByRole('button', { name: 'Retry failed' }).click()
    await confirm('Retry 2 executions')
    await page.getByText(/retried by admin/).waitFor(SOON)
    await page.getByTestId('run-headline').getByText('0 of 2 done · 2 failed').waitFor(SOON)
  })

  it('goes anywhere by Ctrl K', async () => {
    await page.keyboard.press('Control+K')
    const box = page.getByRole('combobox', { name: /Search for/ })
    await box.fill('alice')
    await page.getByRole('option', { name: /client alice-pc/ }).waitFor(SOON)
    await box.fill('disk_rep')
    await page.getByRole('option', { name: /plugin disk_report/ }).waitFor(SOON)
    await box.press('Enter')
    await heading(page, 'disk_report').waitFor(SOON)
  })

  it('tries a source on one client before anybody else gets it', async () => {
    const editor = page.getByRole('textbox', { name: 'Source' })
    await editor.waitFor(SOON)
    await editor.press('Control+Home')
    await page.keyboard.insertText('print("a try")\n')
    const trying = page.getByRole('region', { name: 'Try on one client' })
    await trying.getByLabel('Client').selectOption({ label: 'bob-pc' })
    await trying.getByRole('button', { name: 'Try what is typed' }).click()
    const tried = page.getByTestId('tried')
    await tried.getByText('a try', { exact: true }).waitFor(SOON)
    await tried.getByText('succeeded').waitFor(SOON)
    const versions = await stage.octopus.api.get('/plugins/disk_report/versions')
    assert.equal(versions.items.length, 1, 'a try publishes nothing')
  })

  it('publishes it, compares it with what was, and rolls back', async () => {
    await page.getByRole('button', { name: 'Publish' }).click()
    await readRows(page, 'Versions', 2)
    await rowsOf(page, 'Versions').nth(1).getByRole('button', { name: 'Compare' }).click()
    const difference = page.getByRole('table', { name: 'Difference' })
    await difference.getByText('print("a try")').waitFor(SOON)
    assert.equal(await difference.locator('tr.added').count(), 1)
    await rowsOf(page, 'Versions').nth(1).getByRole('button', { name: 'Roll back' }).click()
    await confirm('Make version 1 current')
    await page.getByText(/is current again/).waitFor(SOON)
    // Rows do not move under the pointer.
    await page.mouse.move(5, 5)
    await page.mouse.move(0, 0)
    await readRows(page, 'Versions', 3)
    const plugin = await stage.octopus.api.get('/plugins/disk_report')
    assert.deepEqual([plugin.version, plugin.source], [3, REPORT])
  })

  it('tells a webhook, keeps history as long as it is told, and remembers who did what', async () => {
    await page.goto(stage.address('/settings?show=notifications'))
    await page.getByRole('button', { name: 'New target' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('chat')
    await dialog.getByLabel('Address').fill(hook.url)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await readRows(page, 'Notification targets', 1)
    await page.getByRole('button', { name: 'Test' }).click()
    await page.getByText(/Delivered in/).waitFor(SOON)
    assert.equal(hook.bodies.length, 1)
    await page.getByText('Retention', { exact: true }).click()
    await page.getByLabel('Output').fill('14')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText(/by admin/).waitFor(SOON)
    assert.equal((await stage.octopus.api.get('/settings')).retention.outputDays, 14)
    await page.getByRole('group', { name: 'Part of the settings' }).getByText('Audit trail').click()
    await rowsOf(page, 'Audit trail').filter({ hasText: 'settings' }).first().waitFor(SOON)
  })

  it('shows on the overview what came of it, by time', async () => {
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByRole('region', { name: 'Last 24 hours' }).getByText('2 failed', { exact: true }).waitFor(SOON)
    await page.getByRole('region', { name: 'Next' }).getByRole('link', { name: 'Nightly' }).waitFor(SOON)
    watched.assertCalm([/ 401 .*\/api\/v1\/me$/, / 400 .*\/api\/v1\/schedule\/preview$/])
  })
})

/** A webhook on loopback that takes everything. */
async function listen(): Promise<{ server: Server; bodies: string[]; url: string }> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      bodies.push(body)
      response.end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
}
