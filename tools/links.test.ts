import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'

import { helpText as clientHelp } from '@octopus/client/config.ts'
import { CATALOGUE } from '@octopus/protocol/errors.ts'
import * as limits from '@octopus/protocol/limits.ts'
import { helpText as serverHelp } from '@octopus/server/config.ts'

import { ROOT } from './root.ts'

/** Fewer pages mean that the search does not find them any more. */
const PAGES_AT_LEAST = 15

interface Page {
  readonly path: string
  readonly text: string
}

const read = (path: string): Page => ({ path, text: readFileSync(join(ROOT, path), 'utf8') })

function find(...patterns: readonly string[]): readonly Page[] {
  const found = patterns.flatMap((pattern) =>
    globSync(pattern, { cwd: ROOT, exclude: (path) => path.includes('node_modules') }),
  )
  return found.map((path) => path.replaceAll('\\', '/')).map(read)
}

const pages = find('*.md', '{docs,plugins,e2e,bench,sim}/**/*.md', 'packages/*/*.md', 'packages/*/src/**/*.md')

/** All first groups of a pattern in a text. */
const matches = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map((match) => match[1] ?? '')

function noneOf(wrong: readonly string[], remedy: string): void {
  assert.ok(wrong.length === 0, `\n${wrong.map((one) => `  ${one}`).join('\n')}\n${remedy}`)
}

function lookedAt(count: number, atLeast: number, what: string): void {
  assert.ok(
    count >= atLeast,
    `Only ${count} ${what} were found, at least ${atLeast} were expected: look at the pattern.`,
  )
}

