import assert from 'node:assert/strict'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Page } from 'playwright-core'

import type { WatchedPage } from './chromium.ts'
import { FOLLOW, forbidReload, heading, readRows, rowsOf, SOON, Stage, taskStep } from './stage.ts'

describe('work in progress, watched', () => {
  let stage: Stage
  let watched: WatchedPage
  let page: Page

  before(async () => {
    stage = await Stage.set()
    const { octopus } = stage
    await octopus.publish('follow', FOLLOW)
    await Promise.all([octopus.startClientOf('alice', 'alice-pc'), octopus.startClientOf('bob', 'bob-pc')])
    watched = await stage.signedIn()
    page = watched.page
  })
  after(() => stage[Symbol.asyncDispose]())

  const controlFile = (name: string): string => join(stage.octopus.folder, `${name}.lines`)
  const follow = (name: string, wish: object = {}) =>
    stage.octopus.task({ name, plugin: 'follow', kwargs: { control: controlFile(name) }, ...wish })
  const outputLines = () => page.getByRole('log', { name: 'Output' }).locator('.output-line')

  it('shows lines of a plugin as they are printed, and its result when it ends', async () => {
    await page.getByRole('link', { name: 'Overview', exact: true }).click()
    const assertNotReloaded = await forbidReload(page)
    await follow('talker')
    // From the overview to the execution as somebody would go who sees that something runs.
    await page.getByRole('region', { name: 'Now' }).getByRole('link', { name: 'talker' }).click()
    await heading(page, 'Run of talker').waitFor()
    await rowsOf(page, 'Executions').filter({ hasText: 'running' }).getByRole('link').click()
    await page.getByText('Nothing printed yet').waitFor(SOON)
    for (const [index, line] of ['one', 'two', 'three'].entries()) {
      appendFileSync(controlFile('talker'), `${line}\n`)
      await outputLines().nth(index).waitFor(SOON)
      assert.equal(await outputLines().count(), index + 1)
      assert.match(await outputLines().nth(index).innerText(), new RegExp(`line ${line}$`))
    }
    assert.equal(await page.getByRole('region', { name: 'Result' }).count(), 0)
    appendFileSync(controlFile('talker'), 'end\n')
    await page.getByRole('region', { name: 'Result' }).getByText('printed: 3').waitFor(SOON)
    await page.getByRole('heading', { level: 1 }).getByText('succeeded').waitFor(SOON)
    const steps = await page.getByRole('list', { name: 'Timeline' }).getByRole('listitem').allInnerTexts()
    assert.deepEqual(
      steps.map((step) => step.split('\n')[0]),
      ['Due', 'Queued', 'Handed to the client', 'Started', 'Ended'],
    )
    await assertNotReloaded()
  })

  it('finds lines by a word, and says so when there is none', async () => {
    await page.getByLabel('Search in the output').fill('TWO')
    await outputLines().nth(1).waitFor({ state: 'detached' })
    assert.equal(await outputLines().count(), 1)
    await page.getByLabel('Search in the output').fill('nothing like it')
    await page.getByText('No line has this text').waitFor()
  })

  it('cancels a running run after it was confirmed, and shows what became of it', async () => {
    const { id } = await follow('stoppable', { owner: 'all' })
    await page.goto(stage.address(`/tasks/${id}`))
    await taskStep(page, 'Active').waitFor(SOON)
    await rowsOf(page, 'Runs').getByRole('link').click()
    await page.getByTestId('run-headline').getByText('0 of 2 done · 2 running').waitFor(SOON)
    await rowsOf(page, 'Executions').filter({ hasText: 'running' }).nth(1).waitFor(SOON)
    const assertNotReloaded = await forbidReload(page)
    await page.getByRole('button', { name: 'Cancel run' }).click()
    const dialog = page.getByRole('dialog', { name: 'Cancel this run of stoppable?' })
    await dialog.getByRole('button', { name: 'Keep as it is' }).click()
    assert.equal(await dialog.count(), 0)
    assert.match((await readRows(page, 'Executions', 2)).join(), /running.*running/)
    await page.getByRole('button', { name: 'Cancel run' }).click()
    await dialog.getByRole('button', { name: 'Cancel 2 executions' }).click()
    await page.getByTestId('run-headline').getByText('0 of 2 done · 2 cancelled').waitFor(SOON)
    // Headline and list hear of it each by itself.
    await rowsOf(page, 'Executions').filter({ hasText: 'cancelled' }).nth(1).waitFor(SOON)
    assert.equal((await readRows(page, 'Executions', 2)).filter((row) => row.includes('cancelled')).length, 2)
    await page.getByRole('heading', { level: 1 }).getByText('cancelled').waitFor(SOON)
    assert.equal(await page.getByRole('button', { name: 'Cancel run' }).count(), 0)
    await assertNotReloaded()
  })

  it('cancels a running task by its button, and shows on the same page how it ends', async () => {
    const { id } = await follow('unwanted', { owner: 'all' })
    await stage.octopus.api.eventually(`task:${id},executions`, async () => {
      const { items } = await stage.octopus.api.get(`/executions?task=${id}&state=running`)
      return items.length === 2
    })
    await page.goto(stage.address(`/tasks/${id}`))
    await taskStep(page, 'Active').waitFor(SOON)
    await rowsOf(page, 'Runs').filter({ hasText: 'running' }).waitFor(SOON)
    const assertNotReloaded = await forbidReload(page)
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Cancel unwanted?' })
    await dialog.getByText('2 executions of its last run will be stopped').waitFor()
    await dialog.getByRole('button', { name: 'Cancel the task' }).click()
    await taskStep(page, 'Completed').waitFor(SOON)
    await page.getByText('It ended: cancelled').waitFor(SOON)
    await rowsOf(page, 'Runs').filter({ hasText: 'cancelled' }).waitFor(SOON)
    assert.equal(await page.getByRole('button', { name: 'Cancel', exact: true }).count(), 0)
    const executions = await stage.octopus.executionsOf(id)
    assert.deepEqual(
      executions.map(({ state }) => state),
      ['cancelled', 'cancelled'],
    )
    await assertNotReloaded()
  })

  it('shows the output of a second attempt alone, however much the first one printed', async () => {
    const { id } = await follow('second try', { retry: { maxAttempts: 2, backoffSeconds: 0, on: ['failed'] } })
    const execution = await stage.octopus.inState(id, ['running'])
    await page.goto(stage.address(`/executions/${execution.id}`))
    const assertNotReloaded = await forbidReload(page)
    appendFileSync(controlFile('second try'), 'is what the first attempt says\nand says again\n')
    await outputLines().nth(1).waitFor(SOON)
    appendFileSync(controlFile('second try'), 'fail\n')
    await page.getByText('Attempt 2 has printed nothing yet. This is the output of attempt 1.').waitFor(SOON)
    appendFileSync(controlFile('second try'), 'short\n')
    await outputLines()
      .nth(1)
      .waitFor({ state: 'detached', ...SOON })
    assert.match(await outputLines().innerText(), /line short$/)
    appendFileSync(controlFile('second try'), 'end\n')
    await page.getByRole('heading', { level: 1 }).getByText('succeeded').waitFor(SOON)
    assert.equal(await outputLines().count(), 1)
    await assertNotReloaded()
  })

  it('says why a task waits, and goes on by itself when the PC comes', async () => {
    await stage.octopus.api.post('/users', { name: 'carol' })
    const { id } = await follow('for carol', { owner: 'user', user: 'carol' })
    appendFileSync(controlFile('for carol'), 'end\n')
    await page.goto(stage.address(`/tasks/${id}`))
    await taskStep(page, 'Created').waitFor(SOON)
    await page.getByText('No approved client belongs to carol.').waitFor(SOON)
    const assertNotReloaded = await forbidReload(page)
    stage.octopus.startClient('carol-pc', await stage.octopus.enrollmentToken('carol'))
    await taskStep(page, 'Completed').waitFor(SOON)
    await rowsOf(page, 'Runs').getByRole('link').click()
    assert.match((await readRows(page, 'Executions', 1))[0] ?? '', /^carol-pc.*succeeded/)
    await assertNotReloaded()
  })

  it('says what is wrong with a new file in the plugins folder, and shows the plugin once it is mended', async () => {
    const file = join(stage.octopus.pluginsFolder, 'report.py')
    await page.getByRole('link', { name: 'Plugins', exact: true }).click()
    await readRows(page, 'Plugins', 1)
    const assertNotReloaded = await forbidReload(page)
    writeFileSync(file, 'def run(:\n')
    const problems = page.getByRole('region', { name: 'Not taken from the plugins folder' })
    await problems.getByText('report.py: report cannot be published: line 1, column 9').waitFor(SOON)
    assert.equal(await rowsOf(page, 'Plugins').count(), 1)
    writeFileSync(file, 'def run():\n    pass\n')
    await rowsOf(page, 'Plugins').filter({ hasText: 'report' }).waitFor(SOON)
    await problems.waitFor({ state: 'detached', ...SOON })
    await assertNotReloaded()
  })

  it('marks the page as stale while the server is away, and catches up when it is back', async () => {
    await page.getByRole('link', { name: 'Clients', exact: true }).click()
    await readRows(page, 'Clients', 3)
    await page.getByRole('status', { name: 'Connection: Live' }).waitFor(SOON)
    await stage.octopus.server.stop()
    await page.getByRole('status', { name: /^Connection: (?:Reconnecting|Stale)/ }).waitFor(SOON)
    assert.equal(await rowsOf(page, 'Clients').count(), 3, 'what was shown stays')
    await stage.octopus.startAgain()
    await page.getByRole('status', { name: 'Connection: Live' }).waitFor(SOON)
    await rowsOf(page, 'Clients').filter({ hasText: 'online' }).nth(2).waitFor(SOON)
    watched.assertCalm([
      / 401 .*\/api\/v1\/me$/,
      /ERR_(?:CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE|NETWORK_CHANGED)/,
      / 503 /,
    ])
  })

  it('stops all work with one button, says so on every page, and resumes', async () => {
    const assertNotReloaded = await forbidReload(page)
    await page.getByRole('link', { name: 'Overview', exact: true }).click()
    await page.getByRole('button', { name: 'Stop all work' }).click()
    await page.getByRole('dialog').getByRole('button', { name: /^Stop/ }).click()
    const banner = page.getByRole('alert').filter({ hasText: 'All work is stopped' })
    await banner.waitFor(SOON)
    await page.getByRole('link', { name: 'Tasks', exact: true }).click()
    await banner.getByRole('button', { name: 'Resume all work' }).click()
    await banner.waitFor({ state: 'detached', ...SOON })
    await assertNotReloaded()
  })
})
