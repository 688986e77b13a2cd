import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { ROOT } from './root.ts'

/** A reason of fewer characters is none. */
const REASON_CHARACTERS_MIN = 25

/** A row of a table in which a page says which test proves what. */
export interface Proof {
  /** The cells before the last one: what is proved. */
  readonly what: readonly string[]
  /** The last cell: tests, each as `file.test.ts` "part of its title", or "Not yet: " and why there is none. */
  readonly proof: string
  readonly named: readonly { readonly file: string; readonly title: string }[]
}

export interface Chapter {
  readonly title: string
  readonly proofs: readonly Proof[]
}

/** The chapters of a page, each with the rows of its tables. */
export function chaptersOf(page: string): readonly Chapter[] {
  return page
    .split(/^## /m)
    .slice(1)
    .map((text) => ({ title: text.slice(0, text.indexOf('\n')), proofs: proofsIn(text.split('\n')) }))
}

function proofsIn(lines: readonly string[]): readonly Proof[] {
  const isHeading = (at: number): boolean => lines[at + 1]?.startsWith('|--') === true
  return lines
    .filter((line, at) => line.startsWith('| ') && !isHeading(at))
    .map((line) => {
      const cells = line.slice(2, -2).split(' | ')
      const proof = cells.at(-1) ?? ''
      const named = [...proof.matchAll(/`([^`]+\.ts)` "([^"]+)"/g)].map(([, file = '', title = '']) => ({
        file,
        title,
      }))
      return { what: cells.slice(0, -1), proof, named }
    })
}

/** A test that runs nowhere; one that a machine's lack leaves out has the reason in a name of its own. */
const ALWAYS_LEFT_OUT = /\b(?:skip|todo): (?:true\b|['"`])|\b(?:it|test|describe)\.(?:skip|todo)\(/

/** Whether a file has the title on a line that is no stand-in for a test. */
export function isProved(source: string, title: string): boolean {
  return source.split('\n').some((line) => line.includes(title) && !ALWAYS_LEFT_OUT.test(line))
}

/**
 * Declares the tests that hold a page to what it says: `least` names its chapters of proofs, each with the number of rows
 * that it has at least, so that a chapter that is read wrongly, or shortened in passing, is noticed.
 */
export function describeProofs(path: string, least: Readonly<Record<string, number>>): void {
  const all = chaptersOf(readFileSync(join(ROOT, path), 'utf8'))
  const chapters = all.filter(({ title }) => Object.hasOwn(least, title))
  const proofs = chapters.flatMap((chapter) => chapter.proofs)
  const isOpen = ({ proof }: Proof): boolean => proof.startsWith('Not yet: ')
  const named = proofs.flatMap((one) => one.named)

  describe(path, () => {
    it('has its chapters with all of their rows', () => {
      assert.deepEqual(
        chapters.map(({ title }) => title),
        Object.keys(least),
      )
      none(
        chapters
          .filter((chapter) => chapter.proofs.length < (least[chapter.title] ?? Infinity))
          .map((chapter) => `${chapter.title}: ${chapter.proofs.length} rows`),
        'Write the row again, or lower the number in the test with a word on why it is gone.',
      )
    })

    it('says of each row what proves it, or why nothing does', () => {
      const silent = proofs.filter((one) =>
        isOpen(one) ? one.proof.length < REASON_CHARACTERS_MIN : one.named.length === 0,
      )
      none(
        silent.map(({ what }) => what.join(' ')),
        'Name a test as `file.test.ts` "part of its title", or write "Not yet: " and the reason.',
      )
      assert.ok(proofs.filter(isOpen).length < proofs.length / 8, 'most rows have a test')
    })

    it('names tests that there are, by words that stand in them', () => {
      assert.ok(named.length > proofs.length, `only ${named.length} tests are named: look at the pattern`)
      const wrong = named.filter(({ file, title }) => {
        const test = join(ROOT, file)
        return !existsSync(test) || !isProved(readFileSync(test, 'utf8'), title)
      })
      none(
        wrong.map(({ file, title }) => `${file} "${title}"`),
        'The test was renamed or removed, or is always left out: name the one that proves it now, or write "Not yet: " and why.',
      )
    })

    it('names nothing twice, and nothing but tests', () => {
      const texts = proofs.map(({ what }) => what.join(' '))
      assert.equal(new Set(texts).size, texts.length)
      none(
        named
          .map(({ file }) => file)
          .filter((file) => !/\.test\.ts$|\.contract\.ts$|^sim\/\S*invariants\.ts$/.test(file)),
        'It is proved by a test, a contract or an invariant of the simulation.',
      )
    })
  })
}

function none(wrong: readonly string[], remedy: string): void {
  assert.ok(wrong.length === 0, `\n${wrong.map((one) => `  ${one}`).join('\n')}\n${remedy}`)
}
