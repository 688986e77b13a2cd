import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { everyPlace } from './pages.ts'
import { readRows, rowsOf, SOON, Stage } from './stage.ts'

const CALL = '__octopusPwned()'

/** Texts that become code where somebody forgets to treat them as text. */
const SCRIPTS = [
  `<script>${CALL}</script>`,
  `<img src=x onerror=${CALL}>`,
  `<svg/onload=${CALL}>`,
  `"><svg onload=${CALL}>`,
  `'-${CALL}-'`,
  `\${${CALL}}`,
  `{{constructor.constructor('${CALL}')()}}`,
  `javascript:${CALL}`,
  `<a href="javascript:${CALL}" autofocus onfocus=${CALL}>click</a>`,
  `<iframe srcdoc="<script>parent.${CALL}</script>"></iframe>`,
  `<style>@import 'http://evil.example/x.css'</style>`,
  `<base href="http://evil.example/">`,
  `<meta http-equiv="refresh" content="0;url=http://evil.example/">`,
  `<link rel=stylesheet href=http://evil.example/x.css>`,
  `</textarea></title></script><script>${CALL}</script>`,
  `<details open ontoggle=${CALL}>x</details>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${CALL}>`,
] as const

/** What a terminal obeys, and what turns text around or hides it. */
const CONTROLS = [
  '\u001b[31mred\u001b[0m',
  '\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007',
  '\u001b[2J\u001b[H',
  '\u001b]0;title\u0007',
  'user\u202Etxt.exe\u202C',
  'zero\u200Bwidth\u2066isolated\u2069',
  'bell\u0007back\bspace\u0085next',
  '\u{e0041}tag',
] as const

/** Characters that must never reach the screen as themselves. */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u

/** A plugin that prints, returns or throws all of them, and is described by them. */
const PLUGIN = `"""<script>${CALL}</script> <img src=x onerror=${CALL}>"""
import json
import sys

TEXTS = json.loads(${JSON.stringify(JSON.stringify([...SCRIPTS, ...CONTROLS]))})


def run(how: str = "<img src=x onerror=${CALL}>"):
    """</script><svg onload=${CALL}>"""
    for text in TEXTS:
        print(text, flush=True)
        print(text, file=sys.stderr, flush=True)
    if how == "throw":
        raise type(TEXTS[0], (Exception,), {})("\\n".join(TEXTS))
    return {text: [text, {text: text}] for text in TEXTS}
`

/** Elements that no page has in its content; the editor puts empty images beside its widgets. */
const STRANGERS = 'main :is(script, iframe, base, meta, link, style, object, img:not(.cm-widgetBuffer))'

const EVIL_NAME = `<img src=x onerror=${CALL}>\u202Egpj.exe`