describe('the pages', () => {
  it('are found', () => lookedAt(pages.length, PAGES_AT_LEAST, 'pages'))

  it('link only to files that exist', () => {
    const links = pages.flatMap(({ path, text }) =>
      matches(text, /\]\(([^)\s]+)\)/g)
        .filter((target) => !/^(?:https?:|mailto:|#)/.test(target))
        .map((target) => ({ path, target: target.split('#')[0] ?? '' })),
    )
    lookedAt(links.length, 100, 'links')
    const broken = links.filter(({ path, target }) => !existsSync(join(ROOT, dirname(path), target)))
    noneOf(
      broken.map(({ path, target }) => `${path} links to ${target}`),
      'Correct the link, or write the file.',
    )
  })

  it('name only files of the packages that exist', () => {
    const names = pages.flatMap(({ path, text }) =>
      matches(text, /`(packages\/[^`\s]*)`/g)
        // `<feature>` and `*` stand for many.
        .filter((name) => !/[<*]/.test(name))
        .map((name) => ({ path, name })),
    )
    lookedAt(names.length, 20, 'names of files')
    const unknown = names.filter(({ name }) => !existsSync(join(ROOT, name)))
    noneOf(
      unknown.map(({ path, name }) => `${path} names ${name}`),
      'The file was moved or renamed: name the new one.',
    )
  })

  it('name only scripts of npm that there are', () => {
    const calls = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/npm run ([a-z][\w:-]*)(?: -w (packages\/[\w-]+))?/g)].map((match) => ({
        path,
        script: match[1] ?? '',
        place: match[2] ?? '.',
      })),
    )
    lookedAt(calls.filter(({ path }) => path === 'README.md').length, 3, 'scripts in README.md')
    const unknown = calls.filter(({ script, place }) => !(script in scriptsOf(place)))
    noneOf(
      unknown.map(({ path, script, place }) => `${path}: npm run ${script} (${place}/package.json)`),
      'Name a script of package.json.',
    )
  })
})

function scriptsOf(place: string): object {
  const file = JSON.parse(readFileSync(join(ROOT, place, 'package.json'), 'utf8')) as { scripts?: object }
  return file.scripts ?? {}
}

describe('numbers and messages', () => {
  it('of limits in the plugin guide are those of the program', () => {
    const rows = [...read('docs/plugin-guide.md').text.matchAll(/^\|[^|]*\|([^|]*)\| `([A-Z_]+)` \|/gm)]
    lookedAt(rows.length, 8, 'limits')
    const wrong = rows.filter(
      ([, shown = '', name = '']) => numberOf(shown) !== (limits as Record<string, unknown>)[name],
    )
    noneOf(
      wrong.map(([, shown, name]) => `${name} is shown as ${shown}`),
      'Show the value of packages/protocol/src/limits.ts.',
    )
  })

  it('of settings and refusals on the page for operators exist', () => {
    const names = matches(read('docs/operating.md').text, /`(?:OCTOPUS_)?([A-Z]+(?:_[A-Z]+)+)(?:`| = )/g)
    lookedAt(names.length, 15, 'settings')
    const help = `${serverHelp()}${clientHelp()}`
    const isKnown = (name: string): boolean =>
      name in CATALOGUE || new RegExp(`--${name.toLowerCase().replaceAll('_', '-')}\\b`).test(help)
    noneOf(
      names.filter((name) => !isKnown(name)),
      'docs/operating.md names a setting or a refusal that there is not.',
    )
  })

  it('that operators look up are said by the program in these words', () => {
    const rows = matches(read('docs/operating.md').text.split('## What to do when')[1] ?? '', /^\|([^|]*)\|/gm)
    const said = rows.flatMap((row) => matches(row, /`([^`]+)`/g))
    lookedAt(said.length, 20, 'messages')
    const sources = find('packages/*/src/**/*.{ts,sh,ps1}')
      .map(({ text }) => text)
      .join('\n')
    const unknown = said.filter((message) => !sources.includes(longestPiece(message)))
    noneOf(unknown, 'Write the message in docs/operating.md as the program says it, with … where it puts a value.')
  })
})

/** `256 KiB`, `3,600 s`, `30 days`, as the program counts them. */
function numberOf(shown: string): number {
  const [, digits = '', unit = ''] = /^\s*([\d,]+)\s*(\w*)\s*$/.exec(shown) ?? []
  const factors: Readonly<Record<string, number>> = { KiB: 1_024, MiB: 1_048_576, days: 86_400 }
  return Number(digits.replaceAll(',', '')) * (factors[unit] ?? 1)
}

function longestPiece(message: string): string {
  return message.split('…').reduce((longest, piece) => (piece.length > longest.length ? piece : longest), '')
}

/** Other systems' words for our things. One word per thing: see GLOSSARY.md. */
const FORBIDDEN = /\b(?:jobs?|agents?|minions?|executors?|workers?)\b/gi

/** Where such a word means something else, with what it means there. Each must still be needed. */
const ALLOWED: Readonly<Record<string, { readonly words: RegExp; readonly why: string }>> = {
  'docs/decisions/0010-python-runner.md': { words: /^workers?$/i, why: 'one of the two processes of a runner' },
}

/** What a person reads: without names of files and without what stands in code marks. */
const prose = (text: string): string =>
  text.replaceAll(/`[^`\n]+`/g, '').replaceAll(/[\w./-]+\.(?:ts|tsx|py|sql|md)\b/g, '')

describe('words', () => {
  const shown = [
    ...pages,
    ...find('packages/web/index.html', 'packages/web/src/**/*.{ts,tsx}', 'packages/cli/src/**/*.ts'),
    ...find('packages/protocol/src/errors.ts', 'packages/protocol/src/rest/routes.ts'),
  ]
  const found = shown.flatMap(({ path, text }) =>
    [...prose(text).matchAll(FORBIDDEN)].map(([word]) => ({ path, word: word.toLowerCase() })),
  )

  it('that mean our things otherwise stand in no page and on no screen', () => {
    lookedAt(shown.length, 100, 'texts')
    const wrong = found.filter(({ path, word }) => ALLOWED[path]?.words.test(word) !== true)
    noneOf(
      wrong.map(({ path, word }) => `${path}: ${word}`),
      'Say it with a word of GLOSSARY.md (task, run, execution, client, runner), or list it in ALLOWED with its reason.',
    )
  })

  it('that are allowed somewhere are still needed there', () => {
    const idle = Object.keys(ALLOWED).filter((path) => !found.some((one) => one.path === path))
    noneOf(idle, 'It no longer says such a word: take it out of ALLOWED in tools/links.test.ts.')
  })
})
