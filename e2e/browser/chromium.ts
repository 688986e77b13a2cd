import { access, constants } from 'node:fs/promises'

import { chromium, type Browser, type Page } from 'playwright-core'

/** Where a Chromium is, and what it has to be started with. */
export interface FoundChromium {
  readonly executablePath: string
  readonly args: readonly string[]
}

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Nothing that reaches out by itself: tests must not depend on what else the machine can reach. */
const QUIET_ARGS = [
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** CHROMIUM from the environment, else an installed one, else the one that comes with npm and works everywhere. */
export async function findChromium(): Promise<FoundChromium> {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  for (const path of [process.env['CHROMIUM'], ...INSTALLED]) {
    if (path && (await isExecutable(path))) return { executablePath: path, args: [...QUIET_ARGS, ...asRoot] }
  }
  const { default: packed } = await import('@sparticuz/chromium')
  const executablePath = await packed.executablePath()
  // Its own arguments are for a cloud function; of them only what its build needs is taken.
  return { executablePath, args: [...QUIET_ARGS, '--no-sandbox', '--no-zygote'] }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

export async function openBrowser(): Promise<Browser> {
  const { executablePath, args } = await findChromium()
  return chromium.launch({ executablePath, args: [...args] })
}

/** A page that remembers everything it complained about. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page
  /** What must not happen, so far: see `watch`. */
  readonly complaints: readonly string[]
  /** Throws when there was a complaint that none of `expected` fits. */
  assertCalm(expected?: readonly RegExp[]): void
}

interface PageOptions {
  /** The only place that the page may send requests to. */
  readonly origin: string
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
}

/** Runs in the page, before anything else there. Hostile texts call `__octopusPwned()` if they get to run. */
const TELL_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) => {
  __octopusViolation(\`Content-Security-Policy: \${event.violatedDirective} refused \${event.blockedURI} \${event.sample}\`)
})`

/** An action that waits longer than this for its element has failed: the two cores may be busy, but not for ever. */
const ACTION_MS_MAX = 20_000

/** Opens a page in a context of its own. Ask `assertCalm()` at the end of every story. */
export async function openPage(browser: Browser, options: PageOptions): Promise<WatchedPage> {
  const { width = 1_280, height = 800, colorScheme = 'light' } = options
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
  context.setDefaultTimeout(ACTION_MS_MAX)
  const complaints: string[] = []
  await context.exposeFunction('__octopusViolation', (text: string) => complaints.push(text))
  await context.exposeFunction('__octopusPwned', () => complaints.push('a hostile text ran as a script'))
  await context.addInitScript(TELL_VIOLATIONS)
  const page = await context.newPage()
  watch(page, options.origin, complaints)
  return {
    page,
    complaints,
    assertCalm(expected = []) {
      const unexpected = complaints.filter((text) => !expected.some((pattern) => pattern.test(text)))
      if (unexpected.length > 0) throw new Error(`The page complained:\n${unexpected.join('\n')}`)
    },
    [Symbol.asyncDispose]: () => context.close(),
  }
}

/** Console errors, uncaught exceptions, requests to elsewhere, dialogs of scripts, windows that nobody asked for. */
function watch(page: Page, origin: string, complaints: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => complaints.push(`exception: ${error.stack ?? error.message}`))
  page.on('request', (request) => {
    const { protocol, origin: to } = new URL(request.url())
    if (to !== origin && protocol !== 'data:') complaints.push(`a request left the origin: ${request.url()}`)
  })
  page.on('dialog', (dialog) => {
    complaints.push(`a script opened a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('popup', (popup) => complaints.push(`a window was opened: ${popup.url()}`))
}
