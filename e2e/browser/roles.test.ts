import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Page } from 'playwright-core'

import { everyPlace, type Place } from './pages.ts'
import { FOLLOW, signIn, SOON, Stage } from './stage.ts'

const PASSWORD = 'four words and more'

/** Every button and link in the page's content that changes something, by the first words on it. */
const OPERATOR = ['New task', 'Create a task', 'Run now', 'Run on', 'End', 'Cancel', 'Drain', 'Resume', 'Stop all work']
const ADMIN = ['Connect a client', 'Approve', 'Edit', 'Revoke', 'New plugin', 'Publish', 'Reset', 'Delete', 'New user']
const DANGEROUS = new RegExp(`^(?:${[...OPERATOR, ...ADMIN].join('|')})`)
const FOR_ADMINS = new RegExp(`^(?:${ADMIN.join('|')})`)

describe('what each role sees', () => {
  let stage: Stage
  let places: readonly Place[]

  before(async () => {
    stage = await Stage.set()
    const { octopus } = stage
    const { api } = octopus
    for (const role of ['viewer', 'operator']) await api.post('/users', { name: role, role, password: PASSWORD })
    await octopus.publish('follow', FOLLOW)
    await octopus.startClients(['one'])
    // It runs for as long as the test: there is something to cancel.
    const task = { plugin: 'follow', owner: 'all', kwargs: { control: join(octopus.folder, 'never') } }
    await octopus.inState((await octopus.task(task)).id, ['running'])
    places = await everyPlace(stage, 'follow')
  })
  after(() => stage[Symbol.asyncDispose]())

  const actionsOn = async (page: Page, place: Place): Promise<readonly string[]> => {
    await page.goto(stage.address(place.path))
    await place.ready(page)
    const main = page.getByRole('main')
    const names = await main.locator('button, a.button').allInnerTexts()
    return names.map((name) => name.trim()).filter((name) => DANGEROUS.test(name))
  }

  const walk = async (name: string, password: string): Promise<ReadonlyMap<string, readonly string[]>> => {
    const watched = await stage.stranger()
    await watched.page.goto(stage.address('/sign-in'))
    await signIn(watched.page, { name, password })
    const found = new Map<string, readonly string[]>()
    for (const place of places) found.set(place.name, await actionsOn(watched.page, place))
    console.log(`${name}: ${places.length} pages, ${[...found.values()].flat().length} buttons that change something`)
    watched.assertCalm([/ 401 .*\/api\/v1\/me$/, / 404 .*\/api\/v1\/tasks\/[0-9a-f-]+$/])
    return found
  }

  it('an administrator sees all of them, so that the others prove something', async () => {
    const seen = [...(await walk('admin', 'correct horse battery')).values()].flat()
    const kinds = ['New task', 'Run now', 'Cancel', 'Drain', 'Stop all work', 'Connect a client', 'Revoke', 'Publish']
    for (const kind of kinds)
      assert.ok(
        seen.some((name) => name.startsWith(kind)),
        `${kind}: ${seen.join(', ')}`,
      )
  })

  it('an operator sees what concerns work, and nothing of clients, plugins and users', async () => {
    const found = await walk('operator', PASSWORD)
    const seen = [...found.values()].flat()
    assert.ok(seen.includes('Run now') && seen.includes('New task'), seen.join(', '))
    const tooMuch = [...found].flatMap(([place, names]) =>
      // A task is an operator's to edit.
      names.filter((name) => FOR_ADMINS.test(name) && !(place === 'task' && name === 'Edit')),
    )
    assert.deepEqual(tooMuch, [])
  })

  it('a viewer sees no button that changes anything, on any page', async () => {
    const found = await walk('viewer', PASSWORD)
    assert.equal(found.size, places.length)
    assert.deepEqual(
      [...found].filter(([, names]) => names.length > 0),
      [],
    )
  })

  it('a viewer is told on the page for new tasks what is missing', async () => {
    const watched = await stage.stranger()
    await watched.page.goto(stage.address('/new-task'))
    // Whoever is not signed in comes back to where they wanted to go.
    await watched.page.getByLabel('Name').fill('viewer')
    await watched.page.getByLabel('Password').fill(PASSWORD)
    await watched.page.getByRole('button', { name: 'Sign in' }).click()
    await watched.page.getByText('Creating tasks needs the role operator').waitFor(SOON)
  })
})