describe('hostile text', () => {
  let stage: Stage

  before(async () => {
    stage = await Stage.set()
    const { octopus } = stage
    await octopus.publish('hostile', PLUGIN)
    const evil = ['--client-name', EVIL_NAME, '--client-labels', SCRIPTS[1], '--client-user', SCRIPTS[0]]
    octopus.startClient('hostile', await octopus.enrollmentToken(), evil)
    await octopus.online(1)
    for (const how of ['return', 'throw']) {
      const kwargs = { how, extra: 1 }
      const executions = await octopus.run({
        name: `${how} ${SCRIPTS[1]}\u202Eevil`,
        plugin: 'hostile',
        kwargs: { how: kwargs.how },
      })
      assert.deepEqual(
        executions.map(({ state }) => state),
        [how === 'throw' ? 'failed' : 'succeeded'],
      )
    }
    // One that nobody can take: its name stands on the overview.
    await octopus.api.post('/users', { name: 'nobody' })
    await octopus.task({ name: `waiting ${SCRIPTS[1]}`, plugin: 'hostile', owner: 'user', user: 'nobody' })
  })
  after(() => stage[Symbol.asyncDispose]())

  it('would be noticed: the alarms ring', async () => {
    const watched = await stage.stranger()
    await watched.page.goto(stage.address('/sign-in'))
    await watched.page.evaluate(CALL)
    await watched.page.evaluate(`document.body.setAttribute('style', 'color: red')`)
    await watched.page.evaluate(`void fetch('http://127.0.0.1:1/').catch(() => {})`)
    for (const alarm of [/ran as a script/, /style-src-attr/, /connect-src/]) {
      assert.ok(
        watched.complaints.some((complaint) => alarm.test(complaint)),
        `${alarm} in:\n${watched.complaints.join('\n')}`,
      )
    }
    assert.throws(() => watched.assertCalm(), /complained/)
  })

  it('is text on every page: nothing runs, nothing leaves, nothing is turned around', async () => {
    const watched = await stage.signedIn()
    const { page } = watched
    const places = [...(await everyPlace(stage, 'hostile'))]
    const { items } = await stage.octopus.api.get('/executions')
    assert.equal(items.length, 3)
    for (const { id } of items) {
      places.push({
        name: `execution ${id}`,
        path: `/executions/${id}`,
        ready: (page) => page.getByRole('region', { name: 'Arguments' }).waitFor(SOON),
      })
    }
    let characters = 0
    for (const place of places) {
      await page.goto(stage.address(place.path))
      await place.ready(page)
      // The rest of the page has its content too when none of it says that it is being loaded.
      await page
        .locator('.skeleton')
        .first()
        .waitFor({ state: 'detached', ...SOON })
      const text = `${await page.locator('body').innerText()}${await page.getByRole('main').textContent()}`
      const titles = await page
        .locator('[title]')
        .evaluateAll((all) => all.map((one) => String(one.getAttribute('title'))))
      characters += text.length
      for (const shown of [text, await page.title(), ...titles]) assert.doesNotMatch(shown ?? '', HIDDEN, place.name)
      const strangers = await page.locator(STRANGERS).count()
      assert.equal(strangers, 0, `elements on ${place.name}`)
    }
    console.log(`${places.length} pages, ${characters} characters`)
    watched.assertCalm([/ 401 .*\/api\/v1\/me$/, / 404 .*\/api\/v1\/tasks\/[0-9a-f-]+$/])
  })

  it('is shown as it is, in output, results, errors and names', async () => {
    const watched = await stage.signedIn()
    const { page } = watched
    await page.goto(stage.address('/clients'))
    const [client = ''] = await readRows(page, 'Clients', 1)
    assert.ok(client.startsWith(`<img src=x onerror=${CALL}>‹U+202E›gpj.exe`), client)
    await page.goto(stage.address('/executions'))
    await readRows(page, 'Executions', 3)
    for (const [state, part] of [
      ['succeeded', 'Result'],
      ['failed', 'Error'],
    ] as const) {
      await page.goto(stage.address(`/executions?state=${state}`))
      await rowsOf(page, 'Executions').getByRole('link').click()
      const lines = page.getByRole('log', { name: 'Output' }).locator('.output-text')
      await lines.nth(2 * (SCRIPTS.length + CONTROLS.length) - 1).waitFor(SOON)
      const shown = new Set(await lines.allTextContents())
      for (const script of SCRIPTS) assert.ok(shown.has(script), `${script} in:\n${[...shown].join('\n')}`)
      for (const line of ['red', 'click', 'user‹U+202E›txt.exe‹U+202C›', 'bell‹U+0007›back‹U+0008›space‹U+0085›next']) {
        assert.ok(shown.has(line), `${line} in:\n${[...shown].join('\n')}`)
      }
      const result = await page.getByRole('region', { name: part, exact: true }).innerText()
      for (const script of SCRIPTS) assert.ok(result.includes(script), `${script} in:\n${result}`)
      console.log(`${state}: ${shown.size} different lines, result of ${result.length} characters`)
    }
    watched.assertCalm([/ 401 .*\/api\/v1\/me$/])
  })

  it('does nothing on the way in either: in addresses and in forms', async () => {
    const watched = await stage.signedIn()
    const { page } = watched
    const evil = encodeURIComponent(`"><script>${CALL}</script>`)
    for (const path of [
      `/tasks?plugin=${evil}`,
      `/runs?status=${evil}`,
      `/${evil}`,
      `/new-task?plugin=${evil}&user=${evil}`,
    ]) {
      await page.goto(stage.address(path))
      await page.locator('h1, .empty').first().waitFor(SOON)
    }
    for (const to of ['https://evil.example/', '//evil.example/', 'javascript:__octopusPwned()']) {
      const stranger = await stage.stranger()
      await stranger.page.goto(stage.address(`/sign-in?to=${encodeURIComponent(to)}`))
      await stranger.page.getByLabel('Name').fill('admin')
      await stranger.page.getByLabel('Password').fill('correct horse battery')
      await stranger.page.getByRole('button', { name: 'Sign in' }).click()
      await stranger.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor(SOON)
      stranger.assertCalm([/ 401 .*\/api\/v1\/me$/])
    }
    watched.assertCalm([/ 401 .*\/api\/v1\/me$/, / 40[04] .*\/api\/v1\//])
  })
})
