import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

import { ROOT } from './root.ts'

/** How many rules each chapter has at least: a chapter that is read wrongly, or shortened in passing, is noticed. */
const RULES_AT_LEAST: Readonly<Record<string, number>> = {
  '1. The life of a task': 56,
  '2. The protocol of clients': 18,
  '3. Plugins': 27,
  '4. The HTTP API': 24,
  '5. Settings and commands': 15,
  '6. Limits': 16,
}
/** A reason of fewer characters is none. */
const REASON_CHARACTERS_MIN = 25

interface Rule {
  readonly rule: string
  readonly proof: string
  readonly named: readonly { readonly file: string; readonly title: string }[]
}

function rulesOf(chapter: string): readonly Rule[] {
  const rows = [...chapter.matchAll(/^\| (.+?) \| (.+) \|$/gm)].slice(1)
  return rows.map(([, rule = '', proof = '']) => ({
    rule,
    proof,
    named: [...proof.matchAll(/`([^`]+\.ts)` "([^"]+)"/g)].map(([, file = '', title = '']) => ({ file, title })),
  }))
}

const page = readFileSync(join(ROOT, 'docs/coverage.md'), 'utf8')
const chapters = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ title: text.slice(0, text.indexOf('\n')), rules: rulesOf(text) }))
const rules = chapters.flatMap((chapter) => chapter.rules)
const isOpen = ({ proof }: Rule): boolean => proof.startsWith('Not yet: ')

function none(wrong: readonly string[], remedy: string): void {
  assert.ok(wrong.length === 0, `\n${wrong.map((one) => `  ${one}`).join('\n')}\n${remedy}`)
}

describe('docs/coverage.md', () => {
  it('has its chapters with all of their rules', () => {
    assert.deepEqual(
      chapters.map(({ title }) => title),
      Object.keys(RULES_AT_LEAST),
    )
    const short = chapters.filter((chapter) => chapter.rules.length < (RULES_AT_LEAST[chapter.title] ?? Infinity))
    none(
      short.map((chapter) => `${chapter.title}: ${chapter.rules.length} rules`),
      'Write the rule again, or lower the number here with a word on why the rule is gone.',
    )
  })

  it('says of every rule what proves it, or why nothing does', () => {
    const silent = rules.filter((rule) =>
      isOpen(rule) ? rule.proof.length < REASON_CHARACTERS_MIN : rule.named.length === 0,
    )
    none(
      silent.map(({ rule }) => rule),
      'Name a test as `file.test.ts` "part of its title", or write "Not yet: " and the reason.',
    )
    assert.ok(rules.filter(isOpen).length < rules.length / 8, 'most rules have a test')
  })

  it('names tests that there are, by words that stand in them', () => {
    const named = rules.flatMap((rule) => rule.named)
    assert.ok(named.length > 200, `only ${named.length} tests are named: look at the pattern`)
    const wrong = named.filter(({ file, title }) => {
      const path = join(ROOT, file)
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(title)
    })
    none(
      wrong.map(({ file, title }) => `${file} "${title}"`),
      'The test was renamed or removed: name the one that proves the rule now, or write "Not yet: " and why.',
    )
  })

  it('names nothing twice, and nothing but tests', () => {
    const texts = rules.map(({ rule }) => rule)
    assert.equal(new Set(texts).size, texts.length)
    const files = rules.flatMap((rule) => rule.named.map(({ file }) => file))
    none(
      files.filter((file) => !/\.test\.ts$|\.contract\.ts$|^sim\/\S*invariants\.ts$/.test(file)),
      'A rule is proved by a test, a contract or an invariant of the simulation.',
    )
  })
})
