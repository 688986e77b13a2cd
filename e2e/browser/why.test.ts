import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Locator, Page } from 'playwright-core'

import type { Json } from '#e2e/harness/api.ts'

import type { WatchedPage } from './chromium.ts'
import { FOLLOW, forbidReload, SOON, Stage, taskStep } from './stage.ts'

/** A PC calls itself what it likes. */
const HOSTILE = '<img src=x onerror=__octopusPwned()>'

describe('"Why?", asked on the dashboard', () => {
  let stage: Stage
  let watched: WatchedPage
  let page: Page
  let task: Json

  before(async () => {
    stage = await Stage.set()
    const { octopus } = stage
    await octopus.publish('follow', FOLLOW)
    await octopus.startClientOf('alice', 'alice-pc')
    const control = join(octopus.folder, 'lines')
    appendFileSync(control, 'end\n')
    task = await octopus.task({ name: 'tidy', plugin: 'follow', owner: 'all', kwargs: { control } })
    await octopus.completed(task.id)
    // They came after the run: why they have no part in it is what people ask.
    octopus.startClient('hostile', await octopus.enrollmentToken(), ['--client-name', HOSTILE])
    await Promise.all([octopus.startClientOf('carol', 'carol-pc'), octopus.presence(HOSTILE, 'online')])
    watched = await stage.signedIn()
    page = watched.page
  })
  after(() => stage[Symbol.asyncDispose]())

  const whyOf = async (client: string): Promise<Json> => {
    const { id } = await stage.octopus.client(client)
    return stage.octopus.api.get(`/why?task=${task.id}&client=${id}`)
  }
  /** What the API answers is what is shown, fact by fact: nothing goes on between the two. */
  const shows = async (part: Locator, why: Json): Promise<void> => {
    await part.getByText(why.summary, { exact: true }).first().waitFor(SOON)
    assert.equal(await part.locator('.why-summary').innerText(), why.summary)
    const facts = await part
      .getByRole('list', { name: 'Chain of facts' })
      .locator('li > span:first-child')
      .allInnerTexts()
    assert.deepEqual(
      facts,
      why.steps.map(({ text }: Json) => text),
    )
    console.log(`${facts.length} facts: ${why.summary}`)
  }
  const asked = (): Locator => page.getByRole('region', { name: 'Why not on this PC?' })
  const choices = (): Locator => asked().getByRole('option')

  it('explains an execution in the words of the API', async () => {
    const [{ id }] = await stage.octopus.executionsOf(task.id)
    await page.goto(stage.address(`/executions/${id}`))
    const part = page.getByRole('region', { name: 'Why?' })
    assert.equal(await part.getByRole('list').count(), 0, 'only who wants to know has it asked')
    await part.getByRole('button', { name: 'Explain' }).click()
    const why = await stage.octopus.api.get(`/executions/${id}/why`)
    assert.match(why.summary, /^It succeeded on alice-pc/)
    await shows(part, why)
    await part.getByRole('button', { name: 'Close' }).click()
    assert.equal(await part.getByRole('list').count(), 0)
  })

  it('explains on the page of a task why a PC has not done it, found and chosen by the keyboard alone', async () => {
    await page.goto(stage.address(`/tasks/${task.id}`))
    await taskStep(page, 'Completed').waitFor(SOON)
    await asked().getByRole('button', { name: 'Explain' }).focus()
    await page.keyboard.press('Enter')
    await asked().getByRole('combobox', { name: 'Client' }).waitFor(SOON)
    await page.keyboard.press('Tab')
    await choices().nth(2).waitFor(SOON)
    assert.match((await choices().allInnerTexts()).join(), /<img .*nobody.*alice-pc.*alice.*online.*carol-pc.*carol/s)
    // At once, before the server has answered for what was typed.
    await page.keyboard.type('CAR')
    await page.keyboard.press('Enter')
    const why = await whyOf('carol-pc')
    assert.match(why.summary, /^carol-pc was enrolled only after/)
    await shows(asked(), why)
    assert.equal(await choices().count(), 0)
    assert.equal(await asked().getByRole('combobox').inputValue(), 'carol-pc')

    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.press('Delete')
    await choices().nth(2).waitFor(SOON)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await shows(asked(), await whyOf('alice-pc'))
  })

  it('says that no client is called so, and lets go of the list at Escape', async () => {
    const field = asked().getByRole('combobox')
    await field.fill('nobody')
    await asked().getByText('No client’s name begins with that.').waitFor(SOON)
    await field.fill('')
    await choices().first().waitFor(SOON)
    await field.press('Escape')
    assert.equal(await choices().count(), 0)
    assert.equal(await field.getAttribute('aria-expanded'), 'false')
  })

  it('says what went wrong, and asks again', async () => {
    const refused = '**/api/v1/why?*'
    const answer = { code: 'INTERNAL', detail: 'The server has failed.' }
    await page.route(refused, (route) => route.fulfill({ status: 500, json: answer }))
    await asked().getByRole('combobox').fill('<img')
    await choices().filter({ hasText: HOSTILE }).click()
    await asked().getByRole('alert').getByText('The server has failed.').waitFor(SOON)
    await page.unroute(refused)
    await asked().getByRole('button', { name: 'Retry' }).click()
    await shows(asked(), await whyOf(HOSTILE))
  })

  it('shows a hostile name as text, and by itself what has become of that PC since', async () => {
    await asked().getByRole('combobox').fill('<img')
    await choices().filter({ hasText: HOSTILE }).click()
    const before = await whyOf(HOSTILE)
    assert.ok(before.summary.startsWith(`${HOSTILE} was enrolled only after`), before.summary)
    await shows(asked(), before)
    const assertNotReloaded = await forbidReload(page)
    await stage.octopus.api.post(`/tasks/${task.id}/runs`)
    await asked().getByText(`It succeeded on ${HOSTILE}.`, { exact: true }).first().waitFor(SOON)
    await shows(asked(), await whyOf(HOSTILE))
    await assertNotReloaded()
    await page.setViewportSize({ width: 380, height: 780 })
    const [whole, chain] = [await asked().boundingBox(), await asked().locator('.card').boundingBox()]
    assert.equal(chain?.width, whole?.width, 'no wider than a phone')
    watched.assertCalm([/ 401 .*\/api\/v1\/me$/, / 500 .*\/api\/v1\/why\?/])
  })
})
