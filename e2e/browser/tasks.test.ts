import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Page } from 'playwright-core'

import type { WatchedPage } from './chromium.ts'
import { FOLLOW, forbidReload, heading, readRows, rowsOf, SOON, Stage, taskStep } from './stage.ts'

const HOUR_MS = 3_600_000
/** Long enough that a busy machine shows the task before it is due. */
const SOON_DUE_MS = 8_000
const OWNERS = ['All', 'Anyone', 'Specific user'] as const

/** What `<input type="datetime-local">` takes: in the browser's zone, which is the test's. */
function localTime(at: number): string {
  const { year, month, day, hour, minute, second } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(
    Temporal.Now.timeZoneId(),
  )
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
}

describe('tasks of every kind, by the form', () => {
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

  /** Fills in what and who; the caller says when. */
  const begin = async (owner: (typeof OWNERS)[number], name: string): Promise<void> => {
    await page.getByRole('link', { name: 'Tasks', exact: true }).click()
    await page.getByRole('main').getByRole('link', { name: 'New task' }).first().click()
    await page.getByRole('combobox', { name: 'Plugin' }).selectOption('follow')
    await page.getByLabel('Name of the task').fill(name)
    await page.getByLabel('control').fill(controlFile(name))
    await page.getByRole('radio', { name: owner }).check()
    if (owner === 'Specific user') {
      await page.getByRole('combobox', { name: 'User' }).fill('alice')
      await page.getByText('Online now').waitFor(SOON)
    }
  }

  for (const owner of OWNERS) {
    const takers = owner === 'All' ? 2 : 1

    it(`${owner}, now: active while it runs, completed when it is done, without a reload`, async () => {
      const name = `${owner} now`
      await begin(owner, name)
      const label = { All: 'Run on 2 clients now', Anyone: 'Run now', 'Specific user': 'Run for alice now' }[owner]
      await page.getByRole('button', { name: label }).click()
      await heading(page, name).waitFor()
      const assertNotReloaded = await forbidReload(page)
      await taskStep(page, 'Active').waitFor(SOON)
      assert.match((await readRows(page, 'Runs', 1))[0] ?? '', /running|waiting/)
      appendFileSync(controlFile(name), 'end\n')
      await taskStep(page, 'Completed').waitFor(SOON)
      await page.getByText('It ended: succeeded').waitFor(SOON)
      await rowsOf(page, 'Runs').getByRole('link').click()
      await page.getByTestId('run-headline').getByText(`${takers} of ${takers} done`).waitFor(SOON)
      const executions = await readRows(page, 'Executions', takers)
      assert.equal(executions.filter((row) => row.includes('succeeded')).length, takers)
      if (owner === 'Specific user') assert.match(executions[0] ?? '', /^alice-pc/)
      await assertNotReloaded()
    })

    it(`${owner}, at a time: created until then`, async () => {
      const name = `${owner} later`
      await begin(owner, name)
      await page.getByRole('group', { name: 'When' }).getByText('At a time').click()
      await page.getByLabel('At', { exact: true }).fill(localTime(Date.now() + HOUR_MS))
      await page.getByRole('button', { name: 'Create task' }).click()
      await taskStep(page, 'Created').waitFor(SOON)
      await page.getByText(/^Next run in (?:59 min|1 h)\.$/).waitFor(SOON)
      await page.getByText('It has not run yet').waitFor(SOON)
      await page.getByRole('button', { name: 'Cancel' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel the task' }).click()
      await page.getByText('It ended: cancelled').waitFor(SOON)
    })

    it(`${owner}, every second: one run after the other appears, until it is ended`, async () => {
      const name = `${owner} again`
      appendFileSync(controlFile(name), 'end\n')
      await begin(owner, name)
      await page.getByRole('group', { name: 'When' }).getByText('Repeatedly').click()
      await page.getByLabel('Every', { exact: true }).fill('1')
      await page.getByLabel('Unit').selectOption('seconds')
      await page.getByRole('button', { name: 'Create task' }).click()
      await taskStep(page, 'Active').waitFor(SOON)
      const assertNotReloaded = await forbidReload(page)
      await rowsOf(page, 'Runs').filter({ hasText: 'succeeded' }).nth(2).waitFor(SOON)
      await page.getByRole('button', { name: 'End' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'End the schedule' }).click()
      await taskStep(page, 'Completed').waitFor(SOON)
      const seen = await rowsOf(page, 'Runs').count()
      console.log(`${name}: ${seen} runs`)
      assert.ok(seen >= 3, `${seen} runs`)
      await assertNotReloaded()
    })
  }

  it('a task at a time goes from created to active to completed on one page, without a reload', async () => {
    await begin('Anyone', 'soon')
    await page.getByRole('group', { name: 'When' }).getByText('At a time').click()
    await page.getByLabel('At', { exact: true }).fill(localTime(Date.now() + SOON_DUE_MS))
    await page.getByRole('button', { name: 'Create task' }).click()
    await heading(page, 'soon').waitFor()
    await taskStep(page, 'Created').waitFor(SOON)
    const assertNotReloaded = await forbidReload(page)
    const address = page.url()
    assert.equal(await rowsOf(page, 'Runs').count(), 0)
    await taskStep(page, 'Active').waitFor(SOON)
    await rowsOf(page, 'Runs').filter({ hasText: 'running' }).waitFor(SOON)
    appendFileSync(controlFile('soon'), 'end\n')
    await taskStep(page, 'Completed').waitFor(SOON)
    await page.getByText('It ended: succeeded').waitFor(SOON)
    assert.match((await readRows(page, 'Runs', 1))[0] ?? '', /succeeded/)
    assert.equal(page.url(), address)
    await assertNotReloaded()
  })

  it('lists them all, finds them by filters that the address keeps, and runs one again', async () => {
    await page.getByRole('link', { name: 'Tasks', exact: true }).click()
    await readRows(page, 'Tasks', 10)
    await page.getByLabel('Owner').selectOption('user')
    await page.waitForURL(/owner=user/)
    await rowsOf(page, 'Tasks').nth(3).waitFor({ state: 'detached' })
    assert.equal((await readRows(page, 'Tasks', 3)).filter((row) => row.includes('alice')).length, 3)
    await page.getByRole('link', { name: 'Specific user now' }).click()
    await page.getByRole('button', { name: 'Run now' }).click()
    await heading(page, 'Run of Specific user now').waitFor()
    await page.getByTestId('run-headline').getByText('1 of 1 done').waitFor(SOON)
    await page.getByRole('link', { name: 'Task', exact: true }).click()
    await readRows(page, 'Runs', 2)
    await taskStep(page, 'Completed').waitFor(SOON)
    watched.assertCalm([/ 401 .*\/api\/v1\/me$/])
  })
})
