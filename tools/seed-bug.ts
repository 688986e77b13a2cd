import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { SeededBug } from './seeded-bugs/bug.ts'

/** Why the bug cannot be put into these sources; undefined if it can. */
export function problemOf({ file, replace, by }: SeededBug, text: string): string | undefined {
  const count = text.split(replace).length - 1
  const remedy = `Give the bug the text that stands there now, or delete it when it can no longer be made.`
  if (count !== 1) return `its text is found ${count} times in ${file}, and must be found once. ${remedy}`
  return by === replace ? 'it replaces a text by itself' : undefined
}

/** Puts the bug into the sources in a folder, or says why it cannot. */
export function seedBug(bug: SeededBug, folder: string): string | undefined {
  const path = join(folder, bug.file)
  const text = readFileSync(path, 'utf8')
  const problem = problemOf(bug, text)
  if (problem === undefined)
    writeFileSync(
      path,
      text.replace(bug.replace, () => bug.by),
    )
  return problem
}
