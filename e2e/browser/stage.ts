import type { Browser, Locator, Page } from 'playwright-core'

import { Octopus } from '#e2e/harness/octopus.ts'

import { openBrowser, openPage, type WatchedPage } from './chromium.ts'

/** The administrator that the harness makes. */
const ADMIN = { name: 'admin', password: 'correct horse battery' }
/** What people wait for on a page comes in well under a second; busy cores may take longer. */
export const SOON = { timeout: 20_000 }

/**
 * Prints what is written into a file until its line "end": the test holds the plugin in its hand. At "fail" it takes the
 * file away and fails, so that a second attempt begins with an empty one.
 */
export const FOLLOW = `"""Follows a file."""
import os
import time


def run(control: str, times: int = 1, loud: bool = False, word: str = "line"):
    """Prints each line of a file as it comes, until there is one that says "end".

    control: path of the file.
    """
    seen = 0
    while True:
        lines = read(control)
        for line in lines[seen:]:
            if line == "end":
                return {"printed": seen, "times": times, "loud": loud}
            if line == "fail":
                os.remove(control)
                raise RuntimeError("told to fail")
            print(word, line, flush=True)
            seen += 1
        time.sleep(0.02)


def read(control):
    if not os.path.exists(control):
        return []
    with open(control) as file:
        return file.read().split("\\n")[:-1]
`

/** A server with its clients, and a browser. */
export class Stage implements AsyncDisposable {
  readonly octopus: Octopus
  readonly browser: Browser
  readonly #pages: WatchedPage[] = []

  private constructor(octopus: Octopus, browser: Browser) {
    this.octopus = octopus
    this.browser = browser
  }

  static async set(flags: readonly string[] = []): Promise<Stage> {
    const [octopus, browser] = await Promise.all([Octopus.start(flags), openBrowser()])
    return new Stage(octopus, browser)
  }

  address(path: string): string {
    return `${this.octopus.url}/dashboard${path}`
  }

  /** A page in front of the door: nobody is signed in. */
  async stranger(options: { readonly width?: number; readonly height?: number } = {}): Promise<WatchedPage> {
    const watched = await openPage(this.browser, { origin: this.octopus.url, ...options })
    this.#pages.push(watched)
    return watched
  }

  /** A page of the administrator, or of somebody else, on the overview. */
  async signedIn(
    who = ADMIN,
    options: { readonly width?: number; readonly height?: number } = {},
  ): Promise<WatchedPage> {
    const watched = await this.stranger(options)
    await watched.page.goto(this.address('/sign-in'))
    await signIn(watched.page, who)
    return watched
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#pages.map((watched) => watched[Symbol.asyncDispose]()))
    await this.browser.close()
    await this.octopus[Symbol.asyncDispose]()
  }
}

/** Fills in the sign-in form, and waits for the overview. */
export async function signIn(page: Page, who: { readonly name: string; readonly password: string }): Promise<void> {
  await page.getByLabel('Name').fill(who.name)
  await page.getByLabel('Password').fill(who.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await heading(page, 'Overview').waitFor()
}

export function heading(page: Page, name: string | RegExp): Locator {
  return page.getByRole('heading', { level: 1, name })
}

/** The rows of a list, without its head. */
export function rowsOf(page: Page, list: string): Locator {
  return page.getByRole('table', { name: list }).locator('tbody tr')
}

/** Waits until a list has so many rows, and answers what is written in each. */
export async function readRows(page: Page, list: string, count: number): Promise<readonly string[]> {
  const rows = rowsOf(page, list)
  await rows.nth(count - 1).waitFor(SOON)
  const texts = await rows.allInnerTexts()
  console.log(`${list}: ${texts.length} rows`)
  if (texts.length !== count) throw new Error(`${list} has ${texts.length} rows, not ${count}:\n${texts.join('\n')}`)
  return texts.map((text) => text.replaceAll(/\s+/g, ' '))
}

/** The element that marks where a task stands: Created, Active or Completed. */
export function taskStep(page: Page, step: 'Created' | 'Active' | 'Completed'): Locator {
  return page.getByRole('list', { name: 'Life of the task' }).locator('[aria-current=step]', { hasText: step })
}

/** A note in the page that a reload would wipe out: whatever is shown later came by itself. */
export async function forbidReload(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(`window.__octopusNotReloaded = true`)
  return async () => {
    if (!(await page.evaluate(`window.__octopusNotReloaded === true`))) throw new Error('the page was loaded again')
  }
}
