import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import axe from 'axe-core'
import type { Page } from 'playwright-core'

import type { WatchedPage } from './chromium.ts'
import { everyPlace, type Place } from './pages.ts'
import { FOLLOW, heading, readRows, rowsOf, SOON, Stage, taskStep } from './stage.ts'

/** What axe calls a finding that keeps people out. */
const SERIOUS = new Set(['serious', 'critical'])
/** Rules that a theme can break; all others see the same document in both. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block']
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const EXPECTED = [/ 401 .*\/api\/v1\/me$/, / 404 .*\/api\/v1\/tasks\/[0-9a-f-]+$/]

/** Script that the overview loads, compressed; and the largest paint after a reload on this machine. */
const SCRIPT_BYTES_MAX = 200 * 1_024
const LARGEST_PAINT_MS_MAX = 1_500

describe('everybody can use it', () => {
  let stage: Stage
  let watched: WatchedPage
  let page: Page
  let places: readonly Place[]

  before(async () => {
    stage = await Stage.set()
    const { octopus } = stage
    await octopus.publish('follow', FOLLOW)
    await octopus.publish('fails', 'def run():\n    print("\\x1b[33mon the way\\x1b[0m")\n    raise ValueError("no")\n')
    await octopus.startClients(['one', 'two'])
    const waiting = await octopus.api.post('/enrollment-tokens', { approves: false, maxUses: 1 })
    octopus.startClient('three', waiting.token)
    const never = { control: join(octopus.folder, 'never') }
    const running = await octopus.task({ name: 'Running', plugin: 'follow', owner: 'all', kwargs: never })
    await octopus.inState(running.id, ['running'])
    await octopus.run({ name: 'Failing', plugin: 'fails', owner: 'all' })
    await octopus.api.eventually('clients', async () => (await octopus.api.all('/clients')).length === 3)
    watched = await stage.signedIn()
    page = watched.page
    places = await everyPlace(stage, 'follow')
  })
  after(() => stage[Symbol.asyncDispose]())

  const findings = async (rules: object): Promise<readonly string[]> => {
    const run = `axe.run(document, ${JSON.stringify(rules)})`
    const { violations } = await page.evaluate<axe.AxeResults>(run)
    return violations
      .filter(({ impact }) => SERIOUS.has(impact ?? ''))
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`))
  }

  /** All rules on the page as it is, then the rules of colours in the other theme. */
  const examine = async (name: string): Promise<readonly string[]> => {
    await page.evaluate(axe.source)
    const light = await findings({ runOnly: TAGS })
    await page.emulateMedia({ colorScheme: 'dark' })
    const dark = await findings({ runOnly: { type: 'rule', values: OF_COLOURS } })
    await page.emulateMedia({ colorScheme: 'light' })
    return [...light.map((text) => `${name}: ${text}`), ...dark.map((text) => `${name}, dark: ${text}`)]
  }

  it('has no serious finding of axe on any page, light or dark', async () => {
    const found: string[] = []
    for (const place of places) {
      await page.goto(stage.address(place.path))
      await place.ready(page)
      found.push(...(await examine(place.name)))
    }
    console.log(`${places.length} pages, ${found.length} serious findings`)
    assert.deepEqual(found, [])
    watched.assertCalm(EXPECTED)
  })

  it('has none in dialogs and in front of the door either', async () => {
    const found: string[] = []
    await page.goto(stage.address('/clients'))
    await readRows(page, 'Clients', 3)
    await page.getByRole('button', { name: 'Connect a client' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Make the command' }).click()
    await page.getByLabel('Command').waitFor(SOON)
    found.push(...(await examine('connect a client')))
    await page.goto(stage.address('/new-task'))
    await page.getByRole('radio', { name: 'Specific user' }).check()
    await page.getByRole('group', { name: 'When' }).getByText('Repeatedly').click()
    await page.getByText('Options').click()
    await page.getByRole('button', { name: 'Create task' }).click()
    await page.getByText('Something is missing above.').waitFor(SOON)
    found.push(...(await examine('new task with problems')))
    const stranger = await stage.stranger()
    page = stranger.page
    for (const path of ['/sign-in', '/setup']) {
      await page.goto(stage.address(path))
      await page.getByLabel('Password').waitFor(SOON)
      found.push(...(await examine(path)))
    }
    page = watched.page
    assert.deepEqual(found, [])
  })

  it('fits a phone: no page is wider than 380 pixels', async () => {
    await page.setViewportSize({ width: 380, height: 780 })
    const wide: string[] = []
    for (const place of places) {
      await page.goto(stage.address(place.path))
      await place.ready(page)
      const more = await page.evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`)
      if (more !== 0) wide.push(`${place.name}: ${String(more)} pixels`)
    }
    await page.setViewportSize({ width: 1_280, height: 800 })
    assert.deepEqual(wide, [])
  })

  it('creates a task with the keyboard alone', async () => {
    const watched = await stage.signedIn()
    const { page } = watched
    await page.goto(stage.address('/tasks'))
    await rowsOf(page, 'Tasks').first().waitFor(SOON)
    const keys = page.keyboard
    /** Tab by Tab, as somebody who sees the focus move, until it stands on what was looked for. */
    const tabTo = async (wanted: string, pressesMax = 40): Promise<void> => {
      const passed: string[] = []
      for (let presses = 0; presses < pressesMax; presses += 1) {
        await keys.press('Tab')
        const name = await page.evaluate(`(() => {
          const at = document.activeElement
          const label = at.labels?.[0]?.innerText ?? at.getAttribute('aria-label') ?? at.innerText ?? ''
          return label.trim()
        })()`)
        if (String(name).startsWith(wanted)) return
        passed.push(String(name))
      }
      throw new Error(`"${wanted}" is not reached with ${pressesMax} presses of Tab, only: ${passed.join(' | ')}`)
    }
    await tabTo('Skip to content', 1)
    await keys.press('Enter')
    await tabTo('New task', 3)
    await keys.press('Enter')
    await heading(page, 'New task').waitFor()
    await page.getByRole('combobox', { name: 'Plugin' }).waitFor(SOON)
    await tabTo('Plugin')
    await keys.type('fails')
    await tabTo('Name of the task')
    await keys.type('Typed')
    await tabTo('All\n')
    await keys.press('ArrowDown')
    await keys.press('ArrowDown')
    await keys.press('ArrowUp')
    await tabTo('Now')
    await tabTo('Run now')
    await keys.press('Enter')
    await heading(page, 'Typed').waitFor()
    await taskStep(page, 'Completed').waitFor(SOON)
    assert.match((await readRows(page, 'Runs', 1))[0] ?? '', /failed/)
    // A dialog takes the focus, lets go of it at Escape, and gives it back.
    await page.goto(stage.address('/'))
    await page.getByRole('button', { name: 'Stop all work' }).waitFor(SOON)
    await tabTo('Stop all work')
    await keys.press('Enter')
    await page.getByRole('dialog').waitFor(SOON)
    await keys.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal(await page.evaluate('document.activeElement.innerText.trim()'), 'Stop all work')
    watched.assertCalm(EXPECTED)
  })

  it('is light: script that the overview loads, and its largest paint', async () => {
    const fresh = await stage.signedIn()
    const session = await fresh.page.context().newCDPSession(fresh.page)
    const scripts = new Map<string, number>()
    session.on('Network.responseReceived', ({ requestId, type }) => {
      if (type === 'Script') scripts.set(requestId, 0)
    })
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (scripts.has(requestId)) scripts.set(requestId, encodedDataLength)
    })
    await session.send('Network.enable')
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    await fresh.page.reload()
    await heading(fresh.page, 'Overview').waitFor()
    await fresh.page.getByRole('region', { name: 'Now' }).getByRole('link', { name: 'Running' }).waitFor(SOON)
    const paintMs = Number(
      await fresh.page.evaluate(`new Promise((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({
          type: 'largest-contentful-paint', buffered: true,
        })
      })`),
    )
    const bytes = [...scripts.values()].reduce((sum, size) => sum + size, 0)
    console.log(
      `first load: ${scripts.size} scripts, ${(bytes / 1_024).toFixed(1)} KB; largest paint ${paintMs.toFixed(0)} ms`,
    )
    assert.ok(scripts.size >= 3, `${scripts.size} scripts were seen`)
    assert.ok(bytes <= SCRIPT_BYTES_MAX, `${bytes} bytes of script`)
    assert.ok(paintMs <= LARGEST_PAINT_MS_MAX, `${paintMs} ms`)
    fresh.assertCalm(EXPECTED)
  })
})
